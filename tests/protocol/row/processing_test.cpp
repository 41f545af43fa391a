// Processors: run by the primary on the newest state, once, whatever becomes of the attempts.
#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

constexpr client_id anna{{1}};

/// append: the argument goes behind the value; returns the new value. discard: the entry goes; returns the old value. look: returns the value.
/// renew: writes the value again, as long as it would have lived. live: the argument for a second. refuse: fails; says why in the argument.
/// grow: a value, and tell: a result, of as many bytes as the value has, ten times over. decay: a lifetime that can't be.
class some_processors final : public entry_processors {
 public:
  processor_outcome run(std::string_view name, const entry_at_hand& entry, const blob& argument) const override {
    ++runs;
    const std::string value{entry.value == nullptr ? "" : entry.value->view()};
    const blob appended{value + std::string{argument.view()}};
    if (name == "append") return processed{set_entry{appended}, appended};
    if (name == "discard") return processed{remove_entry{}, blob{value}};
    if (name == "look") return processed{keep_entry{}, blob{value}};
    if (name == "renew") return processed{set_entry{blob{value}, {}, true}, {}};
    if (name == "live") return processed{set_entry{argument, {seconds{1}, std::nullopt}}, {}};
    if (name == "refuse") return processor_failure{failure::processor_failed, std::string{argument.view()}};
    if (name == "grow") return processed{set_entry{blob{std::string(10 * value.size(), 'x')}}, {}};
    if (name == "tell") return processed{keep_entry{}, blob{std::string(10 * value.size(), 'x')}};
    if (name == "decay") return processed{set_entry{argument, {seconds{-1}, std::nullopt}}, {}};
    return processor_failure{failure::unknown_processor, std::string{name}};
  }

  mutable int runs = 0;
};

operation execute(std::string_view processor, std::string_view argument = {}, operation_kind kind = operation_kind::execute) {
  auto o = ask(kind, "k", argument);
  o.processor = blob{processor};
  return o;
}
operation by_anna(std::uint64_t number, operation what) {
  what.stamp = {anna, write_number{number}, write_number{1}};
  return what;
}
operation again(operation what) {
  what.asked_before = true;
  return what;
}

row lone_row() { return row_in(epoch(1)).led_by(1); }

struct processing_row {
  explicit processing_row(const row& r = lone_row(), const replica_limits& limits = {}) : s{primary_of(r, limits, {}, known)} {}

  std::shared_ptr<some_processors> known = std::make_shared<some_processors>();
  stage s;
};

}  // namespace

SCENARIO("a processor decides what becomes of an entry, and answers") {
  processing_row r;
  auto& s = r.s;
  GIVEN("a key that is not there") {
    THEN("it may make an entry") {
      const auto told = s.operate(execute("append", "a")).answer_to(1).what;
      CHECK(told.result == outcome::ok);
      CHECK_FALSE(told.found);
      CHECK(told.value == blob{"a"});
      CHECK(told.seq == seq(1));
      CHECK(value_at(s.core(), "k") == "a");
    }
    THEN("it may leave that as it is: nothing is written") {
      CHECK(s.operate(execute("look")).answer_to(1).what.result == outcome::ok);
      CHECK(s.operate(execute("discard")).answer_to(2).what.result == outcome::ok);
      CHECK(s.core().log_length() == seq(0));
    }
    THEN("it is not run where the entry has to be there") {
      const auto told = s.operate(execute("append", "a", operation_kind::execute_if_present)).answer_to(1).what;
      CHECK(told.result == outcome::ok);
      CHECK_FALSE(told.found);
      CHECK(r.known->runs == 0);
    }
  }
  GIVEN("an entry") {
    s.operate(set("k", "a"));
    THEN("it may change it") {
      const auto told = s.operate(execute("append", "b", operation_kind::execute_if_present)).answer_to(2).what;
      CHECK(told.found);
      CHECK(told.value == blob{"ab"});
      CHECK(value_at(s.core(), "k") == "ab");
    }
    THEN("it may remove it") {
      CHECK(s.operate(execute("discard")).answer_to(2).what.value == blob{"a"});
      CHECK(value_at(s.core(), "k") == "-");
    }
  }
}

SCENARIO("a processor sees what has not committed, and nobody hears of it before it has") {
  processing_row r{row_in(epoch(1)).led_by(1).with({2})};
  auto& s = r.s;
  s.operate(set("k", "a"));
  CHECK(s.operate(execute("append", "b")).answers.empty());
  CHECK(s.operate(execute("look")).answers.empty());
  CHECK(s.operate(execute("refuse", "no")).answers.empty());
  CHECK(s.core().log_length() == seq(2));
  const auto t = s.acked(2, 2);
  CHECK(t.answer_to(2).what.value == blob{"ab"});
  CHECK(t.answer_to(3).what.value == blob{"ab"});
  CHECK(t.answer_to(3).needs_lease);
  CHECK(t.answer_to(4).what.result == outcome::not_applied);
  CHECK(t.answer_to(4).needs_lease);
}

