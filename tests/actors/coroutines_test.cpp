// Coroutines that call maps, in actors and elsewhere, on whole clusters of the real actors in virtual time.
#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <troupe/actors/coroutine.hpp>
#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/cluster_calls.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using text = std::string;
using numbers = troupe::map<text, std::int32_t>;

struct hosting {
  test::system_config config;
  caf::actor_system system{config};
};

/// Counts those of its kind that are alive.
class tracked {
 public:
  explicit tracked(int& alive) : alive_{&alive} { ++*alive_; }
  tracked(const tracked& other) : alive_{other.alive_} { ++*alive_; }
  tracked& operator=(const tracked&) = delete;
  ~tracked() { --*alive_; }

 private:
  int* alive_;
};

/// What became of a request.
struct told {
  std::optional<std::int32_t> value;
  std::optional<caf::error> error;
  [[nodiscard]] bool nothing() const { return !value && !error; }
};

template <class... Ts>
std::shared_ptr<told> ask(hosting& h, const caf::actor& whom, const Ts&... xs) {
  auto got = std::make_shared<told>();
  h.system.spawn([=](caf::event_based_actor* self) {
    compat::request(self, whom, std::nullopt, xs...).then([=](std::int32_t value) { got->value = value; }, [=](const caf::error& e) { got->error = e; });
  });
  return got;
}

void end(const caf::actor& whom) { caf::anon_send_exit(whom, caf::exit_reason::user_shutdown); }

template <class T>
bool is_there(std::future<T>& later) {
  return later.wait_for(seconds{0}) == std::future_status::ready;
}

/// How a call ends that a coroutine makes outside of actors.
template <class T>
task<result<T>> made(call<T> what) {
  co_return co_await what;
}
template <class T>
result<T> ended_in_coroutine(test::cluster& c, const call<T>& what) {
  auto later = start(made<T>, what);
  for (int i = 0; i < 6000 && !is_there(later); ++i) c.advance(milliseconds{10});
  REQUIRE(is_there(later));
  return later.get();
}

task<result<std::int32_t>> add(numbers map, text key, std::int32_t by) {
  const auto before = co_await map.get(key);
  if (!before) co_return before.error();
  const auto after = before->value_or(0) + by;
  const auto stored = co_await map.set(key, after);
  if (!stored) co_return stored.error();
  co_return after;
}

}  // namespace

