// What a configuration says of copies, and what the statistics of real members then show.
#include <catch2/catch.hpp>

#include <thread>

#include <troupe/messages/types/settings.hpp>

#include "tests/cluster/embedded_member.hpp"
#include "tests/cluster/test_cluster.hpp"
#include "tests/cluster/workload.hpp"

namespace troupe::cluster {

namespace {

constexpr std::size_t entries = 1000;

struct copies {
  std::uint64_t owned = 0, backups = 0, async_backups = 0;
  friend bool operator==(const copies&, const copies&) = default;
};

std::ostream& operator<<(std::ostream& out, const copies& c) {
  return out << c.owned << " owned, " << c.backups << " backups, " << c.async_backups << " async backups";
}

copies copies_of(test_cluster& cluster, const std::string& map) {
  const auto sums = cluster.client().totals(map);
  return {sums.owned_entries, sums.backup_entries, sums.async_backup_entries};
}

void store(test_cluster& cluster, const std::string& map) {
  workload all{cluster.client(), {.map = map, .entries = entries, .per_second = 100'000}};
  REQUIRE(all.finish().acknowledged == entries);
}

/// Async backups follow a moment later; all else is there when the last set returns.
void shows(test_cluster& cluster, const std::string& map, const copies& wanted) {
  CAPTURE(map);
  const auto at_once = copies_of(cluster, map);
  CHECK(at_once.owned == wanted.owned);
  CHECK(at_once.backups == wanted.backups);
  (void)eventually([&] { return copies_of(cluster, map) == wanted; }, seconds{10});
  CHECK(copies_of(cluster, map) == wanted);
}

void removes_every_copy(test_cluster& cluster, const std::string& map, const copies& wanted) {
  auto& client = cluster.client();
  REQUIRE(client.call(map, single(operation_kind::remove, "k-7")).found);
  const auto less = [](std::uint64_t n) { return n - n / entries; };
  shows(cluster, map, {less(wanted.owned), less(wanted.backups), less(wanted.async_backups)});
  map_call clear;
  clear.what = map_call::kind::clear;
  REQUIRE(client.call(map, clear).number == entries - 1);
  shows(cluster, map, {});
}

}  // namespace

SCENARIO("backup counts of a map: as many copies as configured, and none of what was removed", "[copies]") {
  test_cluster cluster{3};
  const auto [map, wanted] = GENERATE(table<std::string, copies>({{"none", {1000, 0, 0}},
                                                                  {"one", {1000, 1000, 0}},
                                                                  {"two", {1000, 2000, 0}},
                                                                  {"async", {1000, 0, 1000}},
                                                                  {"both", {1000, 1000, 1000}}}));
  cluster.client().set(map, "k-0", "first");
  REQUIRE(cluster.wait_safe(3));
  store(cluster, map);
  shows(cluster, map, wanted);
  CHECK(cluster.client().size(map) == entries);
  removes_every_copy(cluster, map, wanted);
}

SCENARIO("the examples of Hazelcast's manual mean here what they mean there", "[copies]") {
  const auto [file, wanted, reads_copies] =
      GENERATE(table<std::string, copies, bool>({{"default-one-backup.xml", {1000, 1000, 0}, false},
                                                 {"default-async-backup.xml", {1000, 0, 1000}, false},
                                                 {"default-read-backup-data.xml", {1000, 0, 1000}, true}}));
  CAPTURE(file);
  test_cluster cluster{2, file};
  auto& client = cluster.client();
  client.set("any", "k-0", "first");
  embedded_member embedded{cluster.name(), configuration(file), free_ports(1), cluster[0].address()};
  REQUIRE(cluster.wait_safe(3));
  store(cluster, "any");
  shows(cluster, "any", wanted);

  std::size_t right = 0;
  for (std::size_t i = 0; i < entries; ++i) {
    const auto key = "k-" + std::to_string(i);
    right += embedded.get("any", key) == "value of " + key ? 1 : 0;
  }
  CHECK(right == entries);
  const auto by_copies = client.totals("any").backup_reads;
  CHECK((by_copies > 0) == reads_copies);
}

SCENARIO("a copy is read, and is at most one heartbeat old when nobody writes", "[copies]") {
  constexpr std::size_t keys = 100, rounds = 10;
  const auto file = "read-one-backup.xml";
  test_cluster cluster{1, file};
  auto& client = cluster.client();
  client.set("any", "k-0", "first");
  embedded_member embedded{cluster.name(), configuration(file), free_ports(1), cluster[0].address()};
  REQUIRE(cluster.wait_safe(2));

  std::size_t fresh_in_time = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto value = "of round " + std::to_string(round);
    const auto reads_all = [&] {
      std::size_t fresh = 0;
      for (std::size_t i = 0; i < keys; ++i) fresh += embedded.get("any", "k-" + std::to_string(i)) == value ? 1 : 0;
      return fresh == keys;
    };
    for (std::size_t i = 0; i < keys; ++i) client.set("any", "k-" + std::to_string(i), value);
    std::this_thread::sleep_for(timing{}.heartbeat);
    if (reads_all()) {
      ++fresh_in_time;
    } else {
      CHECK(eventually(reads_all));
    }
  }
  CHECK(client.totals("any").backup_reads > 0);
  // The exact bound is tested on virtual time; here a busy machine may be late, though not every time.
  CAPTURE(fresh_in_time);
  CHECK(fresh_in_time > 0);
}

}  // namespace troupe::cluster
