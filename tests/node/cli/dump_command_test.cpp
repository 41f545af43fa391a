#include <nlohmann/json.hpp>

#include "tests/node/cli/fake_cluster.hpp"

using namespace troupe;
using namespace troupe::testing;

SCENARIO("dump prints all entries sorted by key, page by page, as load reads them") {
  fake_cluster cluster;
  cluster.maps["m"] = {{"b", "2"}, {"a", "x\ty"}, {"c\n", "3"}, {"\xff", "4"}, {"d", ""}};
  const auto r = run_command(cluster, {"dump", "m"});
  CHECK(r.status == 0);
  CHECK(r.out == "a\tx\\ty\nb\t2\nc\\n\t3\nd\t\n\xff\t4\n");
  CHECK(cluster.calls == 3);
  WHEN("it is loaded again") {
    fake_cluster other;
    CHECK(run_command(other, {"load", "m", "-"}, r.out).status == 0);
    THEN("it is the same") { CHECK(other.maps == cluster.maps); }
  }
}

SCENARIO("dump as JSON is one array") {
  fake_cluster cluster;
  cluster.maps["m"] = {{"b", "2"}, {"a", "\xff"}};
  const auto r = run_command(cluster, {"dump", "m", "--json"});
  CHECK(nlohmann::json::parse(r.out) == nlohmann::json::parse(R"([{"key":"a","value_hex":"ff"},{"key":"b","value":"2"}])"));
  cluster.maps["m"].clear();
  CHECK(nlohmann::json::parse(run_command(cluster, {"dump", "m", "--json"}).out) == nlohmann::json::array());
}

SCENARIO("a dump that breaks off prints nothing: part of a map is not the map") {
  fake_cluster cluster;
  cluster.maps["m"] = {{"a", "1"}};
  cluster.result_of_all = failed(outcome::not_applied, failure::partition_lost);
  const auto r = run_command(cluster, {"dump", "m"});
  CHECK(r.status == 1);
  CHECK(r.out.empty());
  CHECK(r.err == "troupe: dump: not done: the partition lost its last copy (see 'troupe lost' and 'troupe reset-lost')\n");
  WHEN("JSON is wanted") {
    const auto as_json = run_command(cluster, {"dump", "m", "--json"});
    CHECK(as_json.status == 1);
    THEN("it says so in JSON") {
      const auto said = nlohmann::json::parse(as_json.out);
      CHECK(said["outcome"] == "not applied");
      CHECK(said["why"] == std::string{to_string(failure::partition_lost)});
    }
  }
}
