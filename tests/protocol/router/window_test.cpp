// How much is under way to one member at once, and in which order the rest follows.
#include <algorithm>
#include <catch2/catch.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

namespace {

constexpr std::size_t value_bytes = 1000;

/// Room for three entries of value_bytes.
router_limits three_at_a_time() {
  router_limits limits;
  limits.window_bytes_max = 3 * (value_bytes + 200);
  return limits;
}

std::vector<std::pair<std::string, std::string>> entries(int count) {
  std::vector<std::pair<std::string, std::string>> all;
  for (int i = 0; i < count; ++i) all.emplace_back(std::to_string(i), std::string(value_bytes, 'v'));
  return all;
}

std::vector<std::string> keys_of(const std::vector<router_effects::send>& sent) {
  std::vector<std::string> keys;
  for (const auto& s : sent) keys.emplace_back(s.what.key.view());
  return keys;
}

using keys = std::vector<std::string>;

}  // namespace

SCENARIO("what is beyond the window of a member waits, and leaves in order as others are answered") {
  routed_cluster c{three_at_a_time()};
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(put_all(entries(10)));
  auto under_way = c.sent();
  CHECK(keys_of(under_way) == keys{"0", "1", "2"});
  WHEN("one is answered") {
    c.answers_ok(under_way[1]);
    THEN("the next one leaves") { CHECK(keys_of(c.sent()) == keys{"3"}); }
  }
  WHEN("one is refused") {
    c.refuses(under_way[0]);
    CHECK(keys_of(c.sent()) == keys{"3"});
    c.passes(router_limits{}.retry_after);
    CHECK(c.sent().empty());
    THEN("it leaves after all that waited before") {
      keys order;
      c.answers_ok(under_way[1]);
      c.answers_ok(under_way[2]);
      for (auto sent = c.sent(); !sent.empty(); sent = c.sent()) {
        for (const auto& k : keys_of(sent)) order.push_back(k);
        for (const auto& s : sent) c.answers_ok(s);
      }
      CHECK(order == keys{"4", "5", "6", "7", "8", "9", "0"});
    }
  }
  WHEN("each is answered as soon as it comes") {
    std::size_t most = 0;
    for (; !under_way.empty(); under_way = c.sent()) {
      most = std::max(most, under_way.size());
      for (const auto& s : under_way) c.answers_ok(s);
    }
    THEN("all are stored, never more than the window at once") {
      CHECK(most == 3);
      CHECK(c.result_of(call)->result == outcome::ok);
      CHECK(c.result_of(call)->number == 10);
      CHECK(c.core().in_flight() == 0);
    }
  }
  WHEN("the time passes") {
    c.passes(patience);
    THEN("nothing more is sent") {
      check_finished(c, call, outcome::indeterminate, failure::deadline);
      CHECK(c.sent().empty());
      AND_THEN("the window is free again") {
        c.calls(put_all(entries(3)));
        CHECK(c.sent().size() == 3);
      }
    }
  }
}

SCENARIO("what never left is definitely not done") {
  routed_cluster c{three_at_a_time()};
  c.shows(cluster_view{}.publish());
  c.calls(put_all(entries(3)));
  const auto waiting = c.calls(operation_kind::put);
  c.passes(patience);
  check_finished(c, waiting, outcome::not_applied, failure::deadline);
}

SCENARIO("an entry larger than the window goes alone") {
  routed_cluster c{three_at_a_time()};
  c.shows(cluster_view{}.publish());
  const auto large = c.calls(operation_kind::set, "large", std::string(10 * value_bytes, 'v'));
  const auto sent = c.only_sent();
  c.calls(operation_kind::erase, "small");
  CHECK(c.sent().empty());
  c.answers_ok(sent);
  CHECK_FALSE(c.is_open(large));
  CHECK(keys_of(c.sent()) == keys{"small"});
}

SCENARIO("a full window to one member does not hold up others") {
  routed_cluster c{three_at_a_time()};
  cluster_view v;
  v.led_by(bob, partition_of("hamlet", 8));
  c.shows(v.publish());
  c.calls(operation_kind::set, "large", std::string(10 * value_bytes, 'v'));
  c.calls(operation_kind::set, "hamlet", "prince");
  const auto sent = c.sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].to == bob);
}

SCENARIO("what waits for a member's window goes elsewhere when the rows do") {
  routed_cluster c{three_at_a_time()};
  cluster_view v;
  c.shows(v.publish());
  c.calls(put_all(entries(5)));
  const auto under_way = c.sent();
  REQUIRE(under_way.size() == 3);
  WHEN("another member leads") {
    c.shows(v.led_by(bob).publish());
    const auto moved = c.sent();
    CHECK(keys_of(moved) == keys{"3", "4"});
    CHECK(moved[0].to == bob);
    THEN("nothing is sent twice") {
      for (const auto& s : under_way) c.answers_ok(s);
      for (const auto& s : moved) c.answers_ok(s);
      CHECK(c.sent().empty());
      CHECK(c.core().in_flight() == 0);
    }
  }
  WHEN("the connection breaks") {
    c.breaks_connection_to(alice);
    THEN("those that waited go first") {
      CHECK(keys_of(c.sent()) == keys{"3", "4"});
      c.passes(router_limits{}.retry_after);
      CHECK(keys_of(c.sent()) == keys{"0"});
    }
  }
  WHEN("the map is destroyed") {
    c.shows(v.without_map("plays").publish());
    c.answers_ok(under_way[0]);
    THEN("they wait for a new one") {
      CHECK(c.sent().empty());
      CHECK(c.wanted_maps() == std::vector<std::string>{"plays"});
      c.shows(v.with_map("plays").publish());
      CHECK(keys_of(c.sent()) == keys{"3"});
    }
  }
}

SCENARIO("reads are counted with what they may return") {
  router_limits limits;
  limits.window_bytes_max = 1024 * 1024;
  routed_cluster c{limits};
  c.shows(cluster_view{}.publish());
  std::vector<std::string> all;
  for (int i = 0; i < 1000; ++i) all.push_back(std::to_string(i));
  const auto call = c.calls(get_all(all));
  std::size_t most = 0;
  for (auto sent = c.sent(); !sent.empty(); sent = c.sent()) {
    most = std::max(most, sent.size());
    for (const auto& s : sent) c.answers_ok(s);
  }
  CHECK(most > 100);
  CHECK(most < 300);
  CHECK(c.result_of(call)->result == outcome::ok);
}

}  // namespace troupe::protocol::test
