// Listeners at a primary: what they are told, when, and what they are told is missing (ADR 8).
#include <catch2/catch.hpp>

#include <limits>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

using kind_of_event = row_event_kind;

/// `begins` lets through what has a value that begins with the argument, and fails at one that begins with '!'; `replaces` what is shown an old value.
class some_predicates final : public entry_processors {
 public:
  processor_outcome run(std::string_view name, const entry_at_hand&, const blob&) const override {
    return processor_failure{failure::unknown_processor, std::string{name}};
  }
  predicate_outcome admits(std::string_view name, const event_view& event, const blob& argument) const override {
    if (name == "replaces") return event.old_value != nullptr;
    if (event.value == nullptr) return event.old_value != nullptr;
    if (event.value->view().starts_with("!")) return processor_failure{failure::processor_failed, "no such value"};
    return event.value->view().starts_with(argument.view());
  }
  bool has_predicate(std::string_view name) const override { return name == "begins" || name == "replaces"; }
};

operation listen_from(std::uint64_t e, std::uint64_t s) {
  auto o = ask(operation_kind::listen, "");
  o.epoch = epoch(e);
  o.since = seq(s);
  o.old_values = true;
  return o;
}
operation listen_from_now() {
  auto o = listen_from(0, 0);
  o.from_start = true;
  return o;
}
operation of_map(map_id map, operation what) {
  what.map = map;
  return what;
}
operation by_key(std::string_view key, operation what) {
  what.by_key = true;
  what.key = blob{key};
  return what;
}
operation with_predicate(std::string_view name, std::string_view argument, operation what) {
  what.processor = blob{name};
  what.value = blob{argument};
  return what;
}
operation by_someone(operation what) {
  static std::uint64_t writes = 0;
  what.stamp = {client_id{{5}}, write_number{++writes}, write_number{writes}};
  return what;
}

std::vector<kind_of_event> kinds(const reply& r) {
  std::vector<kind_of_event> list;
  for (const auto& e : r.events) list.push_back(e.what);
  return list;
}

row lone_row() { return row_in(epoch(1)).led_by(1); }

}  // namespace

SCENARIO("a listener begins at what has committed, and is told what commits then") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(set("k", "a"));
  s.acked(2, 1);
  s.operate(set("k", "b"));
  const auto begun = s.operate(listen_from_now()).answer_to(3);
  CHECK(begun.what.epoch == epoch(1));
  CHECK(begun.what.seq == seq(1));
  CHECK(begun.what.events.empty());
  CHECK_FALSE(begun.needs_lease);
  THEN("not before it has committed (invariant 7)") {
    CHECK_FALSE(s.operate(listen_from(1, 1)).answers_to(4));
    const auto told = s.acked(2, 2).answer_to(4).what;
    REQUIRE(told.events.size() == 1);
    CHECK(told.events[0].what == kind_of_event::updated);
    CHECK(told.events[0].at == seq(2));
    CHECK(told.events[0].key == blob{"k"});
    CHECK(told.events[0].value == blob{"b"});
    CHECK(told.events[0].old_value == blob{"a"});
    CHECK(told.epoch == epoch(1));
    CHECK(told.seq == seq(2));
  }
  THEN("at once, where something has committed behind its position") {
    s.acked(2, 2);
    CHECK(s.operate(listen_from(1, 1)).answer_to(4).what.events.size() == 1);
  }
  THEN("without a lease: what has committed has") {
    s.acked(2, 2);
    s.lose_lease();
    CHECK(s.operate(listen_from(1, 1)).answer_to(4).what.events.size() == 1);
  }
}

