// Where an operation goes, when it is asked again, and what its caller is told: one scenario a rule.
#include <catch2/catch.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

namespace {

constexpr auto a_moment = milliseconds{20};   // retry_after
constexpr auto silence = milliseconds{500};   // reroute_after

void check_finished(const routed_cluster& c, call_id call, outcome result, failure why) {
  const auto what = c.result_of(call);
  REQUIRE(what);
  CHECK(to_string(what->result) == to_string(result));
  CHECK(to_string(what->why) == to_string(why));
}

}  // namespace

SCENARIO("an operation goes to the primary of its row, by the newest view") {
  routed_cluster c;
  cluster_view v;
  const auto partition = partition_of("hamlet", 8);
  v.led_by(bob, partition);
  c.shows(v.publish());
  const auto call = c.calls(operation_kind::put, "hamlet", "prince");
  const auto send = c.only_sent();
  CHECK(send.to == bob);
  CHECK(send.what.routed_by == view_number{1});
  CHECK((send.what.row == row_id{one_backup, partition}));
  CHECK(send.what.map == map_id{1});
  CHECK(send.what.kind == operation_kind::put);
  CHECK(send.what.key == blob{"hamlet"});
  CHECK(send.what.value == blob{"prince"});
  THEN("its reply is the caller's result") {
    reply r;
    r.found = true;
    r.value = blob{"old"};
    r.epoch = epoch_number{3};
    r.seq = seq_number{14};
    c.answers(send, r);
    const auto result = c.result_of(call);
    REQUIRE(result);
    CHECK(result->result == outcome::ok);
    CHECK(result->found);
    CHECK(result->value == blob{"old"});
    CHECK(result->epoch == epoch_number{3});
    CHECK(result->seq == seq_number{14});
    CHECK(c.core().in_flight() == 0);
  }
  THEN("a reply from anybody else is nobody's") {
    auto from_carol = send;
    from_carol.to = carol;
    c.answers_ok(from_carol);
    CHECK(c.is_open(call));
  }
}

SCENARIO("older views than the present one change nothing") {
  routed_cluster c;
  cluster_view v;
  const auto first = v.publish();
  c.shows(v.led_by(bob).publish());
  c.shows(first);
  CHECK(c.core().installed()->name.number == view_number{2});
  c.calls(operation_kind::get);
  CHECK(c.only_sent().to == bob);
}

SCENARIO("a call before the first view waits for it") {
  routed_cluster c;
  const auto call = c.calls(operation_kind::get);
  CHECK(c.sent().empty());
  WHEN("the view comes") {
    c.shows(cluster_view{}.publish());
    THEN("it is sent") { CHECK(c.only_sent().to == alice); }
  }
  WHEN("it doesn't come in time") {
    c.passes(patience);
    THEN("there was no cluster") { check_finished(c, call, outcome::not_applied, failure::no_cluster); }
  }
}

SCENARIO("a definite refusal is asked again, whatever the operation") {
  const auto kind = GENERATE(operation_kind::get, operation_kind::set, operation_kind::put, operation_kind::replace, operation_kind::remove);
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
      AND_THEN("a late answer to the first attempt proves nothing") {
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
  WHEN("it never gets away in time") {
    c.shows(cluster_view{}.publish());
    routed_cluster d;
    d.shows(cluster_view{}.publish());
    const auto unreachable = d.calls(kind);
    d.could_not_send(d.only_sent());
    d.passes(patience);
    THEN("nothing was done") { check_finished(d, unreachable, outcome::not_applied, failure::deadline); }
  }
  CHECK(c.is_open(call));
}

SCENARIO("a broken connection leaves what can't be repeated unknown, and repeats the rest") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  WHEN("the operation returns what was there") {
    const auto kind = GENERATE(operation_kind::put, operation_kind::put_if_absent, operation_kind::replace, operation_kind::replace_if_equal,
                               operation_kind::remove, operation_kind::remove_if_equal);
    const auto call = c.calls(kind);
    REQUIRE(c.only_sent().to == alice);
    c.breaks_connection_to(bob);
    CHECK(c.is_open(call));
    c.breaks_connection_to(alice);
    THEN("its outcome is unknown, and it is never sent again") {
      check_finished(c, call, outcome::indeterminate, failure::connection_lost);
      c.shows(v.led_by(bob).publish());
      c.passes(patience);
      CHECK(c.sent().empty());
    }
  }
  WHEN("the operation may be repeated") {
    const auto kind = GENERATE(operation_kind::get, operation_kind::contains, operation_kind::set, operation_kind::erase);
    const auto call = c.calls(kind);
    const auto first = c.only_sent();
    c.breaks_connection_to(alice);
    THEN("it is sent again") {
      c.passes(a_moment);
      const auto second = c.only_sent();
      CHECK(second.what.request > first.what.request);
      c.answers_ok(second);
      CHECK(c.result_of(call)->result == outcome::ok);
    }
  }
}

