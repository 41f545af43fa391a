// When an operation is asked again, and what its caller is told when nobody can say what became of it: one scenario a rule.
#include <catch2/catch.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

namespace {

constexpr auto a_moment = router_limits{}.retry_after;
constexpr auto silence = router_limits{}.reroute_after;

}  // namespace

SCENARIO("a definite refusal is asked again, whatever the operation") {
  const auto kind =
      GENERATE(operation_kind::get, operation_kind::set, operation_kind::put, operation_kind::replace, operation_kind::remove);
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(kind);
  const auto first = c.only_sent();
  c.refuses(first);
  CHECK(c.sent().empty());
  WHEN("a moment has passed") {
    c.passes(a_moment);
    THEN("it is sent again, as a request of its own") {
      const auto second = c.only_sent();
      CHECK(second.to == alice);
      CHECK(second.what.request > first.what.request);
      AND_THEN("an answer to the attempt that was refused proves nothing") {
        c.answers_ok(first);
        CHECK(c.is_open(call));
        c.answers_ok(second);
        CHECK_FALSE(c.is_open(call));
      }
    }
  }
  WHEN("a newer view comes") {
    c.shows(v.led_by(bob).publish());
    THEN("it goes where that says") { CHECK(c.only_sent().to == bob); }
  }
  WHEN("the deadline passes before") {
    c.passes(a_moment / 2);
    CHECK(c.sent().empty());
    c.passes(patience);
    THEN("it was definitely not done") { check_finished(c, call, outcome::not_applied, failure::deadline); }
  }
}

SCENARIO("a refusal by a member that knows less than the router is asked again at once") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  c.calls(operation_kind::put);
  const auto first = c.only_sent();
  c.shows(v.led_by(bob).publish());
  CHECK(c.sent().empty());
  c.refuses(first);
  CHECK(c.only_sent().to == bob);
}

SCENARIO("a send that never left is asked again, whatever the operation") {
  const auto kind = GENERATE(operation_kind::get, operation_kind::set, operation_kind::put);
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(kind);
  c.could_not_send(c.only_sent());
  c.passes(a_moment);
  CHECK(c.sent().size() == 1);
  CHECK(c.is_open(call));
}

SCENARIO("what never left by its deadline was not done") {
  const auto kind = GENERATE(operation_kind::get, operation_kind::set, operation_kind::put);
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(kind);
  c.could_not_send(c.only_sent());
  c.passes(patience);
  check_finished(c, call, outcome::not_applied, failure::deadline);
}

SCENARIO("a broken connection: whatever was in flight is asked again") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto kind = GENERATE(operation_kind::get, operation_kind::contains, operation_kind::set, operation_kind::erase, operation_kind::put,
                             operation_kind::put_if_absent, operation_kind::replace, operation_kind::replace_if_equal, operation_kind::remove,
                             operation_kind::remove_if_equal);
  const auto call = c.calls(kind);
  const auto first = c.only_sent();
  c.breaks_connection_to(bob);
  CHECK(c.sent().empty());
  c.breaks_connection_to(alice);
  c.passes(a_moment);
  const auto second = c.only_sent();
  CHECK(second.what.request > first.what.request);
  CHECK(c.is_open(call));
  c.answers_ok(second);
  CHECK(c.result_of(call)->result == outcome::ok);
}

SCENARIO("a connection that breaks before it carried anything leaves nothing unknown") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto waiting = c.calls(operation_kind::put);
  const auto never_left = c.only_sent();
  const auto under_way = c.calls(operation_kind::put);
  REQUIRE(c.only_sent().to == alice);
  c.breaks_connection_to(alice, {never_left});
  CHECK(c.sent().empty());
  // With a newer view what has certainly not arrived is asked again at once.
  c.shows(v.publish());
  const auto all_again = c.sent();
  REQUIRE(all_again.size() == 2);
  const auto again = all_again.front();
  CHECK(again.to == alice);
  CHECK(again.what.request > never_left.what.request);
  CHECK_FALSE(again.what.asked_before);
  c.answers_ok(again);
  CHECK(c.result_of(waiting)->result == outcome::ok);
  const auto the_other = all_again.back();
  CHECK(the_other.what.asked_before);
  c.answers_ok(the_other);
  CHECK(c.result_of(under_way)->result == outcome::ok);
}

SCENARIO("the first attempt of a write that is sent again is not forgotten") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(GENERATE(operation_kind::set, operation_kind::put));
  REQUIRE(c.only_sent().to == alice);
  c.breaks_connection_to(alice);
  c.passes(a_moment);
  const auto second = c.only_sent();
  WHEN("the second is refused until the deadline") {
    c.refuses(second);
    c.passes(patience);
    THEN("the first may have been done") { check_finished(c, call, outcome::indeterminate, failure::deadline); }
  }
  WHEN("the second is definitely not done") {
    c.fails(second, outcome::not_applied, failure::overloaded);
    THEN("the first may have been done") { check_finished(c, call, outcome::indeterminate, failure::overloaded); }
  }
  WHEN("the row is lost meanwhile") {
    c.shows(v.lost(partition_of("hamlet", 8)).without(alice).publish());
    THEN("the first may have been done") { check_finished(c, call, outcome::indeterminate, failure::partition_lost); }
  }
}

