#include "tests/cluster/soak_report.hpp"

#include <algorithm>

namespace troupe::cluster {

namespace {

double in_seconds(clock::duration d) { return std::chrono::duration<double>(d).count(); }

void print_faults(const std::map<std::string, fault_tally>& faults, std::FILE* to) {
  fault_tally all;
  std::fprintf(to, "%-14s %6s %8s %15s\n", "fault", "fired", "removed", "longest heal s");
  const auto line = [&](const std::string& name, const fault_tally& t) {
    std::fprintf(to, "%-14s %6d %8d %15.2f\n", name.c_str(), t.fired, t.removed, in_seconds(t.longest_heal));
  };
  for (const auto& [name, t] : faults) {
    line(name, t);
    all.fired += t.fired;
    all.removed += t.removed;
    all.longest_heal = std::max(all.longest_heal, t.longest_heal);
  }
  line("all", all);
}

}  // namespace

void print(const soak_report& r, std::FILE* to) {
  print_faults(r.faults, to);
  for (const auto& [name, why] : r.left_out) std::fprintf(to, "%-14s not injected: %s\n", name.c_str(), why.c_str());
  std::fprintf(to, "operations: ok=%llu not_applied=%llu indeterminate=%llu\n", static_cast<unsigned long long>(r.operations.ok),
               static_cast<unsigned long long>(r.operations.not_applied), static_cast<unsigned long long>(r.operations.indeterminate));
  std::fprintf(to, "checked: keys=%zu undecided=%zu\n%zu violations\n", r.judgement.keys, r.judgement.undecided, r.judgement.violations.size());
  for (const auto& v : r.judgement.violations) std::fprintf(to, "%s\n", v.c_str());
  if (!r.failure.empty()) std::fprintf(to, "the run ended early: %s\n", r.failure.c_str());
}

}  // namespace troupe::cluster
