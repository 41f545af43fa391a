// A map that moves into a group of its own (ADR 16): the row that has its entries, and the row that takes them over, side by side on one member.
#include <catch2/catch.hpp>

#include <memory>

#include "replica_surgery.hpp"
#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

constexpr client_id anna{{1}};
const row_id source = the_row;
const row_id target{{2, 0}, the_row.partition, group_number{1}};

operation by_anna(std::uint64_t number, operation what) {
  what.stamp = {anna, write_number{number}, write_number{1}};
  return what;
}

/// Member 1 with both rows. `the_map` moves, `another_map` stays.
class pair_of_rows {
 public:
  pair_of_rows() : from_(source, me, {}), to_(target, me, {}) {}

  /// The source in its first epoch, and the target as told.
  turn shows(const row& there, const row& here = row_in(epoch(1)).led_by(1).with({2})) {
    auto next = std::make_shared<view>(*view_with(here, ++number_));
    auto& map = next->maps.front();
    map.kind = target.kind;
    map.number = target.number;
    map.moves_from = source.group();
    row_table table{target.kind, std::vector<row>(target.partition.value() + 1), target.number};
    table.rows.back() = there;
    next->tables.push_back(std::move(table));
    view_ = std::move(next);
    return step([&](turn& t) {
      from_.install(view_, at(), t);
      to_.install(view_, at(), t);
    });
  }
  turn asks(operation what, const row_id& where = source) {
    what.row = where;
    what.request = request_number{++requests_};
    what.routed_by = view_->name.number;
    return step([&](turn& t) { (where == source ? from_ : to_).operate(origin_id{1}, std::move(what), at(), t); });
  }
  turn receives(std::uint32_t sender, any_replication_message what) {
    return step([&](turn& t) { (row_of(what) == source ? from_ : to_).receive(peer(sender), std::move(what), at(), t); });
  }
  /// The in-sync backup, member 2, has what the source sent it.
  turn source_acked(std::uint64_t held) { return receives(2, ack{source, epoch(1), {}, seq(held), false, epoch(held > 0 ? 1 : 0), {}, agreement::equal}); }
  turn passes(duration d) {
    now_ += d;
    return step([&](turn& t) {
      from_.tick(at(), t);
      to_.tick(at(), t);
    });
  }
  [[nodiscard]] std::uint64_t last_request() const { return requests_; }
  [[nodiscard]] replica& from() { return from_; }
  [[nodiscard]] replica& to() { return to_; }

 private:
  [[nodiscard]] moment at() const { return {now_, lease{view_->name, now_ + seconds{1}}, false}; }

  template <class Step>
  turn step(Step take) {
    turn t;
    take(t);
    for (auto open = std::exchange(t.neighbours, {}); !open.empty(); open = std::exchange(t.neighbours, {})) {
      for (auto& n : open) (n.to == source ? from_ : to_).hear(n, at(), t);
    }
    from_.flush(at(), t);
    to_.flush(at(), t);
    return t;
  }

  replica from_, to_;
  view_ptr view_;
  instant now_{seconds{100}};
  std::uint64_t number_ = 0;
  std::uint64_t requests_ = 0;
};

row unborn() {
  row r;
  r.epoch = epoch(1);
  r.config = config(1);
  r.status = row_status::unborn;
  return r;
}
row forming(std::uint64_t e = 2, std::uint64_t c = 2) {
  row r = row_in(epoch(e)).led_by(1).config(c).empty_since(epoch(e));
  r.status = row_status::forming;
  return r;
}
row served(std::uint64_t c = 3) { return row_in(epoch(2)).led_by(1).config(c).empty_since(epoch(2)); }

/// The source serves, with two entries of the map that will move and one of the other.
std::unique_ptr<pair_of_rows> with_entries() {
  auto rows = std::make_unique<pair_of_rows>();
  rows->shows(unborn());
  rows->receives(2, sealed{source, epoch(1), true, {}, {}});
  rows->asks(by_anna(1, put("a", "1")));
  rows->asks(by_anna(2, put("b", "2")));
  auto other = by_anna(3, put("a", "other"));
  other.map = another_map;
  rows->asks(other);
  rows->source_acked(3);
  return rows;
}

/// The same, and Anna has the lock of one of them.
std::unique_ptr<pair_of_rows> with_lock() {
  auto rows = with_entries();
  auto lock = by_anna(4, ask(operation_kind::lock, "a"));
  lock.owner = owner_number{1};
  rows->asks(lock);
  rows->source_acked(4);
  return rows;
}

}  // namespace

