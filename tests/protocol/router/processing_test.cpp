// Processors, from the side of whoever asks: on a key, on several, on all entries of a map.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <troupe/actors/protocol/row/entry_processors.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

namespace {

map_call executing(map_call::kind what, const std::vector<std::string>& keys = {}) {
  map_call c;
  c.what = what;
  c.operation = operation_kind::execute;
  c.key = blob{"hamlet"};
  for (const auto& k : keys) c.keys.emplace_back(k);
  c.processor = blob{"revise"};
  c.value = blob{"argument"};
  return c;
}

/// A cluster that counts how often which entry is processed.
class served_entries {
 public:
  explicit served_entries(int number) {
    for (int i = 0; i < number; ++i) runs_["play-" + std::to_string(i)] = 0;
  }

  [[nodiscard]] reply answer(const operation& what) {
    reply r;
    if (what.kind == operation_kind::scan) {
      CHECK(what.keys_only);
      for (const auto& [key, runs] : runs_) {
        if (partition_of(key, 8) != what.row.partition || (!what.from_start && key <= what.key.view())) continue;
        if (r.page.size() == 2) {
          r.more = true;
          break;
        }
        r.page.push_back({blob{key}, {}});
      }
      return r;
    }
    CHECK(what.kind == operation_kind::execute_if_present);
    CHECK(what.processor == blob{"revise"});
    CHECK(what.value == blob{"argument"});
    const auto at = runs_.find(std::string{what.key.view()});
    r.found = at != runs_.end();
    if (r.found) r.value = blob{"run " + std::to_string(++at->second)};
    return r;
  }
  void serve(routed_cluster& c) {
    for (auto sends = c.sent(); !sends.empty(); sends = c.sent()) {
      for (const auto& s : sends) c.answers(s, answer(s.what));
    }
  }
  void remove(const std::string& key) { runs_.erase(key); }
  [[nodiscard]] bool were_all_run_once() const {
    return std::all_of(runs_.begin(), runs_.end(), [](const auto& e) { return e.second == 1; });
  }

 private:
  std::map<std::string, int> runs_;
};

}  // namespace

SCENARIO("a processor on a key goes to that key's primary, and its result comes back") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(executing(map_call::kind::single));
  const auto sent = c.only_sent();
  CHECK(sent.what.kind == operation_kind::execute);
  CHECK(sent.what.processor == blob{"revise"});
  CHECK(sent.what.stamp.number != write_number{});
  WHEN("it is done") {
    reply r;
    r.value = blob{"result"};
    c.answers(sent, r);
    CHECK(c.result_of(call)->value == blob{"result"});
  }
  WHEN("it fails") {
    reply r;
    r.result = outcome::not_applied;
    r.why = failure::processor_failed;
    r.detail = blob{"the reason"};
    c.answers(sent, r);
    check_finished(c, call, outcome::not_applied, failure::processor_failed);
    CHECK(c.result_of(call)->detail == blob{"the reason"});
  }
  WHEN("an attempt is lost, and the next one fails") {
    c.breaks_connection_to(alice);
    c.passes(milliseconds{20});
    const auto second = c.only_sent();
    CHECK(second.what.asked_before);
    reply r;
    r.result = outcome::not_applied;
    r.why = failure::processor_failed;
    THEN("it is definite if a record says so") {
      r.seq = seq_number{7};
      c.answers(second, r);
      check_finished(c, call, outcome::not_applied, failure::processor_failed);
    }
    THEN("it is not, if none does") {
      c.answers(second, r);
      check_finished(c, call, outcome::indeterminate, failure::processor_failed);
    }
  }
}

SCENARIO("processors without a proper name are not asked for") {
  const auto kind = GENERATE(map_call::kind::single, map_call::kind::execute_keys, map_call::kind::execute_entries);
  const auto bytes = GENERATE(std::size_t{0}, processor_name_bytes_max + 1);
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  auto what = executing(kind, {"hamlet"});
  what.processor = blob{std::string(bytes, 'p')};
  check_finished(c, c.calls(what), outcome::not_applied, failure::unknown_processor);
  CHECK(c.sent().empty());
}

SCENARIO("a processor on several keys is run once on each") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(executing(map_call::kind::execute_keys, {"a", "b", "a"}));
  const auto sends = c.sent();
  REQUIRE(sends.size() == 2);
  reply r;
  r.value = blob{"1"};
  c.answers(sends[0], r);
  r.value = blob{"2"};
  c.answers(sends[1], r);
  const auto result = c.result_of(call);
  REQUIRE(result);
  CHECK(result->number == 2);
  CHECK(result->entries == std::vector<map_entry>{{blob{"a"}, blob{"1"}}, {blob{"b"}, blob{"2"}}});
}

SCENARIO("a walk through all entries runs the processor once on each") {
  const auto number = GENERATE(0, 1, 100);
  served_entries entries{number};
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(executing(map_call::kind::execute_entries));
  WHEN("nothing happens") {
    entries.serve(c);
    THEN("all are run") {
      const auto result = c.result_of(call);
      REQUIRE(result);
      CHECK(result->result == outcome::ok);
      CHECK(result->number == static_cast<std::uint64_t>(number));
      CHECK(result->entries.size() == static_cast<std::size_t>(number));
      CHECK(entries.were_all_run_once());
      CHECK(c.core().in_flight() == 0);
    }
  }
  WHEN("the primary dies with pages in flight") {
    c.breaks_connection_to(alice);
    c.shows(v.led_by(bob).without(alice).publish());
    entries.serve(c);
    THEN("the pages are asked for again") {
      CHECK(c.result_of(call)->result == outcome::ok);
      CHECK(entries.were_all_run_once());
    }
  }
  WHEN("an entry goes between the page and its run") {
    auto pages = c.sent();
    for (const auto& s : pages) c.answers(s, entries.answer(s.what));
    entries.remove("play-0");
    entries.serve(c);
    THEN("it is none of those that were run") {
      const auto result = c.result_of(call);
      CHECK(result->number == static_cast<std::uint64_t>(std::max(0, number - 1)));
      CHECK(entries.were_all_run_once());
    }
  }
}

SCENARIO("the first failure ends a walk") {
  served_entries entries{100};
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(executing(map_call::kind::execute_entries));
  for (const auto& page : c.sent()) c.answers(page, entries.answer(page.what));
  auto runs = c.sent();
  REQUIRE(runs.size() == 16);
  c.fails(runs[0], outcome::not_applied, failure::processor_failed);
  for (std::size_t i = 1; i < runs.size(); ++i) c.answers(runs[i], entries.answer(runs[i].what));
  CHECK(c.sent().empty());
  check_finished(c, call, outcome::not_applied, failure::processor_failed);
  CHECK(c.result_of(call)->number == 15);
}

SCENARIO("what a walk has under way is bounded") {
  routed_cluster c;
  c.shows(cluster_view{100}.publish());
  const auto call = c.calls(executing(map_call::kind::execute_entries));
  std::set<partition_id> asked;
  for (auto sends = c.sent(); !sends.empty(); sends = c.sent()) {
    CHECK(sends.size() <= 8);
    for (const auto& s : sends) {
      CHECK(asked.insert(s.what.row.partition).second);
      c.answers_ok(s);
    }
  }
  CHECK(asked.size() == 100);
  CHECK(c.result_of(call)->result == outcome::ok);
}

SCENARIO("a walk does not go on in another cluster") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(executing(map_call::kind::execute_entries));
  c.shows(v.founded_anew().publish());
  check_finished(c, call, outcome::not_applied, failure::connection_lost);
}

}  // namespace troupe::protocol::test
