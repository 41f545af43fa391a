// Locks: row state that records change, writes that wait for them, and owners that die (ADR 12).
#include <catch2/catch.hpp>

#include <troupe/actors/protocol/row/locks.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

constexpr client_id anna{{1}};
constexpr client_id bert{{2}};

operation by(const client_id& who, std::uint64_t number, operation what, std::uint32_t owner = 1) {
  what.stamp = {who, write_number{number}, write_number{1}};
  what.owner = owner_number{owner};
  return what;
}
operation waiting(operation what, milliseconds wait) {
  what.wait_ms = static_cast<std::uint32_t>(wait.count());
  return what;
}
operation leased(operation what, milliseconds lease) {
  what.life.ttl = lease;
  return what;
}
operation again(operation what) {
  what.asked_before = true;
  return what;
}
operation lock(std::string_view key = "k") { return ask(operation_kind::lock, key); }
operation unlock(std::string_view key = "k") { return ask(operation_kind::unlock, key); }
operation withdraw(std::string_view key = "k") { return ask(operation_kind::withdraw_lock, key); }

row lone_row() { return row_in(epoch(1)).led_by(1); }
row pair_row() { return row_in(epoch(1)).led_by(1).with({2}); }

/// The answer to what was operated last; it must be there.
reply answer(stage& s, const turn& t) { return t.answer_to(s.last_request()).what; }
reply asked(stage& s, operation what) {
  const auto t = s.operate(std::move(what));
  return answer(s, t);
}
bool is_locked(stage& s, std::string_view key = "k") { return asked(s, ask(operation_kind::is_locked, key)).found; }

}  // namespace

SCENARIO("a lock has one owner, who may take it again and frees it as often") {
  auto s = primary_of(lone_row());
  const auto first = asked(s, by(anna, 1, lock()));
  CHECK(first.found);
  CHECK(fence_of(first.value, first.epoch, first.seq) == lock_fence{epoch(1), seq(1)});
  CHECK(is_locked(s));
  CHECK_FALSE(is_locked(s, "other"));
  THEN("nobody else gets it: neither another client nor another owner of this one") {
    CHECK_FALSE(asked(s, by(bert, 1, lock())).found);
    CHECK_FALSE(asked(s, by(anna, 2, lock(), 2)).found);
    CHECK(s.core().log_length() == seq(1));
  }
  WHEN("its owner takes it again") {
    s.operate(put("other", "v"));
    const auto second = asked(s, by(anna, 2, lock()));
    THEN("the fence stays, and it is free after as many unlocks") {
      CHECK(fence_of(second.value, second.epoch, second.seq) == lock_fence{epoch(1), seq(1)});
      CHECK(asked(s, by(anna, 3, unlock())).number == 1);
      CHECK(is_locked(s));
      CHECK(asked(s, by(anna, 4, unlock())).number == 0);
      CHECK_FALSE(is_locked(s));
      CHECK(asked(s, by(anna, 5, unlock())).why == failure::not_owner);
    }
  }
  WHEN("it is free again") {
    asked(s, by(anna, 2, unlock()));
    const auto later = asked(s, by(bert, 1, lock()));
    THEN("the fence has grown") { CHECK(fence_of(later.value, later.epoch, later.seq) == lock_fence{epoch(1), seq(3)}); }
  }
  THEN("an unlock by somebody else is refused, and the lock stays") {
    const auto told = asked(s, by(bert, 1, unlock()));
    CHECK(told.result == outcome::not_applied);
    CHECK(told.why == failure::not_owner);
    CHECK(asked(s, by(anna, 2, unlock(), 2)).why == failure::not_owner);
    CHECK(is_locked(s));
  }
  THEN("who has to can take it away") {
    CHECK(asked(s, by(bert, 1, ask(operation_kind::force_unlock))).found);
    CHECK_FALSE(is_locked(s));
    CHECK_FALSE(asked(s, by(bert, 2, ask(operation_kind::force_unlock))).found);
  }
}

