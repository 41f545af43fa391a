// A checker that finds nothing checks nothing: histories with and without an explanation.
#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/sim/checkers/linearizability.hpp"
#include "tests/sim/random.hpp"

namespace troupe::sim {
namespace {

/// Tells a history in the order in which things happen.
class story {
 public:
  std::size_t call(operation_kind kind, value_no argument = absent, value_no expected = absent) {
    key_operation op;
    op.kind = kind;
    op.argument = argument;
    op.expected = expected;
    op.called = next_++;
    history_.push_back(op);
    return history_.size() - 1;
  }
  void reply(std::size_t which, value_no seen = absent) { reply(which, seen != absent, seen); }
  void reply(std::size_t which, bool found, value_no seen) {
    history_[which].returned = next_++;
    history_[which].found = found;
    history_[which].seen = seen;
  }
  /// A call with its reply right behind it.
  void put(value_no v, value_no old = absent) { reply(call(operation_kind::put, v), old); }
  void get(value_no seen) { reply(call(operation_kind::get), seen); }

  [[nodiscard]] verdict judge(const search_limits& limits = {}) const { return check_key(history_, limits); }
  [[nodiscard]] bool is_explained() const { return judge().what == verdict::kind::linearizable; }
  [[nodiscard]] bool is_violated() const { return judge().what == verdict::kind::violated; }
  [[nodiscard]] const std::vector<key_operation>& history() const { return history_; }

