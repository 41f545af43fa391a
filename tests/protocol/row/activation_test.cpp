#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

pulled records_pulled(epoch_number in, std::uint64_t first, const std::vector<std::string>& values) {
  return {the_row, in, records_of(epoch(1), first, values, 0, epoch(1)).list};
}

/// Member 1 as a backup that holds these values of "k", of epoch 1, committed up to `commit`.
stage backup_with(const std::vector<std::string>& values, std::uint64_t commit) {
  stage s;
  s.install(row_in(epoch(1)).led_by(9).with({1, 2, 3}));
  s.receive(9, seal{the_row, epoch(1), config(1), true, {}});
  s.receive(9, records_of(epoch(1), 1, values, commit, {}));
  return s;
}

}  // namespace

SCENARIO("a new primary serves only after every in-sync member and every former primary has sealed") {
  GIVEN("a backup that a view makes primary; two former primaries may still believe in themselves") {
    auto s = backup_with({"a"}, 1);
    const auto start = s.install(row_in(epoch(3)).led_by(1).with({2}).unsealed({8, 9}).config(3));
    THEN("it seals all of them, and says who keeps its copy") {
      REQUIRE(start.sent<seal>(peer(2)).size() == 1);
      CHECK(start.sent<seal>(peer(2)).front().in_sync);
      REQUIRE(start.sent<seal>(peer(8)).size() == 1);
      CHECK_FALSE(start.sent<seal>(peer(8)).front().in_sync);
      CHECK(start.sent<seal>(peer(9)).size() == 1);
      CHECK(s.core().sealed_epoch() == epoch(3));
    }
    s.operate(get("k"));
    WHEN("one former primary is missing") {
      s.sealed(2, 1, epoch(1));
      CHECK(s.sealed(8, 0, {}, false).answers.empty());
      THEN("nothing is served, and it is asked again") {
        CHECK_FALSE(s.core().serves());
        const auto t = s.tick_after(milliseconds{250});
        CHECK(t.sent<seal>(peer(9)).size() == 1);
        CHECK(t.sent<seal>(peer(2)).empty());
      }
      THEN("an answer that says it kept its copy does not count") {
        s.sealed(9, 1, epoch(1), true);
        CHECK_FALSE(s.core().serves());
      }
      THEN("the last one opens the row") {
        const auto t = s.sealed(9, 0, {}, false);
        CHECK(t.reports("activated"));
        CHECK(t.answer_to(1).what.value == blob{"a"});
        CHECK(s.core().serves());
      }
      THEN("a view without it does so too") {
        CHECK(s.install(row_in(epoch(3)).led_by(1).with({2}).unsealed({8}).config(4)).answer_to(1).what.found);
      }
    }
  }
}

SCENARIO("a new primary rolls its log forward to the longest in-sync one") {
  GIVEN("a candidate with one record, of which nothing is known to be committed") {
    auto s = backup_with({"a"}, 0);
    s.install(row_in(epoch(2)).led_by(1).with({2, 3}).config(2));
    s.operate(get("k"));
    s.sealed(2, 3, epoch(1));
    WHEN("all have sealed") {
      const auto t = s.sealed(3, 2, epoch(1));
      THEN("it pulls what it lacks from the longest") {
        REQUIRE(t.sent<pull>(peer(2)).size() == 1);
        CHECK(t.sent<pull>(peer(2)).front().from == seq(1));
        CHECK(t.sent<pull>(peer(2)).front().to == seq(3));
        CHECK_FALSE(t.reports("activated"));
      }
      THEN("it pulls on until it has all, and asks again when nothing comes") {
        CHECK(s.receive(2, records_pulled(epoch(2), 2, {"b"})).sent<pull>(peer(2)).front().from == seq(2));
        CHECK(s.tick_after(milliseconds{250}).sent<pull>(peer(2)).size() == 1);
        CHECK(s.receive(2, records_pulled(epoch(2), 2, {"b", "c"})).reports("activated"));
        CHECK(s.core().log_length() == seq(3));
      }
      AND_WHEN("it is active") {
        const auto active = s.receive(2, records_pulled(epoch(2), 2, {"b", "c"}));
        THEN("it feeds each from where that one stands") {
          CHECK(active.sent<records>(peer(2)).empty());
          REQUIRE(active.sent<records>(peer(3)).size() == 1);
          CHECK(active.sent<records>(peer(3)).front().first == seq(3));
        }
        THEN("it answers no read until all that was known has committed again") {
          CHECK(active.answers.empty());
          CHECK_FALSE(s.core().serves());
          const auto answered = s.acked(3, 3);
          CHECK(answered.answer_to(1).what.value == blob{"c"});
          CHECK(s.core().serves());
        }
      }
    }
    WHEN("the one with the longest log is removed") {
      s.sealed(3, 2, epoch(1));
      const auto t = s.install(row_in(epoch(2)).led_by(1).with({3}).config(3));
      THEN("the next longest is pulled from") {
        REQUIRE(t.sent<pull>(peer(3)).size() == 1);
        CHECK(t.sent<pull>(peer(3)).front().to == seq(2));
      }
    }
  }
}

