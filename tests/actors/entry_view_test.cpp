// What is known of entries, keys without values, and a member's own statistics, on whole clusters of the real actors in virtual time.
#include <catch2/catch.hpp>

#include <set>

#include <troupe/messages/types/partitioning.hpp>
#include <troupe/messages/types/stats.hpp>
#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/cluster_calls.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct hosting {
  test::system_config config;
  caf::actor_system system{config};
};

cluster_settings settings_of_orders(bool keeps_statistics) {
  cluster_settings settings;
  map_definition orders{"orders", {1, 0}};
  orders.entry_statistics = keeps_statistics;
  settings.maps.push_back(orders);
  return settings;
}

map_stats sum_over(test::cluster& c, const std::string& name) {
  map_stats sum{name};
  for (std::size_t i = 0; i < c.size(); ++i) {
    const auto stats = c.stats(i);
    if (!stats) continue;
    for (const auto& m : stats->maps) {
      if (m.name != name) continue;
      sum.owned_entries += m.owned_entries;
      sum.backup_entries += m.backup_entries;
      sum.reads += m.reads;
      sum.writes += m.writes;
      sum.hits += m.hits;
      sum.write_wait += m.write_wait;
      sum.locked_entries += m.locked_entries;
    }
  }
  return sum;
}

/// The member that leads the key's partition.
std::size_t leader_of(const test::cluster& c, const std::string& map, const blob& key) {
  const auto v = c.view_of(0);
  const auto partition = partition_of(key.view(), v->settings.partition_count);
  const auto* row = v->find(v->home_of(*v->find_map(map), partition));
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (v->members[i].number == row->primary) return i;
  }
  FAIL("nobody leads " << key.view());
  return 0;
}

}  // namespace

SCENARIO("an entry view tells the value, and what its row knows beside it") {
  hosting h;
  test::cluster c{h.system, 3, settings_of_orders(false)};
  const auto orders = c.map<std::string, int>("orders", 1);
  must(c, orders.set("pears", 5));
  must(c, orders.set("plums", 7, {10'000, 4'000}));
  const auto pears = must(c, orders.get_entry_view("pears"));
  REQUIRE(pears);
  CHECK(pears->value == 5);
  CHECK(pears->version > 0);
  CHECK(pears->bytes > 5);
  CHECK_FALSE(pears->ttl);
  CHECK_FALSE(pears->ends_in);
  CHECK_FALSE(pears->statistics);
  const auto plums = must(c, orders.get_entry_view("plums"));
  REQUIRE(plums);
  CHECK(plums->ttl == seconds{10});
  CHECK(plums->max_idle == seconds{4});
  CHECK(plums->ends_in <= seconds{4});
  must(c, orders.set("pears", 6));
  CHECK(must(c, orders.get_entry_view("pears"))->version > pears->version);
  CHECK_FALSE(must(c, orders.get_entry_view("apples")));
  // Asked for a view again and again, it is idle all the same.
  for (int i = 0; i < 5; ++i) {
    c.advance(seconds{1});
    (void)must(c, orders.get_entry_view("plums"));
  }
  CHECK_FALSE(must(c, orders.get_entry_view("plums")));
}

SCENARIO("with per-entry-stats-enabled an entry view tells since when an entry is there, also after a failover") {
  hosting h;
  test::cluster c{h.system, 3, settings_of_orders(true)};
  const auto key = std::string{"pears"};
  {
    const auto orders = c.map<std::string, int>("orders", 0);
    must(c, orders.set(key, 5));
    c.advance(seconds{10});
    must(c, orders.set(key, 6));
    for (int i = 0; i < 3; ++i) must(c, orders.get(key));
    c.advance(seconds{5});
    const auto view = must(c, orders.get_entry_view(key));
    REQUIRE(view);
    REQUIRE(view->statistics);
    CHECK(view->statistics->since_created >= seconds{15});
    CHECK(view->statistics->since_created < seconds{16});
    CHECK(view->statistics->since_written >= seconds{5});
    CHECK(view->statistics->since_written < seconds{6});
    CHECK(view->statistics->hits == 4);  // The second set found it, too.
    CHECK(view->statistics->since_asked >= seconds{5});
  }
  const auto leader = leader_of(c, "orders", *to_bytes(key));
  c.kill(leader);
  REQUIRE(c.settle());
  const auto orders = c.map<std::string, int>("orders", leader == 0 ? 1 : 0);
  const auto view = must(c, orders.get_entry_view(key));
  REQUIRE(view);
  REQUIRE(view->statistics);
  CHECK(view->statistics->since_created >= seconds{15});
  CHECK(view->statistics->since_created - view->statistics->since_written >= seconds{10});
  CHECK(view->statistics->hits == 0);
  CHECK_FALSE(view->statistics->since_asked);
}

SCENARIO("keys are walked through without their values") {
  hosting h;
  test::cluster c{h.system, 2};
  const auto orders = c.map<std::string, std::string>("orders", 1);
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < 300; ++i) entries.emplace_back("key-" + std::to_string(i), std::string(1000, 'v'));
  must(c, orders.put_all(entries));
  std::set<std::string> seen;
  std::string from;
  int pages = 0;
  do {
    const auto page = must(c, orders.keys(from, 1000));
    for (const auto& k : page.keys) CHECK(seen.insert(k).second);
    from = page.next;
    ++pages;
  } while (!from.empty());
  CHECK(seen.size() == 300);
  CHECK(pages > 1);
  CHECK(pages < 10);  // 300 keys of 7 bytes; their values would take 300 pages.
}

SCENARIO("members' statistics say what they hold and have served") {
  hosting h;
  test::cluster c{h.system, 3};
  const auto orders = c.map<std::string, int>("orders", 1);
  for (int i = 0; i < 20; ++i) must(c, orders.set(std::to_string(i), i));
  for (int i = 0; i < 30; ++i) (void)must(c, orders.get(std::to_string(i)));
  must(c, orders.lock("0", decltype(orders)::new_owner()));
  const auto sum = sum_over(c, "orders");
  CHECK(sum.owned_entries == 20);
  CHECK(sum.backup_entries == 20);
  CHECK(sum.reads == 30);
  CHECK(sum.hits == 20);
  CHECK(sum.writes == 21);
  CHECK(sum.locked_entries == 1);
  CHECK(sum.write_wait.longest >= milliseconds{2});  // A message each way.
  CHECK(sum.write_wait.total >= 20 * milliseconds{2});
  c.kill(2);
  CHECK_FALSE(c.stats(2));
}
