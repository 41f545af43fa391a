// How members find each other, and where they say they are.
#include "hosted_member.hpp"

using namespace troupe;
using namespace troupe::test;

SCENARIO("members at any free port hold copies for each other") {
  GIVEN("two of them, and an entry") {
    const auto config = test_config();
    REQUIRE(config.port == 0);
    hosted_member first{config};
    REQUIRE(first->wait_ready(patience));
    hosted_member second{joining(config, *first)};
    REQUIRE(second->wait_ready(patience));
    first.must<receipt>("map", set_atom_v, std::string{"key"}, std::string{"value"});
    THEN("both copy the row, and the entry is read from either") {
      CHECK(copied_to(first, "map", "key", 2));
      CHECK(second.must<lookup>("map", get_atom_v, std::string{"key"}).value == "value");
    }
  }
}

SCENARIO("a member that had to take the next port says so to the others") {
  GIVEN("a port that is taken by the first member") {
    auto config = test_config();
    hosted_member first{config};
    REQUIRE(first->wait_ready(patience));
    WHEN("a second one is told to listen there, too") {
      auto next = joining(config, *first);
      next.port = first->listens_at().port;
      hosted_member second{next};
      REQUIRE(second->wait_ready(patience));
      CHECK(second->listens_at().port > next.port);
      THEN("they copy the rows of each other") {
        first.must<receipt>("map", set_atom_v, std::string{"key"}, std::string{"value"});
        CHECK(copied_to(first, "map", "key", 2));
      }
    }
  }
}

SCENARIO("the first seed founds, by whatever name it is written") {
  GIVEN("a member whose only seed is itself, as localhost") {
    auto config = test_config();
    {
      hosted_member free_port{config};
      config.port = free_port->listens_at().port;
    }
    config.join = {{"localhost", config.port}};
    hosted_member member{config};
    THEN("it is a cluster") { CHECK(member->wait_ready(patience)); }
  }
}

SCENARIO("a member that finds no cluster says why") {
  const auto config = test_config();
  hosted_member there{config};
  REQUIRE(there->wait_ready(patience));
  CHECK(there->join_problem().empty());
  auto other = joining(config, *there);
  other.cluster_name = "another-name";
  hosted_member lost{other};
  const auto says = [&](const std::string& what) {
    for (int i = 0; i < 1000; ++i) {
      if (lost->wait_ready(std::chrono::milliseconds{10})) return false;
      if (lost->join_problem().find(what) != std::string::npos) return true;
    }
    UNSCOPED_INFO(lost->join_problem());
    return false;
  };
  CHECK(says("waits for=cluster"));
  CHECK(says(to_string(there->listens_at()) + " refuses: "));
  CHECK(lost->join_problem().find("another cluster") != std::string::npos);
  lost->stop();
  CHECK(lost->join_problem().empty());
}
