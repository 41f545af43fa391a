/// \file
/// Coroutines that call maps: `co_await` is one more way to make a call, inside of actors and elsewhere.
///
///     troupe::task<troupe::result<int>> reserve(troupe::map<std::string, int> stock, std::string item) {
///       const auto left = co_await stock.get(item).within(2s);               // a result<std::optional<int>>, as wait() gives it
///       if (!left) co_return left.error();
///       …
///     }
///
///     return {[=](reserve_atom, const std::string& item) {                    // inside an actor: the task's result is the answer
///       return troupe::answer(self, reserve, stock, item);
///     }};
///     troupe::launch(self, watch, stock);                                     // the same where nobody waits for an answer
///
///     const auto left = troupe::sync_wait(reserve(stock, "pears"));           // elsewhere: this thread runs it until it ends
///     auto later = troupe::start(reserve, stock, "pears");                    // elsewhere: returns at once, with a std::future
///
/// **A task does nothing until it is started, or awaited by another task.** Then it runs where the outermost one runs:
///  - launch() and answer(): in the actor, as the handlers of its requests do. It may touch the actor's state; while it waits the actor takes other
///    messages, so that state may have changed behind each co_await. As many as you like may be under way.
///  - sync_wait(): in the thread that called it.
///  - start(): first in the calling thread, then on the threads that async() calls back on, mostly those that move the bytes: it must neither block
///    nor work for long. start_on() lets you say where.
///
/// **Nothing of it stays when its actor ends**: what waits is destroyed then, with its locals, and never resumed; whoever waits for its answer()
/// gets an error of CAF's. An actor that has quit() makes no more calls: its coroutine ends at the next one. Calls that had been made are not taken back: a
/// write may or may not have been done, as if it had ended as indeterminate. The locals' destructors must not make requests.
///
/// **Errors of calls are values**, as with wait(). An exception that leaves a task goes to the one that awaits it; from the outermost one of an actor
/// to CAF, as one that leaves a handler: the actor ends, and who waits for its answer() gets an error. sync_wait() throws it, start()'s future has it.
///
/// **What a coroutine refers to must live as long as it.** launch(), answer() and start() take a function and its arguments, as std::thread does, not a
/// task: they keep the function, with whatever a lambda has captured, and copies of the arguments until the task has ended. A task that is awaited where
/// it is made, `co_await f(x)`, is as safe. The trap that is left: a task kept in a variable whose lambda, or whose arguments by reference, are gone before
/// it is awaited.
///
/// **GCC 12 destroys some temporaries twice** that a statement with co_await makes, without a word: structs without constructors, and lambdas that
/// capture. Make the value, or the call, in a statement of its own; have no co_await in an operand of ?:
///
///     const auto put = orders.put(4711, {"apples", 2});                       // not: co_await orders.put(4711, {"apples", 2})
///     const auto old = co_await put;
#pragma once

#include <atomic>
#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <troupe/actors/task.hpp>
#include <troupe/messages/types/api.hpp>

namespace troupe {

namespace detail {

/// For whoever waits for the answer of a task that threw.
[[nodiscard]] TROUPE_API caf::error error_of(const std::exception_ptr& thrown);

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

template <class F, class... Args>
concept function_that_returns_a_task = std::invocable<F&, Args...> && is_task<std::invoke_result_t<F&, Args...>>;
/// The same of a function that may take its actor first.
template <class F, class Self, class... Args>
concept function_of_actor_that_returns_a_task = function_that_returns_a_task<F, Self*, Args...> || function_that_returns_a_task<F, Args...>;

/// A function and its arguments, kept for as long as the coroutine that it has made may refer to them.
template <class F, class... Args>
class kept_function {
 public:
  kept_function(F f, Args... args) : f_{std::move(f)}, args_{std::move(args)...} {}
  /// Once. `self`: nothing, or an actor's pointer, which it takes if it can.
  template <class... Self>
  [[nodiscard]] auto operator()(Self... self) {
    return std::apply(
        [&](Args&... args) {
          if constexpr (std::is_invocable_v<F&, Self..., Args...>) {
            return std::invoke(f_, self..., std::move(args)...);
          } else {
            return std::invoke(f_, std::move(args)...);
          }
        },
        args_);
  }