SCENARIO("a processor that fails leaves everything as it was, and says why") {
  replica_limits limits;
  limits.sizes.value_bytes_max = 600;
  processing_row r{lone_row(), limits};
  auto& s = r.s;
  s.operate(set("k", std::string(100, 'v')));
  const auto check_refused = [&](const operation& what, failure why, std::string_view detail) {
    const auto t = s.operate(what);
    const auto& told = t.answer_to(s.last_request()).what;
    CHECK(told.result == outcome::not_applied);
    CHECK(told.why == why);
    CHECK(told.detail.view() == detail);
    CHECK(told.seq == seq_number{});
    CHECK(s.core().log_length() == seq(1));
  };
  check_refused(execute("refuse", "I can't"), failure::processor_failed, "I can't");
  check_refused(execute("none"), failure::unknown_processor, "none");
  check_refused(execute("grow"), failure::value_too_large, "grow");
  check_refused(execute("tell"), failure::result_too_large, "tell");
  check_refused(execute("decay", "x"), failure::bad_lifetime, "decay");
  THEN("a long text is cut between two characters") {
    check_refused(execute("refuse", std::string(511, 'x') + "ä"), failure::processor_failed, std::string(511, 'x'));
  }
  THEN("a member without processors knows none") {
    auto plain = primary_of(lone_row());
    const auto told = plain.operate(execute("append", "a")).answer_to(1).what;
    CHECK(told.why == failure::unknown_processor);
    CHECK(told.detail == blob{"append"});
  }
}

SCENARIO("a processor is run once, however often it is asked for") {
  processing_row r;
  auto& s = r.s;
  const auto append = by_anna(1, execute("append", "a"));
  const auto first = s.operate(append).answer_to(1).what;
  s.operate(set("k", "changed meanwhile"));
  auto second = s.operate(again(append)).answer_to(3).what;
  CHECK(second.value == first.value);
  CHECK(second.seq == first.seq);
  CHECK(r.known->runs == 1);
  CHECK(value_at(s.core(), "k") == "changed meanwhile");
}

SCENARIO("a failure that may have been preceded by another attempt is remembered") {
  processing_row r;
  auto& s = r.s;
  s.operate(set("k", "a"));
  const auto run = by_anna(1, execute("refuse", "not now"));
  const auto told = s.operate(again(run)).answer_to(2).what;
  CHECK(told.result == outcome::not_applied);
  CHECK(told.why == failure::processor_failed);
  CHECK(told.seq == seq(2));
  WHEN("the attempt before it comes late") {
    const auto late = s.operate(run).answer_to(3).what;
    THEN("it is told the same, and not run") {
      CHECK(late.result == outcome::not_applied);
      CHECK(late.why == failure::processor_failed);
      CHECK(late.detail == blob{"not now"});
      CHECK(late.seq == seq(2));
      CHECK(r.known->runs == 1);
    }
  }
}

SCENARIO("what a processor returned lives wherever its record does") {
  processing_row r{row_in(epoch(1)).led_by(1).with({2})};
  const auto append = by_anna(1, execute("append", "a"));
  const auto failing = again(by_anna(2, execute("refuse", "no")));
  r.s.operate(append);
  auto sent = r.s.operate(failing).sent<records>(peer(2));
  REQUIRE(sent.size() == 1);
  auto all = sent[0];
  all.list.insert(all.list.begin(), r.s.core().log_tail()[0]);
  all.first = seq(1);
  all.before = {};
  all.commit = seq(2);
  const auto check_told = [&](stage& promoted, std::uint64_t asked) {
    const auto first = promoted.operate(again(append)).answer_to(asked + 1).what;
    CHECK(first.result == outcome::ok);
    CHECK(first.value == blob{"a"});
    CHECK(first.seq == seq(1));
    const auto second = promoted.operate(failing).answer_to(asked + 2).what;
    CHECK(second.result == outcome::not_applied);
    CHECK(second.detail == blob{"no"});
    CHECK(second.seq == seq(2));
  };
  GIVEN("a backup that is promoted") {
    stage backup{peer(2), {}, r.known};
    backup.install(row_in(epoch(1)).led_by(1).with({2}));
    backup.receive(1, seal{the_row, epoch(1), config(1), true, {}});
    backup.receive(1, all);
    backup.install(row_in(epoch(2)).led_by(2).unsealed({1}).config(2));
    backup.sealed(1, 2, epoch(1), false);
    check_told(backup, 0);
  }
  GIVEN("a learner that got a snapshot") {
    r.s.acked(2, 2);
    const auto chunks = r.s.install(row_in(epoch(1)).led_by(1).with({2}).learning({3}).config(2)).sent<snapshot_chunk>(peer(3));
    REQUIRE(chunks.size() == 1);
    stage learner{peer(3), {}, r.known};
    learner.install(row_in(epoch(1)).led_by(1).with({2}).learning({3}).config(2));
    learner.receive(1, chunks[0]);
    CHECK(learner.core().checksum() == r.s.core().checksum());
    CHECK(learner.core().recomputed_checksum() == r.s.core().checksum());
    CHECK(learner.core().session_bytes() == r.s.core().session_bytes());
  }
}

SCENARIO("an entry that is processed lives as its processor says") {
  processing_row r;
  auto& s = r.s;
  auto limited = set("k", "v");
  limited.life.ttl = seconds{10};
  s.operate(limited);
  const auto life = [&] { return s.core().committed_entries().at(0).life; };
  const auto given = life();
  s.tick_after(seconds{2});
  WHEN("it keeps its life") {
    s.operate(execute("renew"));
    CHECK(life() == given);
  }
  WHEN("it gets another") {
    s.operate(execute("live", "w"));
    CHECK(life().ttl == seconds{1});
    CHECK(life().since.value() == given.since.value() + 2000);
    s.tick_after(seconds{1});
    CHECK(value_at(s.core(), "k") == "-");
  }
  WHEN("nothing is said") {
    s.operate(execute("append", "w"));
    CHECK_FALSE(life().is_limited());
  }
}
