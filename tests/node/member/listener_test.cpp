// Listeners on members and clients with real threads and sockets.
#include "hosted_member.hpp"

#include <condition_variable>
#include <mutex>
#include <vector>

#include <troupe/troupe.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

using numbers = troupe::map<std::string, std::int64_t>;

/// What listeners heard; threads may wait for it.
class heard {
 public:
  void note(const numbers::event& e) {
    const std::lock_guard guard{mutex_};
    events_.push_back(e);
    changed_.notify_all();
  }
  template <class Condition>
  [[nodiscard]] bool wait_until(Condition holds) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, patience, [&] { return holds(events_); });
  }
  /// Events, and positions that are said to be missing.
  [[nodiscard]] bool wait_for(std::size_t number) {
    return wait_until([number](const std::vector<numbers::event>& events) {
      std::size_t sum = 0;
      for (const auto& e : events) sum += e.what == entry_event_kind::gap ? static_cast<std::size_t>(e.at.value() - e.since.value()) : 1;
      return sum >= number;
    });
  }
  [[nodiscard]] bool wait_for_end() {
    return wait_until([](const auto& events) { return !events.empty() && events.back().what == entry_event_kind::ended; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<numbers::event> events_;
};

caf::behavior listening_actor(caf::event_based_actor*, const numbers& map, heard* into) {
  return {[map, into](const entry_events& batch) {
    for (const auto& e : map.read(batch)) into->note(e);
  }};
}

struct application {
  caf::actor_system_config config;
  caf::actor_system system{compat::set_option(config, "scheduler.max-threads", 1)};
};

}  // namespace

SCENARIO("members and clients listen to a map over sockets, also while its members change") {
  heard by_member, by_client;  // Outlive the actors that fill them.
  application app;
  const auto config = test_config();
  std::optional<local_member> first{std::in_place, app.system, config};
  REQUIRE(first->wait_ready(patience));
  auto second = std::make_unique<local_member>(app.system, joining(config, *first));
  REQUIRE(second->wait_ready(patience));
  client_config c;
  c.cluster_name = config.cluster_name;
  c.connect = {first->listens_at()};
  std::optional<client> outside{std::in_place, app.system, c};
  REQUIRE(outside->wait_ready(patience));
  const auto map = first->map<std::string, std::int64_t>("numbers", patience);
  const auto by_outside = outside->map<std::string, std::int64_t>("numbers", patience);
  REQUIRE(map.add_entry_listener(app.system.spawn(listening_actor, map, &by_member)).wait());
  const auto subscription = by_outside.add_entry_listener(app.system.spawn(listening_actor, by_outside, &by_client)).wait();
  REQUIRE(subscription);
  for (int i = 0; i < 100; ++i) REQUIRE(map.set("key " + std::to_string(i), i).wait());
  CHECK(by_member.wait_for(100));
  CHECK(by_client.wait_for(100));
  second->leave();
  REQUIRE(second->wait_ended(patience));
  second.reset();
  for (int i = 0; i < 100; ++i) REQUIRE(by_outside.set("key " + std::to_string(i), -i).wait());
  CHECK(by_member.wait_for(200));
  CHECK(by_client.wait_for(200));
  THEN("a listener is removed, once") {
    CHECK(by_outside.remove_entry_listener(*subscription).wait().value_or(false));
    CHECK_FALSE(by_outside.remove_entry_listener(*subscription).wait().value_or(false));
  }
  THEN("the end of its member or client is the last event") {
    outside.reset();
    CHECK(by_client.wait_for_end());
    first.reset();
    CHECK(by_member.wait_for_end());
  }
}
