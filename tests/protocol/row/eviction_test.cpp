// Maps that are kept to a size: which entries make room, and that it happens by records.
#include <catch2/catch.hpp>

#include <set>

#include <troupe/actors/protocol/row/eviction_queue.hpp>
#include <troupe/actors/protocol/row/store.hpp>
#include <troupe/messages/types/stats.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

using keys = std::vector<std::string>;

constexpr eviction_rule three_entries{eviction_policy::lru, size_measure::entries_per_partition, 3};

stage kept_to(const eviction_rule& rule, const row& r = row_in(epoch(1)).led_by(1).with({2}), bool entry_statistics = false) {
  stage s;
  s.set_entry_statistics(entry_statistics);
  s.set_eviction(rule);
  s.install(r);
  for (const auto m : r.in_sync) {
    if (m != me) s.sealed(m.value(), 0);
  }
  return s;
}

/// What a turn evicts, as the backup 2 is told.
keys evicted_in(const turn& t) {
  keys all;
  for (const auto& m : t.sent<records>(peer(2))) {
    for (const auto& r : m.list) {
      const auto* e = std::get_if<erase_entry>(&r.body);
      if (e != nullptr && e->why == removal::evicted) all.emplace_back(e->key.view());
    }
  }
  return all;
}

}  // namespace

SCENARIO("what would be too much is evicted before it is written") {
  auto s = kept_to(three_entries);
  for (const auto* key : {"a", "b", "c"}) CHECK(evicted_in(s.operate(set(key, "v"))).empty());
  s.acked(2, 3);
  WHEN("another entry comes") {
    const auto t = s.operate(set("d", "v"));
    THEN("the oldest one goes, on all copies, and the position of the write is the one behind") {
      CHECK(evicted_in(t) == keys{"a"});
      CHECK(s.acked(2, 5).answer_to(4).what.seq == seq(5));
      CHECK(s.core().map_stats().front().entries == 3);
      CHECK(s.core().map_stats().front().activity.evicted == 1);
      CHECK_FALSE(s.operate(get("a")).answer_to(5).what.found);
    }
    THEN("a read of what goes is answered when that has committed") {
      const auto asked = s.operate(get("a"));
      CHECK(asked.answers.empty());
      CHECK_FALSE(s.acked(2, 4).answer_to(5).what.found);
    }
  }
  WHEN("the oldest one has been asked for") {
    s.operate(get("a"));
    THEN("the next one goes") { CHECK(evicted_in(s.operate(set("d", "v"))) == keys{"b"}); }
  }
  WHEN("the oldest one is written again") {
    CHECK(evicted_in(s.operate(set("a", "w"))).empty());
    THEN("the next one goes") { CHECK(evicted_in(s.operate(set("d", "v"))) == keys{"b"}); }
  }
  WHEN("one is removed") {
    s.operate(ask(operation_kind::erase, "b"));
    THEN("there is room") { CHECK(evicted_in(s.operate(set("d", "v"))).empty()); }
  }
  WHEN("the map is cleared") {
    s.operate(ask(operation_kind::clear, ""));
    THEN("there is room for three") {
      for (const auto* key : {"d", "e", "f"}) CHECK(evicted_in(s.operate(set(key, "v"))).empty());
      CHECK(evicted_in(s.operate(set("g", "v"))) == keys{"d"});
    }
  }
  WHEN("another map grows") {
    auto other = set("x", "v");
    other.map = another_map;
    THEN("that is another matter") { CHECK(evicted_in(s.operate(std::move(other))).empty()); }
  }
  WHEN("a write has no effect") {
    THEN("nothing goes for it") { CHECK(evicted_in(s.operate(ask(operation_kind::replace, "z", "v"))).empty()); }
  }
}

SCENARIO("a map may be kept to what its copies take") {
  const auto counts_entries = GENERATE(false, true);
  CAPTURE(counts_entries);
  const auto entry = entry_overhead_bytes + (counts_entries ? notes_overhead_bytes : 0) + 1 + 100;
  // 9 members share 271 partitions with two copies each.
  auto s = kept_to({eviction_policy::lru, size_measure::bytes_per_node, 3 * entry * 271 * 2 / 9 + 100}, row_in(epoch(1)).led_by(1).with({2}), counts_entries);
  const std::string value(100, 'v');
  for (const auto* key : {"a", "b", "c"}) CHECK(evicted_in(s.operate(set(key, value))).empty());
  THEN("a new one takes the place of one") { CHECK(evicted_in(s.operate(set("d", value))) == keys{"a"}); }
  THEN("a longer value of one that is there takes that of others") { CHECK(evicted_in(s.operate(set("a", value + value + value + value))) == keys{"b", "c"}); }
  THEN("a value that is larger than all may be is alone") {
    CHECK(evicted_in(s.operate(set("d", std::string(5000, 'v')))) == keys{"a", "b", "c"});
    CHECK(s.core().map_stats().front().entries == 1);
    s.acked(2, 7);
    CHECK(evicted_in(s.tick_after(milliseconds{20})).empty());
  }
}

SCENARIO("whoever becomes primary goes on in the order in which entries were written") {
  stage s;
  s.set_eviction(three_entries);
  s.install(row_in(epoch(1)).led_by(9).with({1, 2}));
  s.receive(9, seal{the_row, epoch(1), config(1), true, {}});
  const auto committed = GENERATE(0u, 2u, 3u);
  records all{the_row, epoch(1), seq(1), seq(committed), {}, {}};
  for (const auto* key : {"c", "b", "a"}) all.list.push_back({epoch(1), seq(all.list.size() + 1), put_entry{the_map, blob{key}, blob{"v"}}});
  s.receive(9, std::move(all));
  REQUIRE(s.core().log_length() == seq(3));
  s.install(row_in(epoch(2)).led_by(1).with({2}).config(2));
  s.sealed(2, 3, epoch(1));
  REQUIRE(s.core().serves());
  CHECK(evicted_in(s.operate(set("d", "v"))) == keys{"c"});
}

