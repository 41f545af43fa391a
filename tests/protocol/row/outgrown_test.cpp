// After a forced view: epochs that only the dead knew are sealed here and there, and have left records (ADR 17).
#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

using wish = membership_message::wish;

/// Member 1 as a backup of member 9 that holds these values of "k", of epoch 1, committed up to `commit`.
stage backup_with(const std::vector<std::string>& values, std::uint64_t commit) {
  stage s;
  s.install(row_in(epoch(1)).led_by(9).with({1, 2}));
  s.receive(9, seal{the_row, epoch(1), config(1), true, {}});
  s.receive(9, records_of(epoch(1), 1, values, commit, {}));
  return s;
}

pulled records_pulled(epoch_number in, epoch_number of, std::uint64_t first, const std::vector<std::string>& values) {
  return {the_row, in, records_of(of, first, values, 0, of).list};
}

}  // namespace

SCENARIO("what an epoch is sealed for has one primary") {
  GIVEN("a backup that has sealed epoch 2 for member 8, of a view that it does not know") {
    auto s = backup_with({"a"}, 1);
    s.receive(8, seal{the_row, epoch(2), config(2), true, {}});
    THEN("member 9, to whom another view gave that epoch, is refused, whatever it says") {
      for (const auto& said : {any_replication_message{seal{the_row, epoch(2), config(3), true, {}}},
                               any_replication_message{records_of(epoch(2), 2, {"x"}, 2, epoch(1))},
                               any_replication_message{pull{the_row, epoch(2), seq(0), seq(1), epoch(0)}},
                               any_replication_message{resume{the_row, epoch(2), feed_number{7}, config(3)}},
                               any_replication_message{snapshot_chunk{the_row, epoch(2), feed_number{7}, 0, {}, {}, true, {}, config(3)}}}) {
        const auto t = s.receive(9, said);
        REQUIRE(t.sends.size() == 1);
        CHECK(t.sent<sealed_above>(peer(9)) == std::vector{sealed_above{the_row, epoch(2)}});
      }
      CHECK(s.core().log_length() == seq(1));
    }
    THEN("member 8 is followed") {
      s.receive(8, records_of(epoch(2), 2, {"b"}, 2, epoch(1)));
      CHECK(value_at(s.core(), "k") == "b");
    }
    WHEN("a view gives that epoch to this member") {
      s.install(row_in(epoch(2)).led_by(1).with({2}).config(2));
      THEN("it does not lead, and asks for a later one") {
        CHECK(s.core().wants_tick());
        CHECK(s.tick_after(milliseconds{10}).wishes.empty());
        const auto t = s.tick_after(milliseconds{200});
        CHECK(t.wished<wish::outgrown>() == std::vector{wish::outgrown{the_row, config(2), epoch(2), true}});
        CHECK(t.sends.empty());
        CHECK(s.tick_after(milliseconds{200}).wished<wish::outgrown>().size() == 1);
      }
      AND_WHEN("that comes") {
        const auto t = s.install(row_in(epoch(3)).led_by(1).with({2}).config(3));
        THEN("it leads, and asks for nothing") {
          CHECK(t.sent<seal>(peer(2)).size() == 1);
          CHECK(s.sealed(2, 1, epoch(1)).reports("activated"));
          CHECK(s.tick_after(milliseconds{200}).wished<wish::outgrown>().empty());
          CHECK(s.tick_after(milliseconds{200}).wished<wish::outgrown>().empty());
        }
      }
    }
  }
  GIVEN("one whose copy that seal has ended") {
    auto s = backup_with({"a"}, 1);
    s.receive(8, seal{the_row, epoch(2), config(2), false, {}});
    WHEN("a view gives an earlier epoch to this member") {
      s.install(row_in(epoch(1)).led_by(1).config(2));
      THEN("it says that it has no copy, rather than serve nothing as everything") {
        s.tick_after(milliseconds{10});
        CHECK(s.tick_after(milliseconds{200}).wished<wish::outgrown>() == std::vector{wish::outgrown{the_row, config(2), epoch(2), false}});
      }
    }
  }
}

