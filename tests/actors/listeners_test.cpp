// Entry listeners as applications add them, on whole clusters of the real actors in virtual time.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>

#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/cluster_calls.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using kind = entry_event_kind;
using numbers = troupe::map<std::string, std::int64_t>;
using number_event = numbers::event;

struct larger_than {
  static constexpr std::string_view predicate_name = "larger_than";
  using event = number_event;
  std::int64_t limit = 0;
  bool operator()(const event& e) const {
    if (e.value == 13) throw std::invalid_argument{"thirteen"};
    return e.value && *e.value > limit;
  }
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, larger_than& x) {
  return f(x.limit);
}

/// Another one, that nobody registers.
struct unheard_of {
  static constexpr std::string_view predicate_name = "unheard_of";
  using event = number_event;
  bool operator()(const event&) const { return true; }
};

std::shared_ptr<const processor_registry> registry() {
  auto processors = std::make_shared<processor_registry>();
  processors->add_predicate<larger_than>();
  return processors;
}

struct heard {
  std::vector<number_event> events;
  std::size_t batches = 0;
  bool is_slow = false;  ///< is done with a batch when it is told so, by `clear`
  std::vector<caf::response_promise> open;

  [[nodiscard]] std::vector<number_event> of(const std::string& key) const {
    std::vector<number_event> list;
    std::copy_if(events.begin(), events.end(), std::back_inserter(list), [&](const number_event& e) { return e.key == key; });
    return list;
  }
  [[nodiscard]] std::size_t count(kind k) const {
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [k](const number_event& e) { return e.what == k; }));
  }
};

struct hosting {
  test::system_config config;
  caf::actor_system system{config};

  caf::actor spawn_listener(heard& into, const numbers& map) {
    return system.spawn([&into, map](caf::event_based_actor* self) -> caf::behavior {
      return {[&into, map, self](const entry_events& batch) -> caf::result<void> {
        ++into.batches;
        for (auto& e : map.read(batch)) into.events.push_back(std::move(e));
        if (!into.is_slow) return caf::unit;
        into.open.push_back(self->make_response_promise());
        return caf::delegated<void>{};
      },
              [&into](clear_atom) {
                for (auto& p : std::exchange(into.open, {})) p.deliver(caf::unit);
              }};
    });
  }
  /// Adds the listener, and lets virtual time pass until it is confirmed.
  template <class Call>
  caf::expected<caf::actor> added(test::cluster& c, const Call& what) {
    caf::expected<caf::actor> ended{caf::sec::runtime_error};
    bool is_over = false;
    system.spawn([&, what](caf::event_based_actor* self) {
      what.request(self).then(
          [&](const caf::actor& subscription) {
            ended = subscription;
            is_over = true;
          },
          [&](const caf::error& e) {
            ended = e;
            is_over = true;
          });
    });
    for (int n = 0; n < 1000 && !is_over; ++n) c.advance(milliseconds{10});
    REQUIRE(is_over);
    return ended;
  }
};

}  // namespace

SCENARIO("a listener is told what happens to the entries of a map") {
  hosting h;
  heard all;  // Outlives the actors that fill it.
  test::cluster c{h.system, 3, {}, registry()};
  const auto map = c.map<std::string, std::int64_t>("numbers", 1);
  must(c, map.set("before", 1));
  const auto listener = h.spawn_listener(all, map);
  REQUIRE(h.added(c, map.add_entry_listener(listener, listener_options{.old_values = true})));
  must(c, map.set("a", 1));
  must(c, map.set("a", 2));
  must(c, map.erase("a"));
  must(c, map.set("b", 3, entry_options::living_for(milliseconds{200})));
  must(c, map.set("before", 4));
  c.advance(seconds{2});
  THEN("in order, with values and those before") {
    const auto a = all.of("a");
    REQUIRE(a.size() == 3);
    CHECK(a[0].what == kind::added);
    CHECK(a[0].value == 1);
    CHECK_FALSE(a[0].old_value);
    CHECK(a[1].what == kind::updated);
    CHECK(a[1].value == 2);
    CHECK(a[1].old_value == 1);
    CHECK(a[2].what == kind::removed);
    CHECK_FALSE(a[2].value);
    CHECK(a[2].old_value == 2);
    CHECK(a[1].partition == a[0].partition);
    CHECK(a[1].at > a[0].at);
  }
  THEN("of entries whose life ends") {
    const auto b = all.of("b");
    REQUIRE(b.size() == 2);
    CHECK(b[1].what == kind::expired);
    CHECK(b[1].old_value == 3);
  }
  THEN("and not of what was before it") {
    const auto before = all.of("before");
    REQUIRE(before.size() == 1);
    CHECK(before[0].what == kind::updated);
    CHECK(before[0].old_value == 1);
  }
  THEN("a lifetime that is set anew is nothing, and what has no effect neither") {
    const auto so_far = all.events.size();
    must(c, map.set_ttl("before", seconds{3600}));
    must(c, map.put_if_absent("before", 9));
    c.advance(seconds{1});
    CHECK(all.events.size() == so_far);
  }
  THEN("a clear is one event of each partition that had entries") {
    must(c, map.set("c", 1));
    must(c, map.clear());
    c.advance(seconds{1});
    const auto removed = std::accumulate(all.events.begin(), all.events.end(), std::uint64_t{0},
                                         [](std::uint64_t sum, const number_event& e) { return sum + (e.what == kind::cleared ? e.entries : 0); });
    CHECK(removed == 2);
    CHECK(all.count(kind::removed) == 1);
  }
  THEN("when the map is destroyed, that is the last event") {
    bool destroyed = false;
    h.system.spawn([&, handle = map.handle()](caf::event_based_actor* self) {
      compat::request(self, handle, std::nullopt, destroy_atom_v).then([&](bool done) { destroyed = done; });
    });
    c.advance(seconds{5});
    REQUIRE(destroyed);
    REQUIRE_FALSE(all.events.empty());
    CHECK(all.events.back().what == kind::ended);
    CHECK(all.events.back().text == to_string(failure::unknown_map));
    CHECK_FALSE(c.view_of(0)->find_map("numbers"));
  }
}

