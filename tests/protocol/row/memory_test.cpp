// A member that has passed its memory limit: what grows is refused, everything else goes on.
#include <catch2/catch.hpp>

#include <map>

#include <troupe/actors/protocol/memory_ceiling.hpp>
#include <troupe/actors/protocol/row/log.hpp>
#include <troupe/actors/protocol/row/store.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;
using membership_message::wish;

namespace {

ack from_full(std::uint64_t held, bool is_full) {
  return {the_row, epoch(1), {}, seq(held), false, epoch(held == 0 ? 0 : 1), seq(held), agreement::equal, is_full};
}

bool is_refused(stage& s, const turn& t) {
  const auto request = s.last_request();
  if (!t.answers_to(request)) return false;
  const auto& what = t.answer_to(request).what;
  if (what.why != failure::out_of_memory) return false;
  CHECK(what.result == outcome::not_applied);
  return true;
}

}  // namespace

TEST_CASE("a member is full beyond its limit, and until a sixteenth is free") {
  const memory_ceiling limit{1600};
  CHECK_FALSE(limit.is_full(1600, false));
  CHECK(limit.is_full(1601, false));
  CHECK(limit.is_full(1501, true));
  CHECK_FALSE(limit.is_full(1500, true));
  CHECK_FALSE(memory_ceiling{}.is_full(~std::uint64_t{}, true));
}

SCENARIO("a primary whose member is full writes nothing that grows") {
  auto s = primary_of(row_in(epoch(1)).led_by(1));
  s.operate(put("k", "value"));
  s.become_full();
  THEN("neither a new entry nor a longer value is stored, definitely") {
    const auto length = s.core().log_length();
    CHECK(is_refused(s, s.operate(put("new", "v"))));
    CHECK(is_refused(s, s.operate(set("k", "longer value"))));
    CHECK(is_refused(s, s.operate(ask(operation_kind::put_if_absent, "new", "v"))));
    CHECK(is_refused(s, s.operate(ask(operation_kind::replace, "k", "longer value"))));
    CHECK(s.core().log_length() == length);
  }
  THEN("reads, shorter values, and what has no effect go on") {
    CHECK(s.operate(get("k")).answer_to(s.last_request()).what.value.view() == "value");
    CHECK(s.operate(put("k", "other")).answer_to(s.last_request()).what.result == outcome::ok);
    CHECK(s.operate(put("k", "v")).answer_to(s.last_request()).what.result == outcome::ok);
    CHECK(s.operate(ask(operation_kind::put_if_absent, "k", "a longer value")).answer_to(s.last_request()).what.result == outcome::ok);
  }
  THEN("no record is kept for repair") {
    s.check();
    CHECK(s.core().log_tail().empty());
  }
  THEN("removals and clears go on") {
    CHECK(s.operate(ask(operation_kind::remove, "k")).answer_to(s.last_request()).what.found);
    CHECK(s.operate(ask(operation_kind::clear)).answer_to(s.last_request()).what.result == outcome::ok);
  }
  THEN("a copy that was lost is made anew") {
    CHECK(s.install(row_in(epoch(1)).led_by(1).learning({2}).config(2)).sent<snapshot_chunk>(peer(2)).size() == 1);
  }
  THEN("with room again, all goes on") {
    s.gain_room();
    CHECK(s.operate(put("new", "v")).answer_to(s.last_request()).what.result == outcome::ok);
  }
}

