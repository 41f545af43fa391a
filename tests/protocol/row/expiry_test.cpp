// Entries whose life ends: by a record, at the time of the row, whoever is primary.
#include <catch2/catch.hpp>

#include <troupe/actors/protocol/row/expiry_queue.hpp>
#include <troupe/actors/protocol/row/row_clock.hpp>
#include <troupe/messages/types/stats.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

operation living_for(operation o, milliseconds ttl, std::optional<milliseconds> max_idle = {}) {
  o.life = {ttl, max_idle};
  return o;
}
operation idle_for(operation o, milliseconds max_idle) {
  o.life = {std::nullopt, max_idle};
  return o;
}

/// What a turn removes because its time has come, as the backup `to` is told.
std::vector<std::string> expired_in(const turn& t, std::uint32_t to = 2) {
  std::vector<std::string> keys;
  for (const auto& m : t.sent<records>(peer(to))) {
    for (const auto& r : m.list) {
      const auto* e = std::get_if<erase_entry>(&r.body);
      if (e != nullptr && e->why == removal::expired) keys.emplace_back(e->key.view());
    }
  }
  return keys;
}

}  // namespace

SCENARIO("an entry dies when its time to live is over, by a record") {
  GIVEN("a primary with a backup, and an entry that lives for a second") {
    auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
    const auto born = s.operate(living_for(put("k", "v"), seconds{1}));
    CHECK(std::get<put_entry>(born.sent<records>(peer(2)).front().list.front().body).life.ttl == seconds{1});
    s.acked(2, 1);
    WHEN("its time has not come") {
      CHECK(expired_in(s.tick_after(milliseconds{999})).empty());
      THEN("it is there") { CHECK(s.operate(get("k")).answer_to(2).what.found); }
      THEN("the next look is due when it comes") { CHECK(s.core().next_tick() == s.at().now + milliseconds{1}); }
      THEN("asked for at whatever fraction of a millisecond, that instant stays the same") {
        const auto due = s.core().next_tick();
        for (int i = 0; i < 5; ++i) {
          s.tick_after(nanoseconds{100'007});
          CHECK(s.core().next_tick() == due);
        }
      }
    }
    WHEN("its time has come") {
      const auto t = s.tick_after(seconds{1});
      THEN("a tick removes it, on all copies") { CHECK(expired_in(t) == std::vector<std::string>{"k"}); }
      THEN("a get finds nothing, once the removal has committed") {
        CHECK(s.operate(get("k")).answers.empty());
        CHECK_FALSE(s.acked(2, 2).answer_to(2).what.found);
        CHECK(s.core().map_stats().front().activity.expired == 1);
        CHECK_FALSE(s.core().next_tick());
      }
    }
    WHEN("it is written again in time") {
      s.tick_after(milliseconds{600});
      s.operate(living_for(put("k", "w"), seconds{1}));
      s.acked(2, 2);
      CHECK(expired_in(s.tick_after(milliseconds{600})).empty());
      THEN("the time counts from then") { CHECK(expired_in(s.tick_after(milliseconds{400})) == std::vector<std::string>{"k"}); }
    }
    WHEN("it is written again without limit") {
      s.operate(put("k", "w"));
      s.acked(2, 2);
      THEN("it does not die") { CHECK(expired_in(s.tick_after(seconds{100})).empty()); }
    }
    WHEN("its lifetime is set anew") {
      s.tick_after(milliseconds{600});
      auto renewed = ask(operation_kind::set_ttl);
      renewed.life.ttl = seconds{2};
      s.operate(renewed);
      CHECK(s.acked(2, 2).answer_to(2).what.found);
      THEN("it lives on for so long, with its value") {
        CHECK(expired_in(s.tick_after(milliseconds{1999})).empty());
        CHECK(s.operate(get("k")).answer_to(3).what.value == blob{"v"});
        CHECK(expired_in(s.tick_after(milliseconds{1})) == std::vector<std::string>{"k"});
      }
    }
    WHEN("it is set to live without limit") {
      auto renewed = ask(operation_kind::set_ttl);
      renewed.life.ttl = milliseconds{};
      s.operate(renewed);
      s.acked(2, 2);
      THEN("it does not die") { CHECK(expired_in(s.tick_after(seconds{100})).empty()); }
    }
  }
  GIVEN("a primary alone") {
    auto s = primary_of(row_in(epoch(1)).led_by(1));
    s.operate(living_for(put("k", "v"), seconds{1}));
    THEN("a write finds nothing where a life is over, without waiting for a tick") {
      auto t = s.tick_after(milliseconds{500});
      CHECK(s.operate(ask(operation_kind::put_if_absent, "k", "w")).answer_to(2).what.found);
      s.tick_after(milliseconds{499});
      // No tick in between: the stage's time moves with the next one only.
      CHECK(s.operate(get("k")).answer_to(3).what.found);
      s.tick_after(milliseconds{1});
      CHECK_FALSE(s.operate(ask(operation_kind::put_if_absent, "k", "w")).answer_to(4).what.found);
      CHECK(s.operate(get("k")).answer_to(5).what.value == blob{"w"});
    }
    THEN("a lifetime of what is not there is not set") {
      auto renewed = ask(operation_kind::set_ttl, "other");
      renewed.life.ttl = seconds{2};
      CHECK_FALSE(s.operate(renewed).answer_to(2).what.found);
    }
  }
}

SCENARIO("an entry dies when nobody asks for it") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(idle_for(put("k", "v"), seconds{1}));
  s.acked(2, 1);
  GIVEN("one that is asked for again and again") {
    for (int i = 0; i < 4; ++i) {
      CHECK(expired_in(s.tick_after(milliseconds{900})).empty());
      const auto kind = i % 2 == 0 ? operation_kind::get : operation_kind::contains;
      CHECK(s.operate(ask(kind)).answer_to(s.last_request()).what.found);
    }
    THEN("it dies when that ends") {
      CHECK(expired_in(s.tick_after(milliseconds{999})).empty());
      CHECK(expired_in(s.tick_after(milliseconds{1})) == std::vector<std::string>{"k"});
    }
  }
  GIVEN("one that has a time to live, too") {
    s.operate(living_for(put("k", "w"), milliseconds{1500}, seconds{1}));
    s.acked(2, 2);
    for (int i = 0; i < 2; ++i) {
      s.tick_after(milliseconds{700});
      s.operate(get("k"));
    }
    THEN("that ends its life in any case") { CHECK(expired_in(s.tick_after(milliseconds{100})) == std::vector<std::string>{"k"}); }
  }
  GIVEN("one that is written again without a new life, later than it might have been idle") {
    s.tick_after(milliseconds{900});
    s.operate(get("k"));
    s.tick_after(milliseconds{600});
    auto without_ttl = ask(operation_kind::set_ttl);
    without_ttl.life.ttl = milliseconds{};
    s.operate(without_ttl);
    THEN("it lives on while that is pending, and for as long as ever from when it has committed") {
      CHECK(expired_in(s.tick_after(milliseconds{5})).empty());
      s.acked(2, 2);
      CHECK(expired_in(s.tick_after(milliseconds{999})).empty());
      CHECK(expired_in(s.tick_after(milliseconds{1})) == std::vector<std::string>{"k"});
    }
  }
  GIVEN("one that was asked for while its write was pending") {
    s.operate(idle_for(put("p", "v"), seconds{1}));  // 2
    s.tick_after(milliseconds{900});
    s.operate(get("p"));
    CHECK(s.acked(2, 2).answers.size() == 2);
    THEN("that counts") { CHECK(expired_in(s.tick_after(milliseconds{900})) == std::vector<std::string>{"k"}); }
  }
}

SCENARIO("whoever may not write lets nothing die") {
  const durability_rules two{kind, loss_policy::hold, 2};
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}), {}, {two});
  s.operate(living_for(put("k", "v"), seconds{1}));
  s.acked(2, 1);
  GIVEN("a row that is handed over") {
    s.install(row_in(epoch(1)).led_by(1).with({2}).handing_over_to(2).config(2));
    CHECK(expired_in(s.tick_after(seconds{2})).empty());
    THEN("its entries are there until a successor removes them") { CHECK(s.operate(get("k")).answer_to(2).what.found); }
  }
  GIVEN("a row with too few copies") {
    s.install(row_in(epoch(1)).led_by(1).config(2));
    CHECK(expired_in(s.tick_after(seconds{2})).empty());
    THEN("its entries are there until it has enough") { CHECK(s.operate(get("k")).answer_to(2).what.found); }
  }
}

