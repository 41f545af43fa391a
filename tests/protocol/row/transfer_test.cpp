#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;
using membership_message::wish;

namespace {

replica_limits small_chunks() {
  replica_limits limits;
  limits.chunk_bytes = 200;
  limits.chunks_in_flight_max = 2;
  return limits;
}

/// A primary, alone in sync, with `count` entries "k0", "k1", … of 100 bytes.
stage primary_with_entries(int count, const replica_limits& limits = small_chunks()) {
  auto s = primary_of(row_in(epoch(1)).led_by(1), limits);
  for (int i = 0; i < count; ++i) s.operate(set("k" + std::to_string(i), std::string(100, 'x')));
  return s;
}

row with_learner(std::uint64_t c) { return row_in(epoch(1)).led_by(1).learning({2}).config(c); }

snapshot_ack chunks_held(std::uint32_t next, std::uint32_t feed = 1) { return {the_row, epoch(1), feed_number{feed}, next}; }

snapshot_entry entry(std::string_view key, std::string_view value, std::uint64_t version) {
  return {the_map, seq(version), blob{key}, blob{value}};
}

snapshot_chunk chunk(std::uint32_t index, std::uint64_t at, bool last, std::vector<snapshot_entry> entries, std::uint32_t feed = 1) {
  return {the_row, epoch(2), feed_number{feed}, index, seq(at), epoch(1), last, std::move(entries), config(3)};
}

}  // namespace

SCENARIO("a learner gets the image in chunks, against credit") {
  auto s = primary_with_entries(6);
  const auto start = s.install(with_learner(2));
  const auto first = start.sent<snapshot_chunk>(peer(2));
  REQUIRE(first.size() == 2);
  CHECK(first[0].index == 0);
  CHECK(first[0].at == seq(6));
  CHECK(first[0].config == config(2));
  CHECK(first[0].feed > feed_number{});
  CHECK_FALSE(first[1].last);
  THEN("live records wait until it has begun, then flow beside the image") {
    CHECK(s.operate(set("live", "1")).sent<records>(peer(2)).empty());
    const auto t = s.receive(2, chunks_held(1));
    REQUIRE(t.sent<records>(peer(2)).size() == 1);
    CHECK(t.sent<records>(peer(2)).front().first == seq(7));
    CHECK(t.sent<snapshot_chunk>(peer(2)).size() == 1);
  }
  THEN("silence brings the first unacknowledged chunk again, alone") {
    CHECK(s.tick_after(milliseconds{100}).sent<snapshot_chunk>(peer(2)).empty());
    const auto t = s.tick_after(milliseconds{150});
    REQUIRE(t.sent<snapshot_chunk>(peer(2)).size() == 1);
    auto again = t.sent<snapshot_chunk>(peer(2)).front();
    CHECK(again.time == row_time{250});  // The present one.
    again.time = first[0].time;
    CHECK(again == first[0]);
  }
  THEN("the last chunk says so, and the image is complete") {
    std::size_t entries = first[0].entries.size() + first[1].entries.size();
    auto last = first[1];
    for (std::uint32_t next = 1; !last.last; ++next) {
      for (const auto& c : s.receive(2, chunks_held(next)).sent<snapshot_chunk>(peer(2))) {
        entries += c.entries.size();
        last = c;
      }
    }
    CHECK(entries == 6);
  }
}

