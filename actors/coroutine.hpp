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
/// **What a coroutine refers to must live as long as it.** launch(), answer() and start() take a function and its arguments, as std::thread does, not a task: they keep the
/// function, with whatever a lambda has captured, and copies of the arguments until the task has ended. A task that is awaited where it is made,
/// `co_await f(x)`, is as safe. The trap that is left: a task kept in a variable whose lambda, or whose arguments by reference, are gone before it is awaited.
///
/// **GCC 12 destroys some temporaries twice** that a statement with co_await makes, without a word: structs without constructors made by braces, and lambdas that
/// capture. Make the value, or the call, in a statement of its own; have no co_await in an operand of ?:
///
///     const auto put = orders.put(4711, {"apples", 2});                       // not: co_await orders.put(4711, {"apples", 2})
///     const auto old = co_await put;
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <troupe/actors/map_call.hpp>

namespace troupe {

template <class T = void>
class task;

namespace detail {

template <class T>
class outermost;

/// For whoever waits for the answer of a task that threw.
[[nodiscard]] caf::error error_of(const std::exception_ptr& thrown);

/// Counts what a coroutine waits for before it goes on: its answers, and that it sleeps.
class countdown {
 public:
  explicit countdown(std::size_t answers) : left_{answers + 1} {}
  /// Whether that was the last one. Otherwise the coroutine may go on, and end, at any moment.
  [[nodiscard]] bool one_less() { return left_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

 private:
  std::atomic<std::size_t> left_;
};

using unread_call = call<protocol::map_result>;
template <class T>
class landing;

/// A task under way: its outermost coroutine, and all that this one awaits. One thread at a time is in it. It lives as long as somebody is in it, or
/// owes it an answer.
class running_task : public std::enable_shared_from_this<running_task> {
 public:
  running_task() = default;
  running_task(const running_task&) = delete;
  running_task& operator=(const running_task&) = delete;
  virtual ~running_task() = default;

  /// Whether anybody may still be waited for.
  [[nodiscard]] virtual bool may_wait() const { return true; }
  /// Makes the call, as its surroundings make calls. The answer may be there before this returns.
  virtual void make(const unread_call& what, landing<protocol::map_result> to) = 0;
  /// Lets the coroutine go on, here or elsewhere.
  virtual void resume(std::coroutine_handle<> who) = 0;
  /// What runs as soon as the coroutine sleeps that is now running: one that it awaits, or that awaits it. (Not called from there: so no chain of
  /// tasks, and no loop over them, grows the stack.)
  void go_on_with(std::coroutine_handle<> who) { *next_ = who; }

 protected:
  /// Until it waits for an answer, or has ended. Then another thread may be in it.
  void run(std::coroutine_handle<> who);

 private:
  std::coroutine_handle<>* next_ = nullptr;  ///< of whoever is in it
};

/// Where an answer goes: into the frame of the coroutine that waits for it, which lives as long as this does.
template <class T>
class landing {
 public:
  landing(running_task& running, std::coroutine_handle<> who, std::optional<result<T>>& place, countdown& left)
      : running_{running.shared_from_this()}, who_{who}, place_{&place}, left_{&left} {}
  void operator()(result<T> answer) const {
    place_->emplace(std::move(answer));
    if (left_->one_less()) running_->resume(who_);
  }

 private:
  std::shared_ptr<running_task> running_;
  std::coroutine_handle<> who_;
  std::optional<result<T>>* place_;
  countdown* left_;
};

/// A call, and its answer when it is there.
template <class T>
class awaited_call {
 public:
  explicit awaited_call(const call<T>& what) : what_{what.to_, what.gate_, what.what_, as_it_came}, read_{what.read_} {}

  void make(running_task& in, std::coroutine_handle<> who, countdown& left) { in.make(what_, {in, who, answer_, left}); }
  [[nodiscard]] result<T> read() {
    if (!*answer_) return answer_->error();
    return read_(std::move(**answer_));
  }

 private:
  static result<protocol::map_result> as_it_came(protocol::map_result&& answer) { return std::move(answer); }

  unread_call what_;
  answer_reader<T> read_;
  std::optional<result<protocol::map_result>> answer_;
};

/// What a coroutine waits for that is no task. `Asked`: what asks, and who answers how often. It sleeps for good where nobody may be waited for: then nothing
/// keeps it, and it goes when whoever is in it has left.
template <class Asked>
class awaiter {
 public:
  awaiter(Asked what, std::size_t answers) : asked_{std::move(what)}, left_{answers} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<Promise> who) noexcept {
    auto& running = who.promise().running();
    if (running.may_wait()) asked_.make(running, who, left_);
    return !left_.one_less();
  }
  [[nodiscard]] auto await_resume() { return asked_.read(); }

