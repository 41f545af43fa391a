#include "tests/sim/summary.hpp"

#include <algorithm>
#include <sstream>

namespace troupe::sim {

namespace {

double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

void run_summary::add(const run_result& r) {
  ++(r.passed ? passed : failed);
  if (!r.passed) failed_seeds.push_back(r.seed);
  steps += r.step;
  virtual_time += r.virtual_time;
  healed_max = std::max(healed_max, r.healed_after);
  for (std::size_t i = 0; i < fault_kinds; ++i) faults[i] += r.faults[i];
  operations.called += r.operations.called;
  operations.ok += r.operations.ok;
  operations.not_applied += r.operations.not_applied;
  operations.indeterminate += r.operations.indeterminate;
  operations.abandoned += r.operations.abandoned;
  checked.views += r.checked.views;
  checked.rows_lost += r.checked.rows_lost;
  checked.keys_checked += r.checked.keys_checked;
  checked.keys_undecided += r.checked.keys_undecided;
  checked.operations_checked += r.checked.operations_checked;
  records_checked += r.records_checked;
}

std::string run_summary::text(double seconds_taken) const {
  std::ostringstream out;
  out << "faults:";
  for (std::size_t i = 0; i < fault_kinds; ++i) out << ' ' << to_string(static_cast<fault>(i)) << '=' << faults[i];
  out << "\noperations: called=" << operations.called << " ok=" << operations.ok << " not_applied=" << operations.not_applied
      << " indeterminate=" << operations.indeterminate << " abandoned=" << operations.abandoned << '\n';
  out << "checked: views=" << checked.views << " rows_lost=" << checked.rows_lost << " keys=" << checked.keys_checked
      << " undecided=" << checked.keys_undecided << " operations=" << checked.operations_checked << " records=" << records_checked << '\n';
  out << "time: events=" << steps << " virtual_s=" << seconds_of(virtual_time) << " real_s=" << seconds_taken
      << " events_per_s=" << static_cast<std::uint64_t>(static_cast<double>(steps) / std::max(seconds_taken, 1e-9))
      << " longest_heal_s=" << seconds_of(healed_max) << '\n';
  if (!failed_seeds.empty()) {
    out << "failed seeds:";
    for (const auto s : failed_seeds) out << ' ' << s;
    out << '\n';
  }
  return out.str();
}

std::string failure_text(const run_result& r, bool with_events) {
  std::ostringstream out;
  if (with_events) {
    out << "last events of seed " << r.seed << ":\n";
    for (const auto& line : r.last_events) out << "  " << line << '\n';
  }
  out << "FAILED seed=" << r.seed << " step=" << r.step << " " << r.why << '\n';
  return out.str();
}

}  // namespace troupe::sim
