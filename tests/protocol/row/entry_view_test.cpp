// What is known of an entry beside its value, and what keeps knowing it: the log, snapshots, promotions.
#include <catch2/catch.hpp>

#include <troupe/actors/protocol/row/store.hpp>
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
operation view_of(std::string_view key) { return ask(operation_kind::get_entry_view, key); }

/// A primary of a map with statistics, with a backup.
stage counting_primary() {
  stage s;
  s.set_entry_statistics(true);
  s.install(row_in(epoch(1)).led_by(1).with({2}));
  s.sealed(2, 0);
  return s;
}

entry_facts facts_of(stage& s, std::string_view key) {
  const auto t = s.operate(view_of(key));
  const auto& answer = t.answer_to(s.last_request()).what;
  REQUIRE(answer.found);
  REQUIRE(answer.facts);
  return *answer.facts;
}

put_entry put_in(const turn& t, std::uint32_t to = 2) { return std::get<put_entry>(t.sent<records>(peer(to)).back().list.back().body); }

}  // namespace

SCENARIO("an entry is viewed with what is known of it") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(put("forever", "v"));                                                   // 1
  s.operate(living_for(put("mortal", "value"), seconds{10}, milliseconds{3000}));  // 2
  GIVEN("its write has not committed") {
    THEN("the view waits for that, as a read does") {
      CHECK(s.operate(view_of("forever")).answers.empty());
      const auto t = s.acked(2, 2);
      CHECK(*t.answer_to(3).what.facts == entry_facts{seq(1), 7 + 1 + entry_overhead_bytes});
    }
  }
  GIVEN("it has committed") {
    s.acked(2, 2);
    THEN("of one without limit there is its version and size, and no more where its map keeps no statistics") {
      const auto facts = facts_of(s, "forever");
      CHECK(facts == entry_facts{seq(1), 7 + 1 + entry_overhead_bytes});
      CHECK(s.operate(view_of("forever")).answer_to(4).what.value == blob{"v"});
    }
    THEN("of one with limits they are told, and when it ends") {
      s.tick_after(seconds{1});
      const auto facts = facts_of(s, "mortal");
      CHECK(facts.version == seq(2));
      CHECK(facts.ttl == seconds{10});
      CHECK(facts.max_idle == seconds{3});
      CHECK(facts.ends_in == seconds{2});
      CHECK_FALSE(facts.is_counted);
    }
    THEN("nobody has asked for the entry by that") {
      s.tick_after(seconds{2});
      CHECK(facts_of(s, "mortal").ends_in == seconds{1});
      CHECK(facts_of(s, "mortal").ends_in == seconds{1});
      s.operate(get("mortal"));
      CHECK(facts_of(s, "mortal").ends_in == seconds{3});
    }
    THEN("of one whose time has come there is none, and it goes") {
      s.tick_after(milliseconds{2999});
      s.pass(milliseconds{1});  // Without a tick: whoever looks finds it.
      CHECK(s.operate(view_of("mortal")).answers.empty());
      CHECK_FALSE(s.acked(2, 3).answer_to(3).what.found);
    }
    THEN("of what is not there, there is none") {
      const auto t = s.operate(view_of("other"));
      CHECK_FALSE(t.answer_to(3).what.found);
      CHECK_FALSE(t.answer_to(3).what.facts);
    }
  }
}

