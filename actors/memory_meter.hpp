/// \file
/// What all copies of a member take together, counted by the threads that hold them.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <troupe/actors/protocol/memory_ceiling.hpp>

namespace troupe {

/// Any thread may ask and add. Two that add at the same moment may leave is_full() as of either: the next one sets it right.
class memory_meter {
 public:
  explicit memory_meter(std::uint64_t bytes_max = 0) : ceiling_{bytes_max} {}

  /// Returns whether the member is full from now on, when that has changed.
  std::optional<bool> add(std::int64_t bytes) {
    const auto now_used = used_.fetch_add(static_cast<std::uint64_t>(bytes), std::memory_order_relaxed) + static_cast<std::uint64_t>(bytes);
    const auto was_full = full_.load(std::memory_order_relaxed);
    const auto now_full = ceiling_.is_full(now_used, was_full);
    if (now_full == was_full || full_.exchange(now_full, std::memory_order_relaxed) == now_full) return std::nullopt;
    return now_full;
  }

  [[nodiscard]] bool is_full() const { return full_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t limit() const { return ceiling_.bytes_max; }

 private:
  const protocol::memory_ceiling ceiling_;
  std::atomic<std::uint64_t> used_{0};
  std::atomic<bool> full_{false};
};

}  // namespace troupe
