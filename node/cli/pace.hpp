/// \file
/// How fast a load may go. Only arithmetic: whoever uses it does the waiting.
#pragma once

#include <optional>

#include <troupe/messages/types/time.hpp>

namespace troupe::cli {

/// At most `per_second` starts a second. After a pause it catches up for 20 ms at most.
class pace {
 public:
  /// Without a rate everything may start at once. Requires: per_second > 0.
  explicit pace(std::optional<double> per_second);

  /// Whether one more may start now; if so, it has.
  [[nodiscard]] bool start(instant now);
  /// When to ask again after a refusal: a little late rather than for each start anew, so that several start together.
  [[nodiscard]] instant ask_again_at() const { return next_ + gathering; }

 private:
  static constexpr duration catch_up = milliseconds{20};
  static constexpr duration gathering = milliseconds{5};

  std::optional<duration> interval_;
  instant next_{};  // When the next one is due.
};

}  // namespace troupe::cli
