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
  std::uint64_t steps = 0;
  duration virtual_time{};
  duration healed_max{};
  std::array<std::uint64_t, fault_kinds> faults{};
  operation_totals operations;
  auditor::totals checked;
  std::uint64_t records_checked = 0;
  std::vector<std::uint64_t> failed_seeds;

  void add(const run_result&);
  /// Lines that end with a newline. `seconds_taken`: in real time.
  [[nodiscard]] std::string text(double seconds_taken) const;
};

/// `seed=… step=…`, the invariant, and the last events if wanted.
[[nodiscard]] std::string failure_text(const run_result&, bool with_events);

}  // namespace troupe::sim