 private:
  std::vector<key_operation> history_;
  real_time_order next_ = 1;
};

TEST_CASE("what happened one after the other has one explanation") {
  story s;
  s.get(absent);
  s.put(1);
  s.put(2, 1);
  s.get(2);
  CHECK(s.is_explained());
}

TEST_CASE("a stale read is found, and named") {
  story s;
  s.put(1);
  s.put(2, 1);
  s.get(1);
  REQUIRE(s.is_violated());
  CHECK(s.judge().culprit == 2);
  CHECK(describe(s.history(), s.judge()).find("=> [5, 6] get -> 1") != std::string::npos);
}

TEST_CASE("a lost write is found") {
  story s;
  s.put(1);
  s.get(absent);
  CHECK(s.is_violated());
}

TEST_CASE("a read of what was never written is found") {
  story s;
  s.get(7);
  CHECK(s.is_violated());
}

TEST_CASE("a wrong old value is found") {
  story s;
  s.put(1);
  s.put(2);  // Says that nothing was there.
  CHECK(s.is_violated());
}

SCENARIO("operations that overlap may have happened in either order, but in one") {
  story s;
  s.put(1);
  const auto write = s.call(operation_kind::put, 2);
  GIVEN("a write in flight") {
    WHEN("a read sees it before it has returned") {
      s.get(2);
      THEN("a later read must not go back") {
        s.get(1);
        s.reply(write, 1);
        CHECK(s.is_violated());
      }
      THEN("a later read may see it again") {
        s.get(2);
        s.reply(write, 1);
        CHECK(s.is_explained());
      }
    }
    WHEN("a read sees what was before") {
      s.get(1);
      s.reply(write, 1);
      THEN("that is in order") { CHECK(s.is_explained()); }
    }
  }
}

TEST_CASE("two writes that overlap leave one value, seen alike by all") {
  story s;
  const auto a = s.call(operation_kind::put, 1);
  const auto b = s.call(operation_kind::put, 2);
  s.reply(a, 2);
  s.reply(b, absent);
  s.get(1);
  CHECK(s.is_explained());
  s.get(2);
  CHECK(s.is_violated());
}

SCENARIO("an indeterminate write may have taken effect, late, or never, but once") {
  story s;
  s.put(1);
  s.call(operation_kind::put, 2);  // Never answered.
  WHEN("it never shows") {
    s.get(1);
    s.get(1);
    THEN("that is in order") { CHECK(s.is_explained()); }
  }
  WHEN("it shows late") {
    s.get(1);
    s.get(2);
    s.get(2);
    THEN("that is in order") { CHECK(s.is_explained()); }
  }
  WHEN("it shows, is overwritten, and shows again") {
    s.get(2);
    s.put(3, 2);
    s.get(2);
    THEN("that is a violation") { CHECK(s.is_violated()); }
  }
}

SCENARIO("a set that was carried out twice is found by its value coming back") {
  story s;
  const auto twice = s.call(operation_kind::set, 2);
  s.reply(twice);
  s.put(3, 2);
  s.get(2);
  CHECK(s.is_violated());
}

SCENARIO("conditional writes depend on what is there") {
  story s;
  s.put(1);
  SECTION("a replace of an absent key that says it replaced") {
    s.reply(s.call(operation_kind::remove), 1);
    s.reply(s.call(operation_kind::replace, 2), 1);
    CHECK(s.is_violated());
  }
  SECTION("a put_if_absent that stored although something was there") {
    s.reply(s.call(operation_kind::put_if_absent, 2), absent);
    CHECK(s.is_violated());
  }
  SECTION("a put_if_absent that found what was there changes nothing") {
    s.reply(s.call(operation_kind::put_if_absent, 2), 1);
    s.get(1);
    CHECK(s.is_explained());
  }
  SECTION("a comparison that held must have held") {
    s.reply(s.call(operation_kind::replace_if_equal, 2, 9), true, absent);
    CHECK(s.is_violated());
  }
  SECTION("a comparison that failed must have failed") {
    s.reply(s.call(operation_kind::remove_if_equal, absent, 1), false, absent);
    CHECK(s.is_violated());
  }
  SECTION("two compare-and-replace of one value: only one can win") {
    const auto a = s.call(operation_kind::replace_if_equal, 2, 1);
    const auto b = s.call(operation_kind::replace_if_equal, 3, 1);
    s.reply(a, true, absent);
    s.reply(b, true, absent);
    CHECK(s.is_violated());
  }
}

TEST_CASE("an operation on more than a key is never explained") {
  story s;
  s.reply(s.call(operation_kind::clear));
  CHECK(s.is_violated());
}

TEST_CASE("a search that grows beyond its bound says so") {
  story s;
  for (value_no v = 1; v <= 8; ++v) s.reply(s.call(operation_kind::set, v));
  std::vector<std::size_t> open;
  for (value_no v = 11; v <= 18; ++v) open.push_back(s.call(operation_kind::set, v));
  s.get(99);
  for (const auto each : open) s.reply(each);
  CHECK(s.judge({.states_max = 100}).what == verdict::kind::undecided);
  CHECK(s.is_violated());
}

TEST_CASE("more open operations than the search can number leave it undecided") {
  story s;
  for (value_no v = 1; v <= 65; ++v) s.call(operation_kind::put, v);
  CHECK(s.judge().what == verdict::kind::undecided);
}

TEST_CASE("operations that never return do not multiply what is considered") {
  story s;
  for (value_no v = 1; v <= 40; ++v) s.call(operation_kind::set, v);
  for (value_no v = 40; v >= 1; --v) s.get(v);
  CHECK(s.judge({.states_max = 100}).what == verdict::kind::linearizable);
  s.get(40);
  CHECK(s.is_violated());
}

TEST_CASE("reads that overlap do not multiply what is considered") {
  story s;
  std::vector<std::size_t> reads;
  for (int i = 0; i < 40; ++i) reads.push_back(s.call(operation_kind::get));
  s.put(1);
  for (const auto each : reads) s.reply(each, value_no{1});
  CHECK(s.judge({.states_max = 10}).what == verdict::kind::linearizable);
}

/// Whether any order explains the history: all are tried, with no thought but real time.
class all_orders {
 public:
  explicit all_orders(const std::vector<key_operation>& history) : history_(history), placed_(history.size()) {}

  [[nodiscard]] bool one_explains(value_no holds = absent) {
    bool all_returned_placed = true;
    for (std::size_t i = 0; i < history_.size(); ++i) all_returned_placed &= placed_[i] || history_[i].returned == never;
    if (all_returned_placed) return true;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if (placed_[i] || !may_be_next(i)) continue;
      const auto after = model(history_[i], holds);
      if (!after) continue;
      placed_[i] = true;
      const bool explained = one_explains(*after);
      placed_[i] = false;
      if (explained) return true;
    }
    return false;
  }