SCENARIO("silence: reads are asked again, writes on a living connection wait") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  WHEN("it reads") {
    const auto call = c.calls(operation_kind::get);
    const auto first = c.only_sent();
    c.passes(silence / 2);
    CHECK(c.sent().empty());
    c.passes(silence / 2);
    THEN("it is sent again, and whichever answer comes first counts") {
      const auto second = c.only_sent();
      c.answers_ok(GENERATE(true, false) ? first : second);
      CHECK(c.result_of(call)->result == outcome::ok);
      c.answers_ok(first);
      c.answers_ok(second);
      CHECK(c.core().in_flight() == 0);
    }
    THEN("a refusal of the first attempt says nothing of the second") {
      const auto second = c.only_sent();
      c.refuses(first);
      c.fails(first, outcome::not_applied, failure::overloaded);
      CHECK(c.is_open(call));
      c.answers_ok(second);
      CHECK(c.result_of(call)->result == outcome::ok);
    }
  }
  WHEN("it writes") {
    const auto kind = GENERATE(operation_kind::set, operation_kind::put);
    const auto call = c.calls(kind);
    REQUIRE(c.sent().size() == 1);
    c.passes(silence * 4);
    CHECK(c.sent().empty());
    CHECK(c.is_open(call));
  }
}

SCENARIO("a read is not asked again of a primary that answers others") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(operation_kind::get);
  const auto first = c.only_sent();
  for (int i = 0; i < 10; ++i) {
    c.passes(silence / 2);
    c.calls(operation_kind::get);
    c.answers_ok(c.only_sent());
  }
  CHECK(c.is_open(call));
  WHEN("it falls silent") {
    c.passes(silence);
    THEN("it is asked again") { CHECK(c.only_sent().to == alice); }
  }
  WHEN("it answers at last") {
    c.answers_ok(first);
    THEN("that counts") { CHECK(c.result_of(call)->result == outcome::ok); }
  }
  WHEN("another member answers, and the primary does not") {
    auto from_bob = first;
    from_bob.to = bob;
    c.answers_ok(from_bob);
    c.passes(silence);
    THEN("the primary is asked again") { CHECK(c.only_sent().to == alice); }
  }
}

SCENARIO("a read that went to the new primary is content with the answer of the old one") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(operation_kind::get);
  const auto first = c.only_sent();
  c.shows(v.led_by(bob).publish());
  REQUIRE(c.only_sent().to == bob);
  WHEN("the map is still the same") {
    c.answers_ok(first);
    THEN("it was served under a lease, while the call was open") { CHECK(c.result_of(call)->result == outcome::ok); }
  }
  WHEN("the map has been destroyed meanwhile, and created anew") {
    c.shows(v.without_map("plays").with_map("plays").publish());
    c.answers_ok(first);
    THEN("what was in the old one is of no use") { CHECK(c.is_open(call)); }
  }
}

SCENARIO("of a read that is asked again and again only the latest attempts are remembered") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(operation_kind::get);
  std::vector<router_effects::send> attempts{c.only_sent()};
  for (int i = 0; i < 6; ++i) {
    c.shows(v.led_by(i % 2 == 0 ? bob : alice).publish());
    attempts.push_back(c.only_sent());
  }
  c.answers_ok(attempts[1]);
  CHECK(c.is_open(call));
  c.answers_ok(attempts[2]);
  CHECK(c.result_of(call)->result == outcome::ok);
}

SCENARIO("the deadline: what may have been done is unknown, what only read was not done") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto write = c.calls(operation_kind::put);
  const auto repeatable = c.calls(operation_kind::set);
  const auto read = c.calls(operation_kind::get);
  c.passes(patience - nanoseconds{1});
  CHECK(c.is_open(write));
  c.passes(nanoseconds{1});
  check_finished(c, write, outcome::indeterminate, failure::deadline);
  check_finished(c, repeatable, outcome::indeterminate, failure::deadline);
  check_finished(c, read, outcome::not_applied, failure::deadline);
  CHECK(c.core().in_flight() == 0);
}

SCENARIO("a deadline that has passed already: nothing is sent") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  map_call get;
  const auto call = c.calls(get, duration{0});
  check_finished(c, call, outcome::not_applied, failure::deadline);
  CHECK(c.sent().empty());
}

SCENARIO("a new primary while an operation is in flight") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  WHEN("it reads") {
    c.calls(operation_kind::get);
    REQUIRE(c.only_sent().to == alice);
    c.shows(v.led_by(bob).publish());
    THEN("the new primary is asked at once") { CHECK(c.only_sent().to == bob); }
  }
  WHEN("it writes, and the old primary is no member any more") {
    c.calls(GENERATE(operation_kind::set, operation_kind::put));
    REQUIRE(c.only_sent().to == alice);
    c.shows(v.led_by(bob).without(alice).publish());
    THEN("the new primary is asked at once") { CHECK(c.only_sent().to == bob); }
  }
  WHEN("it writes, and the old primary is still there") {
    const auto call = c.calls(GENERATE(operation_kind::set, operation_kind::put));
    const auto first = c.only_sent();
    c.shows(v.led_by(bob).publish());
    THEN("the old primary has time to answer") {
      CHECK(c.sent().empty());
      c.answers_ok(first);
      CHECK(c.result_of(call)->result == outcome::ok);
    }
    THEN("the new primary is asked when the old one is silent, however many views come meanwhile") {
      c.passes(silence / 2);
      c.shows(v.publish());
      CHECK(c.sent().empty());
      c.passes(silence / 2);
      CHECK(c.only_sent().to == bob);
    }
    THEN("the new primary is asked when the old one doesn't know the outcome") {
      c.fails(first, outcome::indeterminate, failure::none);
      CHECK(c.only_sent().to == bob);
    }
    THEN("or says that it was not done") {
      c.refuses(first);
      CHECK(c.only_sent().to == bob);
    }
    THEN("the old primary, when it leads again, is not asked twice") {
      c.shows(v.led_by(alice).publish());
      c.passes(silence * 2);
      CHECK(c.sent().empty());
    }
  }
}

}  // namespace troupe::protocol::test
