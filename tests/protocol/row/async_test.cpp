#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

ack standing_at(std::uint64_t held, epoch_number last, std::uint64_t in_epoch = 1, bool gap = true, feed_number feed = {}) {
  return {the_row, epoch(in_epoch), feed, seq(held), gap, last, {}};
}

}  // namespace

SCENARIO("an async backup is fed after the commit and never awaited") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}).async({3}));
  WHEN("the row begins") {
    stage fresh;
    const auto t = fresh.install(row_in(epoch(1)).led_by(1).async({3}));
    THEN("it is asked where it stands") {
      REQUIRE(t.sent<records>(peer(3)).size() == 1);
      CHECK(t.sent<records>(peer(3)).front().list.empty());
    }
  }
  s.receive(3, standing_at(0, {}));
  CHECK(s.operate(put("k", "v")).sent<records>(peer(3)).empty());
  const auto t = s.acked(2, 1);
  CHECK(t.answer_to(1).what.result == outcome::ok);
  REQUIRE(t.sent<records>(peer(3)).size() == 1);
  CHECK(t.sent<records>(peer(3)).front().list.size() == 1);
  CHECK(t.sent<records>(peer(3)).front().commit == seq(1));
  CHECK(s.core().async_lag_records() == 1);
  CHECK(s.core().async_behind() == 1);
  s.receive(3, standing_at(1, epoch(1), 1, false));
  CHECK(s.core().async_lag_records() == 0);
}

SCENARIO("what is in flight to an async backup is bounded, and so is what is kept for it") {
  replica_limits limits;
  limits.async_bytes_max = 1000;
  limits.ring_bytes_max = 500;
  auto s = primary_of(row_in(epoch(1)).led_by(1).async({3}), limits);
  s.receive(3, standing_at(0, {}));
  std::size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    const auto t = s.operate(put("k", std::string(100, 'x')));
    CHECK(t.answers.size() == 1);
    for (const auto& m : t.sent<records>(peer(3))) sent += m.list.size();
  }
  CHECK(sent <= 6);
  CHECK(s.core().log_tail().size() <= 6);
  WHEN("it answers again") {
    const auto t = s.receive(3, standing_at(2, epoch(1)));
    THEN("the log no longer reaches back: it gets a snapshot") {
      REQUIRE_FALSE(t.sent<snapshot_chunk>(peer(3)).empty());
      const auto feed = t.sent<snapshot_chunk>(peer(3)).front().feed;
      s.receive(3, snapshot_ack{the_row, epoch(1), feed, 1});
      s.receive(3, standing_at(100, epoch(1), 1, false, feed));
      CHECK(s.core().async_behind() == 0);
    }
  }
}

SCENARIO("a new primary finds out where an async backup stands") {
  GIVEN("a new primary with four records, all committed, one of them of epoch 2") {
    stage s;
    s.install(row_in(epoch(1)).led_by(9).with({1}).async({3}));
    s.receive(9, seal{the_row, epoch(1), config(1), true, {}});
    s.receive(9, records_of(epoch(1), 1, {"a", "b", "c"}, 3, {}));
    s.install(row_in(epoch(2)).led_by(1).async({3}).config(2));
    s.operate(put("k", "d"));
    WHEN("it has a part of the same history") {
      const auto t = s.receive(3, standing_at(2, epoch(1), 2));
      THEN("it gets the rest from the log") {
        REQUIRE(t.sent<records>(peer(3)).size() == 1);
        CHECK(t.sent<records>(peer(3)).front().first == seq(3));
        CHECK(t.sent<records>(peer(3)).front().before == epoch(1));
        CHECK(t.sent<snapshot_chunk>(peer(3)).empty());
      }
    }
    WHEN("it has records that this primary never saw") {
      const auto held = GENERATE(std::uint64_t{4}, std::uint64_t{7});
      const auto t = s.receive(3, standing_at(held, epoch(1), 2));
      THEN("it gets a snapshot") { CHECK(t.sent<snapshot_chunk>(peer(3)).size() == 1); }
    }
    WHEN("it loses its copy") {
      s.receive(3, standing_at(4, epoch(2), 2, false));
      const auto t = s.receive(3, standing_at(0, {}, 2));
      THEN("it is fed from there again") { CHECK(t.sent<records>(peer(3)).front().first == seq(1)); }
    }
  }
}

SCENARIO("a copy answers a get with what had committed, unless its reader knows better") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).async({1}));
  s.receive(2, records_of(epoch(1), 1, {"a", "b", "c"}, 2, {}));
  auto asked = get("k");
  const auto answer = [&] { return s.core().read_backup(asked); };
  REQUIRE(answer());
  CHECK(answer()->value == blob{"b"});
  CHECK(answer()->committed == seq(2));
  CHECK(answer()->epoch == epoch(1));
  WHEN("its reader has seen just that") {
    asked.since = seq(2);
    CHECK(answer());
  }
  WHEN("its reader has seen more, which is here but not known to have committed") {
    asked.since = seq(3);
    CHECK_FALSE(answer());
    s.receive(2, records_of(epoch(1), 4, {}, 3, epoch(1)));
    REQUIRE(answer());
    CHECK(answer()->value == blob{"c"});
  }
  WHEN("its reader knows a later view, in which this history may have been lost") {
    asked.routed_by = view_number{99};
    CHECK_FALSE(answer());
  }
}

