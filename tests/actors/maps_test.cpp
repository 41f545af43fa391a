// Maps as applications see them: CAF messages to a map actor, on whole clusters of the real actors in virtual time.
#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <stdexcept>

#include <troupe/node/testing/cluster.hpp>

using namespace troupe;

namespace {

struct hosting {
  test::system_config config;
  caf::actor_system system{config};
};

/// What became of a request: its result, or its error, or neither.
template <class Result>
struct answer {
  std::optional<Result> value;
  std::optional<caf::error> error;
};

/// Asks a map and lets virtual time pass until there is an answer, for at most `patience`.
template <class Result, class... Ts>
answer<Result> ask(hosting& h, test::cluster& c, const map_actor& map, duration patience, const Ts&... xs) {
  auto got = std::make_shared<answer<Result>>();
  h.system.spawn([=](caf::event_based_actor* self) {
    compat::request(self, map, std::nullopt, xs...).then([=](const Result& r) { got->value = r; }, [=](const caf::error& e) { got->error = e; });
  });
  for (duration waited{}; waited < patience && !got->value && !got->error; waited += milliseconds{10}) c.advance(milliseconds{10});
  return *got;
}

/// As above, for an operation that shall succeed.
template <class Result, class... Ts>
Result must(hosting& h, test::cluster& c, const map_actor& map, const Ts&... xs) {
  auto a = ask<Result>(h, c, map, seconds{20}, xs...);
  if (a.error) FAIL(describe(*a.error));
  REQUIRE(a.value);
  return *a.value;
}

using text = std::string;

}  // namespace

SCENARIO("every operation means what it means in IMap") {
  hosting h;
  GIVEN("a map on three members, used from each of them") {
    test::cluster c{h.system, 3};
    const auto map = c.map("orders", 0);
    const auto elsewhere = c.map("orders", 1);
    THEN("put returns the old value, get the latest one, from every member") {
      CHECK_FALSE(must<lookup>(h, c, map, put_atom_v, text{"k"}, text{"1"}));
      CHECK(must<lookup>(h, c, elsewhere, put_atom_v, text{"k"}, text{"2"}) == lookup{true, "1"});
      CHECK(must<lookup>(h, c, map, get_atom_v, text{"k"}) == lookup{true, "2"});
      CHECK_FALSE(must<lookup>(h, c, map, get_atom_v, text{"other"}));
    }
    THEN("set returns where the write stands; contains and erase do as they say") {
      const auto first = must<receipt>(h, c, map, set_atom_v, text{"k"}, text{"1"});
      const auto second = must<receipt>(h, c, map, set_atom_v, text{"k"}, text{"2"});
      CHECK(second.seq == first.seq + 1);
      CHECK(must<bool>(h, c, map, contains_atom_v, text{"k"}));
      must<receipt>(h, c, map, erase_atom_v, text{"k"});
      CHECK_FALSE(must<bool>(h, c, elsewhere, contains_atom_v, text{"k"}));
    }
    THEN("put_if_absent keeps what is there") {
      CHECK_FALSE(must<lookup>(h, c, map, put_if_absent_atom_v, text{"k"}, text{"1"}));
      CHECK(must<lookup>(h, c, map, put_if_absent_atom_v, text{"k"}, text{"2"}) == lookup{true, "1"});
      CHECK(must<lookup>(h, c, map, get_atom_v, text{"k"}).value == "1");
    }
    THEN("replace needs a value, and its other form the expected one") {
      CHECK_FALSE(must<lookup>(h, c, map, replace_atom_v, text{"k"}, text{"1"}));
      CHECK_FALSE(must<bool>(h, c, map, contains_atom_v, text{"k"}));
      must<receipt>(h, c, map, set_atom_v, text{"k"}, text{"1"});
      CHECK(must<lookup>(h, c, map, replace_atom_v, text{"k"}, text{"2"}) == lookup{true, "1"});
      CHECK_FALSE(must<bool>(h, c, map, replace_atom_v, text{"k"}, text{"1"}, text{"3"}));
      CHECK(must<bool>(h, c, map, replace_atom_v, text{"k"}, text{"2"}, text{"3"}));
      CHECK(must<lookup>(h, c, map, get_atom_v, text{"k"}).value == "3");
    }
    THEN("remove returns the old value, and its other form needs the expected one") {
      must<receipt>(h, c, map, set_atom_v, text{"k"}, text{"1"});
      CHECK_FALSE(must<bool>(h, c, map, remove_atom_v, text{"k"}, text{"2"}));
      CHECK(must<bool>(h, c, map, remove_atom_v, text{"k"}, text{"1"}));
      CHECK_FALSE(must<lookup>(h, c, map, remove_atom_v, text{"k"}));
    }
    THEN("bulk operations cover all partitions, and a scan sees every entry once") {
      entry_list entries;
      for (int i = 0; i < 200; ++i) entries.emplace_back("key-" + std::to_string(i), "value-" + std::to_string(i));
      CHECK(must<bool>(h, c, map, is_empty_atom_v));
      CHECK(must<std::uint64_t>(h, c, map, put_all_atom_v, entries) == 200);
      CHECK(must<std::uint64_t>(h, c, elsewhere, size_atom_v) == 200);
      CHECK(must<entry_list>(h, c, map, get_all_atom_v, key_list{"key-3", "key-7", "nothing"}).size() == 2);
      std::map<text, text> seen;
      text cursor;
      do {
        const auto p = must<page>(h, c, elsewhere, scan_atom_v, cursor);
        for (const auto& [k, v] : p.entries) CHECK(seen.emplace(k, v).second);
        cursor = p.cursor;
      } while (!cursor.empty());
      CHECK(seen.size() == 200);
      CHECK(must<std::uint64_t>(h, c, map, clear_atom_v) == 200);
      CHECK(must<bool>(h, c, elsewhere, is_empty_atom_v));
    }
    THEN("destroy takes the map and its entries; the name begins anew") {
      must<receipt>(h, c, map, set_atom_v, text{"k"}, text{"1"});
      CHECK(must<bool>(h, c, map, destroy_atom_v));
      CHECK_FALSE(must<bool>(h, c, map, destroy_atom_v));
      CHECK_FALSE(must<lookup>(h, c, elsewhere, get_atom_v, text{"k"}));
    }
    THEN("a key or a value over the limit is a definite error") {
      const auto key = ask<lookup>(h, c, map, seconds{5}, get_atom_v, text(64 * 1024 + 1, 'k'));
      REQUIRE(key.error);
      CHECK(outcome_of(*key.error) == outcome::not_applied);
      CHECK(failure_of(*key.error) == failure::key_too_large);
      const auto value = ask<receipt>(h, c, map, seconds{5}, set_atom_v, text{"k"}, text(4 * 1024 * 1024 + 1, 'v'));
      REQUIRE(value.error);
      CHECK(failure_of(*value.error) == failure::value_too_large);
    }
  }
}

