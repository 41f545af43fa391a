// Subscriptions: what they ask of rows, and what their listener is told.
#include <catch2/catch.hpp>

#include <algorithm>

#include <troupe/actors/protocol/router/subscription.hpp>

using namespace troupe;
using namespace troupe::protocol;

namespace {

constexpr instant start{seconds{100}};

/// A subscription to a map of three rows; the test plays the router and the listener.
class heard_map {
 public:
  explicit heard_map(listening_wish wish = {}) : core_(std::move(wish), {}) {
    core_.begin(out);
    take_asks();
  }

  /// The row of this number answers, with events at these positions.
  void answers(std::uint32_t row, std::vector<std::uint64_t> events = {}, std::uint64_t up_to = 0) {
    map_result r;
    r.epoch = epoch_number{1};
    r.seq = seq_number{events.empty() ? up_to : events.back()};
    for (const auto at : events) {
      row_event e;
      e.at = seq_number{at};
      r.events.push_back(e);
    }
    r.map = map_id{4};
    r.partition = partition_id{row};
    r.partition_count = 3;
    r.cluster = cluster_id{{9}};
    hears(row, r);
  }
  void fails(std::uint32_t row, failure why) {
    map_result r;
    r.result = outcome::not_applied;
    r.why = why;
    hears(row, r);
  }
  void takes() {
    out.clear();
    core_.taken(out);
    take_asks();
  }
  void ticks(instant now) {
    out.clear();
    core_.tick(now, out);
    take_asks();
  }
  void confirms() {
    for (std::uint32_t row = 0; row < 3; ++row) answers(row, {}, 10);
  }

  [[nodiscard]] bool is_asked(std::uint32_t row) const { return asked_.contains(partition_id{row}); }
  [[nodiscard]] const map_call& asked(std::uint32_t row) const { return asked_.at(partition_id{row}).what; }
  [[nodiscard]] std::size_t asks() const { return asked_.size(); }
  /// `partition:position` of each event, in order.
  [[nodiscard]] std::vector<std::string> batch() const {
    std::vector<std::string> list;
    for (const auto& row : out.batch) {
      for (const auto& e : row.events) {
        list.push_back(std::to_string(row.partition.value()) + ":" + (e.what == row_event_kind::gap ? "gap" : std::to_string(e.at.value())));
      }
    }
    return list;
  }
  [[nodiscard]] subscription& core() { return core_; }

  subscription_effects out;

 private:
  void hears(std::uint32_t row, const map_result& what) {
    const auto asked = asked_.extract(partition_id{row});
    REQUIRE(asked);
    out.clear();
    core_.heard(asked.mapped().number, what, start, out);
    take_asks();
  }
  void take_asks() {
    for (auto& a : out.asks) {
      const auto row = a.what.listening.partition;
      REQUIRE(asked_.emplace(row, std::move(a)).second);  // One at a time.
    }
  }

  subscription core_;
  std::map<partition_id, subscription_effects::ask> asked_;
};

using list = std::vector<std::string>;

}  // namespace

SCENARIO("a subscription is confirmed when all rows have answered") {
  heard_map m;
  REQUIRE(m.asks() == 1);
  CHECK_FALSE(m.asked(0).listening.told);
  CHECK(m.asked(0).listening.map == map_id{});
  m.answers(0, {}, 10);
  CHECK(m.asks() == 3);
  CHECK(m.asked(1).listening.map == map_id{4});
  CHECK_FALSE(m.asked(1).listening.told);
  CHECK(m.asked(0).listening.told == log_position{epoch_number{1}, seq_number{10}});
  m.answers(0, {11});
  CHECK(m.batch().empty());
  m.answers(1, {}, 10);
  CHECK_FALSE(m.out.confirmed);
  THEN("and tells then what it has heard meanwhile") {
    m.answers(2, {}, 10);
    CHECK(m.out.confirmed);
    CHECK(m.batch() == list{"0:11"});
  }
  THEN("a row that is lost does not keep it from that") {
    m.fails(2, failure::partition_lost);
    CHECK(m.out.confirmed);
    CHECK_FALSE(m.is_asked(2));
    REQUIRE(m.core().next_tick());
    m.ticks(*m.core().next_tick());
    CHECK(m.is_asked(2));
    CHECK_FALSE(m.asked(2).listening.told);
  }
  THEN("one that is busy does") {
    m.fails(2, failure::overloaded);
    CHECK_FALSE(m.out.confirmed);
    m.ticks(*m.core().next_tick());
    m.answers(2, {}, 10);
    CHECK(m.out.confirmed);
  }
}

SCENARIO("a batch is under way, one page of each row waits, and no more is asked for") {
  heard_map m;
  m.confirms();
  m.answers(0, {11, 12});
  CHECK(m.batch() == list{"0:11", "0:12"});
  CHECK(m.is_asked(0));
  CHECK(m.asked(0).listening.told->seq == seq_number{12});
  m.answers(0, {13});
  m.answers(1, {11});
  CHECK(m.batch().empty());
  CHECK_FALSE(m.is_asked(0));
  CHECK_FALSE(m.is_asked(1));
  CHECK(m.core().pages_held() == 3);
  m.takes();
  CHECK(m.batch() == list{"0:13", "1:11"});
  CHECK(m.is_asked(0));
  CHECK(m.is_asked(1));
  m.takes();
  CHECK(m.batch().empty());
}

SCENARIO("a subscription to one key asks its row alone") {
  listening_wish wish;
  wish.by_key = true;
  wish.key = blob{"hamlet"};
  heard_map m{wish};
  CHECK(m.asked(0).listening.by_key);
  CHECK(m.asked(0).key == blob{"hamlet"});
  m.answers(0, {}, 10);
  CHECK(m.out.confirmed);
  CHECK(m.asks() == 1);
}

SCENARIO("a row that could not be asked is asked again from the same position") {
  heard_map m;
  m.confirms();
  m.fails(1, failure::deadline);
  CHECK_FALSE(m.out.ended);
  CHECK_FALSE(m.is_asked(1));
  CHECK(m.core().next_tick() == start + subscription_limits{}.ask_again_after);
  m.ticks(*m.core().next_tick());
  CHECK(m.asked(1).listening.told == log_position{epoch_number{1}, seq_number{10}});
  CHECK_FALSE(m.core().next_tick());
}

SCENARIO("in another cluster a subscription begins anew, after a gap in each row") {
  heard_map m;
  m.confirms();
  m.answers(1, {11});
  m.answers(1, {12});
  CHECK(m.asked(0).listening.cluster == cluster_id{{9}});
  m.fails(0, failure::connection_lost);
  CHECK(m.asked(0).listening.cluster == cluster_id{});
  CHECK_FALSE(m.out.ended);
  THEN("what it heard before comes before that") {
    m.takes();
    CHECK(m.batch() == list{"0:gap", "1:12", "1:gap", "2:gap"});
    CHECK(m.out.batch.front().events.back().why == gap_reason::another_cluster);
  }
}

SCENARIO("a subscription that can't go on says why, last") {
  heard_map m;
  m.confirms();
  m.answers(1, {11});
  m.answers(2, {11});
  m.fails(0, failure::unknown_map);
  REQUIRE(m.out.ended);
  CHECK(m.out.ended->why == failure::unknown_map);
  CHECK(m.batch() == list{"2:11"});
  m.takes();
  CHECK(m.batch().empty());
  CHECK(m.out.asks.empty());
}
