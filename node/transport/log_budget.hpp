/// \file
/// A bound on log lines that strangers can cause.
#pragma once

#include <cstdint>
#include <utility>

#include <troupe/messages/types/time.hpp>

namespace troupe {

/// So many lines in each period, and a count of those that were left out.
class log_budget {
 public:
  explicit log_budget(std::uint32_t lines_per_period = 10, duration period = seconds{1}) : lines_max_(lines_per_period), period_(period) {}

  /// May a line be written now?
  [[nodiscard]] bool take(instant now) {
    if (now - period_start_ >= period_) {
      period_start_ = now;
      lines_ = 0;
    }
    if (lines_ < lines_max_) {
      ++lines_;
      return true;
    }
    ++left_out_;
    return false;
  }
  /// How many lines were left out since this was last asked.
  [[nodiscard]] std::uint64_t take_left_out() { return std::exchange(left_out_, 0); }

 private:
  std::uint32_t lines_max_;
  duration period_;
  instant period_start_{};
  std::uint32_t lines_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace troupe
