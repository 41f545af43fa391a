/// \file
/// What time it is in a row, as far as one replica knows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe::protocol {

/// Runs on this member's own clock, from what its primary said last. Whoever becomes primary goes on with it: so the time of a row passes
/// while nobody writes and while nobody leads, and never starts anew. It is behind that of the primary before by what a message takes, and
/// apart from it by what the two clocks' rates differ, since the last message only.
class row_clock {
 public:
  /// 0 before anything was heard.
  [[nodiscard]] row_time read(instant now) const {
    if (!heard_at_ || now <= *heard_at_) return base_;
    return std::min(base_ + std::chrono::floor<milliseconds>(now - *heard_at_), row_time_max);
  }
  /// When read() will say `time`, unless something else is heard until then; that is in the past where it does so already. The same instant,
  /// whenever it is asked for. Far beyond what clocks can say it is the latest that they can. Requires: something was heard.
  [[nodiscard]] instant when(row_time time) const {
    TROUPE_INVARIANT(15, heard_at_.has_value());
    if (time <= base_) return *heard_at_;
    const auto left = std::chrono::floor<milliseconds>(instant::max() - *heard_at_);
    const auto wait = std::min(time.value() - base_.value(), static_cast<std::uint64_t>(left.count()));
    return *heard_at_ + milliseconds{static_cast<milliseconds::rep>(wait)};
  }
  void set(row_time time, instant now) {
    base_ = time;
    heard_at_ = now;
  }
  /// It is at least that late: something that happened in the row says so.
  void reach(row_time time, instant now) {
    if (read(now) < time || !heard_at_) set(std::max(time, base_), now);
  }

 private:
  row_time base_;
  std::optional<instant> heard_at_;
};

}  // namespace troupe::protocol