SCENARIO("a coroutine is the body of a message's handler") {
  hosting h;
  test::cluster c{h.system, 2};
  const auto map = c.map<text, std::int32_t>("numbers");
  GIVEN("an actor whose handler answers by a coroutine") {
    std::vector<text> said;
    const auto actor = h.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      return {[=](const text& key, std::int32_t by) { return answer(self, add, map, key, by); }, [&](const text& word) { said.push_back(word); }};
    });
    THEN("the answer is what the coroutine returns, and the actor takes other messages meanwhile") {
      const auto five = ask(h, actor, text{"a"}, std::int32_t{5});
      c.run();
      CHECK(five->nothing());
      compat::anonymous_send(actor, text{"meanwhile"});
      c.run();
      CHECK(said == std::vector<text>{"meanwhile"});
      CHECK(five->nothing());
      c.advance(seconds{1});
      CHECK(five->value == 5);
      const auto seven = ask(h, actor, text{"a"}, std::int32_t{2});
      c.advance(seconds{1});
      CHECK(seven->value == 7);
    }
    THEN("many are under way at once") {
      std::vector<std::shared_ptr<told>> all;
      for (std::int32_t i = 0; i < 100; ++i) all.push_back(ask(h, actor, std::to_string(i), i));
      c.advance(seconds{1});
      for (std::int32_t i = 0; i < 100; ++i) CHECK(all[static_cast<std::size_t>(i)]->value == i);
    }
    THEN("an error is the answer, too") {
      must(c, c.map<text, text>("numbers").set("a", "three"));
      const auto none = ask(h, actor, text{"a"}, std::int32_t{1});
      c.advance(seconds{1});
      REQUIRE(none->error);
      CHECK(is_type_error(*none->error));
    }
    end(actor);
    c.run();
  }
  GIVEN("a typed actor, and a coroutine that calls only for keys that it likes") {
    using clerk = compat::typed_actor<caf::result<std::int32_t>(text)>;
    const auto some = [map](text key) -> task<result<std::int32_t>> {
      if (key == "no") co_return make_type_error(outcome::not_applied, "not this one");
      if (key == "zero") co_return 0;
      co_return co_await add(map, key, 1);
    };
    const auto actor = h.system.spawn(
        [=](clerk::pointer self) -> clerk::behavior_type { return {[=](const text& key) { return answer(self, some, key); }}; });
    const auto untyped = caf::actor_cast<caf::actor>(actor);
    const auto no = ask(h, untyped, text{"no"});
    const auto zero = ask(h, untyped, text{"zero"});
    const auto one = ask(h, untyped, text{"one"});
    compat::anonymous_send(untyped, text{"told"});
    c.run();
    THEN("what needs no call is answered at once") {
      CHECK(zero->value == 0);
      REQUIRE(no->error);
      CHECK(describe(*no->error) == "not applied: not this one");
      CHECK(one->nothing());
    }
    THEN("the rest is answered later; a message that is no request is answered to nobody") {
      c.advance(seconds{1});
      CHECK(one->value == 1);
      CHECK(must(c, map.get("told")) == 1);
    }
    end(untyped);
    c.run();
  }
  GIVEN("an actor with a state, which coroutines change") {
    std::int32_t seen = 0;
    const auto watch = [map, &seen](caf::event_based_actor*, text key) -> task<> {
      for (int i = 0; i < 10; ++i) {
        const auto now = co_await map.get(key);
        if (now && *now) seen += **now;
      }
    };
    must(c, map.set("a", 1));
    must(c, map.set("b", 2));
    const auto actor = h.system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
      launch(self, watch, text{"a"});
      launch(self, watch, text{"b"});
      return {[](const text&) {}};
    });
    c.advance(seconds{1});
    THEN("what was captured and passed is there until they end, though the handler has returned") { CHECK(seen == 30); }
    end(actor);
    c.run();
  }
  GIVEN("an actor without a behavior") {
    std::int32_t alive = 0;
    h.system.spawn([&, map](caf::event_based_actor* self) {
      launch(self, [map, there = tracked{alive}]() -> task<> { CHECK(co_await map.set("k", 1)); });
    });
    c.run();
    CHECK(alive == 1);
    THEN("it lives as long as its coroutine") {
      c.advance(seconds{1});
      CHECK(alive == 0);
      CHECK(must(c, map.get("k")) == 1);
    }
  }
  GIVEN("a task that returns nothing") {
    const auto put = [map](text key) -> task<> { CHECK(co_await map.set(key, 1)); };
    const auto actor = h.system.spawn(
        [=](caf::event_based_actor* self) -> caf::behavior { return {[=](const text& key) { return answer(self, put, key); }}; });
    bool done = false;
    h.system.spawn([&](caf::event_based_actor* self) {
      compat::request(self, actor, std::nullopt, text{"k"}).then([&] { done = true; }, [](const caf::error& e) { FAIL(describe(e)); });
    });
    c.run();
    CHECK_FALSE(done);
    c.advance(seconds{1});
    THEN("the answer is nothing, when it has ended") {
      CHECK(done);
      CHECK(must(c, map.get("k")) == 1);
    }
    end(actor);
    c.run();
  }
}

