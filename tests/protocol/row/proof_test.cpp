// Copies are compared at equal positions while writes go on; one that is wrong is found, taken out, and made anew.
#include <algorithm>

#include <catch2/catch.hpp>

#include "replica_surgery.hpp"
#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;
using membership_message::wish;

namespace {

ack told_by(std::uint64_t held, agreement what, std::uint32_t feed = 0) {
  return {the_row, epoch(1), feed_number{feed}, seq(held), false, epoch(held == 0 ? 0 : 1), seq(held), what};
}

write_stamp stamp_of(std::uint8_t client, std::uint64_t number) {
  write_stamp s;
  s.client.bytes[0] = client;
  s.number = write_number{number};
  s.open_from = write_number{1};
  return s;
}

/// A primary and its backup 2: what one says is carried to the other at once.
class pair_of_copies {
 public:
  pair_of_copies() {
    const auto r = row_in(epoch(1)).led_by(1).with({2});
    second.install(r);
    carry(first.install(r));
  }

  void ask(operation what) { carry(first.operate(std::move(what))); }
  /// Both do their background work; returns all events.
  std::vector<std::string> check() {
    events.clear();
    auto of_second = second.check();
    note(of_second);
    carry(first.check());
    carry(first.tick_after(milliseconds{250}));
    return events;
  }
  [[nodiscard]] bool reported(std::string_view event) const {
    return std::any_of(events.begin(), events.end(), [&](const std::string& e) { return e.starts_with(event); });
  }

  stage first{peer(1)}, second{peer(2)};
  std::vector<std::string> events;
  std::vector<wish::damaged> wishes;

 private:
  void note(const turn& t) {
    for (const auto& e : t.events) events.push_back(e.text);
    for (const auto& w : t.wished<wish::damaged>()) wishes.push_back(w);
  }
  void carry(const turn& t) {
    note(t);
    for (const auto& s : t.sends) {
      if (s.to == peer(2)) answer(second.receive(1, s.what));
    }
  }
  void answer(const turn& t) {
    note(t);
    for (const auto& s : t.sends) {
      if (s.to == peer(1)) carry(first.receive(2, s.what));
    }
  }
};

operation stamped(operation o, std::uint8_t client, std::uint64_t number) {
  o.stamp = stamp_of(client, number);
  return o;
}

}  // namespace

SCENARIO("equal copies are found equal, whatever has been done to them") {
  pair_of_copies both;
  both.ask(put("a", "1"));
  both.ask(put("a", "2"));
  both.ask(set("b", "1"));
  both.ask(ask(operation_kind::remove, "a"));
  both.ask(stamped(put("c", "1"), 7, 1));
  both.ask(stamped(put("c", "2"), 7, 2));
  both.ask(stamped(put("c", "3"), 8, 1));
  both.ask(ask(operation_kind::clear));
  both.ask(put("d", std::string(1000, 'd')));
  CHECK(both.check().empty());
  CHECK(both.check().empty());
  CHECK(both.first.core().checksum() == both.second.core().checksum());
  for (auto* s : {&both.first, &both.second}) CHECK(s->core().checksum() == s->core().recomputed_checksum());
  CHECK(both.second.core().upkeep().comparisons > 5);
  CHECK(both.first.core().upkeep().differences == 0);
}

SCENARIO("the checksum tells apart what is not the same") {
  pair_of_copies one, other;
  const auto sum = [](pair_of_copies& p) { return p.first.core().checksum(); };
  one.ask(put("a", "1"));
  other.ask(put("a", "1"));
  CHECK(sum(one) == sum(other));
  SECTION("a value") {
    one.ask(put("b", std::string("\0", 1)));
    other.ask(put("b", std::string("\0\0", 2)));
  }
  SECTION("which record wrote it") {
    one.ask(put("b", "1"));
    one.ask(put("c", "1"));
    other.ask(put("c", "1"));
    other.ask(put("b", "1"));
  }
  SECTION("a session") {
    one.ask(stamped(set("b", "1"), 1, 1));
    other.ask(stamped(set("b", "1"), 2, 1));
  }
  CHECK(sum(one) != sum(other));
}

SCENARIO("a backup whose copy differs is found, with and without writes") {
  pair_of_copies both;
  both.ask(put("a", "1"));
  both.ask(put("b", "1"));
  REQUIRE(replica_surgery::falsify(both.second.core(), 0));
  GIVEN("a write") { both.ask(put("b", "2")); }
  GIVEN("none") {}
  both.check();
  CHECK(both.second.core().upkeep().differences == 0);
  CHECK(both.first.core().upkeep().differences == 1);
  THEN("the next view is asked to take it out, and its copy is not read") {
    REQUIRE_FALSE(both.wishes.empty());
    CHECK(both.wishes.front() == wish::damaged{the_row, config(1), peer(2)});
    CHECK(value_at(both.second.core(), "a") == "?");
  }
  THEN("it is still awaited until then") {
    CHECK(both.first.operate(put("c", "1")).answers.empty());
  }
  THEN("in that view it learns the row anew, from a snapshot") {
    const auto t = both.first.install(row_in(epoch(1)).led_by(1).learning({2}).config(2));
    REQUIRE(t.sent<snapshot_chunk>(peer(2)).size() == 1);
    CHECK(t.sent<resume>(peer(2)).empty());
    CHECK(t.wished<wish::damaged>().empty());
  }
}

