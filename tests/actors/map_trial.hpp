/// \file
/// One trial: a cluster, a random sequence of operations on its maps by all its members, faults in between, and map_knowledge, that
/// compares each answer and each event.
///
/// A seed says everything: the configuration, and for each step what it may do. A step draws from dice of its own, so a step that is left
/// out leaves the others what they are, as far as they still can be done: so a sequence that fails is made shorter (shortened()).
///
/// Keys are asked one request at a time, but for reads beside a write; requests on different keys are under way together. Faults stay within what
/// the maps' copies survive, so no entry is lost; in some trials all copies of some rows are, and then exactly those rows.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "tests/actors/map_model.hpp"

namespace troupe::test::model {

struct trial_options {
  std::size_t steps = 100;
  std::set<std::size_t> left_out{};  ///< these steps
  std::size_t doctored = 0;          ///< one answer is changed, the first good one from this number on; 0: none
};

struct trial_result {
  std::string difference;  ///< what is not as the model says, with the last requests; empty: nothing
  std::size_t steps = 0;   ///< that were begun
  // What happened.
  std::uint64_t answers = 0, foretold = 0, open = 0, locked = 0, events = 0, gaps = 0, expired = 0;
  std::uint64_t kills = 0, cuts = 0, pauses = 0, leaves = 0, joins = 0, counts_changed = 0, destroyed = 0;
  std::uint64_t evicted = 0, from_copies = 0, old_from_copies = 0, by_clients = 0, cancelled = 0, few_copies = 0, rows_lost = 0, rows_emptied = 0;

  trial_result& operator+=(const trial_result&);
};
[[nodiscard]] std::string to_string(const trial_result&);

[[nodiscard]] trial_result run_trial(std::uint64_t seed, const trial_options& = {});
/// Leaves out steps of a trial that fails, as long as it still does.
[[nodiscard]] trial_options shortened(std::uint64_t seed, trial_options failing);

}  // namespace troupe::test::model