SCENARIO("a call that is awaited ends as any other does") {
  hosting h;
  GIVEN("a map of texts on three members, and the same taken for one of numbers") {
    test::cluster c{h.system, 3};
    const auto texts = c.map<std::int32_t, text>("map", 0);
    const auto wrong = c.map<std::int32_t, std::int64_t>("map", 0);
    for (std::int32_t k = 0; k < 20; ++k) must(c, texts.set(k, "three"));
    THEN("with its value") {
      CHECK(ended_in_coroutine(c, texts.put(1, "four")).value() == "three");
      CHECK(ended_in_coroutine(c, texts.size()).value() == 20);
    }
    THEN("with an error of what was definitely not applied") {
      const auto refused = ended_in_coroutine(c, texts.set(1, text(4 * 1024 * 1024 + 1, 'v')));
      CHECK(refused.outcome() == outcome::not_applied);
      CHECK(refused.failure() == failure::value_too_large);
    }
    THEN("with an error of types") {
      const auto put = ended_in_coroutine(c, wrong.put(1, 4));
      REQUIRE_FALSE(put);
      CHECK(is_type_error(put.error()));
      CHECK(put.outcome() == outcome::ok);
    }
    THEN("at its deadline; what was sent may have been done, and what was read was not") {
      c.cut(0, 1);
      c.cut(0, 2);
      int unknown = 0, not_read = 0;
      for (std::int32_t k = 0; k < 20; ++k) {
        auto set = start(made<receipt>, texts.set(k, "x").within(milliseconds{500}));
        auto get = start(made<std::optional<text>>, texts.get(k).within(milliseconds{500}));
        c.advance(milliseconds{400});
        const auto waits = !is_there(set);
        c.advance(milliseconds{200});
        REQUIRE(is_there(set));
        REQUIRE(is_there(get));
        if (const auto got = get.get(); !got) {
          CHECK(got.outcome() == outcome::not_applied);
          CHECK(got.failure() == failure::deadline);
          ++not_read;
        }
        if (const auto ended = set.get(); waits && ended.outcome() == outcome::indeterminate) ++unknown;
      }
      CHECK(unknown > 0);
      CHECK(not_read > 0);
    }
    THEN("the same inside an actor, whose own deadline is told as a value") {
      c.cut(0, 1);
      c.cut(0, 2);
      c.advance(seconds{5});
      std::optional<result<std::uint64_t>> ended;
      h.system.spawn([&](caf::event_based_actor* self) {
        launch(self, [&]() -> task<> { ended.emplace(co_await texts.size().within(seconds{2})); });
      });
      c.advance(milliseconds{1900});
      CHECK_FALSE(ended);
      c.advance(milliseconds{200});
      REQUIRE(ended);
      CHECK(ended->failure() == failure::deadline);
    }
  }
}

