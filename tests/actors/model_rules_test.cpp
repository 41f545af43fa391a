// What the model says of copies, bounds, losses, and what listeners want to hear: that it notices what may not be.
#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include "tests/actors/map_knowledge.hpp"
#include "tests/actors/map_row_events.hpp"

using namespace troupe;
using namespace troupe::test::model;

namespace {

span at(int from, int to) { return {milliseconds{from}, milliseconds{to}}; }
answer found(std::string value) { return answer{.value = std::move(value)}; }
answer refused(failure why) { return answer{.how = outcome::not_applied, .why = why}; }
request of(kind what, std::string key, std::string value = {}) { return request{.what = what, .key = std::move(key), .value = std::move(value)}; }

struct asker {
  map_knowledge known{};

  /// Whether the model takes it.
  bool learn(const request& r, const answer& a, const span& when, std::size_t who = 0, bool of_copy = false, bool is_calm = true) {
    known.pass(when.from, when.from, !is_calm);
    return !known.learn({r, a, when, is_calm, 1, who, of_copy});
  }
  [[nodiscard]] bool takes(const request& r, const answer& a, const span& when, std::size_t who = 0, bool of_copy = false, bool is_calm = true) const {
    return asker{known}.learn(r, a, when, who, of_copy, is_calm);
  }
};

}  // namespace

TEST_CASE("a copy may say what was so, to those who don't know better, and not for long") {
  const auto get = of(kind::get, "k");
  asker a;
  REQUIRE(a.learn(of(kind::set, "k", "a"), {.number = 1}, at(10, 12)));
  REQUIRE(a.learn(of(kind::set, "k", "b"), {.number = 1}, at(20, 22)));
  CHECK(a.takes(get, found("b"), at(30, 30), 1, true));
  CHECK(a.takes(get, found("a"), at(30, 30), 1, true));
  CHECK(a.takes(get, {}, at(30, 30), 1, true));
  CHECK_FALSE(a.takes(get, found("c"), at(30, 30), 1, true));
  CHECK_FALSE(a.takes(get, found("a"), at(30, 30), 1));  // A primary may not.
  SECTION("whoever wrote reads what it wrote") { CHECK_FALSE(a.takes(get, found("a"), at(30, 30), 0, true)); }
  SECTION("whoever has read the later state reads no earlier one") {
    REQUIRE(a.learn(get, found("b"), at(30, 30), 1, true));
    CHECK_FALSE(a.takes(get, found("a"), at(31, 31), 1, true));
    CHECK(a.takes(get, found("a"), at(31, 31), 2, true));
  }
  SECTION("nor whoever has seen a later state of another key") {
    REQUIRE(a.learn(of(kind::contains_key, "other"), {}, at(24, 26), 1));
    CHECK_FALSE(a.takes(get, found("a"), at(30, 30), 1, true));
  }
  SECTION("it is no older than a heartbeat where all is calm, and no older than a lease else") {
    CHECK_FALSE(a.takes(get, found("a"), at(500, 500), 1, true));
    CHECK(a.takes(get, found("a"), at(500, 500), 1, true, false));
    CHECK_FALSE(a.takes(get, found("a"), at(1'600, 1'600), 1, true, false));
  }
  SECTION("what it says has been done") {
    const answer open{.how = outcome::indeterminate, .why = failure::deadline};
    REQUIRE(a.learn(of(kind::set, "k", "c"), open, at(30, 40), 0, false, false));
    CHECK(a.takes(get, found("b"), at(50, 52), 1, false, false));
    REQUIRE(a.learn(get, found("c"), at(50, 50), 1, true, false));
    CHECK_FALSE(a.takes(get, found("b"), at(60, 62), 2, false, false));
  }
}

TEST_CASE("what was read beside a write is so, and the write's answer agrees with it") {
  asker a;
  REQUIRE(a.learn(of(kind::set, "k", "a"), {.number = 1}, at(10, 12)));
  const auto write = of(kind::set, "k", "b");
  const auto get = of(kind::get, "k");
  a.known.begin(write, milliseconds{20});
  const auto ends = [&](const answer& how) {
    auto copy = a.known;
    return !copy.end({write, how, at(20, 60), false, 1});
  };
  const answer done{.number = 1}, open{.how = outcome::indeterminate, .why = failure::deadline};
  REQUIRE(a.learn(get, found("a"), at(21, 23), 1, false, false));
  CHECK(ends(done));
  CHECK(ends(refused(failure::deadline)));
  REQUIRE(a.learn(get, found("b"), at(24, 24), 1, true, false));
  CHECK_FALSE(a.takes(get, found("a"), at(25, 27), 2, false, false));  // A copy told of what had not committed.
  CHECK(ends(done));
  CHECK(ends(open));
  CHECK_FALSE(ends(refused(failure::deadline)));
}