SCENARIO("each record is told as what it did") {
  replica_limits limits;
  limits.ring_records_max = 1000;
  auto s = primary_of(lone_row(), limits);
  s.operate(by_someone(set("k", "a")));                         // 1
  s.operate(by_someone(set("k", "b")));                         // 2
  s.operate(by_someone(ask(operation_kind::set_ttl, "k")));     // 3: no event
  s.operate(by_someone(ask(operation_kind::remove, "k")));      // 4
  s.operate(of_map(another_map, set("k", "another")));          // 5: another map
  auto brief = by_someone(set("k", "c"));
  brief.life.ttl = milliseconds{10};
  s.operate(brief);                                             // 6
  s.tick_after(milliseconds{20});                               // 7
  s.operate(by_someone(set("x", "d")));                         // 8
  s.operate(by_someone(set("y", "e")));                         // 9
  s.operate(by_someone(ask(operation_kind::clear, "")));        // 10
  REQUIRE(s.core().log_length() == seq(10));
  const auto ask_for = [&](operation what) { return s.operate(std::move(what)).answer_to(s.last_request()).what; };
  using e = kind_of_event;
  THEN("with what was there") {
    const auto told = ask_for(listen_from(0, 0));
    CHECK(kinds(told) == std::vector{e::added, e::updated, e::removed, e::added, e::expired, e::added, e::added, e::cleared});
    CHECK(told.events[1].old_value == blob{"a"});
    CHECK(told.events[2].old_value == blob{"b"});
    CHECK(told.events[4].old_value == blob{"c"});
    CHECK(told.events[7].number == 2);
    CHECK(told.seq == seq(10));
  }
  THEN("to a listener of one key: of that, and clears") {
    const auto told = ask_for(by_key("y", listen_from(0, 0)));
    CHECK(kinds(told) == std::vector{e::added, e::cleared});
    CHECK(told.seq == seq(10));
  }
  THEN("without values, where they were not asked for") {
    auto o = listen_from(0, 0);
    o.keys_only = true;
    o.old_values = false;
    const auto told = ask_for(o);
    CHECK(kinds(told).size() == 8);
    for (const auto& event : told.events) CHECK((event.value.empty() && event.old_value.empty()));
  }
  THEN("of another map: what happened there") { CHECK(kinds(ask_for(of_map(another_map, listen_from(0, 0)))) == std::vector{e::added}); }
  THEN("by pages, that end where the next one begins") {
    auto o = listen_from(0, 0);
    o.page_bytes = 1;
    for (const auto expected : {e::added, e::updated, e::removed, e::added, e::expired, e::added, e::added, e::cleared}) {
      const auto told = ask_for(o);
      REQUIRE(told.events.size() == 1);
      CHECK(told.events[0].what == expected);
      o.epoch = told.epoch;
      o.since = told.seq;
    }
    CHECK(o.since == seq(10));
  }
}

SCENARIO("a predicate says what is told") {
  auto s = primary_of(lone_row(), {}, {}, std::make_shared<some_predicates>());
  s.operate(set("a", "yes"));
  s.operate(set("b", "no"));
  THEN("to its listener alone") {
    const auto told = s.operate(with_predicate("begins", "y", listen_from(0, 0))).answer_to(3).what;
    REQUIRE(told.events.size() == 1);
    CHECK(told.events[0].key == blob{"a"});
    CHECK(told.seq == seq(2));
  }
  THEN("and ends its listener where it fails, once what was before that has been told") {
    s.operate(set("c", "!"));
    const auto told = s.operate(with_predicate("begins", "y", listen_from(0, 0))).answer_to(4).what;
    CHECK(told.events.size() == 1);
    CHECK(told.seq == seq(2));
    const auto ended = s.operate(with_predicate("begins", "y", listen_from(1, 2))).answer_to(5).what;
    CHECK(ended.result == outcome::not_applied);
    CHECK(ended.why == failure::processor_failed);
    CHECK(ended.detail == blob{"no such value"});
  }
  THEN("one that is not known here is refused, before anything happens") {
    CHECK(s.operate(with_predicate("ends", "y", listen_from_now())).answer_to(3).what.why == failure::unknown_processor);
  }
}