SCENARIO("nothing of a coroutine stays when its actor ends") {
  hosting h;
  test::cluster c{h.system, 1};
  const auto map = c.map<text, std::int32_t>("numbers");
  int alive = 0;
  int resumed = 0;
  // Five of these: in what was captured, in the argument that is kept, in the parameter, in a local of the outer task, and in one of the inner task.
  const auto inner = [&, map]() -> task<result<std::int32_t>> {
    const tracked here{alive};
    const auto stored = co_await map.set("k", 1);
    ++resumed;
    co_return stored ? result<std::int32_t>{1} : stored.error();
  };
  const auto outer = [&, inner, there = tracked{alive}](tracked) -> task<result<std::int32_t>> {
    const tracked here{alive};
    auto got = co_await inner();
    ++resumed;
    co_return got;
  };
  const auto at_rest = alive;
  GIVEN("an actor that waits in a coroutine, whose answer is waited for") {
    const auto actor = h.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      return {[&, self](const text&) { return answer(self, outer, tracked{alive}); }, [self](std::int32_t) { self->quit(); }};
    });
    const auto asked = ask(h, actor, text{"go"});
    c.run();
    REQUIRE(alive == at_rest + 5);
    REQUIRE(asked->nothing());
    const auto check_gone = [&] {
      CHECK(alive == at_rest);
      CHECK(asked->error);
      c.advance(seconds{1});
      CHECK(resumed == 0);
    };
    WHEN("it is told to end") {
      end(actor);
      c.run();
      THEN("all is destroyed at once, and who asked is told") {
        CHECK(alive == at_rest);
        REQUIRE(asked->error);
        CHECK(outcome_of(*asked->error) == outcome::indeterminate);
      }
      AND_THEN("the answer to its call resumes nobody") {
        c.advance(seconds{1});
        CHECK(must(c, map.get("k")) == 1);
        CHECK(resumed == 0);
      }
    }
    WHEN("it is killed") {
      caf::anon_send_exit(actor, caf::exit_reason::kill);
      c.run();
      THEN("likewise") { check_gone(); }
    }
    WHEN("it quits in a handler") {
      compat::anonymous_send(actor, std::int32_t{0});
      c.run();
      THEN("likewise") { check_gone(); }
    }
    WHEN("it does not end") {
      c.advance(seconds{1});
      THEN("all of it is done, and gone") {
        CHECK(asked->value == 1);
        CHECK(resumed == 2);
        CHECK(alive == at_rest);
      }
    }
    end(actor);
    c.run();
  }
  GIVEN("two coroutines of an actor, of which one makes it quit, and goes on") {
    std::vector<text> said;
    const auto quits = [&, map, there = tracked{alive}](caf::event_based_actor* self) -> task<> {
      const auto stored = co_await map.set("k", 2);
      self->quit();
      said.push_back("quit");
      const auto never = co_await map.set("k", 3);
      said.push_back("after that");
    };
    const auto before = alive;
    h.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      launch(self, [&, there = tracked{alive}]() -> task<> {
        const auto got = co_await map.get("k").within(seconds{30});
        const auto later = co_await map.get("k").within(seconds{30});
        const auto and_later = co_await map.get("k").within(seconds{30});
        said.push_back("the other one");
      });
      launch(self, quits);
      return {[](const text&) {}};
    });
    c.run();
    CHECK(alive == before + 2);
    c.advance(seconds{5});
    THEN("the other one is destroyed, and the one makes no more calls") {
      CHECK(said == std::vector<text>{"quit"});
      CHECK(alive == before);
      CHECK(must(c, map.get("k")) == 2);
    }
  }
  CHECK(alive == at_rest);
}

namespace {

task<std::int32_t> depth_of(std::int32_t left) {
  if (left == 0) co_return 0;
  co_return 1 + co_await depth_of(left - 1);
}
task<std::unique_ptr<text>> in_a_box(troupe::map<text, text> map, text key) {
  auto got = co_await map.get(key);
  if (!got || !*got) co_return nullptr;
  co_return std::make_unique<text>(**got);
}
task<std::int32_t> throws_behind(numbers map) {
  const auto got = co_await map.get("k");
  throw std::runtime_error("thrown behind a call");
}

/// Answers size() by `answers`, on a thread of its own or on the calling one.
class gate_of_threads final : public call_gate {
 public:
  explicit gate_of_threads(bool at_once) : at_once_{at_once} {}
  ~gate_of_threads() override {
    for (auto& t : threads_) t.join();
  }
  void submit(protocol::map_call, duration, std::stop_token, std::function<void(protocol::map_result&&)> done) const override {
    const auto tell = [done = std::move(done)] {
      protocol::map_result one;
      one.result = outcome::ok;
      one.number = 1;
      done(std::move(one));
    };
    if (at_once_) return tell();
    const std::lock_guard lock{guard_};  // Calls come from the thread that the one before was answered on.
    threads_.emplace_back(tell);
  }
  [[nodiscard]] bool answers_soon() const override { return false; }
  [[nodiscard]] waiting_threads& waiting() const override { return waiting_; }

 private:
  bool at_once_;
  mutable waiting_threads waiting_;
  mutable std::mutex guard_;
  mutable std::vector<std::thread> threads_;
};

}  // namespace

