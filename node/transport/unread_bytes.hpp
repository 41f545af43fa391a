/// \file
/// What waits for peers that do not read, of all streams that share a bound, on whatever shards they are.
#pragma once

#include <atomic>
#include <cstddef>

namespace troupe {

class unread_bytes {
 public:
  explicit unread_bytes(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// A stream that had `before` waiting has `now`.
  void change(std::size_t before, std::size_t now) {
    if (now > before) total_ += now - before;
    if (before > now) total_ -= before - now;
  }
  [[nodiscard]] bool are_too_many() const { return total_ > bytes_max_; }
  [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> total_{0};
};

}  // namespace troupe