SCENARIO("a predicate is shown no old value that had to make room") {
  replica_limits limits;
  limits.ring_records_max = 1;
  limits.listened_bytes_max = 0;
  // An async backup that lags: the records are kept for it, what they displaced is not.
  auto s = primary_of(row_in(epoch(1)).led_by(1).async({3}), limits, {}, std::make_shared<some_predicates>());
  s.receive(3, ack{the_row, epoch(1), {}, seq(0), true, {}, {}});
  for (const auto* value : {"a", "b", "c", "d"}) s.operate(set("k", value));
  REQUIRE(s.core().log_tail().size() == 4);
  auto o = with_predicate("replaces", "", listen_from(0, 0));
  o.old_values = GENERATE(false, true);
  const auto told = s.operate(o).answer_to(5).what;
  REQUIRE(told.events.size() == 1);
  CHECK(told.events[0].at == seq(4));
  CHECK(told.events[0].old_value == (o.old_values ? blob{"c"} : blob{}));
}

SCENARIO("how many a clear removed is not told by a copy that was still arriving") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).learning({1}));
  s.receive(2, snapshot_chunk{the_row, epoch(1), feed_number{1}, 0, seq(5), epoch(1), false, {{the_map, seq(3), blob{"k"}, blob{"old"}}}, config(1)});
  s.receive(2, records{the_row, epoch(1), seq(6), seq(6), {{epoch(1), seq(6), clear_map{the_map}}}, epoch(1)});
  s.receive(2, snapshot_chunk{the_row, epoch(1), feed_number{1}, 1, seq(5), epoch(1), true, {{the_map, seq(4), blob{"l"}, blob{"old"}}}, config(1)});
  s.install(row_in(epoch(1)).led_by(2).with({1}).config(2));
  s.install(row_in(epoch(2)).led_by(1).config(3));
  const auto told = s.operate(listen_from(1, 5)).answer_to(1).what;
  REQUIRE(told.events.size() == 1);
  CHECK(told.events[0].what == kind_of_event::cleared);
  CHECK(told.events[0].number == 0);
}

SCENARIO("who is too late for the log is told what is missing") {
  replica_limits limits;
  limits.ring_records_max = 2;
  limits.listened_bytes_max = 0;
  auto s = primary_of(lone_row(), limits);
  for (int i = 0; i < 10; ++i) s.operate(set("k", "a"));
  const auto told = s.operate(listen_from(1, 3)).answer_to(11).what;
  REQUIRE(told.events.size() == 3);
  CHECK(told.events[0].what == kind_of_event::gap);
  CHECK(told.events[0].why == gap_reason::too_late);
  CHECK(told.events[0].since == seq(3));
  CHECK(told.events[0].at == seq(8));
  CHECK(told.events[1].at == seq(9));
  CHECK(told.seq == seq(10));
}

SCENARIO("who asks from a position of another history is told so, and goes on from what has committed") {
  auto s = primary_of(lone_row());
  for (int i = 0; i < 3; ++i) s.operate(set("k", "a"));
  THEN("where the epoch at that position is another one") {
    const auto told = s.operate(listen_from(7, 2)).answer_to(4).what;
    REQUIRE(told.events.size() == 1);
    CHECK(told.events[0].what == kind_of_event::gap);
    CHECK(told.events[0].why == gap_reason::history_lost);
    CHECK(told.events[0].since == seq(2));
    CHECK(told.seq == seq(3));
  }
  THEN("where there is no such position") {
    const auto told = s.operate(listen_from(1, 9)).answer_to(4).what;
    REQUIRE(told.events.size() == 1);
    CHECK(told.events[0].why == gap_reason::history_lost);
    CHECK(told.seq == seq(3));
    CHECK(told.epoch == epoch(1));
  }
}