 private:
  Asked asked_;
  countdown left_;
};

/// The same before it is awaited.
template <class Asked>
struct [[nodiscard("nothing happens until it is awaited")]] awaitable {
  Asked asked;
  std::size_t answers;
};

template <class... Ts>
class awaited_calls {
 public:
  explicit awaited_calls(const call<Ts>&... what) : all_{awaited_call<Ts>{what}...} {}

  void make(running_task& in, std::coroutine_handle<> who, countdown& left) {
    std::apply([&](auto&... each) { (each.make(in, who, left), ...); }, all_);
  }
  [[nodiscard]] std::tuple<result<Ts>...> read() {
    return std::apply([](auto&... each) { return std::tuple<result<Ts>...>{each.read()...}; }, all_);
  }

 private:
  std::tuple<awaited_call<Ts>...> all_;
};

template <class T>
class awaited_list {
 public:
  explicit awaited_list(const std::vector<call<T>>& what) : all_(what.begin(), what.end()) {}

  void make(running_task& in, std::coroutine_handle<> who, countdown& left) {
    for (auto& each : all_) each.make(in, who, left);
  }
  [[nodiscard]] std::vector<result<T>> read() {
    std::vector<result<T>> answers;
    answers.reserve(all_.size());
    for (auto& each : all_) answers.push_back(each.read());
    return answers;
  }

 private:
  std::vector<awaited_call<T>> all_;
};

/// A request of CAF's. `Handle`: what request() returned.
template <class T, class Handle>
class awaited_response {
 public:
  using value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  explicit awaited_response(Handle handle) : handle_{std::move(handle)} {}

  void make(running_task& in, std::coroutine_handle<> who, countdown& left) {
    const landing<value> to{in, who, answer_, left};
    const auto failed = [to](const caf::error& e) { to(e); };
    if constexpr (std::is_void_v<T>) {
      std::move(handle_).then([to] { to(std::monostate{}); }, failed);
    } else {
      std::move(handle_).then([to](T& answer) { to(std::move(answer)); }, failed);
    }
  }
  [[nodiscard]] result<value> read() { return *std::move(answer_); }

 private:
  Handle handle_;
  std::optional<result<value>> answer_;
};

/// A task that another one awaits, and owns.
template <class T>
class task_awaiter {
 public:
  explicit task_awaiter(task<T> what) : what_{std::move(what)} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> who) {
    auto& running = who.promise().running();
    running.go_on_with(what_.begin(running, who));
  }
  T await_resume() { return what_.take(); }

 private:
  task<T> what_;
};

/// What promises of all tasks have.
class task_promise_base {
 public:
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] auto final_suspend() const noexcept { return going_back{}; }

  template <class T>
  [[nodiscard]] auto await_transform(const call<T>& what) {
    return awaiter<awaited_call<T>>{awaited_call<T>{what}, 1};
  }
  template <class Asked>
  [[nodiscard]] auto await_transform(awaitable<Asked>&& what) {
    return awaiter<Asked>{std::move(what.asked), what.answers};
  }
  template <class T>
  [[nodiscard]] auto await_transform(task<T>&& what) {
    return task_awaiter<T>{std::move(what)};
  }

  void begin(running_task& in, std::coroutine_handle<> awaited_by) {
    running_ = &in;
    awaited_by_ = awaited_by;
  }
  [[nodiscard]] running_task& running() const { return *running_; }

 private:
  struct going_back {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      const task_promise_base& promise = ended.promise();
      if (promise.awaited_by_) promise.running_->go_on_with(promise.awaited_by_);
    }
    void await_resume() const noexcept {}
  };

  running_task* running_ = nullptr;
  std::coroutine_handle<> awaited_by_;
};

template <class T>
class task_promise : public task_promise_base {
 public:
  [[nodiscard]] task<T> get_return_object();
  void return_value(T value) { outcome_.template emplace<1>(std::move(value)); }
  void unhandled_exception() noexcept { outcome_.template emplace<2>(std::current_exception()); }
  [[nodiscard]] T take() {
    if (outcome_.index() == 2) std::rethrow_exception(std::get<2>(outcome_));
    return std::get<1>(std::move(outcome_));
  }

 private:
  std::variant<std::monostate, T, std::exception_ptr> outcome_;
};

template <>
class task_promise<void> : public task_promise_base {
 public:
  [[nodiscard]] task<void> get_return_object();
  void return_void() noexcept {}
  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }
  void take() {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  std::exception_ptr thrown_;
};

}  // namespace detail

/// What a coroutine returns that calls maps. Owns the coroutine: whoever destroys a task that has not been started destroys what it was made of.
template <class T>
class [[nodiscard("a task does nothing until it is awaited, or started by launch(), answer(), sync_wait() or start()")]] task {
 public:
  static_assert(!std::is_reference_v<T>, "a task returns a value");
  using value_type = T;
  using promise_type = detail::task_promise<T>;