SCENARIO("a learner is awaited before it is asked for, and until a later config is known") {
  auto s = primary_with_entries(1);
  s.install(with_learner(2));
  s.operate(set("a", "1"));
  WHEN("it has the image, but not yet what was written since") {
    const auto t = s.receive(2, chunks_held(1));
    THEN("it is neither asked for nor awaited") {
      CHECK(t.wished<wish::caught_up>().empty());
      CHECK(s.operate(set("b", "2")).answers.size() == 1);
    }
    AND_WHEN("it acknowledges the feed before this one") {
      CHECK(s.acked(2, 2).wished<wish::caught_up>().empty());
    }
    AND_WHEN("it has all of that too") {
      const auto asked = s.acked(2, 2, feed_number{1});
      THEN("the next view is asked for it, again and again") {
        CHECK(asked.wished<wish::caught_up>() == std::vector{wish::caught_up{the_row, config(2), peer(2)}});
        CHECK(s.tick_after(milliseconds{100}).wished<wish::caught_up>().size() == 1);
      }
      THEN("it is no company for a primary without a lease: nobody who takes over would ask it") {
        s.lose_lease();
        CHECK(s.operate(set("b", "2")).answers.empty());
        CHECK(s.acked(2, 3, feed_number{1}).answers.empty());
        s.gain_lease();
        CHECK(s.tick_after(milliseconds{20}).answers.size() == 1);
      }
      THEN("every write waits for it from now on") {
        CHECK(s.operate(set("b", "2")).answers.empty());
        CHECK(s.acked(2, 3, feed_number{1}).answers.size() == 1);
      }
      THEN("a view that shows it in sync changes nothing for writes") {
        s.operate(set("b", "2"));
        CHECK(s.install(row_in(epoch(1)).led_by(1).with({2}).config(3)).answers.empty());
        CHECK(s.acked(2, 3, feed_number{1}).answers.size() == 1);
      }
      THEN("a later config without it frees the writes") {
        s.operate(set("b", "2"));
        CHECK(s.install(row_in(epoch(1)).led_by(1).config(3)).answers.size() == 1);
      }
      THEN("a later config in which it still learns repeats the wish") {
        const auto t2 = s.install(row_in(epoch(1)).led_by(1).learning({2, 3}).config(3));
        CHECK(t2.wished<wish::caught_up>() == std::vector{wish::caught_up{the_row, config(3), peer(2)}});
      }
      THEN("a config that was skipped may have dropped it: it begins anew, unawaited") {
        const auto t2 = s.install(with_learner(4));
        CHECK(t2.wished<wish::caught_up>().empty());
        REQUIRE(t2.sent<resume>(peer(2)).size() == 1);
        CHECK(t2.sent<resume>(peer(2)).front().feed == feed_number{2});
        CHECK(s.operate(set("b", "2")).answers.size() == 1);
        CHECK(s.receive(2, chunks_held(1)).wished<wish::caught_up>().empty());
      }
    }
  }
}

SCENARIO("a backup that a view turns into a learner proves anew what it has") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(set("k", "v"));
  s.acked(2, 1);
  const auto t = s.install(with_learner(2));
  CHECK(t.sent<resume>(peer(2)).size() == 1);
  CHECK(s.acked(2, 1).wished<wish::caught_up>().empty());
}

SCENARIO("a learner that makes headway is not outrun: writes wait") {
  auto limits = small_chunks();
  limits.pending_bytes_max = 2000;
  limits.ring_bytes_max = 500;
  auto s = primary_with_entries(5, limits);
  s.install(with_learner(2));
  const auto write_many = [&](int count) {
    turn last;
    for (int i = 0; i < count; ++i) last = s.operate(set("k", std::string(100, 'y')));
    return last;
  };
  const auto is_refused = [&](const turn& t) { return t.answer_to(s.last_request()).what.why == failure::overloaded; };
  const auto refused = write_many(20);
  CHECK(is_refused(refused));
  CHECK(refused.answer_to(s.last_request()).what.result == outcome::not_applied);
  THEN("the log keeps what it lacks, and goes on once it has that") {
    s.tick_after(milliseconds{900});
    s.receive(2, chunks_held(1));
    CHECK(is_refused(write_many(1)));
    CHECK(s.core().log_tail().front().seq == seq(6));
    s.acked(2, 15, feed_number{1});
    CHECK_FALSE(is_refused(write_many(1)));
  }
  THEN("chunks of its image are headway, too") {
    s.tick_after(milliseconds{900});
    s.receive(2, chunks_held(1));
    s.tick_after(milliseconds{900});
    CHECK(is_refused(write_many(1)));
  }
  THEN("one that makes none for a second gets a new image: nobody waits for the dead") {
    s.tick_after(milliseconds{1000});
    CHECK_FALSE(is_refused(write_many(20)));
    const auto t = s.tick_after(milliseconds{250});
    REQUIRE_FALSE(t.sent<snapshot_chunk>(peer(2)).empty());
    CHECK(t.sent<snapshot_chunk>(peer(2)).front().feed > feed_number{1});
    CHECK(s.receive(2, chunks_held(1, 1)).sent<records>(peer(2)).empty());
    AND_THEN("nor a second time") { CHECK_FALSE(is_refused(write_many(40))); }
  }
}

