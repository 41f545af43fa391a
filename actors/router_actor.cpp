#include <troupe/actors/router_actor.hpp>

#include <algorithm>
#include <cstdio>
#include <unordered_map>
#include <utility>
#include <variant>

#include <troupe/actors/crash_stop.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/messages/types/partitioning.hpp>

namespace troupe {

void router_environment::callback_threw(const std::string& what) { std::fprintf(stderr, "callback_threw what=\"%s\"\n", what.c_str()); }

void router_environment::tick_after(duration delay, const caf::actor& router) { compat::anonymous_send_after(router, delay, local::tick{}); }

namespace {

void end_as_closed(local::call& c) {
  protocol::map_result closed;
  closed.result = outcome::not_applied;
  closed.why = failure::closed;
  c.done(std::move(closed));
}

/// Tells somebody what became of a call: that the router has gone, when it goes without having said so.
class answer_promise {
 public:
  explicit answer_promise(std::function<void(protocol::map_result&&)> tell) : tell_{std::move(tell)} {}
  answer_promise(const answer_promise&) = delete;
  answer_promise& operator=(const answer_promise&) = delete;
  ~answer_promise() {
    if (!tell_) return;
    protocol::map_result gone;
    gone.result = outcome::indeterminate;
    gone.why = failure::closed;
    keep(std::move(gone));
  }
  void keep(protocol::map_result&& answer) {
    if (auto tell = std::exchange(tell_, nullptr)) tell(std::move(answer));
  }

 private:
  std::function<void(protocol::map_result&&)> tell_;
};

class router_gate final : public call_gate {
 public:
  router_gate(router_handle router, std::string map, bool answers_soon)
      : router_{std::move(router)}, map_{std::move(map)}, answers_soon_{answers_soon} {}
  void submit(protocol::map_call what, duration timeout, std::stop_token cancelled_by, std::function<void(protocol::map_result&&)> done) const override {
    auto promise = std::make_shared<answer_promise>(std::move(done));
    auto keep = [promise](protocol::map_result&& answer) { promise->keep(std::move(answer)); };
    router_.submit({map_, std::move(what), timeout, std::move(keep), std::move(cancelled_by)});
  }
  bool answers_soon() const override { return answers_soon_; }
  waiting_threads& waiting() const override { return router_.queue->threads(); }

 private:
  const router_handle router_;
  const std::string map_;
  const bool answers_soon_;
};

}  // namespace

call_queue::place call_queue::push(local::call& c) {
  std::lock_guard guard{mutex_};
  if (closed_) return place::none;
  waiting_.push_back(std::move(c));
  return waiting_.size() == 1 ? place::first : place::behind;
}

void call_queue::close() {
  std::vector<local::call> left;
  {
    std::lock_guard guard{mutex_};
    closed_ = true;
    left.swap(waiting_);
  }
  for (auto& c : left) end_as_closed(c);
}

std::vector<local::call> call_queue::take() {
  std::lock_guard guard{mutex_};
  return std::exchange(waiting_, {});
}

bool call_queue::cancel(protocol::call_id which) {
  std::lock_guard guard{mutex_};
  cancelled_.insert(which);
  return cancelled_.size() == 1;
}

std::unordered_set<protocol::call_id> call_queue::take_cancelled() {
  std::lock_guard guard{mutex_};
  return std::exchange(cancelled_, {});
}

void router_handle::cancel(protocol::call_id which) const {
  if (queue->cancel(which)) tell(local::take_cancelled{});
}

void router_handle::submit(local::call c) const {
  switch (queue->push(c)) {
    case call_queue::place::first: return tell(local::take_calls{});
    case call_queue::place::behind: return;
    case call_queue::place::none: return end_as_closed(c);
  }
}

namespace {

constexpr auto sweep_interval = milliseconds{10};

/// An actor that asked, and the form in which it wants to be answered.
struct waiting_actor {
  caf::response_promise promise;
  caf::message (*shape)(protocol::map_result&&);
};
using waiting_function = std::function<void(protocol::map_result&&)>;

using waiting_caller = std::variant<waiting_actor, waiting_function>;

/// From whatever thread cancels.
struct cancelling {
  router_handle router;
  protocol::call_id call;
  void operator()() const { router.cancel(call); }
};

struct pending_call {
  waiting_caller caller;
  std::unique_ptr<std::stop_callback<cancelling>> cancelled_by = nullptr;  ///< null: by nobody
};

struct router_state {
  std::shared_ptr<router_environment> environment;
  std::shared_ptr<call_queue> queue;
  letter_carrier carrier;
  std::unique_ptr<protocol::router> core;
  protocol::router_effects effects;
  std::unordered_map<protocol::call_id, pending_call> calls;
  std::uint64_t last_call = 0;
  bool sweeping = false;
  bool closed = false;

