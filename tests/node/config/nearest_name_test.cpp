#include <catch2/catch.hpp>

#include <troupe/node/config/nearest_name.hpp>

using namespace troupe;

SCENARIO("a misspelt name is near the one that was meant") {
  const std::vector<std::string> known{"backup-count", "async-backup-count", "name", "map"};
  CHECK(nearest_name("backup-cuont", known) == "backup-count");
  CHECK(nearest_name("backupcount", known) == "backup-count");
  CHECK(nearest_name("async-backup-counts", known) == "async-backup-count");
  CHECK(nearest_name("mpa", known) == "map");
}

SCENARIO("a name that is far from all known ones is near none") {
  const std::vector<std::string> known{"backup-count", "name"};
  CHECK(nearest_name("zebra", known) == std::nullopt);
  CHECK(nearest_name("x", {}) == std::nullopt);
  CHECK(nearest_name(std::string(1000, 'x'), {std::string(1000, 'x')}) == std::nullopt);
}

SCENARIO("the guess reads as a question") {
  CHECK(did_you_mean("nmae", {"name"}) == "; did you mean <name>?");
  CHECK(did_you_mean("--prot", {"--port"}, "", "") == "; did you mean --port?");
  CHECK(did_you_mean("zebra", {"name"}).empty());
}
