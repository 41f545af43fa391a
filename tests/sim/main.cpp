// troupe-sim: whole clusters on virtual time, a seed at a time.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "tests/sim/mutants/hunt.hpp"
#include "tests/sim/run_apart.hpp"
#include "tests/sim/summary.hpp"

namespace {

struct arguments {
  std::optional<std::uint64_t> seed;
  std::string seeds = "1:100";
  double seconds = 20;
  std::size_t jobs = 1;
  bool trace = false;
  bool frames = false;
  std::string mutant;
  bool list_mutants = false;
  bool all_mutants = false;
  troupe::sim::run_options wanted;
};

using troupe::sim::seed_range;

std::optional<seed_range> parse_range(const std::string& text) {
  seed_range r;
  char rest = 0;
  unsigned long long from = 0, count = 0;
  if (std::sscanf(text.c_str(), "%llu:%llu%c", &from, &count, &rest) != 2 || count == 0) return std::nullopt;
  r.from = from;
  r.count = count;
  return r;
}

void describe(CLI::App& app, arguments& a) {
  app.add_option("--seed", a.seed, "run this one seed");
  app.add_option("--seeds", a.seeds, "FROM:COUNT, run these seeds")->capture_default_str();
  app.add_option("--members", a.wanted.members, "members to start with (default: drawn per seed)")->check(CLI::Range(1, 50));
  app.add_option("--seconds", a.seconds, "virtual seconds with faults")->capture_default_str()->check(CLI::Range(0.0, 1e6));
  app.add_option("--partitions", a.wanted.partitions, "partitions (default: drawn per seed)")->check(CLI::Range(1, 10'000));
  app.add_option("--backups", a.wanted.backups, "backups of the one map (default: maps are drawn per seed)")->check(CLI::Range(0, 6));
  app.add_option("--async-backups", a.wanted.async_backups, "async backups of the one map")->check(CLI::Range(0, 6));
  app.add_option("--jobs", a.jobs, "seeds run at the same time")->capture_default_str()->check(CLI::Range(1, 256));
  app.add_flag("--trace", a.trace, "print what happens (with --seed)");
  app.add_flag("--frames", a.frames, "print each frame that arrives, too (with --seed)");
  app.add_option("--mutant", a.mutant, "plant this bug in the core: the seeds should find it");
  app.add_flag("--list-mutants", a.list_mutants, "print the bugs that can be planted, and end");
  app.add_flag("--all-mutants", a.all_mutants, "plant each bug in turn: try the seeds kept for it, then --seeds, until one finds it");
}

void show_progress(const troupe::sim::run_summary& total, std::uint64_t count) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%llu of %llu seeds, %llu failed ", static_cast<unsigned long long>(total.passed + total.failed),
               static_cast<unsigned long long>(count), static_cast<unsigned long long>(total.failed));
}

int run(const arguments& a, const seed_range& range) {
  troupe::sim::run_summary total;
  const auto began = std::chrono::steady_clock::now();
  const auto done = [&](const troupe::sim::run_result& result) {
    total.add(result);
    if (!result.passed) std::cout << troupe::sim::failure_text(result) << std::flush;
    if (range.count == 1) std::cout << "seed=" << result.figures.seed << " hash=" << std::hex << result.figures.hash << std::dec << '\n';
    show_progress(total, range.count);
  };
  using detail = troupe::sim::trace::detail;
  if (a.trace || a.frames) std::cout << std::unitbuf;  // Whatever ends the process, what led to it has been said.
  if (a.trace || a.frames) done(troupe::sim::run_seed_traced(range.from, a.wanted, std::cout, a.frames ? detail::frames : detail::full));
  else troupe::sim::run_apart(range, a.wanted, a.jobs, done);
  if (isatty(STDERR_FILENO) != 0) std::fputc('\n', stderr);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << total.text(took.count()) << total.passed << " passed, " << total.failed << " failed\n";
  return total.failed == 0 ? 0 : 1;
}

int hunt_all(const arguments& a, const seed_range& range) {
  std::size_t killed = 0;
  for (const auto& m : troupe::sim::all_mutants()) {
    const auto result = troupe::sim::hunt(m, range, a.wanted, a.jobs);
    if (result.seed) ++killed;
    std::cout << troupe::sim::text_of(result) << std::flush;
  }
  const auto survived = troupe::sim::all_mutants().size() - killed;
  std::cout << killed << " killed, " << survived << " survived\n";
  return survived == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Simulates whole clusters on virtual time with seeded faults, and checks every invariant."};
  arguments a;
  describe(app, a);
  CLI11_PARSE(app, argc, argv);
  if (a.list_mutants) {
    std::cout << troupe::sim::mutants_text();
    return 0;
  }
  auto range = parse_range(a.seeds);
  if (!range) {
    std::cerr << "--seeds: FROM:COUNT expected, as in 1:100\n";
    return 2;
  }
  if ((a.trace || a.frames) && !a.seed) {
    std::cerr << "--trace and --frames: of one seed only, give --seed\n";
    return 2;
  }
  if (!a.mutant.empty()) {
    const auto* planted = troupe::sim::find_mutant(a.mutant);
    if (planted == nullptr) {
      std::cerr << "--mutant: there is none of this name, see --list-mutants\n";
      return 2;
    }
    a.wanted.planted_bug = planted->what;
  }
  if (a.seed) range = seed_range{*a.seed, 1};
  a.wanted.length = troupe::duration{static_cast<troupe::duration::rep>(a.seconds * 1e9)};
  return a.all_mutants ? hunt_all(a, *range) : run(a, *range);
}
