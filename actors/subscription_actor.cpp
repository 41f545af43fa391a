#include <troupe/actors/subscription_actor.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

#include <troupe/actors/protocol/router/subscription.hpp>

namespace troupe {

namespace {

using protocol::subscription_effects;

/// Longer than any row waits before it says that there is nothing to tell: passes only where an answer was lost.
constexpr duration patience = seconds{30};

struct subscription_state {
  std::string map;
  caf::actor listener;
  bool has_values = true, has_old_values = false;
  duration timeout{};  ///< of its being added
  router_handle router;
  std::unique_ptr<protocol::subscription> core;
  protocol::subscription_limits limits;
  caf::response_promise whoever_added_it;
  std::unique_ptr<std::stop_callback<std::function<void()>>> cancelled_by;  ///< its being added
  std::stop_source asks;  ///< of the rows: nobody hears their answers when this has ended
  bool is_added = false;
  bool ticks = false;

  ~subscription_state() { asks.request_stop(); }

  static inline const char* name = "troupe.subscription";
};

using subscription_self = caf::stateful_actor<subscription_state>;

void ask_row(subscription_self* self, subscription_state& state, subscription_effects::ask&& what) {
  const auto answer_to = caf::actor_cast<caf::actor>(self);
  state.router.submit({state.map, std::move(what.what), patience, [answer_to, number = what.number](protocol::map_result&& r) {
                         compat::anonymous_send(answer_to, local::row_heard{number, std::move(r)});
                       },
                       state.asks.get_token()});
}

void perform(subscription_self* self, subscription_effects&& out);

/// Its listener has. Whoever waits for its being added is told so.
void end_with_listener(subscription_self* self) {
  auto& state = compat::state_of(self);
  state.cancelled_by.reset();
  if (!state.is_added) state.whoever_added_it.deliver(make_type_error(outcome::not_applied, "the listener has ended, or takes no events"));
  self->quit();
}

template <class Step>
void drive(subscription_self* self, Step step) {
  subscription_effects out;
  step(*compat::state_of(self).core, out);
  perform(self, std::move(out));
}

/// A listener that fails, or knows no batches, is none.
void deliver(subscription_self* self, subscription_state& state, entry_events batch) {
  const bool is_last = batch.why != failure::none;
  compat::request(self, state.listener, std::nullopt, std::move(batch))
      .then([self, is_last] { return is_last ? self->quit() : drive(self, [](auto& core, auto& out) { core.taken(out); }); },
            [self](const caf::error&) { end_with_listener(self); });
}

/// Only rows that could not be asked wait for a time, and all for the same: one timer, and no clock.
void keep_ticking(subscription_self* self, subscription_state& state) {
  if (state.ticks || !state.core->next_tick()) return;
  state.ticks = true;
  compat::send_to_self_after(self, state.limits.ask_again_after, local::tick{});
}

/// It has not been added, and never will be.
void refuse(subscription_self* self, subscription_state& state, failure why, std::string_view detail = {}) {
  state.cancelled_by.reset();
  state.whoever_added_it.deliver(make_map_error(outcome::not_applied, why, detail));
  self->quit();
}

void perform(subscription_self* self, subscription_effects&& out) {
  auto& state = compat::state_of(self);
  for (auto& a : out.asks) ask_row(self, state, std::move(a));
  if (out.confirmed) {
    state.is_added = true;
    state.cancelled_by.reset();
    state.whoever_added_it.deliver(caf::actor_cast<caf::actor>(self));
  }
  if (out.ended && !state.is_added) return refuse(self, state, out.ended->why, out.ended->detail.view());
  entry_events batch{std::move(out.batch), state.has_values, state.has_old_values, failure::none, {}};
  if (out.ended) {
    batch.why = out.ended->why;
    batch.text = to_string(out.ended->why);
    if (!out.ended->detail.empty()) batch.text.append(": ").append(out.ended->detail.view());
  }
  if (!batch.rows.empty() || out.ended) deliver(self, state, std::move(batch));
  keep_ticking(self, state);
}

void let_cancel(subscription_self* self, subscription_state& state, std::stop_token by) {
  if (!by.stop_possible()) return;
  const auto here = caf::actor_cast<caf::actor>(self);
  state.cancelled_by = std::make_unique<std::stop_callback<std::function<void()>>>(
      std::move(by), [here] { compat::anonymous_send(here, local::adding_is_cancelled{}); });
}

caf::behavior subscription(subscription_self* self, std::string map, listener_request what, router_handle router) {
  auto& state = compat::state_of(self);
  state.map = std::move(map);
  state.listener = std::move(what.listener);
  state.router = std::move(router);
  state.timeout = std::clamp<duration>(what.timeout, duration{}, call_timeout_max);
  state.has_values = what.what.values;
  state.has_old_values = what.what.old_values;
  state.core = std::make_unique<protocol::subscription>(std::move(what.what), state.limits);
  compat::on_down(self, state.listener, [self] { end_with_listener(self); });
  return {
      [self, &state, by = std::move(what.cancelled_by)](local::begin_listening) {
        state.whoever_added_it = self->make_response_promise();
        if (by.stop_requested()) {
          refuse(self, state, failure::cancelled);
          return state.whoever_added_it;
        }
        let_cancel(self, state, by);
        compat::send_to_self_after(self, state.timeout, local::adding_is_late{});
        drive(self, [](auto& core, auto& out) { core.begin(out); });
        return state.whoever_added_it;
      },
      [self](local::row_heard& heard) {
        drive(self, [&](auto& core, auto& out) { core.heard(heard.ask, heard.what, instant{}, out); });
      },
      [self, &state](local::tick) {
        state.ticks = false;
        drive(self, [](auto& core, auto& out) { core.tick(instant::max(), out); });
      },
      [self, &state](local::adding_is_late) {
        if (!state.is_added) refuse(self, state, failure::deadline);
      },
      [self, &state](local::adding_is_cancelled) {
        if (!state.is_added) refuse(self, state, failure::cancelled);
      },
      [self](local::end_listening) {
        self->quit();
        return true;
      },
  };
}

}  // namespace

caf::actor spawn_subscription(caf::actor_system& system, std::string map, listener_request what, router_handle router) {
  return system.spawn(subscription, std::move(map), std::move(what), std::move(router));
}

}  // namespace troupe