SCENARIO("a record larger than all that may be pending is kept for a learner") {
  auto limits = small_chunks();
  limits.pending_bytes_max = 100;
  limits.ring_bytes_max = 0;
  auto s = primary_with_entries(1, limits);
  s.install(with_learner(2));
  s.receive(2, chunks_held(1));
  const auto t = s.operate(set("k", std::string(500, 'y')));
  CHECK(t.sent<records>(peer(2)).size() == 1);
  CHECK(t.sent<snapshot_chunk>(peer(2)).empty());
  CHECK(s.core().log_tail().size() == 1);
}

SCENARIO("a learner keeps the newest of image and live records") {
  GIVEN("an image at position 5 that arrives while records 6 to 9 do") {
    stage s;
    s.install(row_in(epoch(2)).led_by(2).learning({1}).config(3));
    const auto begun = s.receive(2, chunk(0, 5, false, {entry("a", "old", 1)}));
    REQUIRE(begun.sent<snapshot_ack>(peer(2)).size() == 1);
    CHECK(begun.sent<snapshot_ack>(peer(2)).front().next_index == 1);
    records live = records_of(epoch(2), 6, {"x", "x", "x", "x"}, 9, epoch(1));
    live.list[0].body = put_entry{the_map, blob{"b"}, blob{"new"}};
    live.list[1].body = erase_entry{the_map, blob{"c"}};
    live.list[2].body = clear_map{another_map};
    live.list[3].body = put_entry{another_map, blob{"d"}, blob{"after the clear"}};
    const auto t = s.receive(2, live);
    CHECK(t.sent<ack>(peer(2)).front().feed == feed_number{1});
    CHECK(t.sent<ack>(peer(2)).front().held == seq(9));
    CHECK(value_at(s.core(), "a") == "?");
    auto other = entry("e", "cleared", 3);
    other.map = another_map;
    auto overwritten = entry("d", "cleared", 4);
    overwritten.map = another_map;
    WHEN("the rest of the image comes") {
      s.receive(2, chunk(1, 5, true, {entry("b", "old", 2), entry("c", "old", 2), other, overwritten, entry("f", "old", 5)}));
      THEN("nothing old comes back") {
        CHECK(value_at(s.core(), "a") == "old");
        CHECK(value_at(s.core(), "b") == "new");
        CHECK(value_at(s.core(), "c") == "-");
        CHECK(value_at(s.core(), "f") == "old");
        const auto entries = s.core().committed_entries();
        REQUIRE(entries.size() == 4);
        CHECK(entries.back().value == blob{"after the clear"});
        CHECK(s.core().committed() == seq(9));
      }
    }
    WHEN("chunks come twice, out of order, or of an older feed") {
      s.receive(2, chunk(0, 5, false, {entry("a", "old", 1)}));
      s.receive(2, chunk(2, 5, true, {}));
      CHECK(value_at(s.core(), "a") == "?");
      CHECK(s.core().log_length() == seq(9));
    }
    WHEN("a newer feed begins") {
      s.receive(2, chunk(0, 8, true, {entry("z", "only", 8)}, 2));
      THEN("the copy starts over, and the older feed is past") {
        s.receive(2, chunk(0, 5, true, {entry("a", "old", 1)}, 1));
        CHECK(s.core().committed_entries().size() == 1);
        CHECK(s.core().log_length() == seq(8));
      }
    }
    WHEN("a candidate seals it as in sync, which an incomplete copy can't be") {
      const auto sealing = s.receive(3, seal{the_row, epoch(3), config(4), true, {}});
      THEN("it claims nothing") {
        CHECK(sealing.sent<sealed>(peer(3)) == std::vector{sealed{the_row, epoch(3), false, seq(0), epoch(0)}});
        CHECK(sealing.reports("sealed_as_in_sync_while_incomplete"));
      }
    }
  }
}