TEST_CASE("an entry makes room only where there is none") {
  const auto get = of(kind::get, "k");
  const auto other = of(kind::set, "other", "b");
  asker a;
  const auto set_other = [&] {
    a.known.let_make_room({&other});
    REQUIRE(a.learn(other, {.number = 1}, at(20, 22)));
    a.known.has_made_room(milliseconds{23});
  };
  const request scan{.what = kind::entries};
  const answer both{.pairs = {{"k", "a"}, {"other", "b"}}}, one{.pairs = {{"other", "b"}}};
  REQUIRE(a.learn(of(kind::set, "k", "a"), {.number = 1}, at(10, 12)));
  SECTION("no bound") {
    set_other();
    CHECK(a.takes(scan, both, at(30, 32)));
    CHECK_FALSE(a.takes(get, {}, at(30, 32)));
  }
  SECTION("room for two") {
    a.known.bounded_by({2, 2});
    set_other();
    CHECK(a.takes(scan, both, at(30, 32)));
    CHECK_FALSE(a.takes(get, {}, at(30, 32)));
  }
  SECTION("room for one: it is the new one's") {
    a.known.bounded_by({1, 1});
    a.known.begin_to_listen(milliseconds{15});
    set_other();
    CHECK_FALSE(a.takes(scan, both, at(30, 32)));
    CHECK(a.takes(scan, one, at(30, 32)));
    CHECK_FALSE(a.takes(of(kind::get, "other"), {}, at(30, 32)));
    CHECK_FALSE(a.takes({.what = kind::size}, {.number = 2}, at(30, 32)));
    REQUIRE(a.learn(get, {}, at(30, 32)));
    CHECK_FALSE(a.takes(get, found("a"), at(40, 42)));  // It comes back.
    const wish_to_hear all;
    using e = entry_event_kind;
    CHECK_FALSE(a.known.compare_events("k", {{all, {{e::evicted, "", "a"}}, true}}, milliseconds{50}));
    CHECK(a.known.compare_events("k", {{all, {{e::removed, "", "a"}}, true}}, milliseconds{50}));
  }
  SECTION("what is locked stays") {
    a.known.bounded_by({1, 1});
    auto lock = of(kind::lock, "k");
    lock.who = {0, 1};
    REQUIRE(a.learn(lock, {.fence = lock_fence{epoch_number{1}, seq_number{3}}}, at(14, 16)));
    set_other();
    CHECK_FALSE(a.takes(get, {}, at(30, 32)));
    CHECK(a.takes(scan, both, at(30, 32)));
  }
}

TEST_CASE("events of a bounded row say what made room for what") {
  using k = entry_event_kind;
  const auto e = [](k what, std::string key, std::uint64_t position) {
    texts::event x;
    x.what = what;
    x.key = std::move(key);
    x.at = seq_number{position};
    return x;
  };
  const auto takes = [](const std::vector<texts::event>& heard, row_bound bound, bool was_locked = false) {
    return !row_events{{"a", "b"}}.replay(heard, bound, was_locked);
  };
  CHECK(takes({e(k::evicted, "a", 5), e(k::added, "c", 6)}, {2, 2}));
  CHECK(takes({e(k::removed, "a", 5), e(k::added, "c", 6)}, {2, 2}));
  CHECK_FALSE(takes({e(k::evicted, "a", 5), e(k::added, "c", 6)}, {3, 3}));  // There was room.
  CHECK_FALSE(takes({e(k::added, "c", 6)}, {2, 2}));                        // Too many.
  CHECK(takes({e(k::added, "c", 6)}, {2, 2}, true));
  CHECK_FALSE(takes({e(k::evicted, "a", 5)}, {2, 2}));  // For nothing,
  CHECK_FALSE(takes({e(k::evicted, "a", 5), e(k::added, "c", 7)}, {2, 2}));
  CHECK(takes({e(k::evicted, "a", 5)}, {1, 2}));  // unless the share became smaller.
}

TEST_CASE("a lost partition answers so, until it is reset, and then is empty; others are as they were") {
  asker a{map_knowledge{{.partitions = 2}}};
  std::vector<std::string> keys{"a"};  // One of each partition.
  while (keys.size() < 2) {
    const auto next = "b" + std::to_string(keys.front().size());
    keys.front() += 'a';
    if (partition_of(keys.front(), 2) != partition_of(next, 2)) keys.push_back(next);
  }
  const auto& lost = keys[0];
  const auto& kept = keys[1];
  REQUIRE(a.learn(of(kind::set, lost, "x"), {.number = 1}, at(10, 12)));
  REQUIRE(a.learn(of(kind::set, kept, "y"), {.number = 1}, at(10, 12)));
  a.known.lose({partition_of(lost, 2)});
  const auto no = refused(failure::partition_lost);
  CHECK(a.takes(of(kind::get, lost), no, at(20, 22)));
  CHECK_FALSE(a.takes(of(kind::get, lost), found("x"), at(20, 22)));
  CHECK_FALSE(a.takes(of(kind::get, lost), {}, at(20, 22)));
  CHECK(a.takes({.what = kind::size}, no, at(20, 22)));
  CHECK_FALSE(a.takes({.what = kind::size}, {.number = 1}, at(20, 22)));
  CHECK_FALSE(a.takes(of(kind::get, kept), no, at(20, 22)));
  REQUIRE(a.learn({.what = kind::put_all, .pairs = {{lost, "z"}, {kept, "z"}}}, no, at(20, 22)));
  CHECK(a.takes(of(kind::get, kept), found("z"), at(30, 32)));
  CHECK_FALSE(a.takes(of(kind::get, kept), found("y"), at(30, 32)));  // "The others are done all the same."
  a.known.serve_again();
  CHECK(a.takes(of(kind::get, lost), {}, at(30, 32)));
  CHECK_FALSE(a.takes(of(kind::get, lost), found("x"), at(30, 32)));
  CHECK_FALSE(a.takes(of(kind::get, lost), no, at(30, 32)));
}