SCENARIO("a new primary needs to know nothing of a listener") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).with({1}));
  s.receive(2, seal{the_row, epoch(1), config(1), true, {}});
  s.receive(2, records_of(epoch(1), 1, {"a", "b", "c"}, 2, {}));
  s.install(row_in(epoch(2)).led_by(1).config(2));
  THEN("it goes on where the one before it ended, with old values") {
    const auto told = s.operate(listen_from(1, 1)).answer_to(1).what;
    REQUIRE(told.events.size() == 2);
    CHECK(told.events[0].at == seq(2));
    CHECK(told.events[0].old_value == blob{"a"});
    CHECK(told.events[1].value == blob{"c"});
    CHECK(told.epoch == epoch(1));
    CHECK(told.seq == seq(3));
  }
}

SCENARIO("a copy that was still arriving does not know what was there, and says so") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).learning({1}));
  snapshot_chunk first{the_row, epoch(1), feed_number{1}, 0, seq(5), epoch(1), false, {}, config(1)};
  s.receive(2, first);
  s.receive(2, records{the_row, epoch(1), seq(6), seq(6), {{epoch(1), seq(6), put_entry{the_map, blob{"k"}, blob{"new"}}}}, epoch(1)});
  snapshot_chunk last{the_row, epoch(1), feed_number{1}, 1, seq(5), epoch(1), true, {{the_map, seq(3), blob{"k"}, blob{"old"}}}, config(1)};
  s.receive(2, last);
  s.install(row_in(epoch(1)).led_by(2).with({1}).config(2));
  s.install(row_in(epoch(2)).led_by(1).config(3));
  const auto told = s.operate(listen_from(1, 5)).answer_to(1).what;
  REQUIRE(told.events.size() == 1);
  CHECK(told.events[0].what == kind_of_event::updated);
  CHECK(told.events[0].before_unknown);
  CHECK(told.events[0].old_value.empty());
  THEN("and of what the image has instead of records, nothing") {
    CHECK(s.operate(listen_from(1, 3)).answer_to(2).what.events.front().why == gap_reason::too_late);
  }
}

SCENARIO("half a copy that is all that is left tells everybody who has heard of its row what is missing") {
  stage s;
  s.install(row_in(epoch(1)).led_by(2).learning({1}));
  s.receive(2, snapshot_chunk{the_row, epoch(1), feed_number{1}, 0, seq(5), epoch(1), false, {}, config(1)});
  s.receive(2, records{the_row, epoch(1), seq(6), seq(6), {{epoch(1), seq(6), put_entry{the_map, blob{"k"}, blob{"new"}}}}, epoch(1)});
  const auto t = s.install(row_in(epoch(2)).led_by(1).config(2));
  REQUIRE(t.reports("incomplete_copy_promoted"));
  for (const auto heard : {5U, 6U}) {
    const auto told = s.operate(listen_from(1, heard)).answer_to(s.last_request()).what;
    REQUIRE(told.events.size() == 1);
    CHECK(told.events[0].what == kind_of_event::gap);
    CHECK(told.events[0].why == gap_reason::history_lost);
    CHECK(told.events[0].since == seq(heard));
  }
  THEN("also when the copy that is made of it has no more to tell") {
    const auto chunks = s.install(row_in(epoch(2)).led_by(1).learning({3}).config(3)).sent<snapshot_chunk>(peer(3));
    REQUIRE(chunks.size() == 1);
    stage copy{peer(3)};
    copy.install(row_in(epoch(2)).led_by(1).learning({3}).config(3));
    copy.receive(1, chunks.front());
    copy.install(row_in(epoch(2)).led_by(1).with({3}).config(4));
    copy.install(row_in(epoch(3)).led_by(3).config(5));
    const auto told = copy.operate(listen_from(1, 6)).answer_to(copy.last_request()).what;
    REQUIRE(told.events.size() == 1);
    CHECK(told.events[0].what == kind_of_event::gap);
  }
  THEN("and what is written from then on is told as always") {
    const auto since = s.operate(listen_from(1, 6)).answer_to(s.last_request()).what;
    s.operate(set("k", "newer"));
    const auto told = s.operate(listen_from(since.epoch.value(), since.seq.value())).answer_to(s.last_request()).what;
    REQUIRE(told.events.size() == 1);
    CHECK(told.events[0].value == blob{"newer"});
  }
}

