/// \file
/// What many runs came to, for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/simulation.hpp"

namespace troupe::sim {

struct run_summary {
  std::uint64_t passed = 0, failed = 0;
  run_figures sum;  ///< of all runs; healed_after: the longest
  std::vector<std::uint64_t> failed_seeds;

  void add(const run_result&);
  /// Lines that end with a newline. `seconds_taken`: in real time.
  [[nodiscard]] std::string text(double seconds_taken) const;
};

/// The last events, then `seed=… step=…` and the invariant.
[[nodiscard]] std::string failure_text(const run_result&);

}  // namespace troupe::sim
