// Locks, from the side of whoever asks for them: how long they wait, what is given back, who is told that their owner lives.
#include <catch2/catch.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

namespace {

map_call about_lock(operation_kind kind, std::uint32_t owner = 1) {
  map_call c;
  c.operation = kind;
  c.key = blob{"hamlet"};
  c.owner = owner_number{owner};
  return c;
}

reply granted() {
  reply r;
  r.found = true;
  r.epoch = epoch_number{1};
  r.seq = seq_number{5};
  return r;
}

}  // namespace

SCENARIO("an operation says for how long it may wait for a lock: a little less than its caller does") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  THEN("a lock, and a write, as long as their deadline") {
    c.calls(about_lock(operation_kind::lock), seconds{10});
    CHECK(c.only_sent().what.wait_ms == 9800);
    c.calls(operation_kind::put);
    const auto sent = c.only_sent().what;
    CHECK(sent.wait_ms == 29800);
    CHECK(sent.owner == owner_number{});
  }
  THEN("a lock that is tried, as long as it shall, also when it is sent again") {
    auto what = about_lock(operation_kind::lock);
    what.wait = milliseconds{500};
    c.calls(what, seconds{10});
    const auto first = c.only_sent();
    CHECK(first.what.wait_ms == 500);
    CHECK(first.what.owner == owner_number{1});
    c.passes(milliseconds{300});
    c.breaks_connection_to(alice);
    c.passes(milliseconds{20});
    const auto second = c.only_sent();
    CHECK(second.what.wait_ms == 180);
    CHECK(second.what.asked_before);
    CHECK(second.what.stamp.number == first.what.stamp.number);
  }
  THEN("reads don't") {
    c.calls(about_lock(operation_kind::is_locked));
    CHECK(c.only_sent().what.wait_ms == 0);
  }
}

SCENARIO("who locks without an owner is refused") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  check_finished(c, c.calls(about_lock(operation_kind::lock, 0)), outcome::not_applied, failure::not_owner);
  check_finished(c, c.calls(about_lock(operation_kind::unlock, 0)), outcome::not_applied, failure::not_owner);
  CHECK(c.sent().empty());
}

SCENARIO("a lock whose caller has given up is given back, until the row has answered") {
  routed_cluster c;
  cluster_view members;
  c.shows(members.publish());
  const auto call = c.calls(about_lock(operation_kind::lock), seconds{1});
  const auto asked = c.only_sent();
  c.passes(seconds{1});
  check_finished(c, call, outcome::indeterminate, failure::deadline);
  CHECK(c.core().in_flight() == 0);
  CHECK(c.core().minds_locks());
  c.passes(milliseconds{20});
  const auto back = c.only_sent();
  CHECK(back.what.kind == operation_kind::withdraw_lock);
  CHECK(back.what.stamp.number == asked.what.stamp.number);
  CHECK(back.what.owner == asked.what.owner);
  WHEN("its answer comes late") {
    c.answers(asked, granted());
    THEN("nobody hears of it, and it is given back all the same") { CHECK(c.core().minds_locks()); }
  }
  WHEN("the primary dies") {
    c.shows(members.led_by(bob).without(alice).publish());
    c.breaks_connection_to(alice);
    c.passes(milliseconds{20});
    const auto sent = c.only_sent();
    THEN("the next one is asked") {
      CHECK(sent.to == bob);
      CHECK(sent.what.kind == operation_kind::withdraw_lock);
    }
  }
  WHEN("it is refused") {
    c.fails(back, outcome::not_applied, failure::overloaded);
    c.passes(milliseconds{20});
    const auto sent = c.only_sent();
    CHECK(sent.what.kind == operation_kind::withdraw_lock);
    THEN("it is asked again, and no more when it is done") {
      c.answers_ok(sent);
      c.passes(seconds{60});
      CHECK(c.sent().empty());
      CHECK_FALSE(c.core().minds_locks());
    }
  }
  WHEN("the map is destroyed") {
    c.shows(members.without_map("plays").publish());
    c.fails(back, outcome::not_applied, failure::unknown_map);
    c.passes(seconds{1});
    THEN("there is nothing left to give back, and nobody brings it back") {
      CHECK_FALSE(c.core().minds_locks());
      CHECK(c.wanted_maps().empty());
    }
  }
}

SCENARIO("the lease that ends later is that of all holds, here as at the row") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  auto leased = about_lock(operation_kind::lock);
  leased.life.ttl = seconds{1};
  c.calls(leased, seconds{1});
  c.answers(c.only_sent(), granted());
  c.calls(about_lock(operation_kind::lock), seconds{1});
  c.answers(c.only_sent(), granted());
  c.passes(seconds{60});  // Long after the first one's lease.
  REQUIRE_FALSE(c.sent().empty());  // It says that it lives.
  for (int hold = 0; hold < 2; ++hold) {
    c.calls(about_lock(operation_kind::unlock), seconds{1});
    const auto asked = c.only_sent();
    CHECK(asked.what.kind == operation_kind::unlock);
    c.answers_ok(asked);
  }
}

SCENARIO("a lock that was refused, or never sent, is not given back") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  c.calls(about_lock(operation_kind::lock), seconds{1});
  c.answers_ok(c.only_sent());  // Not granted.
  c.calls(about_lock(operation_kind::lock), seconds{1});
  c.could_not_send(c.only_sent());
  c.breaks_connection_to(alice);
  c.passes(milliseconds{5});
  CHECK(c.sent().empty());
  c.passes(seconds{1});
  for (const auto& s : c.sent()) CHECK(s.what.kind != operation_kind::withdraw_lock);
}

