#include "tests/sim/summary.hpp"

#include <algorithm>
#include <sstream>

namespace troupe::sim {

namespace {

double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

void run_summary::add(const run_result& r) {
  ++(r.passed ? passed : failed);
  const auto& f = r.figures;
  if (!r.passed) failed_seeds.push_back(f.seed);
  sum.step += f.step;
  sum.virtual_time += f.virtual_time;
  sum.healed_after = std::max(sum.healed_after, f.healed_after);
  for (std::size_t i = 0; i < fault_kinds; ++i) sum.faults[i] += f.faults[i];
  sum.operations.called += f.operations.called;
  sum.operations.ok += f.operations.ok;
  sum.operations.not_applied += f.operations.not_applied;
  sum.operations.indeterminate += f.operations.indeterminate;
  sum.operations.abandoned += f.operations.abandoned;
  sum.operations.forgotten += f.operations.forgotten;
  sum.operations.repeated += f.operations.repeated;
  sum.checked.views += f.checked.views;
  sum.checked.rows_lost += f.checked.rows_lost;
  sum.checked.keys_checked += f.checked.keys_checked;
  sum.checked.keys_undecided += f.checked.keys_undecided;
  sum.checked.operations_checked += f.checked.operations_checked;
  sum.checked.halts += f.checked.halts;
  sum.checked.forced += f.checked.forced;
  sum.checked.forked += f.checked.forked;
  sum.records_checked += f.records_checked;
}

std::string run_summary::text(double seconds_taken) const {
  const auto& ops = sum.operations;
  const auto& checked = sum.checked;
  std::ostringstream out;
  out << "faults:";
  for (std::size_t i = 0; i < fault_kinds; ++i) out << ' ' << to_string(static_cast<fault>(i)) << '=' << sum.faults[i];
  out << "\noperations: called=" << ops.called << " ok=" << ops.ok << " not_applied=" << ops.not_applied
      << " indeterminate=" << ops.indeterminate << " abandoned=" << ops.abandoned << " repeated=" << ops.repeated
      << " forgotten=" << ops.forgotten << '\n';
  out << "checked: views=" << checked.views << " rows_lost=" << checked.rows_lost << " halts=" << checked.halts << " forced=" << checked.forced
      << " forked=" << checked.forked
      << " keys=" << checked.keys_checked
      << " undecided=" << checked.keys_undecided << " operations=" << checked.operations_checked << " records=" << sum.records_checked << '\n';
  out << "time: events=" << sum.step << " virtual_s=" << seconds_of(sum.virtual_time) << " real_s=" << seconds_taken
      << " events_per_s=" << static_cast<std::uint64_t>(static_cast<double>(sum.step) / std::max(seconds_taken, 1e-9))
      << " longest_heal_s=" << seconds_of(sum.healed_after) << '\n';
  if (!failed_seeds.empty()) {
    out << "failed seeds:";
    for (const auto s : failed_seeds) out << ' ' << s;
    out << '\n';
  }
  return out.str();
}

std::string failure_text(const run_result& r) {
  std::ostringstream out;
  if (!r.last_events.empty()) out << "last events of seed " << r.figures.seed << ":\n" << r.last_events;
  out << "FAILED seed=" << r.figures.seed << " step=" << r.figures.step << " " << r.why << '\n';
  return out.str();
}

}  // namespace troupe::sim