SCENARIO("nothing is missing where the row has gone on empty since a seal ended the copy") {
  auto s = backup_with({"a"}, 1);
  s.receive(8, seal{the_row, epoch(4), config(2), false, {}});
  s.install(row_in(epoch(3)).led_by(1).config(3).empty_since(epoch(3)));
  s.tick_after(milliseconds{10});
  CHECK(s.tick_after(milliseconds{200}).wished<wish::outgrown>() == std::vector{wish::outgrown{the_row, config(3), epoch(4), true}});
}

SCENARIO("a copy that the dead had begun to make anew gives way to those of others") {
  stage s;
  s.install(row_in(epoch(1)).led_by(9).with({2}).learning({1}));
  s.receive(9, snapshot_chunk{the_row, epoch(1), feed_number{1}, 0, seq(5), epoch(1), false, {}, config(1)});
  CHECK(s.install(row_in(epoch(2)).led_by(1).with({2}).config(2)).reports("incomplete_copy_promoted"));
  CHECK(s.sealed(2, 3, epoch(1)).sent<pull>(peer(2)) == std::vector{pull{the_row, epoch(2), seq(0), seq(3), epoch(0)}});
  CHECK_FALSE(s.core().serves());
  CHECK(s.receive(2, records_pulled(epoch(2), epoch(1), 1, {"a", "b", "c"})).reports("activated"));
}

SCENARIO("who only leaves behind what was sent in an earlier reign of the same primary is no news to it") {
  auto s = backup_with({"a"}, 1);
  s.receive(9, seal{the_row, epoch(3), config(3), true, {}});
  CHECK(s.receive(9, records_of(epoch(1), 2, {"late"}, 2, epoch(1))).sends.empty());
  CHECK(s.core().log_length() == seq(1));
}

SCENARIO("a primary that others have sealed out asks for a later epoch, unless the next view is on its way") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  CHECK(s.receive(2, sealed_above{the_row, epoch(4)}).reports("fenced"));
  CHECK_FALSE(s.receive(2, sealed_above{the_row, epoch(4)}).reports("fenced"));
  s.tick_after(milliseconds{10});
  THEN("it asks until the row's epoch is behind that") {
    CHECK(s.tick_after(milliseconds{200}).wished<wish::outgrown>() == std::vector{wish::outgrown{the_row, config(1), epoch(4), true}});
    s.install(row_in(epoch(2)).led_by(1).with({2}).config(2));
    CHECK(s.tick_after(milliseconds{200}).wished<wish::outgrown>() == std::vector{wish::outgrown{the_row, config(2), epoch(4), true}});
    s.install(row_in(epoch(5)).led_by(1).with({2}).config(5));
    CHECK(s.tick_after(milliseconds{200}).wished<wish::outgrown>().empty());
  }
  THEN("who has no part in the row is not believed") {
    auto other = primary_of(row_in(epoch(1)).led_by(1).with({2}));
    CHECK_FALSE(other.receive(7, sealed_above{the_row, epoch(4)}).reports("fenced"));
    other.tick_after(milliseconds{10});
    CHECK(other.tick_after(milliseconds{200}).wished<wish::outgrown>().empty());
  }
  THEN("deposed, it asks for nothing") {
    s.install(row_in(epoch(4)).led_by(2).with({1}).config(2));
    CHECK_FALSE(s.core().wants_tick());
    CHECK(s.tick_after(milliseconds{200}).wishes.empty());
  }
}