SCENARIO("an unlock may name the hold that it ends") {
  auto s = primary_of(lone_row());
  asked(s, by(anna, 1, lock()));
  asked(s, by(anna, 2, lock()));
  const auto naming = [](std::uint64_t hold) {
    auto o = unlock();
    o.expected = hold_text(write_number{hold});
    return o;
  };
  CHECK(asked(s, by(anna, 3, naming(1))).number == 1);
  CHECK(asked(s, by(anna, 4, naming(1))).why == failure::not_owner);
  CHECK(asked(s, by(anna, 5, naming(2))).number == 0);
  CHECK_FALSE(is_locked(s));
}

SCENARIO("a lock or unlock that is sent again counts once") {
  auto s = primary_of(lone_row());
  const auto first = asked(s, by(anna, 1, lock()));
  asked(s, by(anna, 2, lock()));
  THEN("of a lock: the same answer, and no other hold") {
    const auto told = asked(s, again(by(anna, 1, lock())));
    CHECK(told.found);
    CHECK(told.seq == first.seq);
    CHECK(asked(s, by(anna, 3, unlock())).number == 1);
  }
  THEN("of one that took it again: with the fence that it was told") {
    const auto told = asked(s, again(by(anna, 2, lock())));
    CHECK(fence_of(told.value, told.epoch, told.seq) == lock_fence{epoch(1), seq(1)});
  }
  THEN("of an unlock: a later hold stays") {
    CHECK(asked(s, by(anna, 3, unlock())).number == 1);
    CHECK(asked(s, again(by(anna, 3, unlock()))).number == 1);
    CHECK(is_locked(s));
  }
  THEN("of an unlock that was refused: also when the owner holds the lock by then") {
    CHECK(asked(s, again(by(bert, 1, unlock()))).why == failure::not_owner);
    asked(s, by(anna, 3, unlock()));
    asked(s, by(anna, 4, unlock()));
    asked(s, by(bert, 2, lock()));
    CHECK(asked(s, again(by(bert, 1, unlock()))).why == failure::not_owner);
    CHECK(is_locked(s));
  }
  THEN("of one that was not granted: not later either") {
    CHECK_FALSE(asked(s, again(by(bert, 1, lock()))).found);
    asked(s, by(anna, 3, unlock()));
    asked(s, by(anna, 4, unlock()));
    CHECK_FALSE(asked(s, again(by(bert, 1, lock()))).found);
    CHECK_FALSE(is_locked(s));
  }
}

