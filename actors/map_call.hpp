/// \file
/// A call of a typed map, before it is made: what is asked, and how the answer reads. It can be made in whatever way suits the caller.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
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

/// A call as it is put together, and whom it asks: the same for all types of maps, so that what it takes to copy, move and end one is compiled once.
struct TROUPE_API drafted_call {
  drafted_call(const map_actor& to, const std::shared_ptr<const call_gate>& gate, duration timeout, protocol::map_call::kind what);
  drafted_call(const map_actor& to, duration timeout, const map_change& change);
  drafted_call(const drafted_call&);
  drafted_call(drafted_call&&) noexcept;
  drafted_call& operator=(const drafted_call&);
  drafted_call& operator=(drafted_call&&) noexcept;
  ~drafted_call();

  /// Nothing: they could not be written, and making the call fails with this text.
  void take(std::optional<blob> bytes, blob& into, const char* problem);

  map_actor to;
  std::shared_ptr<const call_gate> gate;  ///< to the same map; null: there is only its actor
  timed_call call;
};

/// Makes a call outside of actors, through the gate, or else the actor: once, for all T, because what CAF makes of a message takes compilers long. Blocks.
[[nodiscard]] TROUPE_API result<protocol::map_result> ask(const drafted_call& what);
/// Through its actor. Does not block; `done` is called once.
TROUPE_API void ask_actor(const drafted_call& what, std::function<void(result<protocol::map_result>)> done);
/// Through its gate, likewise: what the router says is not copied once more. Requires: there is a gate.
TROUPE_API void ask_gate(const drafted_call& what, std::function<void(protocol::map_result&&)> done);
/// How long whoever asks waits; nothing: until it is answered.
[[nodiscard]] TROUPE_API std::optional<duration> patience_with(const map_actor& to, const caf::node_id& here, duration timeout);
/// Whom to ask instead of `to`, from this process: mostly `to` itself.
[[nodiscard]] TROUPE_API map_actor asked_for(const map_actor& to, caf::actor_system& here, const timed_call& what);

/// What an actor does when its call has been answered: one of the two, once.
class TROUPE_API continuation {
 public:
  continuation() = default;
  continuation(const continuation&) = delete;
  continuation& operator=(const continuation&) = delete;
  virtual ~continuation() = default;
  virtual void answered(protocol::map_result&&) = 0;
  virtual void failed(caf::error&) = 0;
};

/// Makes a call inside an actor that isn't a blocking one, and says what follows.
[[nodiscard]] TROUPE_API compat::sent_request ask(caf::scheduled_actor* self, const map_actor& to, const timed_call& what);
TROUPE_API void then(compat::sent_request asked, std::shared_ptr<continuation> what);
TROUPE_API void await(compat::sent_request asked, std::shared_ptr<continuation> what);
template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;
/// What a function object with one operator() takes.
template <class R, class C, class Arg>
std::remove_cvref_t<Arg> argument_of(R (C::*)(Arg) const);
template <class R, class C, class Arg>
std::remove_cvref_t<Arg> argument_of(R (C::*)(Arg));
template <class F>
inline constexpr bool takes_a_result = false;
template <class F>
  requires requires { argument_of(&F::operator()); }
inline constexpr bool takes_a_result<F> = is_result<decltype(argument_of(&F::operator()))>;

/// What follows an answer, as CAF's handlers do; else the compiler says so at the line that gives them.
template <class T, class F, class G>
constexpr void check_handlers() {
  static_assert(std::is_invocable_v<F&, T>, "a call<T> of a map: the first handler takes what the call brings, a T: void(T) or void(const T&)");
  static_assert(!takes_a_result<F>, "a call<T> of a map: the first handler takes a T, not a result<T>: errors go to the second one");
  static_assert(std::is_invocable_v<G&, caf::error&>, "a call<T> of a map: the second handler takes the error: void(const caf::error&)");
}

template <class T, class F, class G>
class typed_continuation final : public continuation {
 public:
  typed_continuation(answer_reader<T> read, F on_value, G on_error) : read_{read}, on_value_{std::move(on_value)}, on_error_{std::move(on_error)} {}
  void answered(protocol::map_result&& answer) override {
    auto got = read_(std::move(answer));
    if (got) {
      on_value_(std::move(*got));
    } else {
      auto why = got.error();
      on_error_(why);
    }
  }
  void failed(caf::error& why) override { on_error_(why); }

 private:
  answer_reader<T> read_;
  F on_value_;
  G on_error_;
};

/// co_await, in coroutine.hpp.
template <class T>
class awaited_call;

}  // namespace detail

/// The answer to a call, on its way to an actor.
template <class T>
class pending {
 public:
  pending(compat::sent_request asked, detail::answer_reader<T> read) : asked_{std::move(asked)}, read_{read} {}

  /// As CAF's: the actor goes on meanwhile; `on_value(T)` or `on_error(caf::error&)` follows, once. Without `on_error` an error ends the
  /// actor, as it does with CAF's requests.
  template <class F, class G>
  void then(F on_value, G on_error) {
    detail::then(std::move(asked_), following(std::move(on_value), std::move(on_error)));
  }
  template <class F>
  void then(F on_value) {
    then(std::move(on_value), ending_actor());
  }
  /// As CAF's: the actor handles nothing else meanwhile.
  template <class F, class G>
  void await(F on_value, G on_error) {
    detail::await(std::move(asked_), following(std::move(on_value), std::move(on_error)));
  }
  template <class F>
  void await(F on_value) {
    await(std::move(on_value), ending_actor());
  }