SCENARIO("a listener may listen to one key, or to what a predicate lets through") {
  hosting h;
  heard one, large;  // Outlives the actors that fill it.
  test::cluster c{h.system, 2, {}, registry()};
  const auto map = c.map<std::string, std::int64_t>("numbers");
  REQUIRE(h.added(c, map.add_entry_listener(h.spawn_listener(one, map), "one", listener_options{.values = false})));
  REQUIRE(h.added(c, map.add_entry_listener(h.spawn_listener(large, map), larger_than{100})));
  for (int i = 0; i < 50; ++i) must(c, map.set("key " + std::to_string(i), 90 + i == 103 ? 0 : 90 + i));
  must(c, map.set("one", 5));
  c.advance(seconds{1});
  THEN("and hears nothing else") {
    REQUIRE(one.events.size() == 1);
    CHECK(one.events[0].key == "one");
    CHECK_FALSE(one.events[0].value);
    CHECK(large.events.size() == 38);
    CHECK(std::all_of(large.events.begin(), large.events.end(), [](const number_event& e) { return e.value > 100; }));
  }
  THEN("a predicate that throws ends its listener with what it said, and nothing else") {
    must(c, map.set("unlucky", 13));
    c.advance(seconds{1});
    REQUIRE(large.events.size() == 39);
    CHECK(large.events.back().what == kind::ended);
    CHECK(large.events.back().text == std::string{to_string(failure::processor_failed)} + ": larger_than: thirteen");
    must(c, map.set("one", 6));
    c.advance(seconds{1});
    CHECK(one.events.size() == 2);
  }
  THEN("one that nobody registered is refused") {
    const auto refused = h.added(c, map.add_entry_listener(h.spawn_listener(one, map), unheard_of{}));
    REQUIRE_FALSE(refused);
    CHECK(failure_of(refused.error()) == failure::unknown_processor);
    CHECK(outcome_of(refused.error()) == outcome::not_applied);
  }
}

SCENARIO("a listener ends when it is removed, or when its actor does") {
  hosting h;
  heard all;  // Outlives the actors that fill it.
  test::cluster c{h.system, 2};
  const auto map = c.map<std::string, std::int64_t>("numbers");
  const auto listener = h.spawn_listener(all, map);
  const auto subscription = h.added(c, map.add_entry_listener(listener));
  REQUIRE(subscription);
  const auto remove = [&] {  // Whether it was there; nothing: it could not be told.
    std::optional<bool> was_there;
    h.system.spawn([&](caf::event_based_actor* self) {
      map.remove_entry_listener(*subscription).request(self).then([&](bool was) { was_there = was; }, [](const caf::error&) {});
    });
    c.advance(seconds{1});
    return was_there;
  };
  THEN("it hears nothing more once it is removed, and it is removed once") {
    CHECK(remove() == true);
    must(c, map.set("a", 1));
    c.advance(seconds{1});
    CHECK(all.events.empty());
    CHECK(remove() == false);
  }
  THEN("its subscription ends with its actor") {
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    c.advance(seconds{1});
    CHECK(remove() == false);
  }
}

SCENARIO("an actor that has no place for batches is no listener") {
  hosting h;
  test::cluster c{h.system, 1};
  const auto map = c.map<std::string, std::int64_t>("numbers");
  const auto deaf = h.system.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](int) {}};
  });
  const auto subscription = h.added(c, map.add_entry_listener(deaf));
  REQUIRE(subscription);
  must(c, map.set("a", 1));
  c.advance(seconds{1});
  std::optional<bool> was_there;
  h.system.spawn([&](caf::event_based_actor* self) {
    map.remove_entry_listener(*subscription).request(self).then([&](bool was) { was_there = was; }, [](const caf::error&) {});
  });
  c.advance(seconds{1});
  CHECK(was_there == false);
}