SCENARIO("the time of a row goes on with whoever is primary") {
  GIVEN("a backup that was told of an entry and the time") {
    stage s;
    s.install(row_in(epoch(1)).led_by(2).with({1}));
    s.receive(2, seal{the_row, epoch(1), config(1), true, {}});
    auto told = records_of(epoch(1), 1, {"v"}, 1, epoch(0));
    std::get<put_entry>(told.list.front().body).life = {row_time{5000}, seconds{3}, {}};
    told.time = row_time{5000};
    s.receive(2, told);
    WHEN("it becomes primary after two seconds in which it heard nothing") {
      s.tick_after(seconds{2});
      s.install(row_in(epoch(2)).led_by(1).config(2).unsealed({2}));
      s.receive(2, sealed{the_row, epoch(2), false, seq(0), {}});
      REQUIRE(s.core().serves_reads());
      THEN("the entry lives for one more") {
        s.tick_after(milliseconds{999});
        CHECK(s.operate(get("k")).answer_to(1).what.found);
        s.tick_after(milliseconds{1});
        CHECK_FALSE(s.operate(get("k")).answer_to(2).what.found);
      }
      THEN("it names the present time to those that follow") {
        const auto t = s.install(row_in(epoch(2)).led_by(1).config(3).learning({3}));
        REQUIRE(t.sent<snapshot_chunk>(peer(3)).size() == 1);
        CHECK(t.sent<snapshot_chunk>(peer(3)).front().time == row_time{7000});
      }
    }
    WHEN("its clock has gained, and the primary says so") {
      s.tick_after(seconds{2});
      auto later = records_of(epoch(1), 2, {}, 1, epoch(1));
      later.time = row_time{6900};
      s.receive(2, later);
      s.install(row_in(epoch(2)).led_by(1).config(2).unsealed({2}));
      s.receive(2, sealed{the_row, epoch(2), false, seq(0), {}});
      THEN("it goes by the primary") {
        s.tick_after(milliseconds{1099});
        CHECK(s.operate(get("k")).answer_to(1).what.found);
        s.tick_after(milliseconds{1});
        CHECK_FALSE(s.operate(get("k")).answer_to(2).what.found);
      }
    }
  }
  GIVEN("an entry that a primary of before was asked for") {
    stage s;
    s.install(row_in(epoch(1)).led_by(2).with({1}));
    s.receive(2, seal{the_row, epoch(1), config(1), true, {}});
    auto told = records_of(epoch(1), 1, {"v"}, 1, epoch(0));
    std::get<put_entry>(told.list.front().body).life = {row_time{5000}, {}, seconds{3}};
    told.time = row_time{7500};
    s.receive(2, told);
    s.install(row_in(epoch(2)).led_by(1).config(2).unsealed({2}));
    s.receive(2, sealed{the_row, epoch(2), false, seq(0), {}});
    THEN("a new primary, who can't know, lets it live as if it had been asked for just now") {
      s.tick_after(milliseconds{2999});
      CHECK(s.core().committed_entries().size() == 1);
      s.tick_after(milliseconds{1});
      CHECK(s.core().committed_entries().empty());
    }
  }
}

