/// \file
/// What a coroutine that calls maps is, and what it may await: another task, a call, several calls, another request of its actor. Where it runs: coroutine.hpp.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <troupe/actors/entry_listener.hpp>
#include <troupe/actors/map_call.hpp>
#include <troupe/messages/types/api.hpp>

namespace troupe {

template <class T = void>
class task;

namespace detail {

template <class T>
class outermost;

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
using adding_call = listener_call<listener_request, caf::actor>;
using removal_call = listener_call<listener_removal, bool>;
template <class T>
class landing;

/// A task under way: its outermost coroutine, and all that this one awaits. One thread at a time is in it. It lives as long as somebody is in it, or
/// owes it an answer.
class TROUPE_API running_task : public std::enable_shared_from_this<running_task> {
 public:
  running_task() = default;
  running_task(const running_task&) = delete;
  running_task& operator=(const running_task&) = delete;
  virtual ~running_task() = default;

  /// Whether anybody may still be waited for.
  [[nodiscard]] virtual bool may_wait() const { return true; }
  /// Makes the call, as its surroundings make calls. The answer may be there before this returns.
  virtual void make(const unread_call& what, landing<protocol::map_result> to) = 0;
  virtual void make(const adding_call& what, landing<caf::actor> to) = 0;
  virtual void make(const removal_call& what, landing<bool> to) = 0;
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
  explicit awaited_call(const call<T>& what) : what_{what.draft_, as_it_came}, read_{what.read_} {}

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

/// A listener, or the end of one, likewise.
template <class Message, class T>
class awaited_listener {
 public:
  explicit awaited_listener(const listener_call<Message, T>& what) : what_{what} {}

  void make(running_task& in, std::coroutine_handle<> who, countdown& left) { in.make(what_, {in, who, answer_, left}); }
  [[nodiscard]] result<T> read() { return *std::move(answer_); }

 private:
  listener_call<Message, T> what_;
  std::optional<result<T>> answer_;
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

template <class T>
struct answer_handler {
  using type = void (*)(T&);
};
template <>
struct answer_handler<void> {
  using type = void (*)();
};
/// What request() of CAF's returned, where the answer is a T.
template <class Handle, class T>
concept request_handle = requires(Handle h, typename answer_handler<T>::type f, void (*g)(const caf::error&)) { std::move(h).then(f, g); };

/// A request of CAF's.
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
  template <class Message, class T>
  [[nodiscard]] auto await_transform(const listener_call<Message, T>& what) {
    return awaiter<awaited_listener<Message, T>>{awaited_listener<Message, T>{what}, 1};
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
  friend class detail::task_awaiter<T>;
  friend class detail::outermost<T>;

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
  requires detail::request_handle<Handle, T>
[[nodiscard]] auto response(Handle handle) {
  return detail::awaitable<detail::awaited_response<T, Handle>>{detail::awaited_response<T, Handle>{std::move(handle)}, 1};
}

}  // namespace troupe
