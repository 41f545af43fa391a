// Whole clusters against a model of the map, a plain std::map with the documented semantics: random operations of all kinds by all members,
// with faults between them, and no difference. See map_model.hpp for what is expected, map_trial.hpp for what is drawn.
//
// MODEL_SEEDS=first:count chooses the seeds of "[.long]"; MODEL_SEED=n runs one, and shortens it where it fails.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

#include "tests/actors/map_knowledge.hpp"
#include "tests/actors/map_trial.hpp"

using namespace troupe;
using namespace troupe::test::model;

namespace {

trial_result check_seeds(std::uint64_t first, std::uint64_t count, const trial_options& options = {}) {
  trial_result sum;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    CAPTURE(seed);
    const auto r = run_trial(seed, options);
    if (!r.difference.empty()) FAIL_CHECK(r.difference);
    sum += r;
  }
  return sum;
}

}  // namespace

TEST_CASE("an answer that is not the map's is noticed, whatever was asked") {
  const auto at = [](int ms) { return span{milliseconds{ms}, milliseconds{ms + 3}}; };
  const holder me{0, 1}, other{1, 1};
  struct expectation {
    request asked;
    answer right;
  };
  const auto of = [](kind what) { return request{.what = what, .key = "k"}; };
  const auto as = [&of](kind what, const holder& who) {
    auto r = of(what);
    r.who = who;
    return r;
  };
  const auto with = [&of](kind what, std::string value, std::string expected = {}) {
    auto r = of(what);
    r.value = std::move(value);
    r.expected = std::move(expected);
    return r;
  };
  const auto process = [&of](rewrite::deed deed, std::string value = {}) {
    auto r = of(kind::execute_on_key);
    r.processor = {deed, std::move(value)};
    return r;
  };
  const auto found = [](std::string value) { return answer{.value = std::move(value)}; };
  const auto yes = answer{.flag = true}, no = answer{};
  const auto counted = [](std::uint64_t n) { return answer{.number = n}; };
  const auto refused = [](failure why) { return answer{.how = outcome::not_applied, .why = why}; };
  const auto pairs = [](std::vector<std::pair<std::string, std::string>> list) { return answer{.pairs = std::move(list)}; };
  const lock_fence first{epoch_number{1}, seq_number{7}};
  // One after the other on a map with one key.
  const std::vector<expectation> story{
      {of(kind::get), no},
      {of(kind::contains_key), no},
      {with(kind::replace, "a"), no},
      {with(kind::put_if_absent, "a"), no},
      {with(kind::put_if_absent, "b"), found("a")},
      {with(kind::put, "b"), found("a")},
      {with(kind::set, "c"), counted(1)},
      {with(kind::replace, "d"), found("c")},
      {with(kind::replace_if_equal, "e", "c"), no},
      {with(kind::replace_if_equal, "e", "d"), yes},
      {with(kind::remove_if_equal, "", "d"), no},
      {of(kind::get), found("e")},
      {of(kind::contains_key), yes},
      {process(rewrite::keep), found("found e")},
      {process(rewrite::set, "f"), found("found e")},
      {process(rewrite::set_value_only, "g"), found("found f")},
      {process(rewrite::fail), refused(failure::processor_failed)},
      {{.what = kind::size}, counted(1)},
      {{.what = kind::is_empty}, no},
      {{.what = kind::get_all, .keys = {"k", "none"}}, pairs({{"k", "g"}})},
      {{.what = kind::entries}, pairs({{"k", "g"}})},
      {{.what = kind::execute_on_keys, .keys = {"k"}, .processor = {rewrite::set, "h"}}, pairs({{"k", "found g"}})},
      {{.what = kind::execute_on_entries, .processor = {rewrite::set, "i"}}, pairs({{"k", "found h"}})},
      {{.what = kind::put_all, .pairs = {{"k", "j"}, {"k", "l"}}}, counted(2)},
      {of(kind::get), found("l")},
      {as(kind::unlock, me), refused(failure::not_owner)},
      {of(kind::is_locked), no},
      {as(kind::lock, me), {.fence = first}},
      {of(kind::is_locked), yes},
      {as(kind::lock, me), {.fence = first}},
      {as(kind::try_lock, other), no},
      {with(kind::set, "m"), refused(failure::locked)},
      {as(kind::remove, other), refused(failure::locked)},
      {{.what = kind::clear}, counted(0)},
      {as(kind::remove, me), found("l")},
      {as(kind::unlock, other), refused(failure::not_owner)},
      {as(kind::unlock, me), counted(1)},
      {as(kind::unlock, me), counted(0)},
      {as(kind::try_lock, other), {.fence = lock_fence{epoch_number{1}, seq_number{9}}}},
      {of(kind::force_unlock), yes},
      {of(kind::force_unlock), no},
      {of(kind::erase), no},
      {with(kind::set, "n"), counted(1)},
      {of(kind::erase), yes},
      {with(kind::put, "o"), no},
      {{.what = kind::clear}, counted(1)},
      {{.what = kind::is_empty}, yes},
  };
  map_knowledge known;
  int now = 0;
  for (const auto& e : story) {
    INFO(to_string(e.asked) << " -> " << to_string(e.right));
    now += 10;
    known.pass(milliseconds{now}, milliseconds{now}, false);
    const auto is_noticed = [&](const answer& got) {
      auto copy = known;
      return copy.learn({e.asked, got, at(now), true, 1}).has_value();
    };
    auto wrong = e.right;
    if (wrong.how != outcome::ok) {
      wrong = {};
    } else if (wrong.fence) {
      wrong.fence = e.asked.what == kind::lock ? lock_fence{} : first;  // Not greater than any before.
    } else if (!wrong.pairs.empty()) {
      wrong.pairs.front().second += "?";
      CHECK(is_noticed(answer{}));
    } else if (e.asked.what == kind::size || e.asked.what == kind::clear || e.asked.what == kind::put_all || e.asked.what == kind::unlock ||
               e.asked.what == kind::set) {
      ++wrong.number;
    } else if (wrong.value || e.asked.what == kind::get || e.asked.what == kind::put || e.asked.what == kind::put_if_absent ||
               e.asked.what == kind::replace) {
      wrong.value = "wrong";
      CHECK((!e.right.value || is_noticed(answer{})));
    } else if (e.asked.what == kind::try_lock) {
      wrong.fence = first;
    } else {
      wrong.flag = !wrong.flag;
    }
    CHECK(is_noticed(wrong));
    CHECK(is_noticed({.how = outcome::not_applied, .why = failure::deadline}));
    const auto d = known.learn({e.asked, e.right, at(now), true, 1});
    CHECK(d.value_or("") == "");
  }
  CHECK(known.is_decided());
}