SCENARIO("an answer may come at any moment, from any thread") {
  for (const bool at_once : {false, true}) {
    const auto gate = std::make_shared<gate_of_threads>(at_once);
    const numbers map{map_actor{}, gate, seconds{1}};
    // Locals that every step changes, without a lock.
    const auto sum = [map](int times) -> task<std::uint64_t> {
      std::uint64_t got = 0;
      for (int i = 0; i < times; ++i) {
        got += (co_await map.size()).value();
        const auto [a, b, c] = co_await all(map.size(), map.size(), map.size());
        got += *a + *b + *c;
      }
      co_return got;
    };
    const auto twice = [sum](int times) -> task<std::uint64_t> { co_return co_await sum(times) + co_await sum(times); };
    std::vector<std::future<std::uint64_t>> later;
    for (int i = 0; i < 4; ++i) later.push_back(start(twice, 50));
    CHECK(sync_wait(twice(50)) == 400);
    for (auto& l : later) CHECK(l.get() == 400);
  }
}

SCENARIO("tasks are made of tasks") {
  hosting h;
  test::cluster c{h.system, 1};
  const auto map = c.map<text, text>("map");
  must(c, map.set("k", "v"));
  THEN("what they return may be move-only") {
    std::unique_ptr<text> got;
    h.system.spawn([&](caf::event_based_actor* self) {
      launch(self, [&]() -> task<> { got = co_await in_a_box(map, "k"); });
    });
    auto elsewhere = start(in_a_box, map, text{"k"});
    c.advance(seconds{1});
    REQUIRE(got);
    CHECK(*got == "v");
    CHECK(*elsewhere.get() == "v");
  }
  THEN("neither many in each other nor many in a row need stack") {
    CHECK(sync_wait(depth_of(100'000)) == 100'000);
    const auto in_a_row = []() -> task<std::int32_t> {
      std::int32_t sum = 0;
      for (int i = 0; i < 200'000; ++i) sum += co_await depth_of(1);
      co_return sum;
    };
    CHECK(sync_wait(in_a_row()) == 200'000);
  }
  THEN("one that is never started destroys what it was made of") {
    int alive = 0;
    const auto one = [](tracked) -> task<> { co_return; };
    {
      const auto never = one(tracked{alive});
      CHECK(alive == 1);
    }
    CHECK(alive == 0);
    auto moved = one(tracked{alive});
    moved = one(tracked{alive});
    sync_wait(std::move(moved));
    CHECK(alive == 0);
  }
}

SCENARIO("an exception goes to whoever awaits the task") {
  hosting h;
  test::cluster c{h.system, 1};
  const auto map = c.map<text, std::int32_t>("map");
  THEN("another task may catch it") {
    text caught;
    h.system.spawn([&](caf::event_based_actor* self) {
      launch(self, [&]() -> task<> {
        try {
          co_await throws_behind(map);
        } catch (const std::exception& e) {
          caught = e.what();
        }
        CHECK(co_await map.set("k", 1));
      });
    });
    c.advance(seconds{1});
    CHECK(caught == "thrown behind a call");
    CHECK(must(c, map.get("k")) == 1);
  }
  THEN("from the outermost task of an actor it ends the actor, as from a handler, and who waits for the answer is told") {
    std::optional<caf::error> why;
    const auto actor = h.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      self->attach_functor([&](const caf::error& e) { why = e; });
      self->set_exception_handler([](std::exception_ptr&) -> caf::error { return caf::sec::runtime_error; });
      return {[=](const text&) { return answer(self, throws_behind, map); },
              [=](std::int32_t) { return answer(self, [](std::int32_t) -> task<std::int32_t> { throw std::runtime_error("at once"); co_return 0; }, 1); }};
    });
    std::shared_ptr<told> asked;
    SECTION("behind a call") { asked = ask(h, actor, text{"go"}); }
    SECTION("at once") { asked = ask(h, actor, std::int32_t{1}); }
    c.advance(seconds{1});
    REQUIRE(why);
    CHECK(*why == caf::sec::runtime_error);
    REQUIRE(asked->error);
    CHECK(*asked->error == caf::sec::runtime_error);
  }
  THEN("outside of actors the future has it, and whoever waits") {
    auto later = start(throws_behind, map);
    c.advance(seconds{1});
    CHECK_THROWS_WITH(later.get(), "thrown behind a call");
    const auto at_once = []() -> task<> {
      throw std::runtime_error("at once");
      co_return;
    };
    CHECK_THROWS_WITH(sync_wait(at_once()), "at once");
  }
}

SCENARIO("outside of actors a task is started, and a future has its result") {
  hosting h;
  GIVEN("three members") {
    test::cluster c{h.system, 3};
    const auto map = c.map<text, std::int32_t>("numbers", 2);
    int alive = 0;
    const auto count = [map, there = tracked{alive}](tracked, int times) -> task<result<std::int32_t>> {
      result<std::int32_t> last{0};
      for (int i = 0; i < times && last; ++i) last = co_await add(map, "n", 1);
      co_return last;
    };
    const auto at_rest = alive;
    auto later = start(count, tracked{alive}, 200);
    CHECK(alive == at_rest + 3);
    WHEN("a member is killed in the middle") {
      c.advance(milliseconds{50});
      CHECK_FALSE(is_there(later));
      c.kill(0);
      for (int i = 0; i < 6000 && !is_there(later); ++i) c.advance(milliseconds{10});
      THEN("it goes on, each call once") {
        REQUIRE(is_there(later));
        CHECK(later.get().value() == 200);
        CHECK(must(c, map.get("n")) == 200);
        CHECK(alive == at_rest);
      }
    }
    WHEN("its own member is killed in the middle") {
      c.advance(milliseconds{50});
      c.kill(2);
      c.run();
      THEN("it learns that its call has ended, and ends") {
        REQUIRE(is_there(later));
        CHECK(later.get().failure() == failure::closed);
        CHECK(alive == at_rest);
      }
    }
    WHEN("nobody keeps the future") {
      later = {};
      c.advance(seconds{10});
      THEN("it is done all the same") {
        CHECK(must(c, map.get("n")) == 200);
        CHECK(alive == at_rest);
      }
    }
  }
  GIVEN("a place where it shall run") {
    test::cluster c{h.system, 1};
    const auto map = c.map<text, std::int32_t>("numbers");
    std::vector<std::function<void()>> steps;
    int alive = 0;
    const auto post = [&](std::function<void()> step) { steps.push_back(std::move(step)); };
    const auto next = [&] {
      REQUIRE(steps.size() == 1);
      const auto step = std::move(steps.front());
      steps.clear();
      step();
    };
    auto later = start_on(post, [map](tracked) -> task<result<std::int32_t>> { co_return co_await add(map, "n", 1); }, tracked{alive});
    THEN("each step of it runs there") {
      c.advance(seconds{1});
      next();
      c.advance(seconds{1});
      next();
      CHECK_FALSE(is_there(later));
      c.advance(seconds{1});
      next();
      REQUIRE(is_there(later));
      CHECK(later.get().value() == 1);
      CHECK(alive == 0);
    }
    THEN("when that drops a step, all of it is destroyed, and its promise is broken") {
      next();
      c.advance(seconds{1});
      steps.clear();
      CHECK(alive == 0);
      CHECK_THROWS_AS(later.get(), std::future_error);
    }
  }
}

SCENARIO("calls are awaited wherever an expression may stand") {
  hosting h;
  test::cluster c{h.system, 1};
  const auto map = c.map<text, std::int32_t>("map");
  must(c, map.set("a", 1));
  const auto all = [map](text there, text not_there) -> task<std::vector<std::int32_t>> {
    std::vector<std::int32_t> seen;
    if (const auto got = co_await map.get(there); got && *got) seen.push_back(**got);
    if (!(co_await map.get(not_there)).value()) seen.push_back(2);
    while (seen.size() < 3 && co_await map.contains_key(there)) seen.push_back(3);
    const auto clear = map.clear();
    const auto cleared = co_await clear;
    seen.push_back(static_cast<std::int32_t>(cleared.value()) + 3);
    seen.push_back((co_await map.put(text{"b"} + there, 5)).value().value_or(5));
    seen.push_back((co_await map.get("b" + there)).value().value_or(0) + (co_await map.size()).value_or(0) == 6u ? 6 : 0);
    const auto page = (co_await map.entries()).value();
    for (const auto& [key, value] : page.entries) seen.push_back(value + static_cast<std::int32_t>(key.size()));
    switch ((co_await map.size()).value_or(0)) {
      case 1: seen.push_back(8); break;
      default: break;
    }
    co_return seen;
  };
  auto later = start(all, text{"a"}, text{"none"});
  c.advance(seconds{1});
  REQUIRE(is_there(later));
  CHECK(later.get() == std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 8});
}

SCENARIO("a coroutine waits for several calls at once, and for other actors") {
  hosting h;
  test::cluster c{h.system, 2};
  const auto map = c.map<text, std::int32_t>("numbers");
  const auto texts = c.map<text, text>("texts");
  must(c, map.set("a", 1));
  must(c, texts.set("b", "two"));
  const auto several = [map, texts](caf::actor_system*) -> task<text> {
    const auto [a, b, none] = co_await all(map.get("a"), texts.get("b"), texts.set("c", text(4 * 1024 * 1024 + 1, 'v')));
    std::vector<call<std::optional<std::int32_t>>> calls;
    const auto nothing = co_await all(calls);
    for (const auto* key : {"a", "none", "a"}) calls.push_back(map.get(key));
    const auto list = co_await all(calls);
    co_return std::to_string(a.value().value()) + *b.value() + (none ? "" : none.text()) + std::to_string(nothing.size()) +
        std::to_string(list.at(0).value().value_or(5)) + std::to_string(list.at(1).value().value_or(5)) + std::to_string(list.at(2).value().value_or(5));
  };
  const text expected = "1twonot applied: the value is larger than the cluster allows0151";
  THEN("outside of actors") {
    auto later = start(several, &h.system);
    c.advance(seconds{1});
    REQUIRE(is_there(later));
    CHECK(later.get() == expected);
  }
  THEN("in an actor, which may ask other actors, too") {
    const auto doubler = h.system.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](std::int32_t n) -> caf::result<std::int32_t> {
                if (n < 0) return caf::make_error(caf::sec::invalid_argument);
                return 2 * n;
              },
              [](const text&) {}};
    });
    text got;
    std::vector<text> replies;
    h.system.spawn([&](caf::event_based_actor* actor) {
      launch(actor, [&](caf::event_based_actor* self) -> task<> {
        got = co_await several(&h.system);
        const auto twice = co_await response<std::int32_t>(compat::request(self, doubler, std::nullopt, std::int32_t{21}));
        const auto failed = co_await response<std::int32_t>(compat::request(self, doubler, std::nullopt, std::int32_t{-1}));
        const auto nothing = co_await response(compat::request(self, doubler, std::nullopt, text{"?"}));
        replies = {std::to_string(twice.value()), failed ? "" : "failed", nothing ? "nothing" : ""};
        const auto subscription = co_await response<caf::actor>(map.add_entry_listener(doubler).request(self));
        replies.push_back(subscription ? "listens" : "");
        const auto removed = co_await response<bool>(map.remove_entry_listener(*subscription).request(self));
        replies.push_back(removed.value_or(false) ? "removed" : "");
      });
    });
    c.advance(seconds{10});
    CHECK(got == expected);
    CHECK(replies == std::vector<text>{"42", "failed", "nothing", "listens", "removed"});
    end(doubler);
    c.run();
  }
}