TEST_CASE("a listener hears what it wants to hear, no less and no more") {
  using k = entry_event_kind;
  asker a;
  a.known.begin_to_listen({});
  REQUIRE(a.learn(of(kind::set, "k", "a1"), {.number = 1}, at(10, 12)));
  REQUIRE(a.learn(of(kind::set, "k", "a2"), {.number = 1}, at(20, 22)));
  REQUIRE(a.learn(of(kind::erase, "k"), {.flag = true}, at(30, 32)));
  const auto hears = [&](const wish_to_hear& wanted, std::vector<event> heard) {
    auto copy = a.known;
    return !copy.compare_events("k", {{wanted, std::move(heard), true}}, milliseconds{40});
  };
  const event added{k::added, "a1", ""}, updated{k::updated, "a2", "a1"}, removed{k::removed, "", "a2"};
  CHECK(hears({}, {added, updated, removed}));
  const wish_to_hear even{.through = sieve{63, "02468"}};
  CHECK(hears(even, {updated, removed}));
  CHECK_FALSE(hears(even, {added, updated, removed}));
  CHECK_FALSE(hears(even, {updated}));
  const wish_to_hear added_only{.through = sieve{1, "0123456789"}};
  CHECK(hears(added_only, {added}));
  CHECK_FALSE(hears(added_only, {}));
  const wish_to_hear bare{.values = false, .old_values = false};
  CHECK(hears(bare, {{k::added, "", ""}, {k::updated, "", ""}, {k::removed, "", ""}}));
  CHECK_FALSE(hears(bare, {added, updated, removed}));
  SECTION("two of them heard the same") {
    const wish_to_hear all;
    CHECK(a.known.compare_events("k", {{all, {added, updated, removed}, true}, {even, {removed}, true}}, milliseconds{40}));
  }
}

TEST_CASE("copies that a write asks for, calls that are taken back, and views are compared") {
  asker a;
  auto set = of(kind::set, "k", "a");
  set.life.ttl_ms = 1'000;
  SECTION("more copies than there are") {
    set.copies = 2;
    CHECK(a.takes(set, refused(failure::under_replicated), at(10, 12)));
    CHECK_FALSE(a.takes(set, {.number = 1}, at(10, 12)));
    set.copies = 1;
    CHECK(a.takes(set, {.number = 1}, at(10, 12)));
    CHECK_FALSE(a.takes(set, refused(failure::under_replicated), at(10, 12)));
  }
  SECTION("a write that is taken back may be done") {
    const answer open{.how = outcome::indeterminate, .why = failure::cancelled};
    CHECK(a.known.learn({set, open, at(10, 11)}));  // By nobody.
    REQUIRE_FALSE(a.known.learn({.asked = set, .got = open, .when = at(10, 11), .is_cancelled = true}));
    CHECK(a.takes(of(kind::get, "k"), found("a"), at(20, 22)));
    CHECK(a.takes(of(kind::get, "k"), {}, at(20, 22)));
  }
  SECTION("a view says when the entry ends, and versions grow") {
    REQUIRE(a.learn(set, {.number = 1}, at(10, 12)));
    const auto view = [&](std::uint64_t version, std::optional<milliseconds> ends_in) {
      return answer{.value = view_text("a", milliseconds{1'000}, {}), .view = looked_at{version, ends_in}};
    };
    const auto look = of(kind::get_entry_view, "k");
    CHECK(a.takes(look, view(5, milliseconds{800}), at(210, 212)));
    CHECK_FALSE(a.takes(look, view(5, milliseconds{500}), at(210, 212)));
    CHECK_FALSE(a.takes(look, view(5, std::nullopt), at(210, 212)));
    REQUIRE(a.learn(look, view(5, milliseconds{800}), at(210, 212)));
    CHECK_FALSE(a.takes(look, view(4, milliseconds{800}), at(210, 212)));
  }
}