SCENARIO("an unlock ends the latest hold that is known, and only that") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  std::vector<write_number> holds;
  for (int i = 0; i < 2; ++i) {
    c.calls(about_lock(operation_kind::lock));
    const auto sent = c.only_sent();
    holds.push_back(sent.what.stamp.number);
    c.answers(sent, granted());
  }
  const auto unlock = c.calls(about_lock(operation_kind::unlock), seconds{1});
  const auto first = c.only_sent();
  CHECK(first.what.expected == hold_text(holds[1]));
  THEN("the next one the other; of a third nobody is asked") {
    c.answers_ok(first);
    c.calls(about_lock(operation_kind::unlock));
    CHECK(c.only_sent().what.expected == hold_text(holds[0]));
    check_finished(c, c.calls(about_lock(operation_kind::unlock)), outcome::not_applied, failure::not_owner);
  }
  THEN("of one that is refused the hold is still there") {
    c.fails(first, outcome::not_applied, failure::overloaded);
    c.calls(about_lock(operation_kind::unlock));
    for (const auto& s : c.sent()) CHECK((s.what.kind == operation_kind::keep_locks || s.what.expected == hold_text(holds[1])));
  }
  THEN("one that is given up is done later") {
    c.passes(seconds{1});
    check_finished(c, unlock, outcome::indeterminate, failure::deadline);
    c.passes(milliseconds{20});
    const auto again = c.only_sent();
    CHECK(again.what.kind == operation_kind::unlock);
    CHECK(again.what.expected == hold_text(holds[1]));
    CHECK(again.what.stamp.number == first.what.stamp.number);
    AND_THEN("as another write, where the row has forgotten this one") {
      c.fails(again, outcome::indeterminate, failure::session_unknown);
      c.passes(milliseconds{20});
      const auto other = c.only_sent();
      CHECK(other.what.stamp.number != first.what.stamp.number);
      CHECK(other.what.expected == hold_text(holds[1]));
      c.fails(other, outcome::not_applied, failure::not_owner);
      c.passes(seconds{1});
      CHECK(c.sent().empty());
    }
  }
}

SCENARIO("rows with locks are told that their owner lives") {
  router_limits limits;
  limits.keep_locks_after = seconds{1};
  routed_cluster c{limits};
  cluster_view members;
  c.shows(members.publish());
  const auto call = c.calls(about_lock(operation_kind::lock));
  const auto lock = c.only_sent();
  c.answers(lock, granted());
  REQUIRE(c.result_of(call));
  CHECK(c.result_of(call)->found);
  CHECK(c.core().minds_locks());
  c.passes(milliseconds{999});
  CHECK(c.sent().empty());
  c.passes(milliseconds{1});
  const auto kept = c.only_sent();
  CHECK(kept.what.kind == operation_kind::keep_locks);
  CHECK(kept.what.row == lock.what.row);
  CHECK(kept.what.stamp.client == lock.what.stamp.client);
  reply one;
  one.number = 1;
  c.answers(kept, one);
  c.passes(seconds{1});
  const auto next = c.only_sent();
  CHECK(next.what.kind == operation_kind::keep_locks);
  THEN("until they are free") {
    c.answers(next, one);
    const auto unlock = c.calls(about_lock(operation_kind::unlock));
    c.answers_ok(c.only_sent());
    CHECK(c.result_of(unlock)->result == outcome::ok);
    CHECK_FALSE(c.core().minds_locks());
  }
  THEN("until the row says that it has none") {
    c.answers_ok(next);
    CHECK_FALSE(c.core().minds_locks());
  }
  THEN("what it says of locks before the latest is old news") {
    c.calls(about_lock(operation_kind::lock));
    c.answers(c.only_sent(), granted());
    c.answers_ok(next);
    CHECK(c.core().minds_locks());
  }
  THEN("not once the lock is known to be somebody else's") {
    c.answers(next, one);
    c.calls(about_lock(operation_kind::unlock));
    c.fails(c.only_sent(), outcome::not_applied, failure::not_owner);
    CHECK_FALSE(c.core().minds_locks());
    check_finished(c, c.calls(about_lock(operation_kind::unlock)), outcome::not_applied, failure::not_owner);
    CHECK(c.sent().empty());
  }
  THEN("not in another cluster") {
    c.shows(members.founded_anew().publish());
    CHECK_FALSE(c.core().minds_locks());
    c.passes(seconds{10});
    CHECK(c.sent().empty());
  }
}

SCENARIO("a lock with a lease needs nobody to say so") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  auto what = about_lock(operation_kind::lock);
  what.life.ttl = seconds{5};
  c.calls(what);
  const auto sent = c.only_sent();
  CHECK(sent.what.life.ttl == seconds{5});
  c.answers(sent, granted());
  c.passes(seconds{3});
  CHECK(c.sent().empty());
  THEN("it is forgotten when it is over") {
    c.passes(seconds{5});
    CHECK_FALSE(c.core().minds_locks());
    CHECK(c.sent().empty());
  }
  THEN("until then it can be unlocked") {
    c.calls(about_lock(operation_kind::unlock));
    CHECK(c.only_sent().what.expected == hold_text(sent.what.stamp.number));
    CHECK_FALSE(c.core().minds_locks());
  }
}

}  // namespace troupe::protocol::test
