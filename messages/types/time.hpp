/// \file
/// Time as the protocol sees it: a number that is handed in. There is no clock here.
#pragma once

#include <chrono>

namespace troupe {

/// Names the time line of a member's `CLOCK_BOOTTIME` (or a simulator's virtual time). It has no now().
struct member_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<member_clock, duration>;
  static constexpr bool is_steady = true;
};

using duration = member_clock::duration;
using instant = member_clock::time_point;

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

}  // namespace troupe
