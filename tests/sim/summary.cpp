#include "tests/sim/summary.hpp"

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <sstream>
#include <string_view>
#include <utility>

namespace troupe::sim {

namespace {

constexpr int cells_a_line = 3;

double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

/// Cells of a width, so many a line.
class cells {
 public:
  explicit cells(std::ostream& out) : out_(out) {}
  ~cells() {
    if (in_line_ > 0) out_ << '\n';
  }
  cells(const cells&) = delete;
  cells& operator=(const cells&) = delete;

  void add(std::string_view name, const std::string& value) {
    out_ << (in_line_ > 0 ? "   " : "  ") << std::left << std::setw(18) << name << std::right << std::setw(15) << value;
    if (++in_line_ == cells_a_line) {
      out_ << '\n';
      in_line_ = 0;
    }
  }

 private:
  std::ostream& out_;
  int in_line_ = 0;
};

std::string pair_text(std::uint64_t n, std::uint64_t m) {
  char text[48];
  std::snprintf(text, sizeof text, "%llu %6llu", static_cast<unsigned long long>(n), static_cast<unsigned long long>(m));
  return text;
}

void add_faults(std::ostream& out, const run_summary& s) {
  out << "faults: times fired, in how many seeds\n";
  {
    cells table{out};
    for_each_fault([&](fault f) {
      const auto i = static_cast<std::size_t>(f);
      if (!is_weather(f)) table.add(to_string(f), pair_text(s.sum.faults[i], s.seeds_with[i]));
    });
  }
  out << "weather: in how many seeds\n";
  cells table{out};
  for_each_fault([&](fault f) {
    if (is_weather(f)) table.add(to_string(f), std::to_string(s.seeds_with[static_cast<std::size_t>(f)]));
  });
}

void add_counts(std::ostream& out, std::string_view title, const std::vector<std::pair<std::string_view, std::uint64_t>>& counts) {
  out << title << '\n';
  cells table{out};
  for (const auto& [name, n] : counts) table.add(name, std::to_string(n));
}

}  // namespace

void run_summary::add(const run_result& r) {
  ++(r.passed ? passed : failed);
  const auto& f = r.figures;
  if (!r.passed) failed_seeds.insert(std::upper_bound(failed_seeds.begin(), failed_seeds.end(), f.seed), f.seed);
  sim::add(sum, f);
  sum.hash += (f.hash ^ f.seed) * 0x9e3779b97f4a7c15ULL;
  for (std::size_t i = 0; i < fault_kinds; ++i) seeds_with[i] += f.faults[i] > 0 ? 1 : 0;
}

std::string run_summary::text(double seconds_taken, std::uint64_t steps_here) const {
  const auto& ops = sum.operations;
  const auto& checked = sum.checked;
  std::ostringstream out;
  add_faults(out, *this);
  add_counts(out, "operations",
             {{"called", ops.called},
              {"ok", ops.ok},
              {"not_applied", ops.not_applied},
              {"indeterminate", ops.indeterminate},
              {"abandoned", ops.abandoned},
              {"repeated", ops.repeated},
              {"forgotten", ops.forgotten},
              {"cancelled", ops.cancelled},
              {"overloaded", ops.overloaded},
              {"out_of_memory", ops.out_of_memory},
              {"processed", ops.processed}});
  add_counts(out, "checked",
             {{"views", checked.views},
              {"rows_lost", checked.rows_lost},
              {"rows_moved", checked.rows_moved},
              {"halts", checked.halts},
              {"forced", checked.forced},
              {"forked", checked.forked},
              {"expired", checked.expired},
              {"evicted", checked.evicted},
              {"events_told", checked.events_told},
              {"gaps_told", checked.gaps_told},
              {"locks_granted", checked.locks_granted},
              {"locks_of_silent", checked.locks_of_silent},
              {"copy_reads", checked.copy_reads},
              {"keys", checked.keys_checked},
              {"keys_undecided", checked.keys_undecided},
              {"operations", checked.operations_checked},
              {"records", sum.records_checked}});
  out << std::fixed << std::setprecision(1);
  out << "time: " << sum.step << " events, " << seconds_of(sum.virtual_time) << " virtual s";
  if (steps_here > 0) {
    const auto rate = static_cast<double>(steps_here) / std::max(seconds_taken, 1e-9);
    out << ", " << seconds_taken << " real s, " << static_cast<std::uint64_t>(rate) << " events/s";
  }
  out << ", longest heal " << seconds_of(sum.healed_after) << " virtual s\nhash of all runs: " << hash_text(sum.hash) << '\n';
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

std::string hash_text(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace troupe::sim
