#include <troupe/actors/map_call.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include <troupe/actors/local_messages.hpp>
#include <troupe/actors/once.hpp>
#include <troupe/actors/protocol/router/open_call.hpp>

TROUPE_LETTERS(, troupe::timed_call)

namespace troupe::detail {

drafted_call::drafted_call(const map_actor& asked, const std::shared_ptr<const call_gate>& through, duration timeout, protocol::map_call::kind what)
    : to{asked}, gate{through} {
  call.what.what = what;
  call.timeout = timeout;
}
drafted_call::drafted_call(const map_actor& asked, duration timeout, const map_change& change) : to{asked} {
  call.timeout = timeout;
  call.change = change;
}
drafted_call::drafted_call(const drafted_call&) = default;
drafted_call::drafted_call(drafted_call&&) noexcept = default;
drafted_call& drafted_call::operator=(const drafted_call&) = default;
drafted_call& drafted_call::operator=(drafted_call&&) noexcept = default;
drafted_call::~drafted_call() = default;

void drafted_call::take(std::optional<blob> bytes, blob& into, const char* problem) {
  if (bytes) {
    into = *std::move(bytes);
  } else {
    call.problem = problem;
  }
}

namespace {

/// In this process the router sees to it that each call ends by its deadline. Nobody does when a map's actor is in another process, reached
/// through CAF's middleman, and that dies.
constexpr duration remote_patience = seconds{5};

using answer = result<protocol::map_result>;

/// One call, for somebody who may take it back where no router of this process would hear of that: he is told at once, and the call goes on.
struct go_between_state {
  caf::typed_response_promise<protocol::map_result> whoever_asked;
  std::unique_ptr<std::stop_callback<std::function<void()>>> cancelled_by;

  static inline const char* name = "troupe.go_between";
};
using go_between = caf::stateful_actor<go_between_state>;

void end(go_between* self, answer with) {
  auto& state = compat::state_of(self);
  if (with) {
    state.whoever_asked.deliver(*std::move(with));
  } else {
    state.whoever_asked.deliver(with.error());
  }
  self->quit();
}

caf::behavior go_between_of(go_between* self, const map_actor& to) {
  return {
      [self, to](timed_call& what) {
        auto& state = compat::state_of(self);
        compat::on_down(self, caf::actor_cast<caf::actor>(self->current_sender()), [self] { self->quit(); });  // Then nobody waits.
        state.whoever_asked = self->make_response_promise<protocol::map_result>();
        const auto here = caf::actor_cast<caf::actor>(self);
        const auto fate = what.change.what == map_change::kind::none && only_reads(what.what) ? outcome::not_applied : outcome::indeterminate;
        if (what.cancelled_by.stop_requested()) {
          end(self, make_map_error(outcome::not_applied, failure::cancelled));
          return state.whoever_asked;
        }
        state.cancelled_by = std::make_unique<std::stop_callback<std::function<void()>>>(
            what.cancelled_by, [here, fate] { compat::anonymous_send(here, local::call_is_cancelled{fate}); });
        compat::then(compat::send_request(self, to, patience_with(to, self->node(), what.timeout), std::move(what)),
                     {[self](protocol::map_result& got) { end(self, std::move(got)); }, [self](const caf::error& e) { end(self, e); }});
        return state.whoever_asked;
      },
      [self](const local::call_is_cancelled& by) { end(self, make_map_error(by.fate, failure::cancelled)); },
  };
}

}  // namespace

map_actor asked_for(const map_actor& to, caf::actor_system& here, const timed_call& what) {
  if (!to || !what.cancelled_by.stop_possible()) return to;
  if (to.node() == here.node() && what.change.what == map_change::kind::none) return to;  // Its router hears.
  return caf::actor_cast<map_actor>(here.spawn(go_between_of, to));
}

std::optional<duration> patience_with(const map_actor& to, const caf::node_id& here, duration timeout) {
  if (!to || to.node() == here) return std::nullopt;
  return std::clamp<duration>(timeout, duration{}, call_timeout_max) + remote_patience;
}

compat::sent_request ask(caf::scheduled_actor* self, const map_actor& to, const timed_call& what) {
  const auto asked = asked_for(to, self->home_system(), what);
  return compat::send_request(self, asked, patience_with(asked, self->node(), what.timeout), timed_call{what});
}

namespace {

caf::behavior handlers(const std::shared_ptr<continuation>& what) {
  return {[what](protocol::map_result& got) { what->answered(std::move(got)); }, [what](caf::error& e) { what->failed(e); }};
}

}  // namespace

void then(compat::sent_request asked, std::shared_ptr<continuation> what) { compat::then(std::move(asked), handlers(what)); }
void await(compat::sent_request asked, std::shared_ptr<continuation> what) { compat::await(std::move(asked), handlers(what)); }

answer ask(const drafted_call& what) {
  const auto& [to, gate, call] = what;
  if (!gate) {
    caf::scoped_actor self{to.home_system()};
    const auto asked = asked_for(to, to.home_system(), call);
    std::optional<answer> ended;
    compat::request(self, asked, patience_with(asked, self->node(), call.timeout), timed_call{call})
        .receive([&](protocol::map_result& got) { ended.emplace(std::move(got)); }, [&](const caf::error& e) { ended.emplace(e); });
    return *std::move(ended);
  }
  if (!call.problem.empty()) return make_type_error(outcome::not_applied, call.problem);
  auto slot = std::make_shared<answer_slot>();
  const waiting_threads::one here{gate->waiting()};
  ask_gate(what, [slot](protocol::map_result&& got) { slot->put(std::move(got)); });
  return read_answer<protocol::map_result>(slot->take(gate->answers_soon()), [](protocol::map_result&& got) -> answer { return std::move(got); });
}

void ask_actor(const drafted_call& what, std::function<void(answer)> done) {
  auto ended = std::make_shared<once<answer>>(std::move(done), make_map_error(outcome::indeterminate, failure::closed));
  what.to.home_system().spawn([to = what.to, call = what.call, ended](caf::event_based_actor* self) {
    compat::then(ask(self, to, call), {[ended](protocol::map_result& got) { ended->end(std::move(got)); }, [ended](const caf::error& e) { ended->end(e); }});
  });
}

void ask_gate(const drafted_call& what, std::function<void(protocol::map_result&&)> done) {
  const auto& call = what.call;
  what.gate->submit(call.what, std::clamp<duration>(call.timeout, duration{}, call_timeout_max), call.cancelled_by, std::move(done));
}

}  // namespace troupe::detail
