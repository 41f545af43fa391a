// Calls that listen to a row, as the router sends them.
#include <catch2/catch.hpp>

#include "routed_cluster.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::test;

namespace {

map_call listen(partition_id where, std::optional<log_position> told = {}, map_id map = {}) {
  map_call c;
  c.what = map_call::kind::listen;
  c.listening.partition = where;
  c.listening.told = told;
  c.listening.map = map;
  c.page_bytes = 4096;
  return c;
}
const map_call from_5 = listen(partition_id{3}, log_position{epoch_number{2}, seq_number{5}}, map_id{1});

reply page(std::uint64_t epoch, std::uint64_t seq) {
  reply r;
  r.epoch = epoch_number{epoch};
  r.seq = seq_number{seq};
  row_event e;
  e.at = seq_number{seq};
  e.key = blob{"hamlet"};
  r.events.push_back(e);
  return r;
}

}  // namespace

SCENARIO("a row is listened to where it is led, from a position") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(from_5);
  const auto asked = c.only_sent();
  CHECK(asked.to == alice);
  CHECK(asked.what.kind == operation_kind::listen);
  CHECK(asked.what.row.partition == partition_id{3});
  CHECK(asked.what.epoch == epoch_number{2});
  CHECK(asked.what.since == seq_number{5});
  CHECK_FALSE(asked.what.from_start);
  CHECK(asked.what.stamp == write_stamp{});
  CHECK(c.core().in_flight() == 0);
  CHECK(c.core().listens() == 1);
  THEN("however long that takes") {
    c.passes(seconds{20});
    CHECK(c.sent().empty());
    c.answers(asked, page(2, 6));
    const auto heard = c.result_of(call);
    REQUIRE(heard);
    CHECK(heard->events == page(2, 6).events);
    CHECK(heard->epoch == epoch_number{2});
    CHECK(heard->seq == seq_number{6});
    CHECK(heard->map == map_id{1});
    CHECK(heard->partition == partition_id{3});
    CHECK(heard->partition_count == 8);
    CHECK(c.core().listens() == 0);
  }
}

SCENARIO("whoever leads the row next is asked from the same position") {
  cluster_view v;
  routed_cluster c;
  c.shows(v.publish());
  c.calls(from_5);
  const auto first = c.only_sent();
  const auto second_is_the_same = [&] {
    const auto second = c.only_sent();
    CHECK(second.to == bob);
    CHECK(second.what.since == seq_number{5});
    CHECK(second.what.epoch == epoch_number{2});
    return second;
  };
  THEN("by a view") {
    c.shows(v.led_by(bob, partition_id{3}).publish());
    second_is_the_same();
  }
  THEN("when the one before it says so") {
    c.refuses(first);
    c.shows(v.led_by(bob, partition_id{3}).publish());
    second_is_the_same();
  }
  THEN("when the connection broke; and one page is taken, from whichever it comes first") {
    const auto call = call_id{1};
    c.shows(v.led_by(bob, partition_id{3}).publish());
    const auto second = second_is_the_same();
    c.answers(first, page(2, 6));
    REQUIRE(c.result_of(call));
    c.answers(second, page(2, 7));
    CHECK(c.result_of(call)->seq == seq_number{6});
  }
}

SCENARIO("listening creates the map that is named first, and never brings one back") {
  cluster_view v;
  routed_cluster c;
  c.shows(v.publish());
  THEN("the first call creates it") {
    c.calls(listen(partition_id{0}), patience, "poems");
    CHECK(c.wanted_maps() == std::vector<std::string>{"poems"});
  }
  THEN("a later one ends when the map is gone") {
    const auto call = c.calls(from_5);
    c.fails(c.only_sent(), outcome::not_applied, failure::unknown_map);
    c.shows(v.without_map("plays").publish());
    check_finished(c, call, outcome::not_applied, failure::unknown_map);
    CHECK(c.wanted_maps().empty());
  }
  THEN("or is another one of its name") {
    c.shows(v.without_map("plays").with_map("plays").publish());
    check_finished(c, c.calls(from_5), outcome::not_applied, failure::unknown_map);
  }
}

SCENARIO("calls that listen have a bound of their own, and end when their cluster does") {
  router_limits limits;
  limits.in_flight_max = 1;
  limits.listens_max = 2;
  routed_cluster c{limits};
  c.shows(cluster_view{}.publish());
  const auto first = c.calls(from_5);
  c.calls(listen(partition_id{4}));
  check_finished(c, c.calls(listen(partition_id{5})), outcome::not_applied, failure::overloaded);
  CHECK(c.is_open(c.calls(operation_kind::get)));
  WHEN("the cluster is another one") {
    c.shows(cluster_view{}.founded_anew().publish());
    check_finished(c, first, outcome::not_applied, failure::connection_lost);
  }
  WHEN("the router is closed") {
    c.closes();
    check_finished(c, first, outcome::not_applied, failure::closed);
    CHECK(c.core().listens() == 0);
  }
}

SCENARIO("what can't be listened to is refused at once") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  check_finished(c, c.calls(listen(partition_id{8})), outcome::not_applied, failure::wrong_partition);
  auto long_name = listen(partition_id{0});
  long_name.processor = blob{std::string(256, 'x')};
  check_finished(c, c.calls(long_name), outcome::not_applied, failure::unknown_processor);
}

SCENARIO("a position of one cluster is not asked for in another") {
  cluster_view v;
  routed_cluster c;
  c.shows(v.founded_anew().publish());
  const auto begun = c.calls(listen(partition_id{3}));
  c.answers(c.only_sent(), page(2, 5));
  auto next = from_5;
  next.listening.cluster = c.result_of(begun)->cluster;
  REQUIRE(next.listening.cluster != cluster_id{});
  THEN("in its own it is") {
    c.calls(next);
    CHECK(c.only_sent().what.since == seq_number{5});
  }
  THEN("nor where nothing was under way when the cluster changed") {
    c.shows(v.founded_anew().publish());
    check_finished(c, c.calls(next), outcome::not_applied, failure::connection_lost);
    CHECK(c.sent().empty());
  }
}