SCENARIO("an entry's time goes on when the member dies that counted it") {
  hosting h;
  GIVEN("entries that live for 20 s, on three members") {
    test::cluster c{h.system, 3};
    auto map = c.map("sessions", 2);
    const auto life = entry_options::living_for(seconds{20});
    for (int i = 0; i < 20; ++i) must<receipt>(h, c, map, set_atom_v, std::to_string(i), std::string{"v"}, life);
    const auto there = [&] { return must<std::uint64_t>(h, c, map, size_atom_v); };
    c.advance(seconds{10});
    WHEN("one member dies after half of it") {
      c.kill(0);
      c.advance(seconds{5});
      CHECK(there() == 20);
      THEN("they die when it is over, and no later") {
        c.advance(seconds{8});
        CHECK(there() == 0);
      }
    }
  }
}

SCENARIO("acknowledged entries survive the members that took them, one after the other") {
  hosting h;
  GIVEN("200 entries on three members, one backup each") {
    test::cluster c{h.system, 3};
    auto map = c.map("orders", 2);
    entry_list entries;
    for (int i = 0; i < 200; ++i) entries.emplace_back("key-" + std::to_string(i), std::to_string(i));
    REQUIRE(must<std::uint64_t>(h, c, map, put_all_atom_v, entries) == 200);
    const auto all_there = [&] {
      std::size_t there = 0;
      for (const auto& [k, v] : entries) there += must<lookup>(h, c, map, get_atom_v, k) == lookup{true, v} ? 1 : 0;
      return there;
    };
    WHEN("one member dies") {
      c.kill(0);
      THEN("all are there") { CHECK(all_there() == 200); }
    }
    WHEN("one member dies, its copies are restored, and a second one dies") {
      c.kill(0);
      REQUIRE(c.settle());
      c.kill(1);
      THEN("all are there, on the last one") {
        CHECK(all_there() == 200);
        CHECK(c.view_of(2)->members.size() == 1);
      }
    }
    WHEN("two leave gracefully, and a new one joins") {
      c.leave(0);
      REQUIRE(c.settle());
      c.leave(1);
      REQUIRE(c.settle());
      c.start();
      REQUIRE(c.settle());
      THEN("all are there, on the two that are left") {
        CHECK(all_there() == 200);
        CHECK(c.view_of(2)->members.size() == 2);
      }
    }
  }
}