  /// What the key holds afterwards, unless the reply is another than it would have been.
  static std::optional<value_no> model(const key_operation& op, value_no holds) {
    auto result = op;
    const auto after = carry_out(result, holds);
    const bool same = op.returned == never || (op.found == result.found && op.seen == result.seen);
    return same ? std::optional{after} : std::nullopt;
  }

  static value_no carry_out(key_operation& op, value_no holds) {
    const auto tell = [&](bool found, value_no seen) { op.found = found, op.seen = found ? seen : absent; };
    switch (op.kind) {
      case operation_kind::put: tell(holds != absent, holds); return op.argument;
      case operation_kind::put_if_absent: tell(holds != absent, holds); return holds == absent ? op.argument : holds;
      case operation_kind::replace_if_equal: tell(holds == op.expected && holds != absent, absent); return op.found ? op.argument : holds;
      case operation_kind::remove: tell(holds != absent, holds); return absent;
      default: tell(holds != absent, holds); return holds;  // get
    }
  }

 private:
  [[nodiscard]] bool may_be_next(std::size_t i) const {
    for (std::size_t other = 0; other < history_.size(); ++other) {
      if (!placed_[other] && history_[other].returned < history_[i].called) return false;
    }
    return true;
  }

  const std::vector<key_operation>& history_;
  std::vector<bool> placed_;
};

/// Operations that overlap as it happens, with replies that are true, or one that is not, or may not be.
std::vector<key_operation> some_history(dice& rolls) {
  constexpr operation_kind kinds[] = {operation_kind::get, operation_kind::get, operation_kind::put, operation_kind::put_if_absent,
                                      operation_kind::replace_if_equal, operation_kind::remove};
  std::vector<key_operation> history(rolls.between(2, 7));
  std::vector<std::pair<std::uint64_t, std::size_t>> effects;
  for (std::size_t i = 0; i < history.size(); ++i) {
    auto& op = history[i];
    op.kind = kinds[rolls.index(std::size(kinds))];
    op.argument = rolls.between(1, 3);
    op.expected = rolls.between(1, 3);
    const auto at = rolls.between(100, 1000);
    op.called = 10 * (at - rolls.below(100)) * 10 + 2 * i;  // Distinct places.
    op.returned = rolls.chance(0.2) ? never : 10 * (at + rolls.below(100)) * 10 + 2 * i + 1;
    if (op.returned != never || rolls.chance(0.5)) effects.emplace_back(at, i);
  }
  std::ranges::sort(effects);
  value_no holds = absent;
  for (const auto& [at, i] : effects) holds = all_orders::carry_out(history[i], holds);
  if (auto& lied = history[rolls.index(history.size())]; rolls.chance(0.5)) {
    lied.found = rolls.chance(0.5);
    lied.seen = lied.found && lied.kind != operation_kind::replace_if_equal ? rolls.between(1, 3) : absent;
  }
  return history;
}

TEST_CASE("the search finds what trying all orders finds") {
  int explained = 0, violated = 0;
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    auto rolls = dice::of(seed, "histories");
    const auto history = some_history(rolls);
    const bool one_explains = all_orders{history}.one_explains();
    (one_explains ? explained : violated) += 1;
    const auto found = check_key(history);
    INFO("seed " << seed << "\n" << describe(history, found));
    REQUIRE(found.what == (one_explains ? verdict::kind::linearizable : verdict::kind::violated));
  }
  CHECK(explained > 1000);
  CHECK(violated > 500);
}

TEST_CASE("a long history of many applications is judged in no time") {
  story s;
  value_no last = absent;
  for (value_no v = 1; v <= 20'000; v += 4) {
    const auto a = s.call(operation_kind::put, v), b = s.call(operation_kind::put, v + 1), c = s.call(operation_kind::get);
    s.reply(b, last);
    s.reply(c, v + 1);
    s.reply(a, v + 1);
    last = v;
  }
  s.get(last);
  CHECK(s.is_explained());
}

}  // namespace
}  // namespace troupe::sim
