// Listeners to the cluster on members with real threads and sockets.
#include "hosted_member.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include <troupe/troupe.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

using kind = cluster_event_kind;

/// What a listener heard of members; threads may wait for it.
class heard {
 public:
  void note(const cluster_event& e) {
    const std::lock_guard guard{mutex_};
    events_.push_back(e);
    changed_.notify_all();
  }
  /// Until an event of this kind, about this member or nobody, has come; once.
  [[nodiscard]] bool wait_for(kind what, member_no who = nobody) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, patience, [&] { return count(what, who) > 0; }) && count(what, who) == 1;
  }

  [[nodiscard]] bool has(kind what, member_no who) {
    const std::lock_guard guard{mutex_};
    return count(what, who) > 0;
  }

 private:
  [[nodiscard]] std::ptrdiff_t count(kind what, member_no who) const {
    return std::count_if(events_.begin(), events_.end(), [&](const cluster_event& e) { return e.what == what && e.who.number == who; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<cluster_event> events_;
};

struct application {
  caf::actor_system_config config;
  caf::actor_system system{compat::set_option(config, "scheduler.max-threads", 1)};

  caf::actor spawn_listener(heard& into) {
    return system.spawn([&into](caf::event_based_actor*) -> caf::behavior {
      return {[&into](const cluster_events& batch) {
        for (const auto& e : batch.events) into.note(e);
      }};
    });
  }
};

}  // namespace

SCENARIO("a member's listener to the cluster hears of it over sockets, from before there is a view to the member's end") {
  heard all, late;  // Outlive the actors that fill them.
  application app;
  const auto config = test_config();
  std::optional<local_member> first{std::in_place, app.system, config};
  first->add_cluster_listener(app.spawn_listener(all));
  REQUIRE(first->wait_ready(patience));
  CHECK(all.wait_for(kind::state));
  CHECK(all.wait_for(kind::member_joined, member_no{1}));
  auto second = std::make_unique<local_member>(app.system, joining(config, *first));
  REQUIRE(second->wait_ready(patience));
  CHECK(all.wait_for(kind::member_joined, member_no{2}));
  auto third = std::make_unique<local_member>(app.system, joining(config, *first));
  REQUIRE(third->wait_ready(patience));
  CHECK(all.wait_for(kind::member_joined, member_no{3}));
  third.reset();
  CHECK(all.wait_for(kind::member_removed, member_no{3}));
  second->leave();
  REQUIRE(second->wait_ended(patience));
  CHECK(all.wait_for(kind::member_leaving, member_no{2}));
  CHECK(all.wait_for(kind::member_left, member_no{2}));
  const auto subscription = first->add_cluster_listener(app.spawn_listener(late));
  CHECK(late.wait_for(kind::member_joined, member_no{1}));
  first->remove_cluster_listener(subscription);
  first.reset();
  CHECK(all.wait_for(kind::ended));
}

SCENARIO("a client's listener hears the same, from before it is connected to the client's end") {
  heard all, late;
  application app;
  const auto config = test_config();
  local_member first{app.system, config};
  REQUIRE(first.wait_ready(patience));
  client_config to_first;
  to_first.cluster_name = config.cluster_name;
  to_first.connect = {first.listens_at()};
  std::optional<client> c{std::in_place, app.system, to_first};
  c->add_cluster_listener(app.spawn_listener(all));
  CHECK(all.wait_for(kind::state));
  CHECK(all.wait_for(kind::member_joined, member_no{1}));
  auto second = std::make_unique<local_member>(app.system, joining(config, first));
  REQUIRE(second->wait_ready(patience));
  CHECK(all.wait_for(kind::member_joined, member_no{2}));
  second.reset();
  CHECK(all.wait_for(kind::member_removed, member_no{2}));
  const auto subscription = c->add_cluster_listener(app.spawn_listener(late));
  CHECK(late.wait_for(kind::member_joined, member_no{1}));
  c->remove_cluster_listener(subscription);
  const local_member third{app.system, joining(config, first)};
  CHECK(all.wait_for(kind::member_joined, member_no{3}));
  CHECK_FALSE(late.has(kind::member_joined, member_no{3}));  // Told after it had been removed.
  c.reset();
  CHECK(all.wait_for(kind::ended));
}