SCENARIO("the first attempt of a repeated write is not forgotten") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(operation_kind::set);
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
    THEN("it is sent again, and the answer to that counts") {
      const auto second = c.only_sent();
      c.answers_ok(first);
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
  WHEN("it is a repeatable write, and the old primary is no member any more") {
    c.calls(operation_kind::set);
    REQUIRE(c.only_sent().to == alice);
    c.shows(v.led_by(bob).without(alice).publish());
    THEN("the new primary is asked at once") { CHECK(c.only_sent().to == bob); }
  }
  WHEN("it is a repeatable write, and the old primary is still there") {
    const auto call = c.calls(operation_kind::set);
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
    THEN("the old primary, when it leads again, is not asked twice") {
      c.shows(v.led_by(alice).publish());
      c.passes(silence * 2);
      CHECK(c.sent().empty());
    }
  }
  WHEN("it can't be repeated") {
    const auto call = c.calls(operation_kind::put);
    const auto first = c.only_sent();
    c.shows(v.led_by(bob).without(alice).publish());
    c.passes(silence * 2);
    CHECK(c.sent().empty());
    THEN("the old primary may still say that it was done") {
      c.answers_ok(first);
      CHECK(c.result_of(call)->result == outcome::ok);
    }
    THEN("or that it was not, and then the new one is asked") {
      c.refuses(first);
      CHECK(c.only_sent().to == bob);
    }
    THEN("or that it doesn't know") {
      c.fails(first, outcome::indeterminate, failure::none);
      check_finished(c, call, outcome::indeterminate, failure::connection_lost);
    }
    THEN("or go away") {
      c.breaks_connection_to(alice);
      check_finished(c, call, outcome::indeterminate, failure::connection_lost);
    }
  }
}

SCENARIO("a lost row fails what is asked of it, until it is served again") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.lost(partition_of("hamlet", 8)).publish());
  check_finished(c, c.calls(operation_kind::get), outcome::not_applied, failure::partition_lost);
  check_finished(c, c.calls(operation_kind::set), outcome::not_applied, failure::partition_lost);
  CHECK(c.sent().empty());
  c.shows(v.led_by(carol).publish());
  c.calls(operation_kind::get);
  CHECK(c.only_sent().to == carol);
}

SCENARIO("a map that does not exist is created first") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  map_call set;
  set.operation = operation_kind::set;
  const auto call = c.calls(set, patience, "sonnets");
  const auto other = c.calls(set, patience, "sonnets");
  CHECK(c.sent().empty());
  CHECK(c.wanted_maps() == std::vector<std::string>{"sonnets"});
  WHEN("a view shows it") {
    c.shows(v.with_map("sonnets").publish());
    THEN("what waited is sent") {
      const auto sent = c.sent();
      REQUIRE(sent.size() == 2);
      CHECK(sent[0].what.map == map_id{2});
    }
  }
  WHEN("nothing happens") {
    c.passes(silence);
    THEN("it is wanted again, once for all who wait") { CHECK(c.wanted_maps() == std::vector<std::string>{"sonnets"}); }
  }
  WHEN("a view comes without it") {
    c.shows(v.publish());
    THEN("it is wanted again") { CHECK(c.wanted_maps() == std::vector<std::string>{"sonnets"}); }
  }
  WHEN("its creation is refused") {
    c.refuses_map("sonnets", failure::too_many_maps);
    THEN("all who wait fail") {
      check_finished(c, call, outcome::not_applied, failure::too_many_maps);
      check_finished(c, other, outcome::not_applied, failure::too_many_maps);
    }
  }
  WHEN("the deadline passes") {
    c.passes(patience);
    THEN("nothing was done") { check_finished(c, call, outcome::not_applied, failure::deadline); }
  }
}