 private:
  F f_;
  std::tuple<Args...> args_;
};

/// The T of the task<T> that a kept function makes.
template <class Kept, class... Self>
using result_of_task = typename std::invoke_result_t<Kept&, Self...>::value_type;

/// In an actor. `End` takes what has ended.
template <class Self, class End, class Kept>
class task_of_actor final : public running_task {
 public:
  task_of_actor(Self* self, End end, Kept f) : self_{self}, f_{std::move(f)}, end_{std::move(end)} {}

  void begin() {
    what_.emplace(f_(self_));
    resume(what_->begin(*this));
  }
  [[nodiscard]] bool may_wait() const override { return !compat::has_quit(self_); }
  void make(const unread_call& what, landing<protocol::map_result> to) override { ask<protocol::map_result>(what, std::move(to)); }
  void make(const adding_call& what, landing<caf::actor> to) override { ask<caf::actor>(what, std::move(to)); }
  void make(const removal_call& what, landing<bool> to) override { ask<bool>(what, std::move(to)); }
  void resume(std::coroutine_handle<> who) override {
    run(who);
    if (what_->has_ended()) end_(*what_);
  }

 private:
  template <class T, class Call>
  void ask(const Call& what, landing<T> to) {
    what.request(self_).then([to](T answer) { to(std::move(answer)); }, [to](const caf::error& e) { to(e); });
  }

  Self* self_;
  Kept f_;
  End end_;
  std::optional<outermost<result_of_task<Kept, Self*>>> what_;  // Goes before what it refers to.
};

template <class Self, class End, class Kept>
void begin_in_actor(Self* self, End end, Kept f) {
  std::make_shared<task_of_actor<Self, End, Kept>>(self, std::move(end), std::move(f))->begin();
}

/// Nobody waits for it.
struct untold_end {
  void operator()(outermost<void>& what) const { what.take(); }
};

/// What a task's result is to whoever asked.
template <class T>
struct answered {
  using type = T;
};
template <class T>
struct answered<result<T>> {
  using type = T;
};

/// Someone waits for its result.
template <class T>
class told_end {
 public:
  using promise = caf::typed_response_promise<typename answered<T>::type>;

  explicit told_end(promise to) : to_{std::move(to)} {}
  told_end(told_end&& other) noexcept : to_{std::exchange(other.to_, promise{})} {}
  told_end& operator=(told_end&&) = delete;
  ~told_end() { compat::give_up(to_); }

  void operator()(outermost<T>& what) {
    try {
      deliver(what);
    } catch (...) {
      to_.deliver(error_of(std::current_exception()));
      throw;
    }
  }

 private:
  void deliver(outermost<T>& what) {
    if constexpr (std::is_void_v<T>) {
      what.take();
      compat::keep(to_);
    } else if constexpr (std::is_same_v<T, typename answered<T>::type>) {
      to_.deliver(what.take());
    } else {
      auto value = what.take();
      if (value) {
        to_.deliver(*std::move(value));
      } else {
        to_.deliver(value.error());
      }
    }
  }

  promise to_;
};

/// Elsewhere, while a thread waits for it, and runs it.
class TROUPE_API task_of_thread final : public running_task {
 public:
  void make(const unread_call& what, landing<protocol::map_result> to) override;
  void make(const adding_call& what, landing<caf::actor> to) override;
  void make(const removal_call& what, landing<bool> to) override;
  void resume(std::coroutine_handle<> who) override;
  template <class T>
  void run_to_end(outermost<T>& what) {
    run(what.begin(*this));
    while (!what.has_ended()) {
      awake_.wait(nullptr, std::memory_order_acquire);
      run(std::coroutine_handle<>::from_address(awake_.exchange(nullptr, std::memory_order_acquire)));
    }
  }

 private:
  std::atomic<void*> awake_{nullptr};
};

/// Elsewhere, with nobody who waits.
template <class Post, class Kept>
class task_of_nobody final : public running_task {
 public:
  using value_type = result_of_task<Kept>;

