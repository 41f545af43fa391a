#include <troupe/actors/membership_actor.hpp>

#include <utility>

#include <troupe/actors/crash_stop.hpp>

namespace troupe {

namespace {

struct membership_state {
  std::shared_ptr<membership_environment> environment;
  std::unique_ptr<protocol::membership> core;
  protocol::membership_effects effects;
  protocol::lease published;

  static inline const char* name = "troupe.membership";
};

using membership_self = caf::stateful_actor<membership_state>;

void perform(membership_state& state) {
  auto& environment = *state.environment;
  auto done = std::exchange(state.effects, {});
  // A lease that is given up must be void for the rows before anybody learns of it (consent), so it goes out first.
  if (const auto held = state.core->held_lease(); held != state.published) {
    state.published = held;
    environment.lease_changed(held);
  }
  for (auto& s : done.sends) environment.send(s.to, std::move(s.what));
  for (const auto& p : done.probes) environment.probe(p);
  for (const auto& e : done.events) environment.report(e);
  for (const auto& v : done.passed) environment.passed(v);
  if (done.installed) environment.installed(done.installed, state.core->self_number());
  if (done.ended != protocol::ending::none) environment.ended(done.ended, done.gave_up_after);
}

template <class Step>
void drive(membership_state& state, Step step) {
  step(*state.core, state.environment->now(), state.effects);
  perform(state);
}

caf::behavior membership(membership_self* self, protocol::membership_options options, std::shared_ptr<membership_environment> environment) {
  stop_on_exception(self, membership_state::name);
  auto& state = compat::state_of(self);
  state.environment = std::move(environment);
  state.core = std::make_unique<protocol::membership>(std::move(options));
  return {
      [&state](const local::membership_frame& f) {
        drive(state, [&](auto& core, auto now, auto& out) { core.receive(f.from, f.what, now, out); });
      },
      [&state](local::tick) { drive(state, [](auto& core, auto now, auto& out) { core.tick(now, out); }); },
      [&state](const local::wanted& w) {
        drive(state, [&](auto& core, auto now, auto& out) {
          for (const auto& wish : w.list) core.want(wish, now, out);
        });
      },
      [&state](const local::peer_reached& p) {
        drive(state, [&](auto& core, auto now, auto& out) { core.reached(p.who, p.where, now, out); });
      },
      [&state](const local::peer_unreachable& p) {
        drive(state, [&](auto& core, auto now, auto& out) { core.unreachable(p.where, p.refused, now, out); });
      },
      [&state](const local::peer_disconnected& p) {
        drive(state, [&](auto& core, auto now, auto& out) { core.disconnected(p.who, now, out); });
      },
      [&state](local::start_membership) { drive(state, [](auto& core, auto now, auto& out) { core.start(now, out); }); },
      [&state](local::start_leaving) { drive(state, [](auto& core, auto now, auto& out) { core.leave(now, out); }); },
      [&state](local::force_a_view) { drive(state, [](auto& core, auto now, auto& out) { core.force_view(now, out); }); },
  };
}

}  // namespace

caf::actor spawn_membership(caf::actor_system& system, protocol::membership_options options,
                            std::shared_ptr<membership_environment> environment) {
  return system.spawn<caf::lazy_init>(membership, std::move(options), std::move(environment));
}

}  // namespace troupe
