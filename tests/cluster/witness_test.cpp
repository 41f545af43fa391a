// Two members with data, and one that only votes.
#include <catch2/catch.hpp>

#include "tests/cluster/test_cluster.hpp"
#include "tests/cluster/workload.hpp"

namespace troupe::cluster {

namespace {

bool holds_something(const view& v, member_no who) {
  for (const auto& table : v.tables) {
    for (const auto& r : table.rows) {
      if (r.primary == who || r.in_sync.contains(who) || r.learners.contains(who) || r.async_backups.contains(who)) return true;
    }
  }
  return false;
}

}  // namespace

SCENARIO("a witness holds nothing, and lets the survivor of two go on", "[witness]") {
  test_cluster cluster{2};
  const auto& witness = cluster.add({"--witness"});
  CHECK(witness.ready().members == 3);
  auto& client = cluster.client();
  client.set("one", "before", "all");
  REQUIRE(cluster.wait_safe(3));
  const auto is_witness = [&](const member& m) { return m.id == incarnation{witness.ready().member} && m.kind == member_kind::witness; };
  const auto v = client.view();
  REQUIRE(std::any_of(v->members.begin(), v->members.end(), is_witness));
  CHECK_FALSE(holds_something(*v, cluster.number(2)));

  const std::size_t dies = GENERATE(0, 1);
  CAPTURE(dies);
  workload load{client, {.operation = operation_kind::put}};
  REQUIRE(load.wait_for_acknowledged(1000));
  cluster[dies].kill();
  CHECK(load.finish().failed() == 0);
  REQUIRE(cluster.wait_safe(2));
  CHECK(load.verify(client) == all_of(3000));
  CHECK_FALSE(holds_something(*client.view(), cluster.number(2)));
}

SCENARIO("a lite member serves clients, holds nothing, and has no vote", "[witness]") {
  test_cluster cluster{2};
  const auto& lite = cluster.add({"--lite"});
  connection through_it{cluster.name(), {lite.address()}};
  through_it.set("one", "k", "v");
  CHECK(cluster.client().get("one", "k") == "v");
  REQUIRE(cluster.wait_safe(3));
  CHECK_FALSE(holds_something(*cluster.client().view(), cluster.number(2)));
  cluster[2].terminate();
  CHECK(cluster.wait_safe(2));
}

}  // namespace troupe::cluster
