/// \file
/// A call of a typed map, before it is made: what is asked, and how the answer reads. It can be made in whatever way suits the caller.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <troupe/actors/call_gate.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/actors/owner.hpp>
#include <troupe/actors/result.hpp>

TROUPE_LETTERS(extern, troupe::timed_call)

namespace troupe {

namespace detail {

template <class T>
using answer_reader = result<T> (*)(protocol::map_result&&);

/// What a call brought, to whoever reads it as a T.
template <class T>
result<T> read_answer(protocol::map_result&& answer, answer_reader<T> read) {
  if (answer.result != outcome::ok) return make_map_error(answer.result, answer.why, answer.detail.view());
  return read(std::move(answer));
}

/// Makes a call through the map's actor, outside of actors: once, for all T, because what CAF makes of a message takes compilers long. The first one
/// blocks; the second one calls `done` once.
[[nodiscard]] TROUPE_API result<protocol::map_result> ask(const map_actor& to, const timed_call& what);
TROUPE_API void ask(const map_actor& to, const timed_call& what, std::function<void(result<protocol::map_result>)> done);
/// The same past CAF. `done` gets what the router says, and is not copied once more.
[[nodiscard]] TROUPE_API result<protocol::map_result> ask(const call_gate& gate, const timed_call& what);
TROUPE_API void ask(const call_gate& gate, const timed_call& what, std::function<void(protocol::map_result&&)> done);
/// How long whoever asks waits; nothing: until it is answered.
[[nodiscard]] TROUPE_API std::optional<duration> patience_with(const map_actor& to, const caf::node_id& here, duration timeout);

/// co_await, in coroutine.hpp.
template <class T>
class awaited_call;

}  // namespace detail

/// The answer to a call, on its way. `Handle`: CAF's.
template <class T, class Handle>
class pending {
 public:
  /// `self` asked; null: a blocking actor.
  pending(Handle handle, caf::scheduled_actor* self, detail::answer_reader<T> read) : handle_{std::move(handle)}, self_{self}, read_{read} {}

  /// As CAF's: the actor goes on meanwhile; `on_value(T)` or `on_error(const caf::error&)` follows, once. Without `on_error` an error ends the
  /// actor, as it does with CAF's requests.
  template <class F, class G>
  void then(F on_value, G on_error) {
    auto both = handlers(std::move(on_value), std::move(on_error));
    std::move(handle_).then(std::move(both.first), std::move(both.second));
  }
  template <class F>
  void then(F on_value) {
    then(std::move(on_value), ending_actor());
  }
  /// As CAF's: the actor handles nothing else meanwhile.
  template <class F, class G>
  void await(F on_value, G on_error) {
    auto both = handlers(std::move(on_value), std::move(on_error));
    std::move(handle_).await(std::move(both.first), std::move(both.second));
  }
  template <class F>
  void await(F on_value) {
    await(std::move(on_value), ending_actor());
  }
  /// As CAF's, for blocking actors: waits.
  template <class F, class G>
  void receive(F on_value, G on_error) {
    auto both = handlers(std::move(on_value), std::move(on_error));
    std::move(handle_).receive(std::move(both.first), std::move(both.second));
  }

 private:
  auto ending_actor() {
    return [self = self_](const caf::error& e) {
      auto copy = e;
      self->call_error_handler(copy);
    };
  }

  template <class F, class G>
  auto handlers(F on_value, G on_error) {
    auto failed = std::make_shared<G>(std::move(on_error));  // Two handlers of CAF's share it.
    auto answered = [read = read_, f = std::move(on_value), failed](protocol::map_result& answer) mutable {
      auto got = read(std::move(answer));
      if (got) {
        f(std::move(*got));
      } else {
        (*failed)(got.error());
      }
    };
    return std::pair{std::move(answered), [failed](caf::error& e) { (*failed)(std::as_const(e)); }};
  }