SCENARIO("a row forms from what the source has committed, with its history") {
  auto rows = with_entries();
  const auto t = rows->shows(forming());
  CHECK(t.reports("handed_out"));
  CHECK(t.reports("taken_over"));
  THEN("it has the entries of the map that moves, and no others") {
    const auto entries = rows->to().committed_entries();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].key == blob{"a"});
    CHECK(entries[0].value == blob{"1"});
    CHECK(entries[0].version == seq(1));
    CHECK(entries[1].version == seq(2));
  }
  THEN("its log goes on behind the source's, in its own epoch") {
    CHECK(rows->to().committed() == seq(4));
    CHECK(rows->to().log_tail().back().epoch == epoch(2));
    CHECK(rows->to().log_tail().front() == rows->from().log_tail().front());
  }
  THEN("it says that it has formed") {
    const auto wishes = rows->passes(milliseconds{200}).wished<membership_message::wish::formed>();
    REQUIRE(wishes.size() == 1);
    CHECK(wishes.front() == membership_message::wish::formed{target, epoch(2)});
  }
  THEN("nobody is served by either row until a view says where") {
    const auto waits = rows->asks(get("a"));
    CHECK_FALSE(waits.answers_to(rows->last_request()));
    const auto elsewhere = rows->asks(get("a"), target);
    CHECK(elsewhere.answer_to(rows->last_request()).what.result == outcome::retry);
    AND_THEN("the other map goes on") {
      auto other = get("a");
      other.map = another_map;
      CHECK(rows->asks(other).answer_to(rows->last_request()).what.value == blob{"other"});
    }
    AND_WHEN("the view comes") {
      const auto moved = rows->shows(served());
      THEN("who waited is sent on, and the new row answers") {
        CHECK(moved.answer_to(rows->last_request() - 1).what.result == outcome::retry);
        CHECK(rows->asks(get("a"), target).answer_to(rows->last_request()).what.value == blob{"1"});
        CHECK(rows->asks(get("a"), source).answer_to(rows->last_request()).what.result == outcome::retry);
      }
      THEN("the source drops the entries by a record") {
        rows->source_acked(4);
        const auto left = rows->from().committed_entries();
        REQUIRE(left.size() == 1);
        CHECK(left.front().map == another_map);
      }
    }
  }
}

SCENARIO("a write of before is known in the new row") {
  auto rows = with_entries();
  rows->shows(forming());
  rows->shows(served());
  auto again = by_anna(2, put("b", "2"));
  again.asked_before = true;
  const auto told = rows->asks(again, target).answer_to(rows->last_request()).what;
  CHECK(told.result == outcome::ok);
  CHECK(told.seq == seq(2));
  CHECK(rows->to().log_length() == seq(4));
}

SCENARIO("what is pending commits before the entries are handed out") {
  auto rows = with_entries();
  rows->asks(by_anna(4, put("c", "3")));
  auto t = rows->shows(forming());
  CHECK_FALSE(t.reports("handed_out"));
  CHECK_FALSE(rows->passes(milliseconds{20}).reports("handed_out"));
  WHEN("it does") {
    rows->source_acked(4);
    t = rows->passes(milliseconds{20});
    THEN("it is among them") {
      CHECK(t.reports("taken_over"));
      CHECK(rows->to().committed_entries().size() == 3);
    }
  }
}

SCENARIO("what is pending of another map keeps nobody up") {
  auto rows = with_entries();
  auto other = by_anna(4, put("c", "3"));
  other.map = another_map;
  rows->asks(other);
  CHECK(rows->shows(forming()).reports("taken_over"));
  CHECK(rows->to().committed() == seq(4));
  CHECK(rows->to().log_tail().back().epoch == epoch(2));
}

SCENARIO("a new reign hands nothing out before all that it found has committed: listeners may have been told so far") {
  auto rows = with_entries();
  auto other = by_anna(4, put("c", "3"));
  other.map = another_map;
  rows->asks(other);
  auto waits = unborn();
  waits.config = config(2);
  rows->shows(waits, row_in(epoch(2)).led_by(1).with({2}).unsealed({2}).config(2));
  rows->receives(2, sealed{source, epoch(2), true, seq(3), epoch(1)});  // It lacks the other map's.
  const auto leading = row_in(epoch(2)).led_by(1).with({2}).config(3);
  CHECK_FALSE(rows->shows(forming(3, 3), leading).reports("handed_out"));
  CHECK_FALSE(rows->passes(milliseconds{20}).reports("handed_out"));
  WHEN("it has") {
    rows->receives(2, ack{source, epoch(2), {}, seq(4), false, epoch(2), {}, agreement::equal});
    const auto t = rows->passes(milliseconds{20});
    THEN("its position goes along") {
      CHECK(t.reports("taken_over"));
      CHECK(rows->to().committed() == seq(5));
    }
  }
}

