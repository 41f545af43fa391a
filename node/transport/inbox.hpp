/// \file
/// What other threads have for a shard: a batch behind a mutex, and one wake-up a batch.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include <caf/actor_control_block.hpp>
#include <caf/mailbox_element.hpp>

#include <troupe/node/transport/job.hpp>

namespace troupe {

/// A message on its way to an actor.
struct delivery {
  caf::strong_actor_ptr to;
  caf::mailbox_element_ptr what;
};

/// Invariant: whatever one thread puts in comes out in the order in which it went in.
class inbox {
 public:
  using item = std::variant<job, delivery>;

  /// `wake` makes the reader call take() soon: called from the threads that put something in, once a batch, never after close().
  explicit inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// Any thread. False: closed, and `what` is untouched.
  [[nodiscard]] bool put(item& what) {
    const std::lock_guard lock{mutex_};
    if (closed_) return false;
    items_.push_back(std::move(what));
    has_items_.store(true, std::memory_order_release);
    if (items_.size() == 1 && !is_watched_) wake_();
    return true;
  }
  /// The reader looks for itself from now on, by has_items(): nobody wakes it.
  void watch() {
    const std::lock_guard lock{mutex_};
    is_watched_ = true;
  }
  /// The reader looks no longer. True: something has come, and nobody will wake it for that.
  [[nodiscard]] bool unwatch() {
    const std::lock_guard lock{mutex_};
    return std::exchange(is_watched_, false) && !items_.empty();
  }
  [[nodiscard]] bool has_items() const { return has_items_.load(std::memory_order_acquire); }
  /// Everything that has come, by exchange for the memory of an emptied batch.
  void take(std::vector<item>& batch) {
    batch.clear();
    const std::lock_guard lock{mutex_};
    batch.swap(items_);
    has_items_.store(false, std::memory_order_relaxed);
  }
  /// Nothing comes in any more. What is left can still be taken.
  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }

 private:
  std::mutex mutex_;
  std::vector<item> items_;
  std::function<void()> wake_;
  std::atomic<bool> has_items_{false};
  bool is_watched_ = false;
  bool closed_ = false;
};

}  // namespace troupe