  Handle handle_;
  caf::scheduled_actor* self_;
  detail::answer_reader<T> read_;
};

/// Nothing happens until the call is made: by request() inside an actor, by wait(), future() or async() elsewhere, by co_await in a coroutine
/// (coroutine.hpp). It can be made several times.
template <class T>
class [[nodiscard("a call does nothing until request(), wait(), future(), async() or co_await makes it")]] call {
 public:
  using value_type = T;

  /// `gate`: to the same map; null: there is only its actor.
  call(map_actor to, std::shared_ptr<const call_gate> gate, timed_call what, detail::answer_reader<T> read)
      : to_{std::move(to)}, gate_{std::move(gate)}, what_{std::move(what)}, read_{read} {}

  /// With another deadline: from when it is made, 0 to 7 days. After it the call ends as not_applied or indeterminate.
  [[nodiscard]] call within(duration timeout) && {
    what_.timeout = timeout;
    return std::move(*this);
  }
  [[nodiscard]] call within(duration timeout) const& { return call{*this}.within(timeout); }

  /// What it writes is ok only if at least so many members hold it, the primary included; a call that only reads takes no notice. With fewer
  /// copies in sync it ends as not_applied with `under_replicated`; as indeterminate, if they went while it was under way.
  [[nodiscard]] call with_copies(std::uint8_t at_least) && {
    what_.what.copies_min = at_least;
    return std::move(*this);
  }
  [[nodiscard]] call with_copies(std::uint8_t at_least) const& { return call{*this}.with_copies(at_least); }

  /// On behalf of this owner: what it writes does not wait for locks that this one holds.
  [[nodiscard]] call as(const owner& who) && {
    what_.what.owner = who.number;
    return std::move(*this);
  }
  [[nodiscard]] call as(const owner& who) const& { return call{*this}.as(who); }

  /// Inside an actor: `orders.get(key).request(self).then(…)`. `self`: the actor's pointer, or a caf::scoped_actor.
  template <class Self>
  [[nodiscard]] auto request(Self&& self) const {
    return make(self, what_);
  }

  /// Outside of actors: blocks until there is an answer or an error; not longer than the deadline, apart from CAF's scheduling.
  [[nodiscard]] result<T> wait() const {
    return typed(gate_ ? detail::ask(*gate_, what_) : detail::ask(to_, what_), read_);
  }
  /// Outside of actors: returns at once. The future never throws; that of a system that shuts down ends as `closed`.
  [[nodiscard]] std::future<result<T>> future() const {
    auto promise = std::make_shared<std::promise<result<T>>>();
    auto result_later = promise->get_future();
    async([promise](result<T> ended) { promise->set_value(std::move(ended)); });
    return result_later;
  }
  /// Outside of actors: returns at once. `done(result<T>)` is called once, mostly on the thread that moves the bytes: it must neither block nor throw.
  template <class F>
  void async(F done) const {
    if (!gate_) {
      detail::ask(to_, what_, [read_as = read_, done = std::move(done)](result<protocol::map_result> answer) mutable { done(typed(std::move(answer), read_as)); });
    } else if (!what_.problem.empty()) {
      done(result<T>{make_type_error(outcome::not_applied, what_.problem)});
    } else {
      detail::ask(*gate_, what_, [read_as = read_, done = std::move(done)](protocol::map_result&& answer) mutable { done(detail::read_answer(std::move(answer), read_as)); });
    }
  }

 private:
  template <class Self>
  auto make(Self& self, timed_call what) const {
    const auto patience = detail::patience_with(to_, self->node(), what.timeout);
    caf::scheduled_actor* scheduled = nullptr;
    if constexpr (std::is_convertible_v<Self, caf::scheduled_actor*>) scheduled = self;
    return pending{compat::request(self, to_, patience, std::move(what)), scheduled, read_};
  }

  static result<T> typed(result<protocol::map_result> answer, detail::answer_reader<T> read_as) {
    if (!answer) return answer.error();
    return read_as(*std::move(answer));
  }

  friend class detail::awaited_call<T>;

  map_actor to_;
  std::shared_ptr<const call_gate> gate_;
  timed_call what_;
  detail::answer_reader<T> read_;
};

}  // namespace troupe
