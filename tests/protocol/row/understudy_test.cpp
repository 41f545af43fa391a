#include <catch2/catch.hpp>

#include <troupe/messages/types/stats.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

/// Member 1 as an in-sync backup of member 2, sealed in epoch 2, with an empty log.
stage backup() {
  stage s;
  s.install(row_in(epoch(2)).led_by(2).with({1}));
  s.receive(2, seal{the_row, epoch(2), config(1), true, {}});
  return s;
}

ack only_ack(const turn& t, std::uint32_t to = 2) {
  const auto list = t.sent<ack>(peer(to));
  REQUIRE(list.size() == 1);
  return list.front();
}

}  // namespace

SCENARIO("a backup appends at once and applies what has committed") {
  auto s = backup();
  const auto a = only_ack(s.receive(2, records_of(epoch(2), 1, {"a", "b"}, 1, {})));
  CHECK(a.held == seq(2));
  CHECK(a.last == epoch(2));
  CHECK(a.commit == seq(1));
  CHECK_FALSE(a.gap);
  CHECK(value_at(s.core(), "k") == "a");
  THEN("the mark alone moves it on") {
    s.receive(2, records_of(epoch(2), 3, {}, 2, epoch(2)));
    CHECK(value_at(s.core(), "k") == "b");
  }
  THEN("duplicates change nothing") {
    CHECK(only_ack(s.receive(2, records_of(epoch(2), 1, {"a", "b"}, 1, {}))).held == seq(2));
    CHECK(s.core().log_tail().size() == 2);
  }
  THEN("its share tells all that it holds") {
    REQUIRE(s.core().map_stats().size() == 1);
    CHECK(s.core().map_stats().front().entries == 1);
    CHECK(s.core().map_stats().front().bytes == 2);
    auto removal = records_of(epoch(2), 3, {"x"}, 1, epoch(2));
    removal.list[0].body = erase_entry{the_map, blob{"k"}};
    s.receive(2, removal);
    CHECK(s.core().map_stats().front().entries == 0);
  }
}

SCENARIO("a gap is reported and nothing behind it is taken") {
  auto s = backup();
  s.receive(2, records_of(epoch(2), 1, {"a"}, 0, {}));
  const auto a = only_ack(s.receive(2, records_of(epoch(2), 3, {"c"}, 2, epoch(2))));
  CHECK(a.gap);
  CHECK(a.held == seq(1));
  CHECK(s.core().committed() == seq(0));
  CHECK_FALSE(only_ack(s.receive(2, records_of(epoch(2), 2, {"b", "c"}, 2, epoch(2)))).gap);
  CHECK(value_at(s.core(), "k") == "b");
}

SCENARIO("nothing below the seal is accepted, and a backup follows no unsealed epoch") {
  auto s = backup();
  s.receive(2, records_of(epoch(2), 1, {"a"}, 1, {}));
  for (const auto& old : {any_replication_message{records_of(epoch(1), 2, {"x"}, 2, epoch(1))},
                          any_replication_message{seal{the_row, epoch(1), config(1), false, {}}},
                          any_replication_message{snapshot_chunk{the_row, epoch(1), feed_number{1}, 0, {}, {}, true, {}, {}}}}) {
    const auto t = s.receive(3, old);
    REQUIRE(t.sends.size() == 1);
    CHECK(t.sent<sealed_above>(peer(3)).front().epoch == epoch(2));
  }
  CHECK(s.receive(3, records_of(epoch(3), 2, {"y"}, 2, epoch(2))).sends.empty());
  CHECK(s.core().log_length() == seq(1));
  CHECK(value_at(s.core(), "k") == "a");
}

SCENARIO("records of another history are refused") {
  auto s = backup();
  s.receive(2, records_of(epoch(1), 1, {}, 0, {}));
  s.receive(2, records_of(epoch(2), 1, {"a", "b"}, 0, {}));
  const auto a = only_ack(s.receive(2, records_of(epoch(2), 3, {"c"}, 3, epoch(1))));
  CHECK(a.gap);
  CHECK(s.core().log_length() == seq(2));
  CHECK(s.core().committed() == seq(0));
}

SCENARIO("records that no primary sends are dropped with a word") {
  auto s = backup();
  auto skipping = records_of(epoch(2), 1, {"a", "b"}, 0, {});
  skipping.list[1].seq = seq(3);
  CHECK(s.receive(2, skipping).reports("malformed_records"));
  auto from_the_future = records_of(epoch(2), 1, {"a"}, 0, {});
  from_the_future.list[0].epoch = epoch(3);
  CHECK(s.receive(2, from_the_future).reports("malformed_records"));
  CHECK(s.core().log_length() == seq(0));
}