  task(task&& other) noexcept : coroutine_{std::exchange(other.coroutine_, nullptr)} {}
  task& operator=(task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~task() {
    if (coroutine_) coroutine_.destroy();
  }

 private:
  friend promise_type;
  friend detail::task_awaiter<T>;
  friend detail::outermost<T>;

  explicit task(std::coroutine_handle<promise_type> coroutine) : coroutine_{coroutine} {}

  [[nodiscard]] std::coroutine_handle<> begin(detail::running_task& in, std::coroutine_handle<> awaited_by) {
    coroutine_.promise().begin(in, awaited_by);
    return coroutine_;
  }
  [[nodiscard]] bool has_ended() const { return coroutine_ && coroutine_.done(); }
  /// Its value, once, or what it threw.
  T take() { return coroutine_.promise().take(); }

  std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

inline task<void> task_promise<void>::get_return_object() { return task<void>{std::coroutine_handle<task_promise>::from_promise(*this)}; }
template <class T>
task<T> task_promise<T>::get_return_object() {
  return task<T>{std::coroutine_handle<task_promise>::from_promise(*this)};
}

/// A task that nobody awaits, as its surroundings see it.
template <class T>
class outermost {
 public:
  explicit outermost(task<T> what) : what_{std::move(what)} {}
  [[nodiscard]] std::coroutine_handle<> begin(running_task& in) { return what_.begin(in, nullptr); }
  [[nodiscard]] bool has_ended() const { return what_.has_ended(); }
  T take() { return what_.take(); }

 private:
  task<T> what_;
};

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

template <class T>
struct returned_task {
  static_assert(sizeof(T) == 0, "launch(), answer() and start() take a function that returns a troupe::task, and its arguments");
};
template <class T>
struct returned_task<task<T>> {
  using type = T;
};
/// The T of the task<T> that a kept function makes.
template <class Kept, class... Self>
using result_of_task = typename returned_task<std::invoke_result_t<Kept&, Self...>>::type;

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
  void make(const unread_call& what, landing<protocol::map_result> to) override { what.request(self_).then(to, to); }
  void resume(std::coroutine_handle<> who) override {
    run(who);
    if (what_->has_ended()) end_(*what_);
  }

 private:
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
class task_of_thread final : public running_task {
 public:
  void make(const unread_call& what, landing<protocol::map_result> to) override { what.async(std::move(to)); }
  void resume(std::coroutine_handle<> who) override {
    awake_.store(who.address(), std::memory_order_release);
    awake_.notify_one();
  }
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

/// Several calls that are made at once: `const auto [a, b] = co_await all(orders.get(1), orders.get(2));`, a result of each when all have ended.
template <class... Ts>
[[nodiscard]] auto all(const call<Ts>&... calls) {
  return detail::awaitable<detail::awaited_calls<Ts...>>{detail::awaited_calls<Ts...>{calls...}, sizeof...(Ts)};
}
/// The same of as many as there are, in their order.
template <class T>
[[nodiscard]] auto all(const std::vector<call<T>>& calls) {
  return detail::awaitable<detail::awaited_list<T>>{detail::awaited_list<T>{calls}, calls.size()};
}
/// Another request of the actor's: `co_await response<int>(self->request(other, 1s, question))`, a result<int>. Without a type for an answer that is nothing.
template <class T = void, class Handle>
[[nodiscard]] auto response(Handle handle) {
  return detail::awaitable<detail::awaited_response<T, Handle>>{detail::awaited_response<T, Handle>{std::move(handle)}, 1};
}

/// Inside an actor, `self`: starts a task whose result nobody waits for, task<>. It runs at once until it first waits. `f` may take `self` first, as with spawn().
template <class Self, class F, class... Args>
void launch(Self* self, F f, Args... args) {
  using kept = detail::kept_function<F, Args...>;
  static_assert(std::is_void_v<detail::result_of_task<kept, Self*>>, "nobody would get this task's result: answer() it, or return task<>");
  detail::begin_in_actor(self, detail::untold_end{}, kept{std::move(f), std::move(args)...});
}

/// Inside the handler of a message: starts a task whose result is the answer to the message; to be returned by the handler. A task<result<T>> answers with
/// the T or with the error, another one with what it returns.
template <class Self, class F, class... Args>
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

/// Outside of actors: starts a task all of which runs where `post` puts it: `post(std::function<void()>)` must have it called once, or dropped, which ends the task. The future
/// has what the task returned, or what it threw, when nothing of the task is left. It may be thrown away.
template <class Post, class F, class... Args>
auto start_on(Post post, F f, Args... args) {
  using running = detail::task_of_nobody<Post, detail::kept_function<F, Args...>>;
  return std::make_shared<running>(std::move(post), detail::kept_function<F, Args...>{std::move(f), std::move(args)...})->begin();
}

/// Outside of actors: starts a task in this thread. Where it goes on, behind a co_await, it must neither block nor work for long: mostly that is the thread that
/// moves the bytes.
template <class F, class... Args>
auto start(F f, Args... args) {
  return start_on([](const auto& step) { step(); }, std::move(f), std::move(args)...);
}

}  // namespace troupe
