#include <troupe/actors/entry_listener.hpp>

#include <memory>
#include <optional>
#include <utility>

#include <troupe/actors/local_messages.hpp>
#include <troupe/actors/once.hpp>

namespace troupe {

std::string_view to_string(entry_event_kind k) {
  switch (k) {
    case entry_event_kind::added: return "added";
    case entry_event_kind::updated: return "updated";
    case entry_event_kind::removed: return "removed";
    case entry_event_kind::expired: return "expired";
    case entry_event_kind::evicted: return "evicted";
    case entry_event_kind::cleared: return "cleared";
    case entry_event_kind::gap: return "gap";
    case entry_event_kind::unreadable: return "unreadable";
    case entry_event_kind::ended: return "ended";
  }
  return "unknown";
}

namespace detail {

entry_event_kind kind_of(row_event_kind k) {
  switch (k) {
    case row_event_kind::added: return entry_event_kind::added;
    case row_event_kind::updated: return entry_event_kind::updated;
    case row_event_kind::removed: return entry_event_kind::removed;
    case row_event_kind::expired: return entry_event_kind::expired;
    case row_event_kind::evicted: return entry_event_kind::evicted;
    case row_event_kind::cleared: return entry_event_kind::cleared;
    case row_event_kind::gap: return entry_event_kind::gap;
  }
  return entry_event_kind::unreadable;
}

std::string text_of(const row_event& e) {
  switch (e.why) {
    case gap_reason::none: return {};
    case gap_reason::too_late: return "the listener was too slow for the partition's log";
    case gap_reason::history_lost: return "the partition lost data";
    case gap_reason::another_cluster: return "the cluster that was listened to is gone: this is another one";
  }
  return {};
}

namespace {

template <class T, class Message>
result<T> wait_for(const map_actor& to, const Message& what) {
  caf::scoped_actor self{to.home_system()};
  const auto asked = asked_for(to, to.home_system(), what);
  std::optional<result<T>> ended;
  compat::request(self, asked, patience_with(asked, self->node(), what), what)
      .receive([&](T value) { ended.emplace(std::move(value)); }, [&](const caf::error& e) { ended.emplace(e); });
  return *std::move(ended);
}

template <class T, class Message>
void ask_later(const map_actor& to, const Message& what, std::function<void(result<T>)> done) {
  auto ended = std::make_shared<once<result<T>>>(std::move(done), make_map_error(outcome::indeterminate, failure::closed));
  to.home_system().spawn([to, what, ended](caf::event_based_actor* self) {
    const auto asked = asked_for(to, self->home_system(), what);
    compat::request(self, asked, patience_with(asked, self->node(), what), what)
        .then([ended](T value) { ended->end(std::move(value)); }, [ended](const caf::error& e) { ended->end(e); });
  });
}

/// What is added in another process is awaited for so long after it was taken back, to be removed there.
constexpr duration answer_may_take = seconds{5};

/// One listener, for somebody who may take it back where that is not heard of. What is added nevertheless is removed.
struct go_between_state {
  caf::typed_response_promise<caf::actor> whoever_asked;
  std::unique_ptr<std::stop_callback<std::function<void()>>> cancelled_by;
  bool is_cancelled = false;

  static inline const char* name = "troupe.listener_go_between";
};
using go_between = caf::stateful_actor<go_between_state>;

void added(go_between* self, const map_actor& to, const caf::actor& subscription) {
  auto& state = compat::state_of(self);
  if (state.is_cancelled) {
    compat::anonymous_send(to, listener_removal{subscription});
  } else {
    state.whoever_asked.deliver(subscription);
  }
  self->quit();
}

void not_added(go_between* self, const caf::error& why) {
  auto& state = compat::state_of(self);
  if (!state.is_cancelled) state.whoever_asked.deliver(why);
  self->quit();
}

caf::behavior go_between_of(go_between* self, const map_actor& to) {
  return {
      [self, to](listener_request& what) {
        auto& state = compat::state_of(self);
        compat::on_down(self, caf::actor_cast<caf::actor>(self->current_sender()), [self] { self->quit(); });  // Then nobody waits.
        state.whoever_asked = self->make_response_promise<caf::actor>();
        if (what.cancelled_by.stop_requested()) {
          not_added(self, make_map_error(outcome::not_applied, failure::cancelled));
          return state.whoever_asked;
        }
        const auto here = caf::actor_cast<caf::actor>(self);
        state.cancelled_by = std::make_unique<std::stop_callback<std::function<void()>>>(
            what.cancelled_by, [here] { compat::anonymous_send(here, local::adding_is_cancelled{}); });
        compat::request(self, to, patience_with(to, self->node(), what), std::move(what))
            .then([self, to](const caf::actor& subscription) { added(self, to, subscription); }, [self](const caf::error& e) { not_added(self, e); });
        return state.whoever_asked;
      },
      [self](local::adding_is_cancelled) {
        auto& state = compat::state_of(self);
        state.is_cancelled = true;
        state.whoever_asked.deliver(make_map_error(outcome::not_applied, failure::cancelled));
        compat::send_to_self_after(self, answer_may_take, local::adding_is_late{});
      },
      [self](local::adding_is_late) { self->quit(); },
  };
}

}  // namespace

map_actor asked_for(const map_actor& to, caf::actor_system& here, const listener_request& what) {
  if (!to || to.node() == here.node() || !what.cancelled_by.stop_possible()) return to;
  return caf::actor_cast<map_actor>(here.spawn(go_between_of, to));
}

result<caf::actor> ask(const map_actor& to, const listener_request& what) { return wait_for<caf::actor>(to, what); }
result<bool> ask(const map_actor& to, const listener_removal& what) { return wait_for<bool>(to, what); }
void ask(const map_actor& to, const listener_request& what, std::function<void(result<caf::actor>)> done) { ask_later(to, what, std::move(done)); }
void ask(const map_actor& to, const listener_removal& what, std::function<void(result<bool>)> done) { ask_later(to, what, std::move(done)); }

}  // namespace detail

}  // namespace troupe
