/// \file
/// The member's clock: `CLOCK_BOOTTIME`, which no one sets and which goes on while the machine is suspended, so that a lease can't outlive
/// a nap. The one place where protocol instants come from.
#pragma once

#include <ctime>

#include <troupe/messages/types/time.hpp>

namespace troupe {

/// A clock in the sense of the standard library, on the time line of `member_clock`.
struct boot_clock {
  using duration = member_clock::duration;
  using rep = member_clock::rep;
  using period = member_clock::period;
  using time_point = instant;
  static constexpr bool is_steady = true;

  [[nodiscard]] static instant now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return instant{seconds{t.tv_sec} + nanoseconds{t.tv_nsec}};
  }
};

}  // namespace troupe
