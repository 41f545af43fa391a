// Learners that may hold a part of the row from earlier times: who gets only what it lacks, and who a snapshot.
#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;
using membership_message::wish;

namespace {

ack standing_at(std::uint64_t held, epoch_number last, std::uint32_t feed, std::uint64_t in_epoch = 1) {
  return {the_row, epoch(in_epoch), feed_number{feed}, seq(held), false, last, {}, agreement::equal};
}

/// A primary whose backup 2 has all of its `count` records, and has just become a learner.
stage primary_with_former_backup(int count, const replica_limits& limits = {}) {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}), limits);
  for (int i = 1; i <= count; ++i) {
    s.operate(set("k" + std::to_string(i), std::string(100, 'x')));
    s.acked(2, static_cast<std::uint64_t>(i));
  }
  s.install(row_in(epoch(1)).led_by(1).learning({2}).config(2));
  return s;
}

}  // namespace

SCENARIO("a learner that had a role before is asked what it has, and gets what it lacks") {
  auto s = primary_with_former_backup(4);
  WHEN("it holds a beginning of this history, and the log has the rest") {
    const auto t = s.receive(2, standing_at(2, epoch(1), 1));
    THEN("it gets the rest, no snapshot, and what it lacked is counted") {
      REQUIRE(t.sent<records>(peer(2)).size() == 1);
      CHECK(t.sent<records>(peer(2)).front().first == seq(3));
      CHECK(t.sent<records>(peer(2)).front().list.size() == 2);
      CHECK(t.sent<snapshot_chunk>(peer(2)).empty());
      CHECK(s.core().upkeep().deltas == 1);
      CHECK(s.core().upkeep().delta_records == 2);
      CHECK(s.core().upkeep().delta_bytes > 200);
      CHECK(s.core().upkeep().snapshots == 0);
    }
    THEN("it is asked for once it has that, and has compared its copy") {
      CHECK(t.wished<wish::caught_up>().empty());
      CHECK(s.receive(2, standing_at(3, epoch(1), 1)).wished<wish::caught_up>().empty());
      CHECK(s.receive(2, standing_at(4, epoch(1), 1)).wished<wish::caught_up>().size() == 1);
    }
    THEN("it is not asked for as long as it has not compared its copy") {
      auto unproven = standing_at(4, epoch(1), 1);
      unproven.with_primary = agreement::unknown;
      auto other = primary_with_former_backup(4);
      CHECK(other.receive(2, unproven).wished<wish::caught_up>().empty());
      CHECK(other.operate(set("k", "nobody waits for it")).answers.size() == 1);
    }
  }
  WHEN("it does not answer") {
    CHECK(s.tick_after(milliseconds{100}).sent<resume>(peer(2)).empty());
    THEN("it is asked again, in the same feed") {
      const auto t = s.tick_after(milliseconds{150});
      REQUIRE(t.sent<resume>(peer(2)).size() == 1);
      CHECK(t.sent<resume>(peer(2)).front().feed == feed_number{1});
      CHECK(t.sent<resume>(peer(2)).front().config == config(2));
    }
  }
  WHEN("it answers an older question") {
    const auto t = s.receive(2, standing_at(4, epoch(1), 0));
    THEN("that proves nothing") { CHECK(t.sends.empty()); }
  }
  WHEN("it holds what this primary never had") {
    const auto held = GENERATE(std::uint64_t{3}, std::uint64_t{9});
    const auto t = s.receive(2, standing_at(held, epoch(held == 3 ? 0 : 1), 1));
    THEN("it gets a snapshot, in a feed of its own") {
      REQUIRE(t.sent<snapshot_chunk>(peer(2)).size() == 1);
      CHECK(t.sent<snapshot_chunk>(peer(2)).front().feed == feed_number{2});
      CHECK(s.core().upkeep().snapshots == 1);
      CHECK(s.core().upkeep().snapshot_entries == 4);
      CHECK(s.core().upkeep().snapshot_bytes > 400);
      CHECK(s.core().upkeep().deltas == 0);
    }
  }
}

SCENARIO("a learner whose last record the log has forgotten gets a snapshot") {
  replica_limits limits;
  limits.ring_bytes_max = 300;
  auto s = primary_with_former_backup(10, limits);
  const auto t = s.receive(2, standing_at(2, epoch(1), 1));
  CHECK(t.sent<snapshot_chunk>(peer(2)).size() == 1);
}

SCENARIO("a learner that never had a role gets a snapshot without being asked") {
  auto s = primary_of(row_in(epoch(1)).led_by(1));
  s.operate(set("k", "v"));
  const auto t = s.install(row_in(epoch(1)).led_by(1).learning({2}).config(2));
  CHECK(t.sent<resume>(peer(2)).empty());
  CHECK(t.sent<snapshot_chunk>(peer(2)).size() == 1);
}