SCENARIO("a row that forms anew forgets what it took over before") {
  auto rows = with_entries();
  rows->shows(forming());
  WHEN("the source has another primary") {
    auto given_up = unborn();
    given_up.epoch = epoch(3);
    given_up.config = config(3);
    given_up.unsealed = {me};
    rows->shows(given_up, row_in(epoch(2)).led_by(2).with({1}).unsealed({1}).config(2));
    CHECK(rows->to().log_length() == seq_number{});
    AND_WHEN("it is this one again") {
      rows->shows(given_up, row_in(epoch(3)).led_by(1).with({2}).unsealed({2}).config(3));
      rows->receives(2, sealed{source, epoch(3), true, seq(3), epoch(1)});
      auto c = by_anna(4, put("c", "3"));
      rows->asks(c);
      rows->receives(2, ack{source, epoch(3), {}, seq(4), false, epoch(3), {}, agreement::equal});
      rows->shows(forming(4, 4), row_in(epoch(3)).led_by(1).with({2}).config(4));
      THEN("it takes over what is there by now") { CHECK(rows->to().committed_entries().size() == 3); }
    }
  }
}

SCENARIO("entries of another epoch's ask are not taken") {
  auto rows = with_entries();
  rows->shows(unborn());
  turn t;
  rows->from().hear({source, neighbour_message::ask{target, epoch(2)}}, {}, t);
  CHECK(t.neighbours.empty());
}

SCENARIO("listeners are told nothing while their map leaves, and go on from where they were") {
  auto rows = with_entries();
  auto listen = ask(operation_kind::listen, "");
  listen.since = seq(2);
  listen.epoch = epoch(1);
  rows->asks(listen);
  const auto waiting = rows->last_request();
  auto t = rows->shows(forming());
  CHECK_FALSE(t.answers_to(waiting));
  CHECK_FALSE(rows->passes(seconds{6}).answers_to(waiting));  // As it would where nothing happens.
  t = rows->shows(served());
  CHECK(t.answer_to(waiting).what.result == outcome::retry);
  rows->asks(by_anna(4, put("c", "3")), target);
  const auto told = rows->asks(listen, target).answer_to(rows->last_request()).what;
  REQUIRE(told.events.size() == 1);
  CHECK(told.events.front().what == row_event_kind::added);
  CHECK(told.events.front().key == blob{"c"});
}

SCENARIO("a lock moves with its fence") {
  auto rows = with_lock();
  rows->shows(forming());
  rows->shows(served());
  const auto locks = rows->to().committed_locks();
  REQUIRE(locks.size() == 1);
  CHECK(locks.front().lock.fence == lock_fence{epoch(1), seq(4)});
  THEN("nobody else writes") {
    auto other = put("a", "no");
    other.stamp = {client_id{{2}}, write_number{1}, write_number{1}};
    CHECK(rows->asks(other, target).answer_to(rows->last_request()).what.why == failure::locked);
  }
}

SCENARIO("nothing dies at the source while its map leaves") {
  auto rows = with_entries();
  auto short_lived = by_anna(4, put("c", "3"));
  short_lived.life.ttl = milliseconds{100};
  rows->asks(short_lived);
  rows->source_acked(4);
  rows->shows(forming());
  rows->passes(seconds{1});
  CHECK(rows->from().log_length() == seq(4));
  CHECK(rows->to().unasked_removals() == 0);
  WHEN("the map has moved") {
    rows->shows(served());
    rows->passes(milliseconds{20});
    THEN("it dies where it is now") { CHECK(rows->to().unasked_removals() == 1); }
  }
}

SCENARIO("whoever holds a lock keeps it though its row has formed for long") {
  auto rows = with_lock();
  rows->shows(forming());
  for (int n = 0; n < 30; ++n) rows->passes(seconds{1});  // Nobody can say there that its client lives.
  rows->shows(served());
  rows->passes(milliseconds{20});
  CHECK(rows->to().committed_locks().size() == 1);
  WHEN("its client is not heard there, either") {
    for (int n = 0; n < 15; ++n) rows->passes(seconds{1});
    THEN("it is freed") { CHECK(rows->to().committed_locks().empty()); }
  }
}

SCENARIO("an entry that dies when nobody asks for it is not dead because nobody could ask") {
  auto rows = with_entries();
  auto idle = by_anna(4, put("c", "3"));
  idle.life.max_idle = seconds{5};
  rows->asks(idle);
  rows->source_acked(4);
  rows->shows(forming());
  for (int n = 0; n < 10; ++n) rows->passes(seconds{1});
  rows->shows(served());
  rows->passes(seconds{1});
  CHECK(rows->asks(get("c"), target).answer_to(rows->last_request()).what.found);
}

SCENARIO("damage is not handed out") {
  auto rows = with_entries();
  REQUIRE(replica_surgery::damage(rows->from(), 0));
  const auto t = rows->shows(forming());
  CHECK(t.reports("copy_damaged"));
  CHECK_FALSE(t.reports("taken_over"));
  const auto wishes = rows->passes(milliseconds{200}).wished<membership_message::wish::damaged>();
  REQUIRE(wishes.size() == 1);
  CHECK(wishes.front().row == source);
  CHECK(wishes.front().holder == me);
}