SCENARIO("of logs that contradict each other the one of the latest epoch counts") {
  GIVEN("a candidate with an uncommitted record of epoch 1, and a backup with one of epoch 2 in its place") {
    auto s = backup_with({"a", "old"}, 1);
    s.install(row_in(epoch(3)).led_by(1).with({2}).config(2));
    const auto t = s.sealed(2, 2, epoch(2));
    THEN("its own has been acknowledged to nobody, and is given up") {
      CHECK(t.reports("log_contradicted"));
      CHECK(s.core().log_length() == seq(1));
      CHECK(t.sent<pull>(peer(2)) == std::vector{pull{the_row, epoch(3), seq(1), seq(2), epoch(1)}});
      CHECK(s.receive(2, records_pulled(epoch(3), epoch(2), 2, {"new"})).reports("activated"));
      CHECK(s.acked(2, 2).answers.empty());
      CHECK(value_at(s.core(), "k") == "new");
    }
  }
  GIVEN("a backup whose log is longer as well") {
    auto s = backup_with({"a", "old"}, 1);
    s.install(row_in(epoch(3)).led_by(1).with({2}).config(2));
    CHECK(s.sealed(2, 3, epoch(2)).sent<pull>(peer(2)) == std::vector{pull{the_row, epoch(3), seq(2), seq(3), epoch(1)}});
    WHEN("it says that its log does not go on from there") {
      const auto t = s.receive(2, pulled{the_row, epoch(3), {}});
      THEN("the candidate goes back to what has committed") {
        CHECK(t.sent<pull>(peer(2)) == std::vector{pull{the_row, epoch(3), seq(1), seq(3), epoch(1)}});
        CHECK(s.receive(2, records_pulled(epoch(3), epoch(2), 2, {"new", "newer"})).reports("activated"));
      }
      AND_WHEN("nor from there") {
        const auto again = s.receive(2, pulled{the_row, epoch(3), {}});
        THEN("the candidate asks to be taken out: somebody else has what counts") {
          CHECK(again.wished<wish::damaged>() == std::vector{wish::damaged{the_row, config(2), me}});
          CHECK(s.core().log_length() == seq(1));
          CHECK_FALSE(s.core().serves());
        }
      }
    }
  }
  GIVEN("a backup with a record of an earlier epoch in the place of one of ours") {
    stage s;
    s.install(row_in(epoch(1)).led_by(9).with({1, 2}));
    s.receive(8, seal{the_row, epoch(2), config(2), true, {}});
    s.receive(8, records_of(epoch(2), 1, {"a", "new"}, 1, {}));
    s.install(row_in(epoch(3)).led_by(1).with({2}).config(3));
    const auto t = s.sealed(2, 2, epoch(1));
    THEN("it does not count as a backup: it has to be made anew") {
      CHECK_FALSE(s.core().serves());
      CHECK(t.wished<wish::damaged>() == std::vector{wish::damaged{the_row, config(3), peer(2)}});
      CHECK(s.tick_after(milliseconds{250}).wished<wish::damaged>() == std::vector{wish::damaged{the_row, config(3), peer(2)}});
      CHECK(s.install(row_in(epoch(3)).led_by(1).learning({2}).config(4)).reports("activated"));
    }
  }
}

SCENARIO("who is called in sync and has no copy, or a short one, is taken out") {
  auto s = backup_with({"a"}, 1);
  s.install(row_in(epoch(2)).led_by(1).with({2}).config(2));
  SECTION("it lacks what has committed") { CHECK(s.sealed(2, 0).reports("short_copy_in_sync")); }
  SECTION("it says that it has none") { CHECK(s.sealed(2, 0, {}, false).reports("short_copy_in_sync")); }
  CHECK_FALSE(s.core().serves());
  CHECK(s.tick_after(milliseconds{250}).wished<wish::damaged>() == std::vector{wish::damaged{the_row, config(2), peer(2)}});
}

SCENARIO("who is asked to go on from another history says that it can't") {
  auto s = backup_with({"a", "b", "c"}, 0);
  s.receive(2, seal{the_row, epoch(2), config(2), true, {}});
  CHECK(s.receive(2, pull{the_row, epoch(2), seq(1), seq(3), epoch(1)}).sent<pulled>(peer(2)).front().list.size() == 2);
  CHECK(s.receive(2, pull{the_row, epoch(2), seq(1), seq(3), epoch(0)}).sent<pulled>(peer(2)).front().list.empty());
}