SCENARIO("a value that is no longer what was written is found by whoever holds it") {
  pair_of_copies both;
  both.ask(put("a", "1"));
  both.ask(put("b", "1"));
  GIVEN("it is the backup's") {
    REQUIRE(replica_surgery::damage(both.second.core(), 1));
    CHECK(both.second.core().damaged_values() == 1);
    CHECK(both.first.core().damaged_values() == 0);
    both.check();
    THEN("it is the backup that is taken out") {
      CHECK(both.reported("copy_damaged"));
      CHECK(both.second.core().upkeep().damaged == 1);
      REQUIRE_FALSE(both.wishes.empty());
      CHECK(both.wishes.front().holder == peer(2));
    }
  }
  GIVEN("it is the primary's") {
    REQUIRE(replica_surgery::damage(both.first.core(), 1));
    both.check();
    THEN("it asks for another primary, and accuses nobody") {
      CHECK(both.first.core().upkeep().differences == 0);
      REQUIRE_FALSE(both.wishes.empty());
      CHECK(both.wishes.front() == wish::damaged{the_row, config(1), peer(1)});
    }
    AND_WHEN("the backup leads, and it learns") {
      const auto next = row_in(epoch(2)).led_by(2).learning({1}).unsealed({1}).config(2);
      both.second.install(next);
      both.first.install(next);
      both.second.receive(1, sealed{the_row, epoch(2), false, {}, {}});
      THEN("the new primary does not believe what it was told of its own copy") {
        CHECK(both.second.core().serves());
        CHECK(both.second.check().wished<wish::damaged>().empty());
      }
    }
  }
}

SCENARIO("a damaged copy that spoils a comparison accuses itself") {
  pair_of_copies both;
  both.ask(put("a", "1"));
  both.ask(put("c", "1"));
  REQUIRE(replica_surgery::damage(both.first.core(), 0));
  both.ask(ask(operation_kind::remove, "a"));  // Takes away from the sum what was never added.
  both.ask(put("b", "1"));
  CHECK(both.first.core().upkeep().differences == 0);
  REQUIRE_FALSE(both.wishes.empty());
  CHECK(both.wishes.front().holder == peer(1));
}

SCENARIO("damage is accepted where no other copy is left") {
  auto s = primary_of(row_in(epoch(1)).led_by(1));
  s.operate(put("a", "1"));
  REQUIRE(replica_surgery::damage(s.core(), 0));
  const auto t = s.check();
  CHECK(t.reports("copy_damaged"));
  CHECK(t.wished<wish::damaged>().empty());
  const auto again = s.check();
  CHECK((t.reports("damage_accepted") || again.reports("damage_accepted")));
  CHECK(s.core().checksum() == s.core().recomputed_checksum());
  THEN("copies that are made from then on are its equals") {
    const auto learner = s.install(row_in(epoch(1)).led_by(1).learning({2}).config(2)).sent<snapshot_chunk>(peer(2));
    REQUIRE(learner.size() == 1);
    stage other{peer(2)};
    other.install(row_in(epoch(1)).led_by(1).learning({2}).config(2));
    other.receive(1, learner.front());
    CHECK(other.core().checksum() == s.core().checksum());
  }
}

SCENARIO("an async backup and a learner that differ get a snapshot at once") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).async({3}));
  s.receive(3, ack{the_row, epoch(1), {}, seq(0), true, {}, {}});
  s.operate(put("a", "1"));
  const auto t = s.receive(3, told_by(1, agreement::different));
  REQUIRE(t.events.size() == 1);
  CHECK(t.events.front().text.starts_with("copy_doubted"));
  CHECK(t.events.front().text.find("holder=3") != std::string::npos);
  CHECK(t.sent<snapshot_chunk>(peer(3)).size() == 1);
  CHECK(t.wished<wish::damaged>().empty());
  THEN("what it says of the copy that it had counts no more") {
    CHECK(s.receive(3, told_by(1, agreement::different)).sent<snapshot_chunk>(peer(3)).empty());
    CHECK(s.core().upkeep().differences == 1);
  }
}

