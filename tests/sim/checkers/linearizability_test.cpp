// A checker that finds nothing checks nothing: histories with and without an explanation.
#include <catch2/catch.hpp>

#include "tests/sim/checkers/linearizability.hpp"

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
  for (value_no v = 1; v <= 8; ++v) s.call(operation_kind::put, v);
  s.get(99);
  CHECK(s.judge({.states_max = 100}).what == verdict::kind::undecided);
  CHECK(s.is_violated());
}

TEST_CASE("more open operations than the search can number leave it undecided") {
  story s;
  for (value_no v = 1; v <= 65; ++v) s.call(operation_kind::put, v);
  CHECK(s.judge().what == verdict::kind::undecided);
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