SCENARIO("who waits is answered once, also with nothing") {
  replica_limits limits;
  limits.listeners_max = 2;
  auto s = primary_of(lone_row(), limits);
  s.operate(set("k", "a"));
  CHECK(s.operate(listen_from(1, 1)).answers.empty());
  THEN("after a while, at the position up to which there is nothing") {
    REQUIRE(s.core().next_tick());
    CHECK(*s.core().next_tick() == s.at().now + limits.listen_patience);
    s.operate(of_map(another_map, set("k", "another")));
    const auto told = s.tick_after(limits.listen_patience).answer_to(2).what;
    CHECK(told.result == outcome::ok);
    CHECK(told.events.empty());
    CHECK(told.seq == seq(2));
    CHECK(s.tick_after(limits.listen_patience).answers.empty());
  }
  THEN("and not twice, when more happens") {
    CHECK(s.operate(set("k", "b")).answers_to(2));
    CHECK_FALSE(s.operate(set("k", "c")).answers_to(2));
  }
  THEN("not at all when nobody waits for it any more") {
    s.core().forget(origin_id{1});
    CHECK_FALSE(s.operate(set("k", "b")).answers_to(2));
    CHECK(s.core().listening() == 0);
  }
  THEN("with a refusal where too many wait") {
    s.operate(listen_from(1, 1));
    CHECK(s.operate(listen_from(1, 1)).answer_to(4).what.why == failure::overloaded);
  }
  THEN("who finds no room to wait goes on from where it has come to") {
    s.operate(listen_from(1, 1));
    s.operate(of_map(another_map, set("k", "another")));
    const auto moved = s.operate(listen_from(1, 1)).answer_to(5).what;
    CHECK(moved.result == outcome::ok);
    CHECK(moved.events.empty());
    CHECK(moved.seq == seq(2));
    CHECK(s.operate(listen_from(1, 2)).answer_to(6).what.why == failure::overloaded);
  }
  THEN("by whoever leads next, when this one no longer does") {
    const auto told = s.install(row_in(epoch(2)).led_by(2).config(2)).answer_to(2).what;
    CHECK(told.result == outcome::retry);
    CHECK(told.why == failure::not_primary);
  }
  THEN("with the news that the map is gone") {
    CHECK(s.install(row_in(epoch(1)).led_by(1), {another_map}).answer_to(2).what.why == failure::unknown_map);
  }
}

SCENARIO("the log is kept for whoever was just told something, within a bound, and not for long") {
  replica_limits limits;
  limits.ring_records_max = 1;
  limits.listened_bytes_max = 2000;
  auto s = primary_of(lone_row(), limits);
  const auto begun = s.operate(listen_from_now()).answer_to(1).what;
  CHECK(begun.seq == seq(0));
  const auto first_at = [&] { return s.core().log_tail().front().seq; };
  for (int i = 0; i < 5; ++i) s.operate(set("k", "a"));
  CHECK(first_at() == seq(1));
  THEN("until it asks for what follows") {
    CHECK(s.operate(listen_from(0, 0)).answer_to(7).what.events.size() == 5);
    s.operate(set("k", "b"));
    CHECK(first_at() == seq(6));
  }
  THEN("until it is slower than the bound, old values counted") {
    for (int i = 0; i < 40; ++i) s.operate(set("k", std::string(100, 'x')));
    CHECK(first_at() > seq(30));
    CHECK(s.operate(listen_from(0, 0)).answer_to(47).what.events.front().what == kind_of_event::gap);
  }
  THEN("until its patience is over") {
    s.tick_after(limits.listener_patience);
    CHECK(first_at() == seq(5));
    CHECK(s.core().listening() == 0);
    CHECK_FALSE(s.core().next_tick());
  }
  THEN("not by a member that has no memory to spare") {
    s.become_full();
    s.operate(ask(operation_kind::erase, "k"));
    CHECK(s.core().log_tail().empty());
  }
}