SCENARIO("an operation that reads waits for the re-commit even where nothing is pending on its key") {
  auto s = backup_with({"a"}, 0);
  s.install(row_in(epoch(2)).led_by(1).with({2}).config(2));
  s.sealed(2, 0);
  CHECK(s.operate(get("other")).answers.empty());
  CHECK(s.acked(2, 1).answer_to(1).what.result == outcome::ok);
}

SCENARIO("the completed activation is wished for until a view shows it") {
  auto s = backup_with({}, 0);
  s.install(row_in(epoch(2)).led_by(1).unsealed({9}).config(2));
  using membership_message::wish;
  CHECK(s.sealed(9, 0, {}, false).wished<wish::activated>().size() == 1);
  CHECK(s.tick_after(milliseconds{20}).wished<wish::activated>().empty());
  CHECK(s.tick_after(milliseconds{100}).wished<wish::activated>().size() == 1);
  CHECK(s.install(row_in(epoch(2)).led_by(1).config(3)).wished<wish::activated>().empty());
  CHECK_FALSE(s.core().wants_tick());
}

SCENARIO("a member that has been sealed above does not stand for a smaller epoch") {
  auto s = backup_with({"a"}, 1);
  s.receive(3, seal{the_row, epoch(5), config(9), true, {}});
  const auto t = s.install(row_in(epoch(2)).led_by(1).with({2}).config(2));
  CHECK(t.sends.empty());
  CHECK(s.core().sealed_epoch() == epoch(5));
  CHECK(s.operate(get("k")).answer_to(1).what.result == outcome::retry);
}

SCENARIO("a backup in sync that claims less than what has committed is not built on") {
  GIVEN("a new primary that no longer has its first records one by one") {
    replica_limits limits;
    limits.ring_bytes_max = 0;
    stage s{me, limits};
    s.install(row_in(epoch(1)).led_by(9).with({1, 2}));
    s.receive(9, seal{the_row, epoch(1), config(1), true, {}});
    s.receive(9, records_of(epoch(1), 1, {"a", "b"}, 2, {}));
    s.install(row_in(epoch(2)).led_by(1).with({2}).config(2));
    WHEN("the backup says that its log is empty") {
      const auto t = s.sealed(2, 0);
      THEN("that is reported, and it is asked again") {  // Without, invariant 6 ends the process.
        CHECK(t.reports("short_copy_in_sync"));
        CHECK_FALSE(s.core().serves());
        CHECK(s.tick_after(milliseconds{250}).sent<seal>(peer(2)).size() == 1);
      }
      THEN("a better answer opens the row") {
        s.sealed(2, 2, epoch(1));
        CHECK(s.core().serves());
      }
    }
  }
}

SCENARIO("a row that was reset comes up empty, whatever old copies offer") {
  GIVEN("a former backup that the reset makes primary, another that has not heard of it") {
    auto s = backup_with({"a", "b"}, 2);
    const auto t = s.install(row_in(epoch(4)).led_by(1).with({2}).empty_since(epoch(4)).config(5));
    CHECK(t.reports("copy_dropped"));
    CHECK(t.sent<seal>(peer(2)).front().empty_since == epoch(4));
    s.sealed(2, 0);
    THEN("the row is empty") {
      CHECK(s.core().serves());
      CHECK(s.core().log_length() == seq(0));
      CHECK_FALSE(s.operate(get("k")).answer_to(1).what.found);
    }
  }
  GIVEN("the other one") {
    auto s = backup_with({"a", "b"}, 2);
    const auto t = s.receive(2, seal{the_row, epoch(4), config(5), true, epoch(4)});
    THEN("the seal alone ends its copy") {
      REQUIRE(t.sent<sealed>(peer(2)).size() == 1);
      CHECK(t.sent<sealed>(peer(2)).front().length == seq(0));
    }
  }
}