SCENARIO("a snapshot carries how long entries live, and the time") {
  auto s = primary_of(row_in(epoch(1)).led_by(1));
  s.operate(living_for(put("k", "v"), seconds{3}));
  s.tick_after(seconds{1});
  const auto t = s.install(row_in(epoch(1)).led_by(1).learning({2}).config(2));
  const auto chunks = t.sent<snapshot_chunk>(peer(2));
  REQUIRE(chunks.size() == 1);
  CHECK(chunks.front().entries.front().life == lifetime{row_time{0}, seconds{3}, {}});
  CHECK(chunks.front().time == row_time{1000});
  stage learner{peer(2)};
  learner.install(row_in(epoch(1)).led_by(1).learning({2}).config(2));
  learner.receive(1, chunks.front());
  CHECK(learner.core().committed_entries() == s.core().committed_entries());
  CHECK(learner.core().checksum() == s.core().checksum());
}

SCENARIO("many entries die a few at a time") {
  replica_limits limits;
  limits.pending_bytes_max = 4096;
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}), limits);
  std::uint64_t written = 0;
  for (; written < 100; ++written) {
    s.operate(living_for(set("key" + std::to_string(written), "v"), seconds{1}));
    s.acked(2, written + 1);
  }
  std::size_t removed = expired_in(s.tick_after(seconds{2})).size();
  CHECK(removed > 0);
  CHECK(removed < 100);  // As many as may wait for a backup.
  for (int i = 0; i < 10 && removed < 100; ++i) {
    s.acked(2, s.core().log_length().value());
    removed += expired_in(s.tick_after(milliseconds{20})).size();
  }
  CHECK(removed == 100);
  s.acked(2, s.core().log_length().value());
  CHECK(s.core().committed_entries().empty());
}

TEST_CASE("an entry that is written again and again has few places in the queue") {
  auto s = primary_of(row_in(epoch(1)).led_by(1));
  for (int i = 0; i < 20'000; ++i) s.operate(living_for(set("k", "v"), seconds{1000}));
  CHECK(s.core().expiry_places() <= 2 * 1024);
}

TEST_CASE("a lifetime beyond all numbers is one without end") {
  const lifetime l{row_time_max, lifetime_max, lifetime_max};
  CHECK(l.ends({}) > row_time_max);
  CHECK(row_time{7} + milliseconds{5} == row_time{12});
  CHECK(end_of_time + milliseconds{5} == end_of_time);
  CHECK(lifetime{}.ends(row_time{5}) == end_of_time);
  row_clock clock;
  CHECK(clock.read(instant{seconds{5}}) == row_time{});
  clock.set(row_time_max, instant{seconds{5}});
  CHECK(clock.read(instant{seconds{9}}) == row_time_max);
}

TEST_CASE("the clock of a row says when it will be that late") {
  row_clock clock;
  const instant heard{seconds{5} + nanoseconds{123}};
  clock.set(row_time{1000}, heard);
  CHECK(clock.when(row_time{1007}) == heard + milliseconds{7});
  CHECK(clock.read(clock.when(row_time{1007})) == row_time{1007});
  CHECK(clock.read(clock.when(row_time{1007}) - nanoseconds{1}) == row_time{1006});
  CHECK(clock.when(row_time{3}) == heard);
  CHECK(clock.when(end_of_time) > instant::max() - milliseconds{1});
}
