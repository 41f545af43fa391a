// Members that are asked to go: gracefully, at once, all together.
#include <catch2/catch.hpp>

#include "tests/cluster/test_cluster.hpp"
#include "tests/cluster/workload.hpp"

namespace troupe::cluster {

namespace {

/// Down to one member while a client goes on storing: with `put`, whose answers tell what was there.
void leaves_under_load(const std::string& map) {
  test_cluster cluster{3};
  auto& client = cluster.client();
  client.set(map, "before", "all");
  REQUIRE(cluster.wait_safe(3));
  workload load{client, {.map = map, .entries = 200'000, .operation = operation_kind::put}};
  REQUIRE(load.wait_for_acknowledged(500));

  for (const std::size_t position : {0u, 2u}) {
    const auto asked_at = clock::now();
    cluster[position].terminate();
    CHECK(cluster[position].process().wait_ended() == 0);
    WARN("handed everything over within " << std::chrono::duration_cast<milliseconds>(clock::now() - asked_at).count() << " ms");
  }
  CHECK(load.is_running());
  const auto outcome = load.finish_early();
  CAPTURE(outcome.acknowledged, outcome.reasons);
  CHECK(outcome.failed() == 0);
  CHECK(cluster.wait_safe(1));
  CHECK(load.verify(client) == all_of(outcome.acknowledged));
  CHECK(client.get(map, "before") == "all");
}

}  // namespace

SCENARIO("SIGTERM under load, with a backup of everything: no operation fails, nothing is lost", "[leave]") { leaves_under_load("one"); }

SCENARIO("SIGTERM under load, without any backup: no operation fails, nothing is lost", "[leave]") { leaves_under_load("none"); }

SCENARIO("a member that goes at its deadline, with rows that were not handed over, says so and exits with 1", "[leave]") {
  test_cluster cluster{3, "leave-at-once.xml"};
  cluster.client().set("map", "key", "value");
  REQUIRE(cluster.wait_safe(3));
  cluster[2].terminate();
  CHECK(cluster[2].process().wait_ended() == 1);
  CHECK(cluster[2].has_said("left_behind rows="));
  CHECK(cluster.wait_safe(2));
  CHECK(cluster.client().get("map", "key") == "value");
}

SCENARIO("a second SIGTERM ends a member that can't finish leaving", "[leave]") {
  test_cluster cluster{3};
  cluster.client().set("none", "key", "value");
  REQUIRE(cluster.wait_safe(3));
  // Nobody is there to take over.
  cluster[1].stop();
  cluster[2].stop();
  cluster[0].terminate();
  REQUIRE(eventually([&] { return cluster[0].has_said("leaving"); }));
  CHECK_FALSE(cluster[0].process().has_ended());
  cluster[0].terminate();
  CHECK(cluster[0].process().wait_ended() == 1);
}

SCENARIO("shutdown ends the member that is asked; shutdown --all ends them all", "[leave]") {
  test_cluster cluster{4};
  cluster.client().set("one", "key", "value");
  REQUIRE(cluster.wait_safe(4));
  const auto one = run_program({TROUPE_CLI, "--name", cluster.name(), "--connect", to_string(cluster[3].address()), "shutdown"});
  CAPTURE(one.errors);
  CHECK(one.status == 0);
  CHECK(cluster[3].process().wait_ended() == 0);
  CHECK(cluster.wait_safe(3));
  CHECK(cluster.client().get("one", "key") == "value");

  const auto all = run_program({TROUPE_CLI, "--name", cluster.name(), "--connect", to_string(cluster[1].address()), "shutdown", "--all"});
  CAPTURE(all.errors);
  CHECK(all.status == 0);
  for (const std::size_t position : {0u, 1u, 2u}) CHECK(cluster[position].process().wait_ended() == 0);
}

}  // namespace troupe::cluster