SCENARIO("whoever has a copy says that its member is full, and its primary refuses what grows") {
  GIVEN("a backup whose member is full") {
    stage s;
    s.install(row_in(epoch(1)).led_by(2).with({1}));
    s.receive(2, seal{the_row, epoch(1), config(1), true, {}});
    s.become_full();
    THEN("it takes what it is sent, and says so") {
      const auto acks = s.receive(2, records_of(epoch(1), 1, {"a"}, 0, {})).sent<ack>(peer(2));
      REQUIRE(acks.size() == 1);
      CHECK(acks.front().held == seq(1));
      CHECK(acks.front().full);
      s.gain_room();
      CHECK_FALSE(s.receive(2, records_of(epoch(1), 2, {"b"}, 1, epoch(1))).sent<ack>(peer(2)).front().full);
    }
  }
  for (const auto is_async : {false, true}) {
    GIVEN(std::string{"a primary with "} + (is_async ? "an async backup" : "a backup")) {
      auto s = is_async ? primary_of(row_in(epoch(1)).led_by(1).async({2})) : primary_of(row_in(epoch(1)).led_by(1).with({2}));
      s.operate(put("k", "v"));
      WHEN("that says that it is full") {
        for (int i = 0; i < 2; ++i) s.receive(2, from_full(1, true));  // The second time it knows that all has committed.
        THEN("nothing is written that grows; what was pending commits, and removals go on") {
          CHECK(s.core().committed() == seq(1));
          CHECK(is_refused(s, s.operate(put("new", "v"))));
          CHECK_FALSE(is_refused(s, s.operate(ask(operation_kind::remove, "k"))));
          CHECK(s.core().log_length() == seq(2));
        }
        THEN("it is asked in the background, and with its word that there is room all goes on") {
          s.tick_after(seconds{1});
          CHECK(s.check().sent<records>(peer(2)).size() == 1);
          s.receive(2, from_full(1, false));
          CHECK_FALSE(is_refused(s, s.operate(put("new", "v"))));
        }
        THEN("a view without it ends that") {
          s.install(row_in(epoch(1)).led_by(1).config(2));
          CHECK_FALSE(is_refused(s, s.operate(put("new", "v"))));
        }
      }
    }
  }
}

TEST_CASE("what a copy takes is exact, whatever is done to it") {
  const auto counts_entries = GENERATE(false, true);
  CAPTURE(counts_entries);
  stage s;
  s.set_entry_statistics(counts_entries);
  s.install(row_in(epoch(1)).led_by(1));
  const auto of_store = [&] { return s.core().memory_bytes() - s.core().session_bytes(); };
  // Of each record and of what it took the place of, which the log keeps for listeners.
  std::map<blob, std::size_t> sizes;
  std::map<seq_number, std::size_t> displaced;
  const auto of_log = [&] {
    std::size_t bytes = 0;
    for (const auto& r : s.core().log_tail()) {
      if (const auto* key = key_of(r.body); key != nullptr && !displaced.contains(r.seq)) {
        displaced[r.seq] = std::exchange(sizes[*key], 0);
        if (const auto* put = std::get_if<put_entry>(&r.body)) sizes[*key] = put->value.size();
      }
      bytes += bytes_of(r.body) + displaced[r.seq];
    }
    return bytes;
  };
  const auto of_entries = [&] {
    std::size_t bytes = 0;
    for (const auto& e : s.core().committed_entries()) {
      bytes += e.key.size() + e.value.size() + entry_overhead_bytes + (e.life.is_limited() || e.times.are_known() ? notes_overhead_bytes : 0) +
               (e.life.is_limited() ? life_overhead_bytes + e.key.size() : 0);
    }
    return bytes;
  };
  const auto check = [&] { CHECK(of_store() == of_log() + of_entries()); };
  check();
  s.operate(put("a", "1"));
  s.operate(put("a", std::string(1000, 'x')));
  check();
  auto mortal = put("b", "2");
  mortal.life = {seconds{1}, std::nullopt};
  s.operate(mortal);
  check();
  s.operate(put("b", "3"));
  auto again = put("a", "4");
  again.life = {seconds{1}, std::nullopt};
  s.operate(again);
  check();
  s.operate(ask(operation_kind::remove, "b"));
  check();
  s.tick_after(seconds{2});
  CHECK(s.core().committed_entries().empty());
  check();
  for (int i = 0; i < 2000; ++i) s.operate(put("k" + std::to_string(i), std::string(100, 'y')));
  check();
  s.operate(ask(operation_kind::clear));
  CHECK(of_entries() == 0);
  check();
}