SCENARIO("what others write to a locked key waits, in order of arrival") {
  auto s = primary_of(lone_row());
  s.operate(put("k", "old"));
  asked(s, by(anna, 1, lock()));
  THEN("its owner writes, everybody reads, other keys are as ever") {
    CHECK(asked(s, by(anna, 2, set("k", "mine"))).result == outcome::ok);
    CHECK(asked(s, get("k")).value == blob{"mine"});
    CHECK(asked(s, by(bert, 1, set("other", "v"))).result == outcome::ok);
  }
  THEN("a write that may not wait is refused, whatever it would do") {
    for (const auto kind : {operation_kind::put, operation_kind::set, operation_kind::put_if_absent, operation_kind::replace, operation_kind::remove,
                            operation_kind::erase, operation_kind::set_ttl, operation_kind::execute}) {
      const auto told = asked(s, by(bert, 1, ask(kind, "k", "v")));
      CHECK(told.result == outcome::not_applied);
      CHECK(told.why == failure::locked);
    }
    CHECK(asked(s, get("k")).value == blob{"old"});
  }
  WHEN("a write, a lock and another write wait") {
    CHECK(s.operate(waiting(by(bert, 1, put("k", "first")), seconds{5})).answers.empty());
    CHECK(s.operate(waiting(by(bert, 2, lock()), seconds{5})).answers.empty());
    CHECK(s.operate(waiting(by(anna, 2, put("k", "last"), 2), seconds{5})).answers.empty());
    const auto waits_from = s.last_request() - 2;
    CHECK(s.core().waiting_for_locks() == 3);
    CHECK(s.core().log_length() == seq(2));
    THEN("an unlock lets them go, up to the lock that is granted, and the next one the rest") {
      const auto t = s.operate(by(anna, 3, unlock()));
      CHECK(t.answer_to(waits_from).what.value == blob{"old"});
      CHECK(t.answer_to(waits_from + 1).what.found);
      CHECK_FALSE(t.answers_to(waits_from + 2));
      CHECK(s.operate(by(bert, 3, unlock())).answer_to(waits_from + 2).what.value == blob{"first"});
      CHECK(s.core().waiting_for_locks() == 0);
    }
    THEN("when their time is over they are told, definitely") {
      const auto t = s.tick_after(seconds{5});
      CHECK(t.answer_to(waits_from).what.why == failure::locked);
      CHECK(t.answer_to(waits_from).what.result == outcome::not_applied);
      CHECK(t.answer_to(waits_from + 1).what.result == outcome::ok);
      CHECK_FALSE(t.answer_to(waits_from + 1).what.found);
    }
    THEN("one that is sent again takes the place of its attempt before") {
      const auto t = s.operate(again(waiting(by(bert, 1, put("k", "first")), seconds{5})));
      CHECK(t.answer_to(waits_from).what.result == outcome::retry);
      CHECK(s.core().waiting_for_locks() == 3);
      CHECK(s.operate(by(anna, 3, unlock())).answer_to(s.last_request() - 1).what.value == blob{"old"});
    }
    THEN("a primary that is replaced sends them back, and nothing is left of them") {
      const auto t = s.install(row_in(epoch(2)).led_by(2).config(2));
      for (auto request = waits_from; request < waits_from + 3; ++request) CHECK(t.answer_to(request).what.result == outcome::retry);
    }
    THEN("whoever is gone waits no more") {
      s.core().forget(origin_id{1});
      CHECK(s.core().waiting_for_locks() == 0);
    }
  }
}

SCENARIO("what may wait for locks is bounded") {
  replica_limits limits;
  limits.waiting_operations_max = 2;
  auto s = primary_of(lone_row(), limits);
  asked(s, by(anna, 1, lock()));
  s.operate(waiting(by(bert, 1, set("k", "v")), seconds{5}));
  s.operate(waiting(by(bert, 2, set("k", "v")), seconds{5}));
  const auto told = asked(s, waiting(by(bert, 3, set("k", "v")), seconds{5}));
  CHECK(told.result == outcome::not_applied);
  CHECK(told.why == failure::overloaded);
}

SCENARIO("locks, and the holds of one, are bounded") {
  replica_limits limits;
  limits.lock_bytes_max = 2 * (lock_overhead_bytes + 1) + 2 * sizeof(write_number);
  auto s = primary_of(lone_row(), limits);
  CHECK(asked(s, by(anna, 1, lock("a"))).found);
  CHECK(asked(s, by(anna, 2, lock("b"))).found);
  CHECK(asked(s, by(anna, 3, lock("c"))).why == failure::overloaded);
  for (std::uint64_t n = 1; n < lock_holds_max; ++n) CHECK(asked(s, by(anna, 10 + n, lock("a"))).found);
  CHECK(asked(s, by(anna, 1000, lock("a"))).why == failure::overloaded);
}

SCENARIO("a full member grants no new lock, and frees what it is asked to") {
  auto s = primary_of(lone_row());
  asked(s, by(anna, 1, lock()));
  s.become_full();
  CHECK(asked(s, by(anna, 2, lock("other"))).why == failure::out_of_memory);
  CHECK(asked(s, by(anna, 3, lock())).found);
  CHECK(asked(s, by(anna, 4, unlock())).number == 1);
  CHECK(asked(s, by(bert, 1, ask(operation_kind::force_unlock))).found);
}

