/// \file
/// One run of one seed: form a cluster, let things go wrong, let them heal, judge.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/auditor.hpp"
#include "tests/sim/figures.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/scenario.hpp"
#include "tests/sim/trace.hpp"

namespace troupe::sim {

struct run_result {
  bool passed = false;
  std::string why;  ///< not passed: the invariant, and what broke it
  run_figures figures;
  std::string last_events;  ///< lines; only of a run that failed
};

struct simulation_limits {
  duration form_max = seconds{60};   ///< until all members are in one view
  duration heal_max = seconds{60};   ///< after the last fault, until everything is served and restored
  duration patience = seconds{10};   ///< of the operator, with a cluster that has no quorum
  duration calls_max = seconds{30};  ///< after that, until every call has ended
};

class simulation {
 public:
  simulation(const scenario& what, trace& log);
  ~simulation();

  /// The whole life of a seed. Never throws: a violation is a result.
  [[nodiscard]] run_result run();

  /// \name The parts of it, for tests that tell their own story. They throw `violation`.
  /// @{
  void form();
  void go_wrong();
  void heal();
  void found_again();
  void judge();
  /// Lets time pass until the cluster is settled; a violation when it is not by then. `condition` for the message.
  void settle(duration at_most, const std::string& condition);
  void pass(duration how_long);
  /// Creates the maps of the scenario, and waits until they are there.
  void create_maps();
  /// @}

  [[nodiscard]] cluster& all() { return *cluster_; }
  [[nodiscard]] auditor& checks() { return *auditor_; }
  [[nodiscard]] world& around() { return *world_; }
  [[nodiscard]] keyspace& keys() { return *keys_; }

 private:
  void check_turn();
  void change_counts(dice rng);
  void check_plan() const;
  [[nodiscard]] bool is_halted() const;
  void help_as_an_operator(bool patience_is_over);
  [[nodiscard]] run_figures figures() const;

  scenario scenario_;
  simulation_limits limits_;
  trace& log_;
  std::unique_ptr<world> world_;
  std::unique_ptr<keyspace> keys_;
  std::unique_ptr<auditor> auditor_;
  std::unique_ptr<cluster> cluster_;
  std::unique_ptr<class fault_injection> faults_;
  duration healed_after_{};
  std::optional<virtual_time> halted_since_;
};

/// Runs a seed; when it fails, once more with the text of its last events.
[[nodiscard]] run_result run_seed(std::uint64_t seed, const run_options& wanted);
/// Runs a seed and writes each event to the stream.
[[nodiscard]] run_result run_seed_traced(std::uint64_t seed, const run_options& wanted, std::ostream& out,
                                         trace::detail wanted_detail = trace::detail::full);

}  // namespace troupe::sim