SCENARIO("with read-backup-data a get is served by the copy on the same member") {
  hosting h;
  GIVEN("two members, so that each holds every entry of a map with one backup") {
    cluster_settings settings;
    settings.maps.push_back({"quotes", {1, 0}, true});
    test::cluster c{h.system, 2, settings};
    auto writer = c.map("quotes", 0);
    auto reader = c.map("quotes", 1);
    entry_list entries;
    for (int i = 0; i < 50; ++i) entries.emplace_back("key-" + std::to_string(i), std::to_string(i));
    REQUIRE(must<std::uint64_t>(h, c, writer, put_all_atom_v, entries) == 50);
    WHEN("one heartbeat has passed since the last write, and the members are cut from each other") {
      c.advance(settings.times.heartbeat - milliseconds{10});  // The answer may have waited for the last 10.
      c.cut(0, 1);
      THEN("the reader still reads every entry at once, without the network") {
        for (const auto& [k, v] : entries) {
          const auto got = ask<lookup>(h, c, reader, milliseconds{20}, get_atom_v, k);
          REQUIRE(got.value);
          CHECK(*got.value == lookup{true, v});
        }
      }
    }
  }
}

SCENARIO("with read-backup-data a member reads what it wrote, and never an earlier state again") {
  hosting h;
  GIVEN("three members, which hold copies of each other's entries of maps with sync and with async backups") {
    cluster_settings settings;
    settings.maps.push_back({"quotes", {1, 0}, true});
    settings.maps.push_back({"late-quotes", {0, 1}, true});
    test::cluster c{h.system, 3, settings};
    for (const auto* name : {"quotes", "late-quotes"}) {
      auto mine = c.map(name, 0);
      for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 60; ++i) {
          const auto key = "key-" + std::to_string(i), value = std::to_string(round);
          (void)must<lookup>(h, c, mine, put_atom_v, key, value);
          INFO(name << " " << key << " round " << round);
          // Copies hear that a write has committed a little later: what they know before that is older than what was written.
          REQUIRE(must<lookup>(h, c, mine, get_atom_v, key) == lookup{true, value});
        }
      }
    }
  }
}

SCENARIO("a member that is cut off does not serve old values from its copies") {
  hosting h;
  GIVEN("three members, and maps whose copies may be read") {
    cluster_settings settings;
    settings.maps.push_back({"quotes", {1, 0}, true});
    settings.maps.push_back({"late-quotes", {0, 1}, true});
    test::cluster c{h.system, 3, settings};
    const auto names = {"quotes", "late-quotes"};
    const auto fill = [&](const text& value) {
      entry_list entries;
      for (int i = 0; i < 60; ++i) entries.emplace_back("key-" + std::to_string(i), value);
      for (const auto* name : names) REQUIRE(must<std::uint64_t>(h, c, c.map(name, 0), put_all_atom_v, entries) == 60);
    };
    const auto read_by_the_third = [&](const text& value) {
      std::size_t count = 0;
      for (const auto* name : names) {
        for (int i = 0; i < 60; ++i) {
          const auto got = ask<lookup>(h, c, c.map(name, 2), milliseconds{20}, get_atom_v, "key-" + std::to_string(i));
          count += got.value && got.value->value == value ? 1 : 0;
        }
      }
      return count;
    };
    fill("old");
    REQUIRE(c.settle());
    c.advance(seconds{1});  // Rows that were on the move are at rest.
    REQUIRE(read_by_the_third("old") == 120);
    WHEN("one of them is cut off, the others go on without it, and all values change") {
      c.cut(2, 0);
      c.cut(2, 1);
      fill("new");
      THEN("the one that was cut off says nothing rather than something old") { CHECK(read_by_the_third("old") == 0); }
    }
  }
}

SCENARIO("an error that is not the map's own is told in words, and leaves the outcome open") {
  const auto gone = caf::make_error(caf::sec::request_receiver_down);
  CHECK(describe(gone) == "indeterminate: the map's actor has ended, as its member or client was stopped");
  CHECK(outcome_of(gone) == outcome::indeterminate);
  CHECK(failure_of(gone) == std::nullopt);
  const caf::error ended_well;  // Of an actor that had ended as it should: what CAF 1.0 answers for it.
  CHECK(describe(ended_well) == describe(gone));
  CHECK(outcome_of(ended_well) == outcome::indeterminate);
  CHECK(failure_of(ended_well) == std::nullopt);
}

SCENARIO("the test cluster refuses what makes no sense, so that no test passes because nothing happened") {
  hosting h;
  CHECK_THROWS_AS((test::cluster{h.system, 0}), std::invalid_argument);
  test::cluster c{h.system, 3};
  CHECK_THROWS_AS(c.kill(3), std::out_of_range);
  CHECK_THROWS_AS(c.map("orders", 3), std::out_of_range);
  CHECK_THROWS_AS(c.cut(0, 9), std::out_of_range);
  CHECK_THROWS_AS(c.cut(1, 1), std::invalid_argument);
  c.kill(1);
  CHECK_THROWS_AS(c.leave(1), std::logic_error);
  CHECK_THROWS_AS(c.force_view(1), std::logic_error);
  CHECK_FALSE(c.is_alive(1));
  c.kill(1);  // It is dead already.
}