SCENARIO("nobody hears of a lock that has not committed") {
  auto s = primary_of(pair_row());
  CHECK(s.operate(by(anna, 1, lock())).answers.empty());
  CHECK(s.operate(ask(operation_kind::is_locked)).answers.empty());
  CHECK(s.operate(by(bert, 1, lock())).answers.empty());
  const auto t = s.acked(2, 1);
  CHECK(t.answer_to(1).what.found);
  CHECK(t.answer_to(2).what.found);
  CHECK_FALSE(t.answer_to(3).what.found);
}

SCENARIO("a request that is given up leaves nothing") {
  auto s = primary_of(lone_row());
  GIVEN("one that was granted, beside another hold of its owner's") {
    asked(s, by(anna, 1, lock()));
    asked(s, by(anna, 2, lock()));
    asked(s, again(by(anna, 2, withdraw())));
    THEN("its own hold is gone, once, however often it is withdrawn") {
      CHECK(asked(s, again(by(anna, 2, withdraw()))).result == outcome::ok);
      CHECK(is_locked(s));
      CHECK(asked(s, by(anna, 3, unlock())).number == 0);
    }
  }
  GIVEN("one that never came") {
    asked(s, again(by(anna, 1, withdraw())));
    THEN("when it comes it is not granted") {
      CHECK_FALSE(asked(s, by(anna, 1, lock())).found);
      CHECK_FALSE(is_locked(s));
    }
  }
  GIVEN("one that waits") {
    asked(s, by(bert, 1, lock()));
    s.operate(waiting(by(anna, 1, lock()), seconds{5}));
    s.operate(again(by(anna, 1, withdraw())));
    THEN("it waits no more, and is not granted") {
      CHECK(s.core().waiting_for_locks() == 0);
      asked(s, by(bert, 2, unlock()));
      CHECK_FALSE(is_locked(s));
    }
  }
}

SCENARIO("a lease ends by a record, at its time") {
  auto s = primary_of(pair_row());
  s.operate(leased(by(anna, 1, lock()), seconds{1}));
  s.acked(2, 1);
  CHECK(s.core().next_tick() == s.at().now + seconds{1});
  s.operate(waiting(by(bert, 1, lock()), seconds{30}));
  WHEN("its time has not come") {
    CHECK(s.tick_after(milliseconds{999}).answers.empty());
    CHECK(s.core().log_length() == seq(1));
  }
  WHEN("its time has come") {
    s.tick_after(seconds{1});
    THEN("it is free, and who waits gets it") {
      CHECK(s.core().log_length() == seq(3));
      CHECK(s.acked(2, 3).answer_to(2).what.found);
    }
  }
  WHEN("its owner has taken it again for less, and for more") {
    s.operate(leased(by(anna, 2, lock()), milliseconds{100}));
    s.operate(leased(by(anna, 3, lock()), seconds{3}));
    s.acked(2, 3);
    THEN("the later one counts") {
      s.tick_after(milliseconds{2999});
      CHECK(s.core().log_length() == seq(3));
      s.tick_after(milliseconds{1});
      CHECK(s.core().log_length() == seq(5));
    }
  }
  WHEN("no tick has come by, but somebody who wants the lock") {
    s.tick_after(milliseconds{900});
    CHECK(s.core().waiting_for_locks() == 1);
  }
}