SCENARIO("a cluster with as many maps as it may have refuses one more, and serves those it has") {
  routed_cluster c;
  size_limits limits;
  limits.maps_max = 1;
  c.shows(cluster_view{}.with_limits(limits).publish());
  check_finished(c, c.calls({}, patience, "sonnets"), outcome::not_applied, failure::too_many_maps);
  CHECK(c.wanted_maps().empty());
  c.calls({}, patience, "plays");
  CHECK(c.sent().size() == 1);
}

SCENARIO("a map that is destroyed and created anew while a call is under way") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(operation_kind::put);
  const auto first = c.only_sent();
  c.shows(v.without_map("plays").publish());
  CHECK(c.wanted_maps().empty());
  c.fails(first, outcome::not_applied, failure::unknown_map);
  CHECK(c.wanted_maps() == std::vector<std::string>{"plays"});
  c.shows(v.with_map("plays").publish());
  const auto second = c.only_sent();
  CHECK(second.what.map == map_id{2});
  c.answers_ok(second);
  CHECK(c.result_of(call)->result == outcome::ok);
}

SCENARIO("bad input is refused before anything is sent") {
  routed_cluster c;
  size_limits limits;
  limits.key_bytes_max = 4;
  limits.value_bytes_max = 6;
  c.shows(cluster_view{}.with_limits(limits).publish());
  const auto is_refused = [&](map_call what, const std::string& map, failure why) {
    check_finished(c, c.calls(std::move(what), patience, map), outcome::not_applied, why);
    CHECK(c.sent().empty());
    CHECK(c.wanted_maps().empty());
  };
  map_call single;
  single.key = blob{"12345"};
  is_refused(single, "plays", failure::key_too_large);
  single.key = blob{"1234"};
  single.value = blob{"1234567"};
  is_refused(single, "plays", failure::value_too_large);
  single.value = blob{"123456"};
  single.expected = blob{"1234567"};
  is_refused(single, "plays", failure::value_too_large);
  is_refused(get_all({"1", "12345"}), "plays", failure::key_too_large);
  is_refused(put_all({{"1", "1"}, {"2", "1234567"}}), "plays", failure::value_too_large);
  is_refused({}, "", failure::bad_name);
  is_refused({}, std::string(256, 'x'), failure::bad_name);
  single.expected = {};
  c.calls(single);
  CHECK(c.sent().size() == 1);
}

SCENARIO("calls in flight are bounded") {
  router_limits limits;
  limits.in_flight_max = 2;
  routed_cluster c{limits};
  c.shows(cluster_view{}.publish());
  c.calls(operation_kind::get);
  c.calls(operation_kind::get);
  check_finished(c, c.calls(operation_kind::get), outcome::not_applied, failure::overloaded);
  const auto sent = c.sent();
  REQUIRE(sent.size() == 2);
  c.answers_ok(sent[0]);
  CHECK(c.is_open(c.calls(operation_kind::get)));
}

SCENARIO("closing finishes everything, and says what may have been done") {
  routed_cluster c;
  const auto before_any_view = c.calls(operation_kind::set);
  c.closes();
  check_finished(c, before_any_view, outcome::not_applied, failure::closed);

  routed_cluster d;
  d.shows(cluster_view{}.publish());
  const auto read = d.calls(operation_kind::get);
  const auto write = d.calls(operation_kind::put);
  const auto refused = d.calls(operation_kind::put);
  d.refuses(d.sent().back());
  d.closes();
  check_finished(d, read, outcome::not_applied, failure::closed);
  check_finished(d, write, outcome::indeterminate, failure::closed);
  check_finished(d, refused, outcome::not_applied, failure::closed);
  check_finished(d, d.calls(operation_kind::get), outcome::not_applied, failure::closed);
  CHECK(d.core().in_flight() == 0);
}

}  // namespace troupe::protocol::test