SCENARIO("an async backup that shall come in sync goes on from what it has") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).async({2}));
  s.receive(2, ack{the_row, epoch(1), {}, seq(0), true, {}, {}});
  s.operate(set("a", "1"));
  s.receive(2, standing_at(1, epoch(1), 0));
  s.operate(set("b", "2"));
  const auto t = s.install(row_in(epoch(1)).led_by(1).learning({2}).config(2));
  REQUIRE(t.sent<resume>(peer(2)).size() == 1);
  const auto fed = s.receive(2, standing_at(1, epoch(1), 1));
  REQUIRE(fed.sent<records>(peer(2)).size() == 1);
  CHECK(fed.sent<records>(peer(2)).front().first == seq(2));
}

SCENARIO("a new primary asks its predecessor's learners") {
  stage s;
  s.install(row_in(epoch(1)).led_by(9).with({1}).learning({3}));
  s.receive(9, seal{the_row, epoch(1), config(1), true, {}});
  s.receive(9, records_of(epoch(1), 1, {"a", "b", "c"}, 3, {}));
  const auto t = s.install(row_in(epoch(2)).led_by(1).learning({3}).config(2));
  REQUIRE(t.sent<resume>(peer(3)).size() == 1);
  CHECK(s.receive(3, standing_at(2, epoch(1), 1, 2)).sent<records>(peer(3)).front().first == seq(3));
}

SCENARIO("a learner goes on from what it has") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).with({1}));
  s.receive(2, seal{the_row, epoch(1), config(1), true, {}});
  s.receive(2, records_of(epoch(1), 1, {"a", "b", "uncommitted"}, 2, {}));
  const resume order{the_row, epoch(1), feed_number{3}, config(3)};
  GIVEN("a question of the same primary") {
    const auto t = s.receive(2, order);
    REQUIRE(t.sent<ack>(peer(2)).size() == 1);
    const auto told = t.sent<ack>(peer(2)).front();
    THEN("it says all that it holds, in the new feed") {
      CHECK(told.feed == feed_number{3});
      CHECK(told.held == seq(3));
      CHECK(told.last == epoch(1));
      CHECK(told.with_primary == agreement::unknown);
    }
    THEN("a view from before that question does not end the copy any more") {
      CHECK_FALSE(s.install(row_in(epoch(1)).led_by(2).config(2)).reports("copy_dropped"));
      CHECK(s.core().log_length() == seq(3));
      CHECK(s.install(row_in(epoch(1)).led_by(2).config(4)).reports("copy_dropped"));
    }
    THEN("it answers the question again, and not an older one") {
      CHECK(s.receive(2, order).sent<ack>(peer(2)).size() == 1);
      CHECK(s.receive(2, resume{the_row, epoch(1), feed_number{2}, config(3)}).sends.empty());
    }
  }
  GIVEN("a question of a later primary") {
    const auto t = s.receive(3, resume{the_row, epoch(2), feed_number{1}, config(3)});
    THEN("what had not committed makes way, and the former primary is refused") {
      CHECK(t.sent<ack>(peer(3)).front().held == seq(2));
      CHECK(s.core().sealed_epoch() == epoch(2));
      CHECK(s.receive(2, records_of(epoch(1), 4, {"late"}, 4, epoch(1))).sent<sealed_above>(peer(2)).size() == 1);
    }
  }
  GIVEN("half a snapshot") {
    s.receive(2, snapshot_chunk{the_row, epoch(1), feed_number{1}, 0, seq(5), epoch(1), false, {}, config(2)});
    const auto t = s.receive(2, order);
    THEN("it holds nothing") { CHECK(t.sent<ack>(peer(2)).front().held == seq(0)); }
  }
  GIVEN("a seal of a later primary that does not count it in sync") {
    s.receive(3, seal{the_row, epoch(2), config(3), false, {}});
    const auto t = s.receive(3, resume{the_row, epoch(2), feed_number{1}, config(4)});
    THEN("its copy is gone") { CHECK(t.sent<ack>(peer(3)).front().held == seq(0)); }
  }
}

SCENARIO("records that were lost on their way are sent again, and counted") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  for (const auto* v : {"a", "b", "c"}) s.operate(set("k", v));
  const auto t = s.receive(2, ack{the_row, epoch(1), {}, seq(1), true, epoch(1), {}});
  REQUIRE(t.sent<records>(peer(2)).size() == 1);
  CHECK(t.sent<records>(peer(2)).front().first == seq(2));
  CHECK(s.core().upkeep().deltas == 1);
  CHECK(s.core().upkeep().delta_records == 2);
}
