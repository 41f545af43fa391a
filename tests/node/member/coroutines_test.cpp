// Coroutines with real threads and sockets: where they run, and that they end with whatever they run on.
#include "hosted_member.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <troupe/troupe.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

using text = std::string;
using numbers = troupe::map<text, std::int64_t>;

caf::actor_system_config& two_threads(caf::actor_system_config& config) { return compat::set_option(config, "scheduler.max-threads", 2); }

struct application {
  caf::actor_system_config config;
  caf::actor_system system{two_threads(config)};
};

/// Counts by replace(), until it has been there `times` times.
task<result<std::int64_t>> count(numbers map, text key, int times) {
  std::int64_t now = 0;
  for (int i = 0; i < times;) {
    const auto before = co_await map.get(key).within(patience);
    if (!before) co_return before.error();
    now = before->value_or(0);
    const auto stored = co_await map.replace(key, now, now + 1).within(patience);
    if (!stored) co_return stored.error();
    if (*stored) ++now, ++i;
  }
  co_return now;
}

}  // namespace

SCENARIO("threads and actors use coroutines on a member") {
  application app;
  local_member member{app.system, test_config()};
  REQUIRE(member.wait_ready(patience));
  const auto map = member.map<text, std::int64_t>("numbers");
  REQUIRE(map.set("n", 0).wait());
  THEN("a thread that waits runs its task itself") {
    const auto here = std::this_thread::get_id();
    const auto elsewhere = [here, map]() -> task<int> {
      int steps = 0;
      for (int i = 0; i < 1000; ++i) {
        const auto set = co_await map.set("n", i);
        steps += set && std::this_thread::get_id() != here;
      }
      co_return steps;
    };
    CHECK(sync_wait(elsewhere()) == 0);
    CHECK(map.get("n").wait().value() == 999);
  }
  THEN("those of several threads lose nothing, and those that are started") {
    std::vector<std::future<result<std::int64_t>>> later;
    for (int i = 0; i < 4; ++i) later.push_back(start(count, map, text{"n"}, 50));
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { failed += !sync_wait(count(map, "n", 50)); });
    for (auto& t : threads) t.join();
    for (auto& l : later) CHECK(l.get());
    CHECK(failed == 0);
    CHECK(map.get("n").wait().value() == 400);
  }
  THEN("many of an actor change its state without a lock") {
    struct tally {
      std::int64_t sum = 0;
      int left = 200;
      std::promise<std::int64_t> done;
    };
    const auto shared = std::make_shared<tally>();
    auto done = shared->done.get_future();
    const auto one = [map](caf::event_based_actor* self, std::shared_ptr<tally> all, int i) -> task<> {
      const auto key = std::to_string(i);
      if (!co_await map.set(key, i)) co_return;
      const auto got = co_await map.get(key);
      if (!got || !*got) co_return;
      all->sum += **got;
      if (--all->left > 0) co_return;
      all->done.set_value(all->sum);
      self->quit();
    };
    app.system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
      for (int i = 0; i < 200; ++i) launch(self, one, shared, i);
      return {[](const text&) {}};
    });
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    CHECK(done.get() == 199 * 200 / 2);
  }
}

SCENARIO("coroutines end with their member") {
  application app;
  std::optional<local_member> member;
  member.emplace(app.system, test_config());
  REQUIRE(member->wait_ready(patience));
  const auto map = member->map<text, std::int64_t>("numbers");
  REQUIRE(map.set("n", 0).wait());
  THEN("those that are under way") {
    std::vector<std::future<result<std::int64_t>>> later;
    for (int i = 0; i < 8; ++i) later.push_back(start(count, map, text{"n"}, 1'000'000));
    REQUIRE(sync_wait(count(map, "n", 10)));
    member.reset();
    for (auto& l : later) {
      REQUIRE(l.wait_for(patience) == std::future_status::ready);
      CHECK_FALSE(l.get());
    }
  }
  THEN("and later ones, where calls end before they have begun, and need no stack") {
    member.reset();
    const auto all_fail = [map]() -> task<int> {
      int failed = 0;
      for (int i = 0; i < 100'000; ++i) failed += !co_await map.get("n");
      co_return failed;
    };
    CHECK(sync_wait(all_fail()) == 100'000);
    auto later = start(all_fail);
    CHECK(later.get() == 100'000);
  }
}