SCENARIO("whose client is not heard loses its locks") {
  replica_limits limits;
  limits.lock_patience = seconds{4};
  auto s = primary_of(lone_row(), limits);
  asked(s, by(anna, 1, lock("a")));
  asked(s, leased(by(anna, 2, lock("leased")), seconds{100}));
  asked(s, by(bert, 1, lock("b")));
  const auto keep = [&](const client_id& who) {
    auto o = ask(operation_kind::keep_locks, "");
    o.stamp = {who, write_number{1}, write_number{1}};
    return asked(s, std::move(o)).number;
  };
  const auto pass = [&](seconds time) {
    for (int i = 0; i < time.count(); ++i) s.tick_after(seconds{1});
  };
  THEN("the row tells a client how many locks it has") {
    CHECK(keep(anna) == 2);
    CHECK(keep(client_id{{3}}) == 0);
  }
  THEN("after its patience, and not before; but for those with a lease") {
    pass(seconds{3});
    CHECK(is_locked(s, "a"));
    pass(seconds{1});
    CHECK_FALSE(is_locked(s, "a"));
    CHECK_FALSE(is_locked(s, "b"));
    CHECK(is_locked(s, "leased"));
  }
  THEN("who says that it lives keeps them, and who writes") {
    pass(seconds{3});
    CHECK(keep(anna) == 2);
    s.operate(by(bert, 2, put("somewhere", "v")));
    pass(seconds{3});
    CHECK(is_locked(s, "a"));
    CHECK(is_locked(s, "b"));
    pass(seconds{1});
    CHECK_FALSE(is_locked(s, "a"));
    CHECK_FALSE(is_locked(s, "b"));
  }
  THEN("a primary that has slept gives everybody time again, also before its first look") {
    if (GENERATE(as<bool>{}, true, false)) s.tick_after(seconds{1});
    s.tick_after(seconds{60});
    CHECK(is_locked(s, "a"));
    pass(seconds{4});
    CHECK_FALSE(is_locked(s, "a"));
  }
}

SCENARIO("locks survive their primary, and its successor gives their owners time") {
  replica_limits limits;
  limits.lock_patience = seconds{4};
  stage s{me, limits};
  s.install(row_in(epoch(1)).led_by(2).with({1}));
  s.receive(2, replication_message::seal{the_row, epoch(1), config(1), true, {}});
  const record taken{epoch(1), seq(1), take_lock{the_map, blob{"k"}, owner_number{1}}, {{anna, write_number{1}, write_number{1}}, operation_kind::lock, true, 0}};
  s.receive(2, records{the_row, epoch(1), seq(1), seq(1), {taken}, {}});
  s.tick_after(seconds{100});
  s.install(row_in(epoch(2)).led_by(1).unsealed({2}).config(2));
  s.sealed(2, 0, {}, false);
  CHECK(is_locked(s));
  CHECK(asked(s, by(anna, 2, lock())).found);
  CHECK_FALSE(asked(s, by(bert, 1, lock())).found);
  for (int i = 0; i < 3; ++i) s.tick_after(seconds{1});
  CHECK(is_locked(s));
  s.tick_after(seconds{1});
  CHECK_FALSE(is_locked(s));
}

SCENARIO("a clear leaves what is locked") {
  auto s = primary_of(pair_row());
  s.operate(put("locked", "v"));
  s.operate(put("free", "v"));
  s.operate(by(anna, 1, lock("locked")));
  s.operate(by(anna, 2, lock("without an entry")));
  s.acked(2, 4);
  const auto t = s.operate(by(bert, 1, ask(operation_kind::clear, "")));
  CHECK(std::get<clear_map>(t.sent<records>(peer(2)).front().list.front().body) == clear_map{the_map, {blob{"locked"}}});
  THEN("also before it has committed, and after") {
    CHECK(s.operate(by(anna, 3, ask(operation_kind::put_if_absent, "locked", "w"))).answers.empty());
    const auto done = s.acked(2, 5);
    CHECK(done.answer_to(5).what.number == 1);
    CHECK(done.answer_to(6).what.value == blob{"v"});
    CHECK(value_at(s.core(), "locked") == "v");
    CHECK(value_at(s.core(), "free") == "-");
  }
  THEN("another one finds nothing to remove") {
    s.acked(2, 5);
    const auto length = s.core().log_length();
    CHECK(asked(s, by(bert, 2, ask(operation_kind::clear, ""))).number == 0);
    CHECK(s.core().log_length() == length);
  }
}

