// More copies lost at once than there are backups; and a quorum that is gone. Definite answers, named losses, and an operator's way on.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include <troupe/actors/protocol/planner/planner.hpp>

#include "tests/cluster/test_cluster.hpp"
#include "tests/cluster/workload.hpp"

namespace troupe::cluster {

namespace {

constexpr std::size_t keys = 1000;

std::string key(std::size_t i) { return "key-" + std::to_string(i); }

program_result troupe_says(const test_cluster& cluster, std::size_t through, const std::string& command) {
  return run_program({TROUPE_CLI, "--name", cluster.name(), "--connect", to_string(cluster.addresses()[through]), command});
}

/// Rows of the map that have copies on these members only.
std::set<row_id> rows_held_only_by(const view& v, const std::string& map, const std::set<member_no>& who) {
  std::set<row_id> rows;
  for (std::uint32_t p = 0; p < v.settings.partition_count; ++p) {
    const row_id id{v.find_map(map)->kind, partition_id{p}};
    const auto& in_sync = v.find(id)->in_sync;
    if (std::all_of(in_sync.begin(), in_sync.end(), [&](member_no m) { return who.contains(m); })) rows.insert(id);
  }
  return rows;
}

/// So many are left, and all that could be moved to them has been.
bool goes_on_with(std::size_t members, connection& client) {
  return eventually([&] {
    const auto v = client.view();
    return v->members.size() == members && !protocol::has_work(*v);
  });
}

}  // namespace

SCENARIO("two of five die at once, with one backup: exactly the rows that only they held are lost, until they are reset", "[loss]") {
  test_cluster cluster{5};
  auto& client = cluster.client();
  for (std::size_t i = 0; i < keys; ++i) client.set("one", key(i), "v");
  REQUIRE(cluster.wait_safe(5));
  const auto before = client.view();
  const auto lost = rows_held_only_by(*before, "one", {cluster.number(3), cluster.number(4)});
  REQUIRE_FALSE(lost.empty());
  cluster[3].stop();  // Both at one instant, as far as the others can tell.
  cluster[4].kill();
  cluster[3].kill();

  REQUIRE(goes_on_with(3, client));
  for (std::size_t i = 0; i < keys; ++i) {
    const auto result = client.call("one", single(operation_kind::get, key(i)));
    CAPTURE(key(i));
    if (lost.contains(row_of(*before, "one", key(i)))) {
      CHECK(result.result == outcome::not_applied);
      CHECK(result.why == failure::partition_lost);
    } else {
      CHECK(result.result == outcome::ok);
      CHECK(result.value == blob{"v"});
    }
  }
  const auto named = troupe_says(cluster, 0, "lost");
  CHECK(named.status == 1);
  for (const auto& id : lost) CHECK(named.output.find(to_string(id)) != std::string::npos);
  CHECK(static_cast<std::size_t>(std::count(named.output.begin(), named.output.end(), '\n')) == lost.size() + 1);
  CHECK(cluster[0].has_said("row_lost"));

  WHEN("they are reset") {
    CHECK(troupe_says(cluster, 1, "reset-lost").status == 0);
    REQUIRE(cluster.wait_safe(3));
    THEN("they serve again, empty; the others still have all") {
      for (std::size_t i = 0; i < keys; ++i) {
        const auto is_lost = lost.contains(row_of(*before, "one", key(i)));
        CHECK(client.get("one", key(i)) == (is_lost ? std::nullopt : std::optional<std::string>{"v"}));
      }
      CHECK(troupe_says(cluster, 2, "lost").status == 0);
      client.set("one", key(0), "new");
      CHECK(client.get("one", key(0)) == "new");
    }
  }
}

SCENARIO("a map gets a second backup while it is written, and then two of five die at once: nothing is lost", "[loss]") {
  test_cluster cluster{5};
  auto& client = cluster.client();
  client.set("beside", "k", "v");  // With the rows that the other map has at first.
  client.set("one", "k", "v");
  REQUIRE(cluster.wait_safe(5));
  REQUIRE(client.view()->find_map("beside")->group() == client.view()->find_map("one")->group());
  workload writes{client, {.map = "one", .entries = 9000, .per_second = 1500}};
  REQUIRE(writes.wait_for_acknowledged(1000));
  const auto changed = run_program(
      {TROUPE_CLI, "--name", cluster.name(), "--connect", to_string(cluster.addresses()[1]), "set-backups", "one", "--backup-count", "2"});
  CAPTURE(changed.errors);
  REQUIRE(changed.status == 0);
  const auto done = writes.finish();
  CHECK(done.failed() == 0);
  cluster[3].stop();
  cluster[4].kill();
  cluster[3].kill();
  REQUIRE(goes_on_with(3, client));
  CHECK(writes.verify(client) == all_of(done.acknowledged));
  CHECK(client.get("one", "k") == "v");
}

SCENARIO("a quorum that is gone for good: nothing goes on until an operator forces it", "[loss]") {
  test_cluster cluster{5};
  auto& client = cluster.client();
  for (std::size_t i = 0; i < keys; ++i) client.set("two", key(i), "v");
  REQUIRE(cluster.wait_safe(5));
  const auto before = client.view();
  const auto lost = rows_held_only_by(*before, "two", {cluster.number(0), cluster.number(1), cluster.number(2)});
  for (const std::size_t dies : {0u, 1u, 2u}) cluster[dies].kill();
  REQUIRE(eventually([&] { return cluster[3].has_said("no_quorum=yes") && cluster[4].has_said("no_quorum=yes"); }));
  CHECK(client.view()->name == before->name);

  const auto forced = run_program(
      {TROUPE_CLI, "--name", cluster.name(), "--connect", to_string(cluster[3].address()), "force-view"});
  CAPTURE(forced.errors);
  CHECK(forced.status == 0);
  REQUIRE(eventually([&] {
    const auto v = client.view();
    return v->members.size() == 2 && !protocol::has_work(*v);
  }));
  THEN("what the two had is served, and what only the others had is named") {
    std::size_t served = 0;
    for (std::size_t i = 0; i < keys; ++i) {
      const auto result = client.call("two", single(operation_kind::get, key(i)));
      const auto is_lost = lost.contains(row_of(*before, "two", key(i)));
      CHECK(result.why == (is_lost ? failure::partition_lost : failure::none));
      served += result.result == outcome::ok && result.value == blob{"v"};
    }
    CHECK(served > 0);
    CHECK(troupe_says(cluster, 4, "lost").status == (lost.empty() ? 0 : 1));
  }
}

}  // namespace troupe::cluster
