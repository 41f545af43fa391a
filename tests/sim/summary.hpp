/// \file
/// What many runs came to, for people.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/simulation.hpp"

namespace troupe::sim {

struct run_summary {
  std::uint64_t passed = 0, failed = 0;
  run_figures sum;  ///< of all runs; seed: none; hash: of all their hashes, in whatever order they ended
  std::array<std::uint64_t, fault_kinds> seeds_with{};  ///< runs in which the kind happened at least once
  std::vector<std::uint64_t> failed_seeds;              ///< in order

  void add(const run_result&);
  [[nodiscard]] std::uint64_t runs() const { return passed + failed; }
  /// Tables whose lines end with a newline. `steps_here` of the events were handled in `seconds_taken` of real time.
  [[nodiscard]] std::string text(double seconds_taken, std::uint64_t steps_here) const;
};

/// The last events, then `seed=… step=…` and the invariant.
[[nodiscard]] std::string failure_text(const run_result&);

/// As everybody prints it: 16 hexadecimal digits.
[[nodiscard]] std::string hash_text(std::uint64_t);

}  // namespace troupe::sim