SCENARIO("a map with statistics knows since when its entries are there, and who asked for them") {
  auto s = counting_primary();
  s.tick_after(seconds{1});
  CHECK(put_in(s.operate(put("k", "v"))).times == entry_times{row_time{1000}, row_time{1000}});  // 1
  s.acked(2, 1);
  s.tick_after(seconds{2});
  THEN("a new value has a new time, and the entry the old one") {
    CHECK(put_in(s.operate(put("k", "w"))).times == entry_times{row_time{1000}, row_time{3000}});
    s.acked(2, 2);
    s.tick_after(milliseconds{500});
    const auto facts = facts_of(s, "k");
    CHECK(facts.is_counted);
    CHECK(facts.since_created == milliseconds{2500});
    CHECK(facts.since_written == milliseconds{500});
    CHECK(facts.version == seq(2));
  }
  THEN("so it is when the older write is pending still") {
    s.operate(put("p", "v"));
    s.tick_after(milliseconds{10});
    CHECK(put_in(s.operate(put("p", "w"))).times == entry_times{row_time{3000}, row_time{3010}});
  }
  THEN("what is removed and comes again is new") {
    s.operate(ask(operation_kind::remove));
    CHECK(put_in(s.operate(put("k", "w"))).times == entry_times{row_time{3000}, row_time{3000}});
    s.operate(ask(operation_kind::clear));
    s.tick_after(milliseconds{1});
    CHECK(put_in(s.operate(put("k", "w"))).times == entry_times{row_time{3001}, row_time{3001}});
  }
  THEN("a lifetime that is set anew leaves them as they were") {
    auto renewed = ask(operation_kind::set_ttl);
    renewed.life.ttl = seconds{60};
    const auto written = put_in(s.operate(renewed));
    CHECK(written.times == entry_times{row_time{1000}, row_time{1000}});
    CHECK(written.life == lifetime{row_time{3000}, seconds{60}, {}});
  }
  THEN("whoever asks for the entry is counted, whoever looks at it is not") {
    CHECK(facts_of(s, "k").hits == 0);
    s.operate(get("k"));
    s.operate(ask(operation_kind::contains));
    s.operate(ask(operation_kind::is_locked));
    s.tick_after(milliseconds{250});
    const auto facts = facts_of(s, "k");
    CHECK(facts.hits == 2);
    CHECK(facts.since_asked == milliseconds{250});
    s.operate(put("k", "w"));  // It finds the entry, and its hits outlive the value.
    s.acked(2, 2);
    CHECK(facts_of(s, "k").hits == 3);
    CHECK(s.core().map_stats().front().activity.hits == 2);
  }
  THEN("a copy that is made anew knows the times, not the hits") {
    s.operate(get("k"));
    const auto t = s.install(row_in(epoch(1)).led_by(1).with({2}).learning({3}).config(2));
    const auto chunks = t.sent<snapshot_chunk>(peer(3));
    REQUIRE(chunks.size() == 1);
    stage copy{peer(3)};
    copy.set_entry_statistics(true);
    copy.install(row_in(epoch(1)).led_by(1).learning({3}).config(2));
    copy.receive(1, chunks.front());
    CHECK(copy.core().checksum() == s.core().checksum());
    copy.install(row_in(epoch(2)).led_by(3).config(3));
    const auto facts = facts_of(copy, "k");
    CHECK(facts.since_created == milliseconds{2000});
    CHECK(facts.hits == 0);
  }
  THEN("whoever asks while another value is on its way is counted as well") {
    s.operate(put("k", "w"));
    s.operate(get("k"));
    s.operate(put("k", "x"));
    s.tick_after(milliseconds{10});
    s.operate(view_of("k"));
    const auto t = s.acked(2, 3);
    CHECK(t.answer_to(s.last_request()).what.facts->hits == 3);
    CHECK(t.answer_to(s.last_request()).what.facts->since_asked == milliseconds{10});
  }
  THEN("who asked in an earlier reign is not known") {
    s.operate(get("k"));
    s.install(row_in(epoch(2)).led_by(2).with({1}).config(2));
    s.receive(2, seal{the_row, epoch(2), config(2), true, {}});
    records other{the_row, epoch(2), seq(2), seq(1), {}, epoch(1)};
    other.time = row_time{4000};
    s.receive(2, other);
    s.tick_after(seconds{1});
    s.install(row_in(epoch(3)).led_by(1).config(3));
    const auto facts = facts_of(s, "k");
    CHECK(facts.hits == 0);
    CHECK(facts.since_asked == milliseconds{});
    CHECK(facts.since_created >= milliseconds{3000});
    s.operate(get("k"));
    CHECK(facts_of(s, "k").hits == 1);
  }
  THEN("they are part of what copies have in common") {
    const auto sum = s.core().checksum();
    auto other = counting_primary();
    other.tick_after(milliseconds{999});
    other.operate(put("k", "v"));
    other.acked(2, 1);
    CHECK(other.core().checksum() != sum);
  }
}

