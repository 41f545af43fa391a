// Maps of C++ types outside of actors: threads that wait, and futures, on members and clients with real threads and sockets.
#include <troupe/messages/types/stats.hpp>
#include <troupe/messages/types/view.hpp>
#include <troupe/troupe.hpp>

#include "hosted_member.hpp"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "tests/messages/sample_types.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using text = std::string;

caf::actor_system_config& quiet(caf::actor_system_config& config) { return compat::set_option(config, "scheduler.max-threads", 1); }

struct application {
  caf::actor_system_config config;
  caf::actor_system system{quiet(config)};
};

client_config client_of(const member_config& config, const local_member& member) {
  client_config c;
  c.cluster_name = config.cluster_name;
  c.connect = {member.listens_at()};
  return c;
}

}  // namespace

SCENARIO("who asks for statistics is told once, with nothing where the member has ended or ends meanwhile") {
  struct {
    std::atomic<int> asked, told, with_nothing, wrong;
  } count{};
  {
    application app;  // Its end waits for its actors: whatever is told has been told then.
    local_member member{app.system, test_config()};
    REQUIRE(member.wait_ready(patience));
    REQUIRE(member.map<text, text>("names", patience).set("a", "b").wait());
    const auto asks = [&] {
      ++count.asked;
      member.async_stats([&](const std::optional<member_stats>& s) {
        ++count.told;
        if (!s) ++count.with_nothing;
        if (s && s->maps.at(0).owned_entries != 1) ++count.wrong;
      });
    };
    std::promise<void> some_are_under_way;
    std::thread asker{[&] {
      for (int i = 0; i < 1000; ++i) {
        asks();
        if (i == 100) some_are_under_way.set_value();
      }
    }};
    some_are_under_way.get_future().wait();
    member.stop();
    asker.join();
    asks();
  }
  CHECK(count.asked == 1001);
  CHECK(count.told == count.asked);
  CHECK(count.with_nothing > 0);
  CHECK(count.wrong == 0);
}

SCENARIO("threads outside of actors use a map of C++ types") {
  application app;
  GIVEN("a member") {
    const auto config = test_config();
    local_member member{app.system, config};
    REQUIRE(member.wait_ready(patience));
    const auto map = member.map<point, shape>("shapes", patience);
    THEN("a call that is waited for has its value") {
      CHECK(map.put({1, 2}, {"a", {}, {}}).wait().value() == std::nullopt);
      const auto old = map.put({1, 2}, {"b", {{1, 1}}, colour::blue}).within(patience).wait();
      REQUIRE(old);
      CHECK(**old == shape{"a", {}, {}});
      CHECK(old.outcome() == outcome::ok);
      CHECK_FALSE(old.failure());
      CHECK(old.text().empty());
      CHECK(map.size().wait().value_or(0) == 1);
    }
    THEN("a member tells what it holds and has served") {
      for (std::int32_t i = 0; i < 10; ++i) REQUIRE(map.set({i, i}, {"a", {}, {}}).wait());
      REQUIRE(map.get({3, 3}).wait());
      REQUIRE(map.get({3, 4}).wait());
      const auto of_map = member.local_map_stats("shapes", patience);
      REQUIRE(of_map);
      CHECK(of_map->owned_entries == 10);
      CHECK(of_map->reads == 2);
      CHECK(of_map->hits == 1);
      CHECK(member.local_map_stats("no such map", patience)->owned_entries == 0);
      const auto all = member.stats(patience);
      REQUIRE(all);
      CHECK(all->memory_used > 0);
      CHECK(all->rows_primary == 271);
      member.stop();
      CHECK_FALSE(member.stats(patience));
    }
    THEN("futures are under way together") {
      std::vector<std::future<result<receipt>>> later;
      for (std::int32_t i = 0; i < 100; ++i) later.push_back(map.set({i, i}, {std::to_string(i), {}, {}}).future());
      for (auto& l : later) CHECK(l.get());
      CHECK(map.size().wait().value_or(0) == 100);
    }
    THEN("several threads count with replace() and lose nothing") {
      const auto counters = member.map<text, std::uint64_t>("counters", patience);
      REQUIRE(counters.set("n", 0).wait());
      std::atomic<int> failed{0};
      const auto count = [&] {
        for (int i = 0; i < 50; ++i) {
          for (bool done = false; !done;) {
            const auto now = counters.get("n").wait();
            const auto replaced = now && *now ? counters.replace("n", **now, **now + 1).wait() : result<bool>{caf::error{}};
            if (!replaced) return void(++failed);
            done = *replaced;
          }
        }
      };
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i) threads.emplace_back(count);
      for (auto& t : threads) t.join();
      CHECK(failed == 0);
      CHECK(counters.get("n").wait().value() == std::optional<std::uint64_t>{200});
    }
    THEN("a thread, or a coroutine, changes the map as a whole") {
      REQUIRE(map.set({1, 2}, {"a", {}, {}}).wait());
      const auto counts = [&] { return member.current_view()->counts_of(*member.current_view()->find_map("shapes")); };
      CHECK(map.set_backups(2, 1).within(patience).wait().value());
      CHECK(counts() == durability{2, 1});
      const auto change = [](troupe::map<point, shape> shapes) -> task<result<bool>> { co_return co_await shapes.set_backups(0); };
      CHECK(sync_wait(change(map)).value());
      CHECK(counts() == durability{0, 0});
      const auto too_late = map.destroy().within(seconds{0}).wait();
      CHECK(too_late.outcome() == outcome::not_applied);
      CHECK(too_late.failure() == failure::deadline);
      CHECK(map.size().wait().value() == 1);
      CHECK(map.destroy().future().get().value());
      CHECK_FALSE(map.destroy().wait().value());
      CHECK_FALSE(sync_wait(change(map)).value());
      member.stop();
      CHECK(map.destroy().wait().failure() == failure::closed);
    }
    THEN("a member that is none yet knows of no maps, and says that rather than that there is none") {
      auto apart = joining(config, member);
      apart.cluster_name += "-another";
      local_member lonely{app.system, apart};
      const auto answer = lonely.map<point, shape>("shapes", patience).destroy().wait();
      CHECK(answer.outcome() == outcome::not_applied);
      CHECK(answer.failure() == failure::no_cluster);
    }
    THEN("to end a listener that has ended with its map is no error") {
      REQUIRE(map.set({1, 2}, {"a", {}, {}}).wait());
      const auto deaf = app.system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](const entry_events&) {}}; });
      const auto subscription = map.add_entry_listener(deaf).wait();
      REQUIRE(subscription);
      REQUIRE(map.destroy().wait().value());
      const auto gone = [&] {
        for (int i = 0; i < 1000; ++i) {
          const auto was_there = map.remove_entry_listener(*subscription).wait();
          REQUIRE(was_there);
          if (!*was_there) return true;
        }
        return false;
      };
      CHECK(gone());
    }
    THEN("a client changes the map as a whole") {
      REQUIRE(map.set({1, 2}, {"a", {}, {}}).wait());
      client c{app.system, client_of(config, member)};
      const auto by_client = c.map<point, shape>("shapes", patience);
      CHECK(by_client.set_backups(0).wait().value());
      CHECK(by_client.destroy().wait().value());
      CHECK_FALSE(by_client.destroy().wait().value());
      CHECK(map.size().wait().value() == 0);
    }
    THEN("a client sees the same map") {
      REQUIRE(map.set({7, 7}, {"seven", {}, {}}).wait());
      client c{app.system, client_of(config, member)};
      REQUIRE(c.wait_ready(patience));
      CHECK(c.map<point, shape>("shapes", patience).get({7, 7}).wait().value()->name == "seven");
    }
  }
}

