#include <troupe/actors/partition_actor.hpp>

#include <optional>
#include <utility>
#include <vector>

#include <troupe/actors/crash_stop.hpp>
#include <troupe/actors/protocol/row/refusal.hpp>

namespace troupe {

namespace {

struct partition_state {
  std::shared_ptr<partition_environment> environment;
  row_id row;
  view_name view;  ///< of the last view that the core was told
  std::unique_ptr<protocol::replica> core;
  protocol::replica_effects effects;  // Kept between steps for its capacity.
  std::optional<instant> ticks_from;
  std::size_t memory_told = 0;  ///< what the environment knows of

  static inline const char* name = "troupe.partition";
};

using partition_self = caf::stateful_actor<partition_state>;

bool still_holds(const partition_environment& environment, const view_name& view) {
  const auto at = environment.now();
  return at.held.covers(view, at.now);
}

/// The clock is read after the values, once for all of them: a pause in between can only make answers void, never stale (invariant 3).
void release(partition_environment& environment, std::vector<protocol::replica_effects::answer>& answers) {
  std::optional<protocol::moment> at;
  for (auto& a : answers) {
    if (a.needs_lease && !at) at = environment.now();
    const auto is_void = a.needs_lease && !at->held.covers(*a.needs_lease, at->now);
    environment.answer(a.to, is_void ? protocol::unvouched(a.what) : std::move(a.what));
  }
}

void perform(partition_state& state) {
  auto& environment = *state.environment;
  for (auto& s : state.effects.sends) environment.send(s.to, std::move(s.what));
  release(environment, state.effects.answers);
  for (auto& w : state.effects.wishes) environment.wish(std::move(w));
  for (auto& n : state.effects.neighbours) environment.tell_neighbour(std::move(n));
  for (const auto& e : state.effects.events) environment.report(state.row, e);
  state.effects.clear();
}

template <class Step>
void drive(partition_state& state, Step step) {
  const auto at = state.environment->now();
  step(at);
  state.core->flush(at, state.effects);
  perform(state);
  if (const auto memory = state.core->memory_bytes(); memory != state.memory_told) {
    state.environment->memory_changed(static_cast<std::int64_t>(memory) - static_cast<std::int64_t>(state.memory_told));
    state.memory_told = memory;
  }
  const auto wanted = state.core->wants_tick() ? std::optional{instant::min()} : state.core->next_tick();
  if (wanted != state.ticks_from) {
    state.ticks_from = wanted;
    state.environment->want_ticks(state.row, wanted);
  }
  state.environment->step_done();
}

void install(partition_state& state, const local::view_installed& news) {
  state.view = news.view->name;
  drive(state, [&](const auto& at) { state.core->install(news.view, at, state.effects); });
}

/// A member that is cut off, or has slept, does not know what it missed: its copies are only as good as its lease of the view that gave
/// them to it. So what it serves is older than the present by a lease at most, and by less as long as it is heard: an in-sync copy by the
/// commit mark that is under way, an async one by what it has not been fed yet. The clock is read after the value, as for a primary.
void serve_backup_read(partition_state& state, const local::backup_read& request) {
  auto answer = state.core->read_backup(request.get);
  if (!answer || !still_holds(*state.environment, state.view)) {
    answer.emplace();
    answer->result = outcome::retry;
    answer->why = failure::not_primary;
  }
  answer->request = request.get.request;
  state.environment->answer(request.from, std::move(*answer));
  state.environment->step_done();
}

local::row_census census_of(const partition_state& state) {
  const auto& core = *state.core;
  return {state.row,           core.role(),     core.serves(), core.uncommitted_records(), core.async_lag_records(),
          core.async_behind(), core.map_stats(), core.upkeep(), core.memory_bytes()};
}

caf::behavior partition(partition_self* self, const partition_settings& settings, std::shared_ptr<partition_environment> environment) {
  stop_on_exception(self, partition_state::name);
  auto& state = compat::state_of(self);
  state.environment = std::move(environment);
  state.row = settings.row;
  state.core = std::make_unique<protocol::replica>(settings.row, settings.self, settings.limits, settings.processors);
  return {
      [&state](local::operations& batch) {
        drive(state, [&](const auto& at) {
          for (auto& o : batch.list) state.core->operate(batch.from, std::move(o), at, state.effects);
        });
      },
      [&state](local::replication& batch) {
        drive(state, [&](const auto& at) {
          for (auto& m : batch.list) state.core->receive(batch.from, std::move(m), at, state.effects);
        });
      },
      [&state](local::neighbour& from) {
        drive(state, [&](const auto& at) { state.core->hear(std::move(from.says), at, state.effects); });
      },
      [&state](const local::view_installed& news) { install(state, news); },
      [&state](local::tick) { drive(state, [&](const auto& at) { state.core->tick(at, state.effects); }); },
      [&state](local::check) { drive(state, [&](const auto& at) { state.core->check(at, state.effects); }); },
      [&state](const local::backup_read& request) { serve_backup_read(state, request); },
      [&state](const local::origin_gone& gone) { state.core->forget(gone.which); },
      [&state](const local::take_census& request) { request.into(census_of(state)); },
      [self, &state](const local::take_discarded& request) {
        request.into({state.row, state.core->discarded(request.after)});
        self->quit();  // Whatever it would acknowledge from now on would be missing in the account.
      },
  };
}

}  // namespace

caf::actor spawn_partition(caf::actor_system& system, const partition_settings& settings,
                           std::shared_ptr<partition_environment> environment) {
  return system.spawn<caf::lazy_init>(partition, settings, std::move(environment));
}

}  // namespace troupe