SCENARIO("a map that has become too large by a change of the cluster is cut down by ticks") {
  auto s = kept_to({eviction_policy::lru, size_measure::entries_per_partition, 5});
  for (const auto* key : {"a", "b", "c", "d", "e"}) s.operate(set(key, "v"));
  s.acked(2, 5);
  s.set_eviction(three_entries);
  s.install(row_in(epoch(1)).led_by(1).with({2}).config(2));
  REQUIRE(s.core().wants_tick());
  CHECK(evicted_in(s.tick_after(milliseconds{20})) == keys{"a", "b"});
  s.acked(2, 7);
  CHECK(evicted_in(s.tick_after(milliseconds{20})).empty());
  WHEN("it is paused for a hand-over") {
    s.set_eviction({eviction_policy::lru, size_measure::entries_per_partition, 1});
    s.install(row_in(epoch(1)).led_by(1).with({2}).handing_over_to(2).config(3));
    THEN("nothing is written") { CHECK(evicted_in(s.tick_after(milliseconds{20})).empty()); }
  }
}

SCENARIO("the line of those that may go") {
  const auto all = [](const blob&) { return eviction_queue::standing::may_go; };
  const auto text = [](const std::optional<blob>& key) { return key ? std::string{key->view()} : "nobody"; };
  GIVEN("LRU") {
    eviction_queue line{eviction_policy::lru};
    for (const auto* key : {"a", "b", "c", "d"}) line.add(blob{key});
    line.note_access("a");
    line.note_access("c");
    CHECK(text(line.take(all)) == "b");
    CHECK(text(line.take(all)) == "d");
    CHECK(text(line.take(all)) == "a");
    CHECK(text(line.take(all)) == "c");
    CHECK(text(line.take(all)) == "nobody");
  }
  GIVEN("LFU") {
    eviction_queue line{eviction_policy::lfu};
    for (const auto* key : {"a", "b", "c"}) line.add(blob{key});
    for (int i = 0; i < 9; ++i) line.note_access("a");
    for (int i = 0; i < 3; ++i) line.note_access("b");
    CHECK(text(line.take(all)) == "c");
    CHECK(text(line.take(all)) == "b");
    CHECK(text(line.take(all)) == "a");
  }
  GIVEN("RANDOM") {
    eviction_queue line{eviction_policy::random};
    for (int n = 0; n < 40; ++n) line.add(blob{std::to_string(n)});
    keys gone;
    for (int n = 0; n < 40; ++n) gone.push_back(text(line.take(all)));
    CHECK(std::set<std::string>{gone.begin(), gone.end()}.size() == 40);
    keys in_order;
    for (int n = 0; n < 40; ++n) in_order.push_back(std::to_string(n));
    CHECK(gone != in_order);
    CHECK(text(line.take(all)) == "nobody");
  }
  GIVEN("RANDOM, and one that must stay") {
    eviction_queue line{eviction_policy::random};
    const auto judge = [](const blob& key) { return key.view() == "stays" ? eviction_queue::standing::spared : eviction_queue::standing::may_go; };
    line.add(blob{"stays"});
    for (int n = 0; n < 40; ++n) {
      line.add(blob{std::to_string(n)});
      CHECK(text(line.take(judge)) == std::to_string(n));  // Nobody looks at the same one twice, and overlooks the other.
    }
  }
  GIVEN("many that are all asked for") {
    eviction_queue line{eviction_policy::lru};
    for (int n = 0; n < 1000; ++n) line.add(blob{std::to_string(n)});
    for (int n = 0; n < 1000; ++n) line.note_access(std::to_string(n));
    int looks = 0;
    const auto taken = line.take([&](const blob&) { return ++looks, eviction_queue::standing::may_go; });
    THEN("one goes after a few looks") {
      CHECK(text(taken) == "0");
      CHECK(looks <= 32);
      CHECK(line.size() == 999);
    }
  }
  GIVEN("some that must stay, and some that are gone") {
    eviction_queue line{eviction_policy::lru};
    for (const auto* key : {"gone", "stays", "goes"}) line.add(blob{key});
    const auto judge = [](const blob& key) {
      return key.view() == "gone" ? eviction_queue::standing::gone : key.view() == "stays" ? eviction_queue::standing::spared : eviction_queue::standing::may_go;
    };
    CHECK(text(line.take(judge)) == "goes");
    CHECK(text(line.take(judge)) == "nobody");
    CHECK(line.size() == 1);
  }
}

SCENARIO("each row has its share of what a member may hold") {
  const auto per_node = [](std::uint64_t size) { return eviction_rule{eviction_policy::lru, size_measure::entries_per_node, size}; };
  CHECK(budget_of(per_node(27'100), 3, 271, 2).entries == 300);
  CHECK(budget_of(per_node(1), 3, 271, 2).entries == 1);
  CHECK(budget_of(three_entries, 3, 271, 2).entries == 3);
  CHECK(budget_of({eviction_policy::lru, size_measure::bytes_per_node, 2'710'000}, 3, 271, 2).bytes == 15'000);
  CHECK(budget_of(per_node(eviction_size_max), 10'000, 1, 1).entries == eviction_size_max * 10'000);
}
