/// \file
/// Waiting in tests of real processes: by polling, and never without a deadline. A deadline says when to give up, not how fast things
/// should be.
#pragma once

#include <chrono>
#include <thread>

namespace troupe::cluster {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Long enough for anything that works, on a machine that has other things to do.
inline constexpr seconds patience{120};

/// True as soon as `condition` holds; false when it did not in all that time.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition, clock::duration within = patience) {
  const auto deadline = clock::now() + within;
  while (!condition()) {
    if (clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds{10});
  }
  return true;
}

}  // namespace troupe::cluster