SCENARIO("a seal decides what becomes of the copy") {
  GIVEN("a backup with two records, one of them committed") {
    auto s = backup();
    s.receive(2, records_of(epoch(2), 1, {"a", "b"}, 1, {}));
    WHEN("it is sealed as in sync") {
      const auto t = s.receive(3, seal{the_row, epoch(3), config(2), true, {}});
      THEN("it says what it holds, the uncommitted tail included") {
        CHECK(t.sent<sealed>(peer(3)) == std::vector{sealed{the_row, epoch(3), true, seq(2), epoch(2)}});
        CHECK(s.receive(2, records_of(epoch(2), 3, {"c"}, 1, epoch(2))).sent<sealed_above>(peer(2)).size() == 1);
      }
      THEN("it gives its records to the candidate that asks") {
        const auto p = s.receive(3, pull{the_row, epoch(3), seq(1), seq(2), epoch(2)});
        REQUIRE(p.sent<pulled>(peer(3)).size() == 1);
        CHECK(p.sent<pulled>(peer(3)).front().list.size() == 1);
        CHECK(s.receive(3, pull{the_row, epoch(3), seq(2), seq(9), epoch(2)}).sends.empty());
      }
      THEN("an older config of that seal can't end the copy any more") {
        CHECK(s.receive(3, seal{the_row, epoch(3), config(1), false, {}}).sends.empty());
        CHECK(s.core().log_length() == seq(2));
      }
      THEN("a later one can") {
        CHECK(s.receive(3, seal{the_row, epoch(3), config(3), false, {}}).sent<sealed>(peer(3)).front().length == seq(0));
        CHECK(value_at(s.core(), "k") == "?");
      }
    }
    WHEN("it is sealed as out of sync") {
      const auto t = s.receive(3, seal{the_row, epoch(3), config(2), false, {}});
      THEN("it throws its copy away and says so") {
        CHECK(t.sent<sealed>(peer(3)) == std::vector{sealed{the_row, epoch(3), false, seq(0), epoch(0)}});
        CHECK(s.core().log_length() == seq(0));
        CHECK(value_at(s.core(), "k") == "?");
      }
      AND_WHEN("it is then fed anew in that epoch") {
        s.receive(3, snapshot_chunk{the_row, epoch(3), feed_number{1}, 0, seq(5), epoch(2), true, {}, config(2)});
        THEN("the same seal, come again, is past") {
          s.receive(3, seal{the_row, epoch(3), config(2), false, {}});
          CHECK(s.core().log_length() == seq(5));
        }
      }
    }
  }
}

SCENARIO("a copy without a role is dropped, its seal stays") {
  GIVEN("a backup that was sealed by config 4") {
    stage s;
    s.install(row_in(epoch(2)).led_by(2).config(2));
    s.receive(2, seal{the_row, epoch(2), config(4), true, {}});
    s.receive(2, records_of(epoch(2), 1, {"a"}, 1, {}));
    WHEN("a view behind that seal gives it no role") {
      s.install(row_in(epoch(2)).led_by(2).config(5));
      THEN("the copy goes") {
        CHECK(value_at(s.core(), "k") == "?");
        CHECK(s.core().log_length() == seq(0));
        CHECK(s.core().sealed_epoch() == epoch(2));
        CHECK(s.core().role() == replica_role::none);
      }
    }
    WHEN("a view from before it gives it no role yet") {
      s.install(row_in(epoch(2)).led_by(2).config(3));
      THEN("the copy stays: the primary counts on it") { CHECK(value_at(s.core(), "k") == "a"); }
    }
  }
}

SCENARIO("a seal of a config that is past does not make an empty copy pass for the one that was dropped") {
  GIVEN("a backup whose copy a view dropped, while the next primary still stands by the view before") {
    auto s = backup();
    s.receive(2, records_of(epoch(2), 1, {"a", "b"}, 2, {}));
    REQUIRE(s.install(row_in(epoch(3)).led_by(3).with({4}).unsealed({2}).config(3)).reports("copy_dropped"));
    WHEN("that primary seals it as in sync") {
      const auto t = s.receive(3, seal{the_row, epoch(3), config(2), true, {}});
      THEN("it claims nothing") { CHECK(t.sent<sealed>(peer(3)).empty()); }
      THEN("the seal by the present view is answered") {
        const auto next = s.receive(3, seal{the_row, epoch(3), config(3), false, {}});
        CHECK(next.sent<sealed>(peer(3)) == std::vector{sealed{the_row, epoch(3), false, seq(0), epoch(0)}});
      }
    }
  }
  GIVEN("a fresh row of which this member already knows a later config") {
    stage s;
    s.install(row_in(epoch(1)).led_by(2).with({1}).config(2));
    THEN("it waits for the primary to know it, too") {
      CHECK(s.receive(2, seal{the_row, epoch(1), config(1), true, {}}).sent<sealed>(peer(2)).empty());
      CHECK(s.receive(2, seal{the_row, epoch(1), config(2), true, {}}).sent<sealed>(peer(2)).size() == 1);
    }
  }
}

SCENARIO("a backup's log ring is bounded by bytes") {
  replica_limits limits;
  limits.ring_bytes_max = 1000;
  stage s{me, limits};
  s.install(row_in(epoch(2)).led_by(2).with({1}));
  s.receive(2, seal{the_row, epoch(2), config(1), true, {}});
  for (std::uint64_t i = 1; i <= 50; ++i) s.receive(2, records_of(epoch(2), i, {std::string(100, 'x')}, i - 1, i == 1 ? epoch(0) : epoch(2)));
  CHECK(s.core().log_length() == seq(50));
  CHECK(s.core().log_tail().size() <= 8);
}

SCENARIO("a replica without a readable copy serves no backup read") {
  stage s;
  s.install(row_in(epoch(2)).led_by(2).with({1}));
  CHECK(value_at(s.core(), "k") == "?");
  s.receive(2, seal{the_row, epoch(2), config(1), true, {}});
  s.receive(2, records_of(epoch(2), 1, {"a"}, 5, {}));
  THEN("not before it has reached the mark that its primary named") {
    CHECK(value_at(s.core(), "k") == "?");
    s.receive(2, records_of(epoch(2), 2, {"b", "c", "d", "e"}, 5, epoch(2)));
    CHECK(value_at(s.core(), "k") == "e");
  }
}
