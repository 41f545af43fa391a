// Where an operation goes, and what keeps it from going anywhere.
#include <catch2/catch.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

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

SCENARIO("a cluster that was begun from scratch is another cluster, however small the number of its view") {
  routed_cluster c;
  cluster_view v;
  for (int i = 0; i < 5; ++i) (void)v.publish();
  c.shows(v.publish());
  const auto read = c.calls(operation_kind::get);
  const auto first = c.only_sent();
  const auto repeatable = c.calls(operation_kind::set, "hamlet", "prince");
  REQUIRE(c.sent().size() == 1);
  const auto write = c.calls(operation_kind::put, "hamlet", "prince");
  REQUIRE(c.sent().size() == 1);
  const auto refused = c.calls(operation_kind::put, "hamlet", "prince");
  c.refuses(c.only_sent());
  const auto size = c.calls(bulk(map_call::kind::size));
  REQUIRE(c.sent().size() == 8);
  c.shows(v.founded_anew(16).led_by(bob).publish());
  CHECK(c.core().installed()->name.number == view_number{1});
  THEN("what may be asked twice, and what had no effect, is asked of it, by its own partitions") {
    const auto sent = c.sent();
    REQUIRE(sent.size() == 3);
    for (const auto& s : sent) {
      CHECK(s.to == bob);
      CHECK(s.cluster == c.core().installed()->cluster);
      CHECK(s.cluster != first.cluster);
      CHECK((s.what.row == row_id{one_backup, partition_of("hamlet", 16)}));
      c.answers_ok(s);
    }
    CHECK(c.result_of(read)->result == outcome::ok);
    CHECK(c.result_of(repeatable)->result == outcome::ok);
    CHECK(c.result_of(refused)->result == outcome::ok);
  }
  THEN("of what may not, nobody knows whether the old one did it") {
    check_finished(c, write, outcome::indeterminate, failure::connection_lost);
  }
  THEN("no sum is made of two clusters") { check_finished(c, size, outcome::not_applied, failure::connection_lost); }
  THEN("no answer of the old one counts") {
    c.answers_ok(first);
    CHECK(c.is_open(read));
  }
  THEN("its own later views are followed") {
    (void)c.sent();
    c.shows(v.led_by(carol).publish());
    c.calls(operation_kind::get);
    CHECK(c.sent().back().to == carol);
  }
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
    c.passes(router_limits{}.reroute_after);
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

SCENARIO("a read in flight does not bring a destroyed map back") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(operation_kind::get);
  const auto sent = c.only_sent();
  c.shows(v.without_map("plays").publish());
  CHECK(c.wanted_maps().empty());
  c.answers_ok(sent);
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
