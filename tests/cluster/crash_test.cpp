// Members that are killed, and what is left: everything.
#include <catch2/catch.hpp>

#include "tests/cluster/test_cluster.hpp"
#include "tests/cluster/workload.hpp"

namespace troupe::cluster {

namespace {

/// Kills the member in the middle of a workload. No operation may fail, and nothing of it may be missing afterwards.
void kill_under_load(test_cluster& cluster, workload& load, std::size_t position) {
  REQUIRE(load.wait_for_acknowledged(1000));
  REQUIRE(load.is_running());
  const auto killed_at = clock::now();
  cluster[position].kill();
  const auto outcome = load.finish();
  CAPTURE(outcome.acknowledged, outcome.reasons);
  CHECK(outcome.failed() == 0);
  WARN("the load went on to its end within " << std::chrono::duration_cast<milliseconds>(clock::now() - killed_at).count() << " ms");
}

void loses_nothing_down_to_one(std::size_t first, std::size_t second) {
  test_cluster cluster{3};
  auto& client = cluster.client();
  client.set("one", "before", "all");
  REQUIRE(cluster.wait_safe(3));

  workload one_dies{client, {.prefix = "first"}};
  kill_under_load(cluster, one_dies, first);
  CHECK(cluster.wait_safe(2));
  CHECK(one_dies.verify(client) == all_of(3000));

  workload another_dies{client, {.prefix = "second"}};
  kill_under_load(cluster, another_dies, second);
  CHECK(cluster.wait_safe(1));
  CHECK(one_dies.verify(client) == all_of(3000));
  CHECK(another_dies.verify(client) == all_of(3000));

  const auto before = cluster[first].ready().member;
  const auto again = cluster.restart(first).ready();
  CHECK(again.member != before);
  CHECK(again.members == 2);
  cluster.restart(second);
  CHECK(cluster.wait_safe(3));
  CHECK(one_dies.verify(client) == all_of(3000));
  CHECK(another_dies.verify(client) == all_of(3000));
  CHECK(client.get("one", "before") == "all");
}

}  // namespace

SCENARIO("kill -9 of the founder, then of another, loses nothing that was acknowledged", "[crash]") { loses_nothing_down_to_one(0, 1); }

SCENARIO("kill -9 of the youngest, then of the founder, loses nothing that was acknowledged", "[crash]") {
  loses_nothing_down_to_one(2, 0);
}

}  // namespace troupe::cluster