TEST_CASE("what may have been done is possible until something else is seen") {
  const auto ask = [](kind what, std::string value = {}) { return request{.what = what, .key = "k", .value = std::move(value)}; };
  const answer open{.how = outcome::indeterminate, .why = failure::deadline};
  map_knowledge known;
  int now = 0;
  const auto learn = [&](const request& r, const answer& got) {
    now += 10;
    known.pass(milliseconds{now}, milliseconds{now}, true);
    return known.learn({r, got, {milliseconds{now}, milliseconds{now + 5}}, false, 1});
  };
  CHECK_FALSE(learn(ask(kind::set, "a"), {.number = 1}));
  CHECK_FALSE(learn(ask(kind::set, "b"), open));
  SECTION("not yet done, it may be later") {
    CHECK_FALSE(learn(ask(kind::get), {.value = "a"}));
    CHECK_FALSE(learn(ask(kind::get), {.value = "b"}));
    CHECK(learn(ask(kind::get), {.value = "a"}));
  }
  SECTION("at rest, what is not done never is") {
    CHECK_FALSE(learn(ask(kind::get), {.value = "a"}));
    known.come_to_rest(milliseconds{now});
    CHECK_FALSE(known.is_decided());
    SECTION("so one look says which") {
      CHECK_FALSE(learn(ask(kind::get), {.value = "a"}));
      CHECK(learn(ask(kind::get), {.value = "b"}));
    }
    SECTION("or another") {
      CHECK_FALSE(learn(ask(kind::get), {.value = "b"}));
      CHECK(learn(ask(kind::get), {.value = "a"}));
    }
  }
  SECTION("a third value is none") { CHECK(learn(ask(kind::get), {.value = "c"})); }
  SECTION("a read is never open") { CHECK(learn(ask(kind::get), open)); }
}