SCENARIO("a locked entry does not expire before it is free") {
  auto s = primary_of(lone_row());
  auto mortal = by(anna, 2, set("k", "v"));
  mortal.life.ttl = seconds{1};
  asked(s, by(anna, 1, lock()));
  asked(s, mortal);
  s.tick_after(seconds{2});
  CHECK(asked(s, get("k")).found);
  asked(s, by(anna, 3, unlock()));
  THEN("whoever asks finds nothing") { CHECK_FALSE(asked(s, get("k")).found); }
  THEN("it goes by itself") {
    s.tick_after(seconds{1});
    CHECK(value_at(s.core(), "k") == "-");
  }
}

SCENARIO("the locks of a map that is destroyed go with it") {
  auto s = primary_of(lone_row());
  asked(s, by(anna, 1, lock()));
  s.operate(waiting(by(bert, 1, lock()), seconds{5}));
  const auto t = s.install(lone_row(), {another_map});
  CHECK(t.answer_to(2).what.why == failure::unknown_map);
  CHECK(s.core().committed_locks().empty());
}

SCENARIO("copies have the same locks, whether they come by records or by a snapshot") {
  row_locks one;
  const auto take = [](std::uint64_t n, const char* key, const client_id& who) {
    return record{epoch(1), seq(n), take_lock{the_map, blob{key}, owner_number{1}, {}}, {{who, write_number{n}, write_number{1}}, operation_kind::lock, true, 0}};
  };
  for (const auto& r : {take(1, "a", anna), take(2, "a", anna), take(3, "b", bert), take(4, "c", bert)}) one.apply(r);
  one.apply({epoch(1), seq(5), free_lock{the_map, blob{"c"}}});
  row_locks other;
  other.restore(one.image());
  CHECK(other.image() == one.image());
  CHECK(other.checksum() == one.checksum());
  CHECK(other.recomputed_checksum() == one.checksum());
  CHECK(other.bytes() == one.bytes());
  CHECK(one.count(the_map, anna) == 1);
  THEN("a difference shows") {
    other.apply({epoch(1), seq(6), free_lock{the_map, blob{"a"}, 0}});
    CHECK(other.checksum() != one.checksum());
    one.apply({epoch(1), seq(6), free_lock{the_map, blob{"a"}, 1}});
    CHECK(other.checksum() != one.checksum());
  }
  THEN("without locks there is nothing to compare") {
    one.apply({epoch(1), seq(6), clear_map{the_map, {}, true}});
    CHECK(one.empty());
    CHECK(one.checksum() == 0);
    CHECK(one.bytes() == 0);
  }
}

SCENARIO("a snapshot under way keeps what a clear has spared") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).learning({1}));
  replication_message::snapshot_chunk first{the_row, epoch(1), feed_number{1}, 0, seq(3), epoch(1), false, {}, config(1)};
  first.locks = {{the_map, blob{"locked"}, {{anna, owner_number{1}}, {write_number{1}}, {epoch(1), seq(3)}, {}}}};
  s.receive(2, first);
  s.receive(2, records{the_row, epoch(1), seq(4), seq(4), {{epoch(1), seq(4), clear_map{the_map, {blob{"locked"}}}}}, epoch(1)});
  auto last = first;
  last.index = 1;
  last.last = true;
  last.locks.clear();
  last.entries = {{the_map, seq(1), blob{"free"}, blob{"v"}}, {the_map, seq(2), blob{"locked"}, blob{"v"}}};
  s.receive(2, last);
  CHECK(s.core().committed_locks() == first.locks);
  REQUIRE(s.core().committed_entries().size() == 1);
  CHECK(s.core().committed_entries().front().key == blob{"locked"});
}