SCENARIO("a copy whose fresh snapshots prove wrong again and again is left alone for longer and longer") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).async({3}));
  s.receive(3, ack{the_row, epoch(1), {}, seq(0), true, {}, {}});
  s.operate(put("a", "1"));
  std::uint32_t feed = 0;
  const auto sends_copy = [&](const turn& t) {
    const auto chunks = t.sent<snapshot_chunk>(peer(3));
    if (chunks.empty()) return false;
    feed = static_cast<std::uint32_t>(chunks.front().feed.value());
    return true;
  };
  const auto says = [&](agreement what) {
    s.receive(3, snapshot_ack{the_row, epoch(1), feed_number{feed}, 1});
    return s.receive(3, told_by(1, what, feed));
  };
  REQUIRE(sends_copy(s.receive(3, told_by(1, agreement::different))));
  for (const auto pause : {1, 2, 4, 8, 16, 32, 60, 60}) {
    const auto wrong = says(agreement::different);
    REQUIRE_FALSE(sends_copy(wrong));
    REQUIRE(wrong.events.size() == 1);
    CHECK(wrong.events.front().text.find("again=yes next_copy_ms=" + std::to_string(1000 * pause)) != std::string::npos);
    CHECK(s.core().wants_tick());
    CHECK(s.operate(set("b", "1")).sends.empty());  // Nothing is sent meanwhile, and nobody waits.
    CHECK(s.receive(3, told_by(1, agreement::different, feed)).events.empty());
    CHECK(s.tick_after(seconds{pause} - milliseconds{1}).sends.empty());
    REQUIRE(sends_copy(s.tick_after(milliseconds{1})));
  }
  THEN("one that proves right ends that") {
    const auto right = s.core().committed();
    s.receive(3, snapshot_ack{the_row, epoch(1), feed_number{feed}, 1});
    s.receive(3, told_by(right.value(), agreement::equal, feed));
    CHECK(s.core().async_lag_records() == 0);
    CHECK(sends_copy(s.receive(3, told_by(right.value(), agreement::different, feed))));
  }
  THEN("a view that gives it another role does not") {
    REQUIRE_FALSE(sends_copy(says(agreement::different)));
    CHECK(s.install(row_in(epoch(1)).led_by(1).learning({3}).config(2)).sends.empty());
  }
}

SCENARIO("a learner on which commits wait already can be taken out by a view only") {
  auto s = primary_of(row_in(epoch(1)).led_by(1));
  s.operate(put("a", "1"));
  s.install(row_in(epoch(1)).led_by(1).learning({2}).config(2));
  s.receive(2, snapshot_ack{the_row, epoch(1), feed_number{1}, 1});
  CHECK(s.receive(2, told_by(1, agreement::equal, 1)).wished<wish::caught_up>().size() == 1);
  const auto t = s.receive(2, told_by(1, agreement::different, 1));
  CHECK(t.wished<wish::caught_up>().empty());
  CHECK(t.wished<wish::damaged>() == std::vector{wish::damaged{the_row, config(2), peer(2)}});
  CHECK(t.sent<snapshot_chunk>(peer(2)).empty());
  THEN("the view that renews it begins a snapshot") {
    const auto renewed = s.install(row_in(epoch(1)).led_by(1).learning({2}).config(3));
    CHECK(renewed.sent<snapshot_chunk>(peer(2)).size() == 1);
    CHECK(renewed.wished<wish::damaged>().empty());
    CHECK(s.operate(put("b", "1")).answers.size() == 1);
  }
  THEN("the view that has let it in meanwhile is asked to take it out again") {
    const auto in = s.install(row_in(epoch(1)).led_by(1).with({2}).config(3));
    CHECK(in.wished<wish::damaged>() == std::vector{wish::damaged{the_row, config(3), peer(2)}});
  }
}

SCENARIO("positions that differ are not compared") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).with({1}));
  s.receive(2, seal{the_row, epoch(1), config(1), true, {}});
  auto m = records_of(epoch(1), 1, {"a", "b"}, 2, {});
  m.sum = 1;
  WHEN("the mark is behind this copy") {
    s.receive(2, records_of(epoch(1), 1, {"a", "b", "c"}, 3, {}));
    THEN("nothing is said") { CHECK(s.receive(2, m).sent<ack>(peer(2)).front().with_primary == agreement::unknown); }
  }
  WHEN("the mark is ahead of it") {
    m.commit = seq(5);
    THEN("nothing is said") { CHECK(s.receive(2, m).sent<ack>(peer(2)).front().with_primary == agreement::unknown); }
  }
  WHEN("it is here") {
    THEN("the sums are compared") {
      CHECK(s.receive(2, m).sent<ack>(peer(2)).front().with_primary == agreement::different);
      m.sum = s.core().checksum();
      CHECK(s.receive(2, m).sent<ack>(peer(2)).front().with_primary == agreement::equal);
    }
  }
  WHEN("a later primary seals it in sync") {
    s.receive(2, m);
    s.receive(3, seal{the_row, epoch(2), config(2), true, {}});
    THEN("what it was compared with counts no more") {
      auto later = records_of(epoch(2), 3, {"c"}, 2, epoch(1));
      CHECK(s.receive(3, later).sent<ack>(peer(3)).front().with_primary == agreement::unknown);
    }
  }
}

SCENARIO("all values are looked at in turn, a few at a time") {
  replica_limits limits;
  limits.checked_bytes = 1000;
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}), limits);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    s.operate(put("k" + std::to_string(i), std::string(100, 'x')));
    s.acked(2, i);
  }
  REQUIRE(replica_surgery::damage(s.core(), 60));
  int turns = 1;
  while (!s.check().reports("copy_damaged")) REQUIRE(++turns < 30);
  CHECK(turns > 1);
  CHECK(s.core().upkeep().damaged == 1);
}