SCENARIO("what is none of the map's types is an event that says so") {
  hosting h;
  heard all;  // Outlives the actors that fill it.
  test::cluster c{h.system, 1};
  const auto map = c.map<std::string, std::int64_t>("numbers");
  const auto texts = c.map<std::string, std::string>("numbers");
  REQUIRE(h.added(c, map.add_entry_listener(h.spawn_listener(all, map))));
  must(c, texts.set("a", "no number"));
  must(c, map.set("b", 1));
  c.advance(seconds{1});
  REQUIRE(all.events.size() == 2);
  const auto a = all.of("a");
  REQUIRE(a.size() == 1);
  CHECK(a[0].what == kind::unreadable);
  CHECK(a[0].text == "a value of 9 bytes is none of this map's type");
  CHECK(all.of("b").size() == 1);
}

SCENARIO("a slow listener gets a gap, and nobody waits for it") {
  hosting h;
  heard all;  // Outlives the actors that fill it.
  test::cluster c{h.system, 2};
  const auto map = c.map<std::string, std::int64_t>("numbers");
  const auto texts = c.map<std::string, std::string>("numbers");
  all.is_slow = true;
  const auto listener = h.spawn_listener(all, map);
  REQUIRE(h.added(c, map.add_entry_listener(listener, listener_options{.values = false})));
  const std::string large(100'000, 'x');
  for (int i = 0; i < 40; ++i) must(c, texts.set("a", large));
  c.advance(seconds{5});
  CHECK(all.batches == 1);
  all.is_slow = false;
  for (int i = 0; i < 40; ++i) must(c, texts.set("a", large));
  compat::anonymous_send(listener, clear_atom_v);
  c.advance(seconds{10});
  must(c, texts.set("a", large));
  c.advance(seconds{1});
  REQUIRE(all.count(kind::gap) >= 1);
  const auto gap = std::find_if(all.events.begin(), all.events.end(), [](const number_event& e) { return e.what == kind::gap; });
  CHECK(gap->why == gap_reason::too_late);
  CHECK(gap->at > gap->since);
  THEN("what it was told and what it was told is missing is all that was written") {
    seq_number last;
    std::uint64_t told = 0, missing = 0;
    for (const auto& e : all.events) {
      if (e.what == kind::gap) {
        CHECK(e.since == last);
        missing += e.at.value() - e.since.value();
      } else {
        CHECK(e.at == (told + missing == 0 ? e.at : last.next()));
        ++told;
      }
      last = e.at;
    }
    CHECK(told + missing == 81);
  }
}

SCENARIO("listeners go on when a primary dies under load: each write is told once, in order, or a gap says that it is not") {
  hosting h;
  heard all;  // Outlives the actors that fill it.
  test::cluster c{h.system, 4, {}, registry()};
  const auto map = c.map<std::string, std::int64_t>("numbers", 3);
  must(c, map.set("first", 0));
  REQUIRE(c.settle());
  REQUIRE(h.added(c, map.add_entry_listener(h.spawn_listener(all, map))));
  constexpr int keys = 40;
  std::vector<std::future<result<receipt>>> open;
  for (int round = 1; round <= 30; ++round) {
    for (int k = 0; k < keys; ++k) open.push_back(map.set("key " + std::to_string(k), round).future());
    c.run();
    c.advance(milliseconds{2});
    if (round == 10) c.kill(0);
    if (round == 20) c.cut(1, 2);
    if (round == 22) c.heal();
  }
  const auto is_over = [&] {
    return std::all_of(open.begin(), open.end(), [](const auto& f) { return f.wait_for(seconds{0}) == std::future_status::ready; });
  };
  for (int n = 0; n < 6000 && !is_over(); ++n) c.advance(milliseconds{10});
  REQUIRE(is_over());
  REQUIRE(c.settle());
  c.advance(seconds{12});
  CHECK(all.count(kind::unreadable) == 0);
  CHECK(all.count(kind::ended) == 0);
  std::map<partition_id, seq_number> last;
  for (const auto& e : all.events) {
    CHECK(e.at > last[e.partition]);
    last[e.partition] = e.at;
  }
  if (all.count(kind::gap) == 0) {
    std::size_t told = 0;
    for (int k = 0; k < keys; ++k) told += all.of("key " + std::to_string(k)).size();
    CHECK(told == open.size());
  }
  for (int k = 0; k < keys; ++k) {
    const auto key = "key " + std::to_string(k);
    const auto its = all.of(key);
    REQUIRE_FALSE(its.empty());
    CHECK(its.back().value == must(c, map.get(key)));
  }
}

SCENARIO("a listener of a member that leaves is told the end") {
  hosting h;
  heard all;  // Outlives the actors that fill it.
  test::cluster c{h.system, 3};
  const auto map = c.map<std::string, std::int64_t>("numbers", 2);
  REQUIRE(h.added(c, map.add_entry_listener(h.spawn_listener(all, map))));
  must(c, map.set("a", 1));
  c.leave(2);
  c.advance(seconds{30});
  REQUIRE(all.events.size() == 2);
  CHECK(all.events.back().what == kind::ended);
}
