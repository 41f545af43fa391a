/// \file
/// The shortest way into a map for threads that are no actors: past CAF's scheduler, straight to the router of this process.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

#include <troupe/actors/protocol/router/map_call.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe {

/// How many threads outside the actors wait for an answer now: worth looking for it instead of sleeping, as long as there are processors to spare.
class waiting_threads {
 public:
  [[nodiscard]] std::uint32_t count() const { return count_.load(std::memory_order_relaxed); }

  /// The calling thread is one, as long as this lives.
  class one {
   public:
    explicit one(waiting_threads& all) : all_{all} { all_.count_.fetch_add(1, std::memory_order_relaxed); }
    ~one() { all_.count_.fetch_sub(1, std::memory_order_relaxed); }
    one(const one&) = delete;
    one& operator=(const one&) = delete;

   private:
    waiting_threads& all_;
  };

 private:
  std::atomic<std::uint32_t> count_{0};
};

/// Of one map. From any thread.
class call_gate {
 public:
  virtual ~call_gate() = default;
  /// Never blocks. `done` is called once, within the timeout, on the router's thread, where it must neither block nor throw; on the calling one when the router
  /// has ended. `cancelled_by`: likewise when that is asked to stop.
  virtual void submit(protocol::map_call what, duration timeout, std::stop_token cancelled_by, std::function<void(protocol::map_result&&)> done) const = 0;
  /// Whether a thread that waits should look for its answer for some microseconds before it falls asleep.
  [[nodiscard]] virtual bool answers_soon() const = 0;
  /// Counts who waits.
  [[nodiscard]] virtual waiting_threads& waiting() const = 0;
};

namespace detail {

/// Where a thread waits for one answer.
class answer_slot {
 public:
  void put(protocol::map_result&& answer) {
    answer_.emplace(std::move(answer));
    is_there_.store(true, std::memory_order_release);
    is_there_.notify_one();
  }
  /// `soon`: it is likely to be there sooner than a thread falls asleep and is woken again.
  [[nodiscard]] protocol::map_result take(bool soon) {
    for (int i = 0; soon && i < looks_max && !is_there_.load(std::memory_order_acquire); ++i) pause();
    is_there_.wait(false, std::memory_order_acquire);
    return std::move(*answer_);
  }

 private:
  static constexpr int looks_max = 2000;
  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }

  std::optional<protocol::map_result> answer_;
  std::atomic<bool> is_there_{false};
};

}  // namespace detail

}  // namespace troupe
