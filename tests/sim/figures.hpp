/// \file
/// The numbers of a run, and of many: what they are called, how they add up.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/sim/application.hpp"
#include "tests/sim/auditor.hpp"
#include "tests/sim/faults.hpp"

namespace troupe::sim {

struct run_figures {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;   ///< events handled: the one that failed, or all
  std::uint64_t hash = 0;   ///< of everything that happened
  duration virtual_time{};
  duration healed_after{};  ///< from the last fault until all copies were restored
  std::array<std::uint64_t, fault_kinds> faults{};
  operation_totals operations;
  auditor::totals checked;
  std::uint64_t records_checked = 0;
};

/// Calls `use(name, number)` for each number that adds up over runs, always in the same order. The names are unique.
template <class Figures, class Use>
void for_each_count(Figures& f, Use use) {
  use("step", f.step);
  for_each_fault([&](fault kind) { use(to_string(kind), f.faults[static_cast<std::size_t>(kind)]); });
  use("called", f.operations.called);
  use("ok", f.operations.ok);
  use("not_applied", f.operations.not_applied);
  use("overloaded", f.operations.overloaded);
  use("out_of_memory", f.operations.out_of_memory);
  use("indeterminate", f.operations.indeterminate);
  use("forgotten", f.operations.forgotten);
  use("abandoned", f.operations.abandoned);
  use("repeated", f.operations.repeated);
  use("processed", f.operations.processed);
  use("ended_with_process", f.operations.ended_with_process);
  use("views", f.checked.views);
  use("rows_lost", f.checked.rows_lost);
  use("rows_moved", f.checked.rows_moved);
  use("halts", f.checked.halts);
  use("forced", f.checked.forced);
  use("forked", f.checked.forked);
  use("expired", f.checked.expired);
  use("evicted", f.checked.evicted);
  use("events_told", f.checked.events_told);
  use("gaps_told", f.checked.gaps_told);
  use("locks_granted", f.checked.locks_granted);
  use("locks_of_silent", f.checked.locks_of_silent);
  use("copy_reads", f.checked.copy_reads);
  use("keys", f.checked.keys_checked);
  use("keys_undecided", f.checked.keys_undecided);
  use("operations_checked", f.checked.operations_checked);
  use("records_checked", f.records_checked);
}

/// Adds another run; `seed` and `hash` mean nothing in a sum, `healed_after` becomes the longest.
inline void add(run_figures& sum, const run_figures& one) {
  std::vector<std::uint64_t> numbers;
  for_each_count(one, [&](std::string_view, std::uint64_t n) { numbers.push_back(n); });
  auto next = numbers.begin();
  for_each_count(sum, [&](std::string_view, std::uint64_t& n) { n += *next++; });
  sum.virtual_time += one.virtual_time;
  sum.healed_after = std::max(sum.healed_after, one.healed_after);
}

}  // namespace troupe::sim