 private:
  auto ending_actor() {
    return [self = asked_.self](caf::error& e) { self->call_error_handler(e); };
  }
  template <class F, class G>
  std::shared_ptr<detail::continuation> following(F on_value, G on_error) {
    detail::check_handlers<T, F, G>();
    return std::make_shared<detail::typed_continuation<T, F, G>>(read_, std::move(on_value), std::move(on_error));
  }

  compat::sent_request asked_;
  detail::answer_reader<T> read_;
};

/// The same, on its way to a blocking actor. `Handle`: CAF's.
template <class T, class Handle>
class receivable {
 public:
  receivable(Handle handle, detail::answer_reader<T> read) : handle_{std::move(handle)}, read_{read} {}

  /// As CAF's: waits; then `on_value(T)` or `on_error(caf::error&)` is called, once.
  template <class F, class G>
  void receive(F on_value, G on_error) {
    detail::check_handlers<T, F, G>();
    detail::typed_continuation<T, F, G> what{read_, std::move(on_value), std::move(on_error)};
    std::move(handle_).receive([&what](protocol::map_result& answer) { what.answered(std::move(answer)); }, [&what](caf::error& e) { what.failed(e); });
  }

 private:
  Handle handle_;
  detail::answer_reader<T> read_;
};

/// Nothing happens until the call is made: by request() inside an actor, by wait(), future() or async() elsewhere, by co_await in a coroutine
/// (coroutine.hpp). It can be made several times.
template <class T>
class [[nodiscard("a call does nothing until request(), wait(), future(), async() or co_await makes it")]] call {
 public:
  using value_type = T;

  call(detail::drafted_call what, detail::answer_reader<T> read) : draft_{std::move(what)}, read_{read} {}

  /// With another deadline: from when it is made, 0 to 7 days; more is taken for 7 days, and less has passed. After it the call ends as not_applied or indeterminate.
  [[nodiscard]] call within(duration timeout) && {
    draft_.call.timeout = timeout;
    return std::move(*this);
  }
  [[nodiscard]] call within(duration timeout) const& { return call{*this}.within(timeout); }

  /// What it writes is ok only if at least so many members hold it, the primary included; a call that only reads takes no notice. With fewer
  /// copies in sync it ends as not_applied with `under_replicated`; as indeterminate, if they went while it was under way.
  [[nodiscard]] call with_copies(std::uint8_t at_least) && {
    draft_.call.what.copies_min = at_least;
    return std::move(*this);
  }
  [[nodiscard]] call with_copies(std::uint8_t at_least) const& { return call{*this}.with_copies(at_least); }

  /// When the token's source is asked to stop, from whatever thread, the call ends with `cancelled`, unless it has ended: as not_applied where nothing had
  /// been sent, and where it only reads; else as indeterminate, for what has been sent may be done. Then it takes up no place among those in flight. A call
  /// on several keys ends so for its parts that are open; others may have been done, also where it is not_applied.
  [[nodiscard]] call cancelled_by(std::stop_token token) && {
    draft_.call.cancelled_by = std::move(token);
    return std::move(*this);
  }
  [[nodiscard]] call cancelled_by(std::stop_token token) const& { return call{*this}.cancelled_by(std::move(token)); }

  /// On behalf of this owner: what it writes does not wait for locks that this one holds.
  [[nodiscard]] call as(const owner& who) && {
    draft_.call.what.owner = who.number;
    return std::move(*this);
  }
  [[nodiscard]] call as(const owner& who) const& { return call{*this}.as(who); }

  /// Inside an actor: `orders.get(key).request(self).then(…)`. `self`: the actor's pointer, or a caf::scoped_actor.
  template <class Self>
  [[nodiscard]] auto request(Self&& self) const {
    const auto& [to, gate, what] = draft_;
    if constexpr (std::is_convertible_v<Self, caf::scheduled_actor*>) {
      return pending<T>{detail::ask(self, to, what), read_};
    } else {
      const auto asked = detail::asked_for(to, self->home_system(), what);
      return receivable{compat::request(self, asked, detail::patience_with(asked, self->node(), what.timeout), timed_call{what}), read_};
    }
  }

  /// Outside of actors: blocks until there is an answer or an error; not longer than the deadline, apart from CAF's scheduling.
  [[nodiscard]] result<T> wait() const { return typed(detail::ask(draft_), read_); }
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
    if (!draft_.gate) {
      detail::ask_actor(draft_, [read_as = read_, done = std::move(done)](result<protocol::map_result> answer) mutable { done(typed(std::move(answer), read_as)); });
    } else if (!draft_.call.problem.empty()) {
      done(result<T>{make_type_error(outcome::not_applied, draft_.call.problem)});
    } else {
      detail::ask_gate(draft_, [read_as = read_, done = std::move(done)](protocol::map_result&& answer) mutable { done(detail::read_answer(std::move(answer), read_as)); });
    }
  }

 private:
  static result<T> typed(result<protocol::map_result> answer, detail::answer_reader<T> read_as) {
    if (!answer) return answer.error();
    return read_as(*std::move(answer));
  }

  friend class detail::awaited_call<T>;

  detail::drafted_call draft_;
  detail::answer_reader<T> read_;
};

}  // namespace troupe