SCENARIO("a hand-over waits until nothing is pending and the successor has everything") {
  GIVEN("a primary with one write that two backups have yet to acknowledge") {
    auto s = primary_of(row_in(epoch(1)).led_by(1).with({2, 3}));
    s.operate(put("k", "v"));
    const auto paused = s.install(row_in(epoch(1)).led_by(1).with({2, 3}).handing_over_to(2).config(2));
    CHECK(paused.wished<wish::handed_over>().empty());
    CHECK_FALSE(s.core().serves());
    THEN("new writes wait, reads do not") {
      CHECK(s.operate(put("k", "w")).answers.empty());
      CHECK(s.core().log_length() == seq(1));
      CHECK(s.operate(get("other")).answers_to(3));
    }
    s.acked(2, 1);
    WHEN("all is committed") {
      const auto t = s.acked(3, 1);
      THEN("the successor is wished for, repeatedly") {
        CHECK(t.wished<wish::handed_over>() == std::vector{wish::handed_over{the_row, config(2), peer(2)}});
        CHECK(s.tick_after(milliseconds{100}).wished<wish::handed_over>().size() == 1);
      }
      s.operate(put("k", "w"));
      AND_WHEN("it takes over") {
        const auto done = s.install(row_in(epoch(2)).led_by(2).with({1, 3}).unsealed({1}).config(3));
        THEN("what waited is to be asked again there") {
          CHECK(done.answer_to(2).what.result == outcome::retry);
          CHECK(done.answer_to(2).what.why == failure::not_primary);
        }
      }
      AND_WHEN("it vanishes from the row") {
        const auto done = s.install(row_in(epoch(1)).led_by(1).with({3}).config(3));
        THEN("the primary goes on") {
          REQUIRE(done.sent<records>(peer(3)).size() == 1);
          CHECK(s.acked(3, 2).answer_to(2).what.result == outcome::ok);
        }
      }
    }
  }
}

SCENARIO("a transfer that begins late, for a member that a view behind it gives no role, is not taken up") {  // Seed 1994
  stage s;
  s.install(row_in(epoch(1)).led_by(2).with({3}).learning({1}).config(4));
  s.install(row_in(epoch(1)).led_by(2).with({3}).config(5));
  snapshot_chunk first{the_row, epoch(1), feed_number{1}, 0, seq(1), epoch(1), true, {{the_map, seq(1), blob{"k"}, blob{"v"}}}, config(4)};
  GIVEN("a snapshot") {
    CHECK(s.receive(2, first).sends.empty());
    THEN("nothing is held") { CHECK(s.core().committed_entries().empty()); }
  }
  GIVEN("a question what is held") {
    CHECK(s.receive(2, resume{the_row, epoch(1), feed_number{1}, config(4)}).sends.empty());
    THEN("nothing is held") { CHECK(s.core().log_length() == seq(0)); }
  }
  GIVEN("a transfer by a view that is still to come here") {
    first.config = config(6);
    CHECK(s.receive(2, first).sent<snapshot_ack>(peer(2)).size() == 1);
    THEN("it is taken up") { CHECK(s.core().committed_entries().size() == 1); }
  }
}