SCENARIO("a backup that is promoted tells since when an entry is there") {
  stage s{me};
  s.set_entry_statistics(true);
  s.install(row_in(epoch(1)).led_by(2).with({1}));
  s.receive(2, seal{the_row, epoch(1), config(1), true, {}});
  auto told = records_of(epoch(1), 1, {"v"}, 1, epoch(0));
  std::get<put_entry>(told.list.front().body).times = {row_time{1000}, row_time{4000}};
  told.time = row_time{5000};
  s.receive(2, told);
  s.install(row_in(epoch(2)).led_by(1).config(2).unsealed({2}));
  s.receive(2, sealed{the_row, epoch(2), false, seq(0), {}});
  const auto facts = facts_of(s, "k");
  CHECK(facts.is_counted);
  CHECK(facts.since_created >= milliseconds{4000});
  CHECK(facts.since_created - facts.since_written == milliseconds{3000});
  CHECK(facts.hits == 0);
}

SCENARIO("a primary that has its newest records from another copy goes on at their time") {
  stage s{me};
  s.set_entry_statistics(true);
  s.install(row_in(epoch(1)).led_by(9).with({1, 2}));
  s.receive(9, seal{the_row, epoch(1), config(1), true, {}});
  auto told = records_of(epoch(1), 1, {"v"}, 1, epoch(0));
  told.time = row_time{1000};
  s.receive(9, told);
  s.install(row_in(epoch(2)).led_by(1).with({2}).config(2).unsealed({9}));
  s.receive(9, sealed{the_row, epoch(2), false, seq(0), {}});
  s.receive(2, sealed{the_row, epoch(2), true, seq(2), epoch(1)});
  pulled rest{the_row, epoch(2), records_of(epoch(1), 2, {"w"}, 0, epoch(1)).list};
  std::get<put_entry>(rest.list.front().body).times = {row_time{1000}, row_time{4000}};
  s.receive(2, rest);
  s.acked(2, 2);
  REQUIRE(s.core().serves());
  THEN("what it writes is not older than what it has") {
    const auto written = put_in(s.operate(put("k", "x"))).times;
    CHECK(written.created == row_time{1000});
    CHECK(written.written >= row_time{4000});
  }
}

SCENARIO("how long operations take at their primary is counted") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  const auto activity = [&] { return s.core().map_stats().front().activity; };
  s.operate(put("k", "v"));
  s.tick_after(milliseconds{3});
  s.operate(get("k"));
  s.tick_after(milliseconds{2});
  s.acked(2, 1);
  s.operate(get("k"));
  CHECK(activity().write_wait == wait_stats{milliseconds{5}, milliseconds{5}});
  CHECK(activity().read_wait == wait_stats{milliseconds{2}, milliseconds{2}});
  s.operate(put("k", "w"));
  s.tick_after(milliseconds{1});
  s.acked(2, 2);
  CHECK(activity().write_wait == wait_stats{milliseconds{6}, milliseconds{5}});
  s.operate(put("k", "x"));
  s.operate(ask(operation_kind::put_if_absent, "k", "y"));  // A write, though it has no effect.
  s.tick_after(milliseconds{1});
  s.acked(2, 3);
  CHECK(activity().write_wait == wait_stats{milliseconds{8}, milliseconds{5}});
  CHECK(activity().read_wait == wait_stats{milliseconds{2}, milliseconds{2}});
}
