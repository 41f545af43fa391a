#include "tests/sim/batch.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <ostream>
#include <set>

#include "tests/sim/mutants/hunt.hpp"
#include "tests/sim/progress.hpp"
#include "tests/sim/run_record.hpp"
#include "tests/sim/summary.hpp"

namespace troupe::sim {

namespace {

bool contains(const seed_range& range, std::uint64_t seed) { return seed >= range.from && seed - range.from < range.count; }

/// What is printed while a batch runs, and what it comes to.
class report {
 public:
  report(std::ostream& out, std::uint64_t count) : out_(out), line_(count) {}

  /// A run of an earlier batch.
  void pool(const run_result& r) { total_.add(r); }
  void add(const run_result& r) {
    total_.add(r);
    steps_here_ += r.figures.step;
    if (!r.passed) say(failure_text(r));
    line_.finished(r.passed);
  }
  void say(const std::string& text) {
    line_.clear();
    out_ << text << std::flush;
  }
  /// The exit status.
  int finish() {
    line_.clear();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
    out_ << total_.text(took.count(), steps_here_) << total_.passed << " passed, " << total_.failed << " failed\n";
    return total_.failed == 0 ? exit_done : exit_no;
  }

 private:
  std::ostream& out_;
  progress_line line_;
  run_summary total_;
  std::uint64_t steps_here_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

std::string seed_text(const run_result& r) {
  return "seed=" + std::to_string(r.figures.seed) + " hash=" + hash_text(r.figures.hash) + '\n';
}

}  // namespace

int run_batch(const sim_command& c, std::ostream& out) {
  std::optional<record_writer> record;
  if (c.record) record.emplace(*c.record, options_text(c.wanted));
  std::set<std::uint64_t> known;
  if (record) {
    for (const auto& r : record->before()) known.insert(r.figures.seed);
  }
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t i = 0; i < c.seeds.count; ++i) {
    if (known.count(c.seeds.from + i) == 0) seeds.push_back(c.seeds.from + i);
  }
  report all{out, seeds.size()};
  if (record) {
    for (const auto& r : record->before()) all.pool(r);
    if (!known.empty()) {
      all.say(c.record->string() + ": has " + std::to_string(known.size()) + " seeds; " + std::to_string(seeds.size()) + " more to run\n");
    }
  }
  const auto done = [&](const run_result& r) {
    if (record) record->add(r);
    all.add(r);
    if (c.seeds.count == 1) all.say(seed_text(r));
  };
  if (c.print) done(run_seed_traced(c.seeds.from, c.wanted, out, *c.print));
  else run_each_apart(seeds, c.wanted, c.jobs, done);
  return all.finish();
}

int replay_batch(const sim_command& c, std::ostream& out) {
  std::map<std::uint64_t, run_result> recorded;
  std::vector<std::uint64_t> seeds;
  for (auto& r : read_record(*c.replay, options_text(c.wanted)).runs) {
    const auto seed = r.figures.seed;
    if (c.seeds_given && !contains(c.seeds, seed)) continue;
    if (recorded.emplace(seed, std::move(r)).second) seeds.push_back(seed);
  }
  report all{out, seeds.size()};
  std::uint64_t others = 0;
  run_each_apart(seeds, c.wanted, c.jobs, [&](const run_result& r) {
    const auto& before = recorded.at(r.figures.seed);
    all.add(r);
    if (r.passed == before.passed && r.figures.hash == before.figures.hash) return;
    ++others;
    all.say("ANOTHER RUN seed=" + std::to_string(r.figures.seed) + " recorded hash=" + hash_text(before.figures.hash) +
            (before.passed ? " passed" : " failed") + ", now hash=" + hash_text(r.figures.hash) + (r.passed ? " passed\n" : " failed\n"));
  });
  const auto status = all.finish();
  out << seeds.size() - others << " as recorded, " << others << " not\n";
  return others == 0 && !seeds.empty() ? status : exit_no;
}

int hunt_batch(const sim_command& c, std::ostream& out) {
  std::size_t killed = 0;
  for (const auto& m : all_mutants()) {
    const auto result = hunt(m, c.seeds, c.wanted, c.jobs);
    if (result.seed) ++killed;
    out << text_of(result) << std::flush;
  }
  const auto survived = all_mutants().size() - killed;
  out << killed << " killed, " << survived << " survived\n";
  return survived == 0 ? exit_done : exit_no;
}

}  // namespace troupe::sim