TEST_CASE("an entry is there until its time, and gone after it; between is what its write took") {
  map_knowledge known;
  const auto look = [&](int from, int to, bool is_there) {
    auto copy = known;
    copy.pass(milliseconds{from}, milliseconds{from}, false);
    answer got;
    if (is_there) got.value = "v";
    return !copy.learn({{.what = kind::get, .key = "k"}, got, {milliseconds{from}, milliseconds{to}}, true, 1});
  };
  request put{.what = kind::set, .key = "k", .value = "v", .life = {1'000, entry_options::as_the_map}};
  REQUIRE_FALSE(known.learn({put, {.number = 1}, {milliseconds{100}, milliseconds{104}}, true, 1}));
  CHECK(look(1'090, 1'095, true));
  CHECK_FALSE(look(1'090, 1'095, false));
  CHECK(look(1'098, 1'102, true));
  CHECK(look(1'098, 1'102, false));
  CHECK(look(1'300, 1'304, false));
  CHECK_FALSE(look(1'300, 1'304, true));
}

TEST_CASE("a listener that hears something else is noticed") {
  map_knowledge known;
  known.begin_to_listen({});
  const auto set = [&](std::string value) {
    return known.learn(
        {{.what = kind::set, .key = "k", .value = std::move(value)}, {.number = 1}, {milliseconds{1}, milliseconds{2}}, true, 1});
  };
  REQUIRE_FALSE(set("a"));
  REQUIRE_FALSE(set("b"));
  using e = entry_event_kind;
  const std::vector<event> right{{e::added, "a", ""}, {e::updated, "b", "a"}};
  const auto is_heard = [&](std::vector<event> list) {
    auto copy = known;
    const wish_to_hear all;
    return !copy.compare_events("k", {{all, std::move(list), true}}, milliseconds{10});
  };
  CHECK(is_heard(right));
  CHECK(is_heard({{e::cleared, "", ""}, right[0], right[1]}));  // Of other entries.
  CHECK_FALSE(is_heard({right[0]}));
  CHECK_FALSE(is_heard({right[1], right[0]}));
  CHECK_FALSE(is_heard({right[0], right[1], right[1]}));
  CHECK_FALSE(is_heard({right[0], {e::updated, "b", ""}}));
}

TEST_CASE("a trial notices a single wrong answer") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    for (const std::size_t answer : {1, 10, 25}) {
      CAPTURE(seed, answer);
      const auto r = run_trial(seed, {.steps = 40, .doctored = answer});
      CHECK_FALSE(r.difference.empty());
      CHECK(r.difference.find("seed " + std::to_string(seed)) != std::string::npos);
    }
  }
}

TEST_CASE("a trial that fails is made shorter") {
  const auto shorter = shortened(3, {.steps = 12, .doctored = 10});
  CHECK(shorter.left_out.size() > 0);
  CHECK_FALSE(run_trial(3, shorter).difference.empty());
}

TEST_CASE("a cluster and a plain map don't differ, whatever is asked, and whoever dies") {
  const auto sum = check_seeds(1, 30, {.steps = 60});
  INFO(to_string(sum));
  CHECK(10 * sum.foretold > 9 * sum.answers);  // The model does not get by with knowing nothing,
  CHECK(sum.kills > 0);                        // and a lot happens.
  CHECK(sum.cuts > 0);
  CHECK(sum.leaves > 0);
  CHECK(sum.joins > 0);
  CHECK(sum.counts_changed > 0);
  CHECK(sum.destroyed > 0);
  CHECK(sum.open > 0);
  CHECK(sum.locked > 0);
  CHECK(sum.expired > 0);
  CHECK(sum.pauses > 0);
  CHECK(sum.evicted > 0);
  CHECK(sum.from_copies > 0);
  CHECK(sum.by_clients > 0);
  CHECK(sum.cancelled > 0);
  CHECK(sum.few_copies > 0);
  CHECK(sum.rows_lost > 0);
}

// When the trial draws differently they are two more seeds: then what holds the mends are the scenarios.
TEST_CASE("seeds that once failed pass") {
  const auto seed = GENERATE(as<std::uint64_t>{}, 2612, 454);  // Roles of copies were exchanged for ever; a bounded map grew although somebody could have gone (eviction_test).
  const auto r = run_trial(seed);
  CHECK(r.difference == "");
}

TEST_CASE("the same with many more seeds, or one of them", "[.long]") {
  const auto* one = std::getenv("MODEL_SEED");
  if (one != nullptr) {
    const auto seed = std::stoull(one);
    const auto r = run_trial(seed);
    if (r.difference.empty()) {
      WARN(to_string(r));
      return;
    }
    const auto shorter = shortened(seed, {});
    FAIL(r.difference << "\nshorter, without " << shorter.left_out.size() << " of " << shorter.steps << " steps:\n"
                      << run_trial(seed, shorter).difference);
  }
  const auto* range = std::getenv("MODEL_SEEDS");
  const std::string text = range == nullptr ? "1000:1000" : range;
  const auto colon = text.find(':');
  const auto sum = check_seeds(std::stoull(text), std::stoull(text.substr(colon + 1)));
  WARN(to_string(sum));
}
