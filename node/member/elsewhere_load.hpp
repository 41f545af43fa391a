/// \file
/// What one connection has under way to other shards of its member: handed over there, and not taken up yet.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace troupe {

/// Parts are added, and fullness is asked for, on the connection's thread; parts end on any.
class elsewhere_load : public std::enable_shared_from_this<elsewhere_load> {
 public:
  /// `drained` is called from any thread, once after each wait_for_room(), when no more than half of `bytes_max` is left.
  elsewhere_load(std::size_t bytes_max, std::function<void()> drained) : bytes_max_{bytes_max}, drained_{std::move(drained)} {}

  /// So many bytes on their way. They count until this is destroyed, be it that they were taken up or that there was nobody left to do so.
  class part {
   public:
    part(std::shared_ptr<elsewhere_load> of, std::size_t bytes) : of_{std::move(of)}, bytes_{bytes} { of_->bytes_ += bytes_; }
    part(part&&) noexcept = default;
    part& operator=(part&&) = delete;
    ~part() {
      if (of_) of_->end(bytes_);
    }

   private:
    std::shared_ptr<elsewhere_load> of_;
    std::size_t bytes_;
  };

  [[nodiscard]] part add(std::size_t bytes) { return {shared_from_this(), bytes}; }
  [[nodiscard]] bool is_full() const { return bytes_ > bytes_max_; }
  void wait_for_room() {
    waiting_ = true;
    end(0);  // Whatever ended meanwhile did not know.
  }

 private:
  void end(std::size_t bytes) {
    const auto left = bytes_ -= bytes;
    if (left <= bytes_max_ / 2 && waiting_.exchange(false)) drained_();
  }

  const std::size_t bytes_max_;
  const std::function<void()> drained_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> waiting_{false};
};

}  // namespace troupe