  task_of_nobody(Post post, Kept f) : post_{std::move(post)}, f_{std::move(f)} {}
  ~task_of_nobody() override {
    if (what_ && what_->has_ended()) tell();  // Else its future has a broken promise.
  }

  [[nodiscard]] std::future<value_type> begin() {
    auto later = to_.get_future();
    what_.emplace((*f_)());
    resume(what_->begin(*this));
    return later;
  }
  void make(const unread_call& what, landing<protocol::map_result> to) override { what.async(std::move(to)); }
  void make(const adding_call& what, landing<caf::actor> to) override { what.async(std::move(to)); }
  void make(const removal_call& what, landing<bool> to) override { what.async(std::move(to)); }
  void resume(std::coroutine_handle<> who) override {
    post_([here = this->shared_from_this(), who] { static_cast<task_of_nobody&>(*here).run(who); });
  }

 private:
  /// Last, when nothing of the task is left that whoever waits might have to outlive.
  void tell() {
    try {
      if constexpr (std::is_void_v<value_type>) {
        what_->take();
        forget();
        to_.set_value();
      } else {
        auto value = what_->take();
        forget();
        to_.set_value(std::move(value));
      }
    } catch (...) {
      forget();
      to_.set_exception(std::current_exception());
    }
  }
  void forget() {
    what_.reset();
    f_.reset();
  }

  Post post_;
  std::optional<Kept> f_;
  std::promise<value_type> to_;
  std::optional<outermost<value_type>> what_;
};

}  // namespace detail

/// Inside an actor, `self`: starts a task whose result nobody waits for, task<>. It runs at once until it first waits. `f` may take `self` first, as with
/// spawn().
template <class Self, class F, class... Args>
  requires detail::function_of_actor_that_returns_a_task<F, Self, Args...>
void launch(Self* self, F f, Args... args) {
  using kept = detail::kept_function<F, Args...>;
  static_assert(std::is_void_v<detail::result_of_task<kept, Self*>>, "nobody would get this task's result: answer() it, or return task<>");
  detail::begin_in_actor(self, detail::untold_end{}, kept{std::move(f), std::move(args)...});
}

/// Inside the handler of a message: starts a task whose result is the answer to the message; to be returned by the handler. A task<result<T>> answers with
/// the T or with the error, another one with what it returns.
template <class Self, class F, class... Args>
  requires detail::function_of_actor_that_returns_a_task<F, Self, Args...>
[[nodiscard]] auto answer(Self* self, F f, Args... args) {
  using kept = detail::kept_function<F, Args...>;
  using end = detail::told_end<detail::result_of_task<kept, Self*>>;
  auto promise = self->template make_response_promise<typename detail::answered<detail::result_of_task<kept, Self*>>::type>();
  detail::begin_in_actor(self, end{promise}, kept{std::move(f), std::move(args)...});
  return promise;
}

/// Outside of actors: runs the task in this thread until it has ended; what it throws, too. Each call in it ends by its deadline.
template <class T>
T sync_wait(task<T> what) {
  const auto here = std::make_shared<detail::task_of_thread>();
  detail::outermost<T> outer{std::move(what)};
  here->run_to_end(outer);
  return outer.take();
}

/// Outside of actors: starts a task all of which runs where `post` puts it: `post(std::function<void()>)`, from any thread, must have each function called
/// once, later or at once. (If it drops one the task is destroyed, and its promise broken.) The future has what the task returned, or what it threw, when
/// nothing of the task is left. It may be thrown away.
template <class Post, class F, class... Args>
  requires detail::function_that_returns_a_task<F, Args...>
auto start_on(Post post, F f, Args... args) {
  using running = detail::task_of_nobody<Post, detail::kept_function<F, Args...>>;
  return std::make_shared<running>(std::move(post), detail::kept_function<F, Args...>{std::move(f), std::move(args)...})->begin();
}

/// Outside of actors: starts a task in this thread. Where it goes on, behind a co_await, it must neither block nor work for long: mostly that is the thread
/// that moves the bytes.
template <class F, class... Args>
  requires detail::function_that_returns_a_task<F, Args...>
auto start(F f, Args... args) {
  return start_on([](const auto& step) { step(); }, std::move(f), std::move(args)...);
}

}  // namespace troupe
