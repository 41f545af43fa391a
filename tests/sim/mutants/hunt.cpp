#include "tests/sim/mutants/hunt.hpp"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <sstream>

namespace troupe::sim {

namespace {

constexpr std::size_t noticed_length_max = 110;

/// Without the place of an assertion: its condition tells enough.
std::string one_line(const std::string& why) {
  auto line = why.substr(0, std::min(why.find('\n'), why.find(" at=")));
  if (line.size() > noticed_length_max) line = line.substr(0, noticed_length_max - 3) + "...";
  return line;
}

}  // namespace

hunt_result hunt(const mutant_description& what, const seed_range& range, const run_options& wanted, std::size_t jobs) {
  auto with_bug = wanted;
  with_bug.planted_bug = what.what;
  hunt_result result;
  result.what = what;
  const auto began = std::chrono::steady_clock::now();
  const auto run = [&](const seed_range& seeds) {
    run_apart(seeds, with_bug, jobs, [&](const run_result& r) {
      ++result.seeds_run;
      if (r.passed || (result.seed && *result.seed < r.figures.seed)) return;
      result.seed = r.figures.seed;
      result.noticed = one_line(r.why);
    });
  };
  for (const auto seed : kept_seeds(what.what)) {
    if (!result.seed) run({seed, 1});
  }
  for (std::uint64_t next = 0; next < range.count && !result.seed; next += jobs) {
    run({range.from + next, std::min<std::uint64_t>(jobs, range.count - next)});
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

std::string text_of(const hunt_result& r) {
  std::ostringstream out;
  out << std::left << std::setw(36) << r.what.name << ' ' << r.what.section << "  ";
  if (r.seed) {
    out << "killed by seed " << std::setw(6) << *r.seed;
  } else {
    out << "SURVIVED " << std::setw(12) << (std::to_string(r.seeds_run) + " seeds");
  }
  out << ' ' << std::right << std::setw(6) << std::fixed << std::setprecision(1) << r.seconds << " s  " << r.noticed << '\n';
  return out.str();
}

}  // namespace troupe::sim