SCENARIO("a call ends as its member does") {
  application app;
  GIVEN("a map whose member has been destroyed") {
    std::optional<local_member> member;
    member.emplace(app.system, test_config());
    REQUIRE(member->wait_ready(patience));
    const auto map = member->map<text, text>("map", patience);
    REQUIRE(map.set("k", "v").wait());
    member.reset();
    THEN("calls are errors, and none blocks until its deadline") {
      const auto waited = map.get("k").wait();
      REQUIRE_FALSE(waited);
      CHECK_FALSE(waited.text().empty());
      CHECK_FALSE(map.set("k", "w").future().get());
    }
  }
  GIVEN("a client that has never reached a member") {
    client_config nobody_there;
    nobody_there.connect = {{"127.0.0.1", 1}};
    client c{app.system, nobody_there};
    THEN("a call ends by its deadline, definitely not applied") {
      const auto put = c.map<text, text>("map").put("k", "v").within(milliseconds{200}).wait();
      REQUIRE_FALSE(put);
      CHECK(put.outcome() == outcome::not_applied);
    }
  }
}

SCENARIO("several members of one process, and maps of theirs, end in any order") {
  application app;
  for (const bool founder_first : {true, false}) {
    const auto config = test_config();
    auto first = std::make_unique<local_member>(app.system, config);
    REQUIRE(first->wait_ready(patience));
    auto second = std::make_unique<local_member>(app.system, joining(config, *first));
    REQUIRE(second->wait_ready(patience));
    auto outside = std::make_unique<client>(app.system, client_of(config, *first));
    REQUIRE(outside->wait_ready(patience));
    const auto by_first = first->map<text, text>("map", patience);
    const auto by_second = second->map<text, text>("map", patience);
    const auto by_client = outside->map<text, text>("map", patience);
    REQUIRE(by_first.set("k", "v").wait());
    CHECK(by_second.get("k").wait().value() == std::optional<text>{"v"});
    CHECK(by_client.get("k").wait().value() == std::optional<text>{"v"});
    if (founder_first) {
      outside.reset();
      first.reset();
      CHECK_FALSE(by_client.get("k").wait());
      CHECK_FALSE(by_first.get("k").wait());
      second.reset();
    } else {
      second->stop();
      second.reset();
      first.reset();
      outside.reset();
    }
  }
}
