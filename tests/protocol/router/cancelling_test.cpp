// Calls that are taken back: when they end, as what, and that nobody hears of them any more.
#include <catch2/catch.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

namespace {

constexpr auto silence = router_limits{}.reroute_after;

map_call locking() {
  map_call c;
  c.operation = operation_kind::lock;
  c.key = blob{"hamlet"};
  c.owner = owner_number{1};
  return c;
}

}  // namespace

SCENARIO("a call that is cancelled before any view is not done") {
  routed_cluster c;
  const auto call = c.calls(operation_kind::set);
  const auto other = c.calls(operation_kind::set);
  c.cancels({call});
  check_finished(c, call, outcome::not_applied, failure::cancelled);
  CHECK(c.is_open(other));
  c.shows(cluster_view{}.publish());
  CHECK(c.sent().size() == 1);
}

SCENARIO("a write that is cancelled when it has been sent may be done") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(operation_kind::set);
  const auto sent = c.only_sent();
  c.cancels({call});
  check_finished(c, call, outcome::indeterminate, failure::cancelled);
  CHECK(c.core().in_flight() == 0);
  WHEN("its answer comes") {
    c.answers_ok(sent);
    THEN("nobody is told again") { check_finished(c, call, outcome::indeterminate, failure::cancelled); }
  }
  WHEN("its primary goes") {
    c.breaks_connection_to(alice);
    c.shows(v.led_by(bob).publish());
    c.passes(silence);
    THEN("it is not asked again") { CHECK(c.sent().empty()); }
  }
  WHEN("it is cancelled again") {
    c.cancels({call});
    THEN("nothing happens") { CHECK(c.sent().empty()); }
  }
}

SCENARIO("a write that was refused, and is cancelled before it is sent again, was not done") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(operation_kind::set);
  c.refuses(c.only_sent());
  c.cancels({call});
  check_finished(c, call, outcome::not_applied, failure::cancelled);
  c.passes(silence);
  CHECK(c.sent().empty());
}

SCENARIO("a read that is cancelled has done nothing, wherever it was") {
  routed_cluster c;
  cluster_view v;
  WHEN("its primary had been asked") {
    c.shows(v.publish());
    const auto call = c.calls(operation_kind::get);
    const auto sent = c.only_sent();
    c.cancels({call});
    check_finished(c, call, outcome::not_applied, failure::cancelled);
    c.answers_ok(sent);
  }
  WHEN("a copy in its process had been asked") {
    c.shows(v.with_copy_reads("plays").publish());
    const auto call = c.calls(operation_kind::get);
    const auto asked = c.copy_reads();
    REQUIRE(asked.size() == 1);
    const auto other = c.calls(operation_kind::get);
    c.cancels({call});
    check_finished(c, call, outcome::not_applied, failure::cancelled);
    CHECK(c.is_open(other));
    reply r;
    r.request = asked.front().request;
    c.copy_answers(r);
    c.passes(silence);
    THEN("the primary is asked on behalf of the other one alone") { CHECK(c.sent().size() == 1); }
  }
}

SCENARIO("of a call with parts, cancelled, some may be done") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.led_by(bob, partition_of("lear", 8)).publish());
  const auto call = c.calls(put_all({{"hamlet", "prince"}, {"lear", "king"}}));
  const auto sent = c.sent();
  REQUIRE(sent.size() == 2);
  c.answers_ok(sent[0]);
  c.cancels({call});
  check_finished(c, call, outcome::indeterminate, failure::cancelled);
  CHECK(c.result_of(call)->number == 1);
}

SCENARIO("many calls are cancelled at once, and the others go on") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  std::unordered_set<call_id> some;
  std::vector<call_id> others;
  for (int i = 0; i < 20; ++i) {
    const auto call = c.calls(operation_kind::get, std::to_string(i));
    if (i % 2 == 0) some.insert(call);
    else others.push_back(call);
  }
  c.cancels(some);
  for (const auto call : some) check_finished(c, call, outcome::not_applied, failure::cancelled);
  CHECK(c.core().in_flight() == others.size());
  for (const auto& s : c.sent()) c.answers_ok(s);
  for (const auto call : others) check_finished(c, call, outcome::ok, failure::none);
}

SCENARIO("a lock whose request is cancelled is given back") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(locking(), seconds{10});
  const auto asked = c.only_sent();
  c.cancels({call});
  check_finished(c, call, outcome::indeterminate, failure::cancelled);
  c.passes(silence);
  const auto back = c.only_sent();
  CHECK(back.what.kind == operation_kind::withdraw_lock);
  CHECK(back.what.stamp.number == asked.what.stamp.number);
}

SCENARIO("that a key stays locked is an answer to who says so") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  map_call what;
  what.operation = operation_kind::set;
  what.key = blob{"hamlet"};
  what.value = blob{"prince"};
  what.wait = milliseconds{0};
  what.may_find_locked = true;
  const auto call = c.calls(what);
  const auto sent = c.only_sent();
  CHECK(sent.what.wait_ms == 0);
  WHEN("somebody holds the lock") {
    c.fails(sent, outcome::not_applied, failure::locked);
    check_finished(c, call, outcome::ok, failure::none);
    CHECK(c.result_of(call)->seq == seq_number{});
  }
  WHEN("an attempt before this one may have been done") {
    c.breaks_connection_to(alice);
    c.passes(silence);
    c.fails(c.only_sent(), outcome::not_applied, failure::locked);
    THEN("it is not taken for an answer") { check_finished(c, call, outcome::indeterminate, failure::locked); }
  }
  WHEN("there is too little memory") {
    c.fails(sent, outcome::not_applied, failure::out_of_memory);
    THEN("that is a failure as always") { check_finished(c, call, outcome::not_applied, failure::out_of_memory); }
  }
}

}  // namespace troupe::protocol::test