  ~router_state() {
    if (queue) queue->close();
  }
  [[nodiscard]] bool is_idle() const { return core->in_flight() == 0 && core->listens() == 0 && !core->minds_locks(); }

  static inline const char* name = "troupe.router";
};

using router_self = caf::stateful_actor<router_state>;

/// What an application's function throws is the application's own affair.
void call_back(router_state& state, const waiting_function& done, protocol::map_result&& what) {
  try {
    done(std::move(what));
  } catch (...) {
    state.environment->callback_threw(describe(std::current_exception()));
  }
}

void finish(router_state& state, protocol::call_id id, protocol::map_result&& what) {
  auto at = state.calls.find(id);
  if (at == state.calls.end()) return;
  auto caller = std::move(at->second.caller);
  state.calls.erase(at);
  if (auto* f = std::get_if<waiting_function>(&caller)) return call_back(state, *f, std::move(what));
  auto& actor = std::get<waiting_actor>(caller);
  if (what.result != outcome::ok) {
    actor.promise.deliver(make_map_error(what.result, what.why, what.detail.view()));
    return;
  }
  actor.promise.deliver(actor.shape(std::move(what)));
}

/// One timer serves all deadlines and retries; it runs only while something is in flight.
void keep_sweeping(router_self* self, router_state& state) {
  if (state.sweeping || state.is_idle()) return;
  state.sweeping = true;
  state.environment->tick_after(sweep_interval, caf::actor_cast<caf::actor>(self));
}

/// Each to the copy in this process, if there is one.
void read_copies(router_state& state) {
  for (auto& get : std::exchange(state.effects.copy_reads, {})) {
    reply nobody_here;
    nobody_here.request = get.request;
    nobody_here.result = outcome::retry;
    nobody_here.why = failure::not_primary;
    if (!state.environment->read_backup(std::move(get))) state.core->copy_answered(nobody_here, state.environment->now(), state.effects);
  }
}

void perform(router_self* self, router_state& state) {
  read_copies(state);
  if (!state.effects.sends.empty()) state.environment->send(std::exchange(state.effects.sends, {}));
  for (const auto& m : state.effects.wanted_maps) state.environment->create_map(m);
  for (auto& f : state.effects.finished) finish(state, f.call, std::move(f.what));
  state.effects.clear();
  keep_sweeping(self, state);
}

template <class Step>
void drive(router_self* self, router_state& state, Step step) {
  step(*state.core, state.environment->now(), state.effects);
  perform(self, state);
}

void refuse(router_state& state, protocol::call_id id, failure why) {
  protocol::map_result refused;
  refused.result = outcome::not_applied;
  refused.why = why;
  finish(state, id, std::move(refused));
}

/// Of a local::call or a local::shaped_call. What comes of it is left in the effects.
template <class Call>
void begin(router_self* self, router_state& state, waiting_caller caller, Call& c, instant now) {
  const protocol::call_id id{++state.last_call};
  auto& pending = state.calls.emplace(id, pending_call{std::move(caller)}).first->second;
  if (state.closed) return refuse(state, id, failure::closed);
  if (c.cancelled_by.stop_requested()) return refuse(state, id, failure::cancelled);
  if (c.cancelled_by.stop_possible()) {
    const router_handle here{caf::actor_cast<caf::actor>(self), state.queue, state.carrier};
    pending.cancelled_by = std::make_unique<std::stop_callback<cancelling>>(std::move(c.cancelled_by), cancelling{here, id});
  }
  state.core->call(id, c.map, std::move(c.what), now + c.timeout, now, state.effects);
}

/// All that came together, so that it leaves together.
void begin_all(router_self* self, router_state& state, std::vector<local::call> calls) {
  const auto now = state.environment->now();
  for (auto& c : calls) begin(self, state, std::move(c.done), c, now);
  perform(self, state);
}

void close(router_self* self, router_state& state) {
  state.closed = true;
  state.core->close(state.effects);
  perform(self, state);
}

caf::behavior router(router_self* self, const client_id& name, const protocol::router_limits& limits, std::shared_ptr<router_environment> environment,
                     std::shared_ptr<call_queue> queue, letter_carrier carrier) {
  auto& state = compat::state_of(self);
  stop_on_exception(self, self->name());
  state.environment = std::move(environment);
  state.queue = std::move(queue);
  state.carrier = std::move(carrier);
  state.core = std::make_unique<protocol::router>(name, limits);
  return {
      [self, &state](local::take_cancelled) {
        drive(self, state, [which = state.queue->take_cancelled()](auto& core, auto now, auto& out) { core.cancel(which, now, out); });
      },
      [self, &state](local::take_calls) { begin_all(self, state, state.queue->take()); },
      [self, &state](local::shaped_call& c) {
        auto promise = self->make_response_promise();
        begin(self, state, waiting_actor{promise, c.shape}, c, state.environment->now());
        perform(self, state);
        return promise;
      },
      [self, &state](local::replies& batch) {
        drive(self, state, [&](auto& core, auto now, auto& out) {
          for (const auto& r : batch.list) core.receive(batch.from, r, now, out);
        });
      },
      [self, &state](local::backup_replies& batch) {
        drive(self, state, [&](auto& core, auto now, auto& out) {
          for (const auto& r : batch.list) core.copy_answered(r, now, out);
        });
      },
      [self, &state](const local::view_installed& news) {
        drive(self, state, [&](auto& core, auto now, auto& out) { core.install(news.view, now, out); });
      },
      [self, &state](const local::link_lost& lost) {
        drive(self, state, [&](auto& core, auto now, auto& out) { core.disconnected(lost.to, now, out, lost.never_left); });
      },
      [self, &state](const local::not_sent& back) {
        drive(self, state, [&](auto& core, auto now, auto& out) {
          for (const auto r : back.requests) core.not_sent(back.to, r, now, out);
        });
      },
      [self, &state](const local::map_refused& refusal) {
        drive(self, state, [&](auto& core, auto now, auto& out) { core.map_refused(refusal.map, refusal.why, now, out); });
      },
      [self, &state](local::tick) {
        state.sweeping = false;
        drive(self, state, [](auto& core, auto now, auto& out) { core.tick(now, out); });
      },
      [self, &state](local::close_router) { close(self, state); },
  };
}

}  // namespace

router_handle spawn_router(caf::actor_system& system, const client_id& self, const protocol::router_limits& limits,
                           std::shared_ptr<router_environment> environment, letter_carrier carrier) {
  auto queue = std::make_shared<call_queue>();
  return {system.spawn<caf::lazy_init>(router, self, limits, std::move(environment), queue, carrier), queue, carrier};
}

std::shared_ptr<const call_gate> make_call_gate(router_handle router, std::string map, bool answers_soon) {
  return std::make_shared<router_gate>(std::move(router), std::move(map), answers_soon);
}

}  // namespace troupe