SCENARIO("an async backup follows the newest primary only") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).async({1}));
  s.receive(2, records_of(epoch(1), 1, {"a"}, 1, {}));
  CHECK(value_at(s.core(), "k") == "a");
  WHEN("a newer one feeds it, unsealed") {
    const auto t = s.receive(3, records_of(epoch(2), 2, {"b"}, 2, epoch(1)));
    CHECK(t.sent<ack>(peer(3)).front().held == seq(2));
    CHECK(value_at(s.core(), "k") == "b");
    THEN("the older one is refused") {
      CHECK(s.receive(2, records_of(epoch(1), 3, {"c"}, 3, epoch(1))).sent<sealed_above>(peer(2)).size() == 1);
      CHECK(s.core().log_length() == seq(2));
    }
  }
  WHEN("it held an uncommitted tail from other days") {
    stage b;
    b.install(row_in(epoch(1)).led_by(2).with({1}));
    b.receive(2, seal{the_row, epoch(1), config(1), true, {}});
    b.receive(2, records_of(epoch(1), 1, {"a", "uncommitted"}, 1, {}));
    b.install(row_in(epoch(2)).led_by(3).async({1}).config(2));
    const auto t = b.receive(3, records_of(epoch(2), 2, {"b"}, 2, epoch(1)));
    THEN("the tail makes way") {
      CHECK_FALSE(t.sent<ack>(peer(3)).front().gap);
      CHECK(value_at(b.core(), "k") == "b");
    }
  }
  WHEN("it holds records of another history") {
    const auto t = s.receive(3, records_of(epoch(3), 2, {"b"}, 2, epoch(2)));
    THEN("it takes nothing, and says where it stands") {
      CHECK(t.sent<ack>(peer(3)).front().gap);
      CHECK(t.sent<ack>(peer(3)).front().last == epoch(1));
      CHECK(value_at(s.core(), "k") == "a");
    }
  }
  WHEN("it is empty and the feed begins in the middle") {
    stage empty;
    empty.install(row_in(epoch(1)).led_by(2).async({1}));
    const auto t = empty.receive(2, records_of(epoch(1), 5, {}, 4, epoch(1)));
    THEN("it is not readable, and says that it holds nothing") {
      CHECK(t.sent<ack>(peer(2)).front().gap);
      CHECK(t.sent<ack>(peer(2)).front().held == seq(0));
      CHECK(value_at(empty.core(), "k") == "?");
    }
  }
}

SCENARIO("the most advanced async copy goes on where nothing else is left, with what it has") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).async({1}));
  s.receive(2, records_of(epoch(1), 1, {"a", "b"}, 2, {}));
  const auto t = s.install(row_in(epoch(3)).led_by(1).config(3));
  CHECK(t.reports("activated"));
  CHECK(s.operate(get("k")).answer_to(1).what.value == blob{"b"});
}

SCENARIO("a snapshot that its primary did not complete counts for nothing") {
  GIVEN("an async backup that got the first chunk of two, and then another primary") {
    stage s;
    s.install(row_in(epoch(1)).led_by(2).async({1}));
    s.receive(2, snapshot_chunk{the_row, epoch(1), feed_number{1}, 0, seq(5), epoch(1), false, {}, config(1)});
    const auto t = s.receive(3, records_of(epoch(2), 6, {}, 5, epoch(1)));
    THEN("it says that it holds nothing") {
      CHECK(t.sent<ack>(peer(3)).front().held == seq(0));
      CHECK(t.sent<ack>(peer(3)).front().gap);
    }
  }
  GIVEN("a primary whose async backup loses its role with the snapshot under way, and gets it back") {
    auto s = primary_of(row_in(epoch(1)).led_by(1));
    s.operate(put("k", "v"));
    s.install(row_in(epoch(1)).led_by(1).learning({3}).config(2));
    s.install(row_in(epoch(1)).led_by(1).config(3));
    s.install(row_in(epoch(1)).led_by(1).async({3}).config(4));
    WHEN("it says that it holds what the snapshot began with, of that feed") {
      const auto t = s.receive(3, standing_at(1, epoch(1), 1, false, feed_number{1}));
      THEN("it gets a new snapshot") {
        REQUIRE(t.sent<snapshot_chunk>(peer(3)).size() == 1);
        CHECK(t.sent<snapshot_chunk>(peer(3)).front().feed == feed_number{2});
      }
    }
  }
  GIVEN("a primary whose learner becomes an async backup with the snapshot under way") {
    auto s = primary_of(row_in(epoch(1)).led_by(1));
    s.operate(put("k", "v"));
    s.install(row_in(epoch(1)).led_by(1).learning({3}).config(2));
    s.install(row_in(epoch(1)).led_by(1).async({3}).config(3));
    WHEN("it says that it holds what the snapshot began with") {
      const auto t = s.receive(3, standing_at(1, epoch(1), 1, true, feed_number{1}));
      THEN("it gets a new snapshot") {
        REQUIRE(t.sent<snapshot_chunk>(peer(3)).size() == 1);
        CHECK(t.sent<snapshot_chunk>(peer(3)).front().feed == feed_number{2});
      }
    }
  }
}
