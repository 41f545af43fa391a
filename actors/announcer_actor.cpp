#include <troupe/actors/announcer_actor.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include <troupe/actors/protocol/membership/cluster_changes.hpp>

namespace troupe {

namespace {

struct announcer_state {
  view_ptr now;
  std::vector<caf::actor> subscriptions;
  std::optional<std::string> ended;

  static inline const char* name = "troupe.announcer";
};

using announcer_self = caf::stateful_actor<announcer_state>;
using changes = std::vector<cluster_event>;

/// What a view changed is worked out once for all who listen, and for nobody not at all.
void install(announcer_state& state, const view_ptr& v) {
  const auto before = std::exchange(state.now, v);
  if (state.subscriptions.empty()) return;
  const auto news = std::make_shared<const changes>(before ? protocol::differences(*before, *v) : changes{});
  if (before && news->empty()) return;
  for (const auto& s : state.subscriptions) compat::anonymous_send(s, local::cluster_changed{v, news});
}

/// A subscription makes of its first view what there is to tell of it.
void add(announcer_state& state, const caf::actor& subscription) {
  if (state.ended) return compat::anonymous_send(subscription, local::views_ended{*state.ended});
  state.subscriptions.push_back(subscription);
  if (state.now) compat::anonymous_send(subscription, local::cluster_changed{state.now, std::make_shared<const changes>()});
}

void end(announcer_state& state, const std::string& why) {
  if (state.ended) return;
  state.ended = why;
  for (const auto& s : std::exchange(state.subscriptions, {})) compat::anonymous_send(s, local::views_ended{why});
}

caf::behavior announcer(announcer_self* self) {
  auto& state = compat::state_of(self);
  return {
      [&state](const local::view_installed& i) { install(state, i.view); },
      [&state](const local::cluster_listener_added& a) { add(state, a.subscription); },
      [&state](const local::cluster_listener_gone& g) {
        std::erase_if(state.subscriptions, [&](const caf::actor& s) { return s.address() == g.subscription; });
      },
      [&state](const local::views_ended& e) { end(state, e.why); },
  };
}

struct cluster_subscription_state {
  caf::actor listener;
  protocol::cluster_backlog backlog;
  bool is_busy = false;  ///< the listener has a batch that it is not done with

  static inline const char* name = "troupe.cluster_subscription";
};

using cluster_subscription_self = caf::stateful_actor<cluster_subscription_state>;

/// A listener that fails, or knows no batches, is none.
void deliver(cluster_subscription_self* self) {
  auto& state = compat::state_of(self);
  if (state.is_busy || state.backlog.is_empty()) return;
  state.is_busy = true;
  const auto is_last = state.backlog.has_ended();
  cluster_events batch{state.backlog.told_up_to(), state.backlog.take()};
  compat::request(self, state.listener, std::nullopt, std::move(batch))
      .then(
          [self, is_last] {
            if (is_last) return self->quit();
            compat::state_of(self).is_busy = false;
            deliver(self);
          },
          [self](const caf::error&) { self->quit(); });
}

caf::behavior cluster_subscription(cluster_subscription_self* self, const caf::actor& listener, const caf::actor& announcer) {
  auto& state = compat::state_of(self);
  state.listener = listener;
  compat::on_down(self, listener, [self] { self->quit(); });
  self->attach_functor([announcer, me = self->address()](const caf::error&) { compat::anonymous_send(announcer, local::cluster_listener_gone{me}); });
  return {
      [self, &state](const local::cluster_changed& c) {
        state.backlog.add(c.view, *c.changes);
        deliver(self);
      },
      [self, &state](const local::views_ended& e) {
        state.backlog.end(e.why);
        deliver(self);
      },
      [self](local::end_listening) { self->quit(); },
  };
}

}  // namespace

caf::actor spawn_announcer(caf::actor_system& system) { return system.spawn(announcer); }

caf::actor spawn_cluster_subscription(caf::actor_system& system, const caf::actor& announcer, const caf::actor& listener) {
  auto subscription = system.spawn(cluster_subscription, listener, announcer);
  compat::anonymous_send(announcer, local::cluster_listener_added{subscription});
  return subscription;
}

}  // namespace troupe
