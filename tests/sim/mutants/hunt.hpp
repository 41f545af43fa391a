/// \file
/// The hunt for planted bugs: which seed finds which, and what noticed it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/sim/mutants/catalogue.hpp"
#include "tests/sim/run_apart.hpp"

namespace troupe::sim {

struct hunt_result {
  mutant_description what;
  std::optional<std::uint64_t> seed;  ///< which found it; nothing: it survived
  std::string noticed;                ///< the violation, assertion or signal, in one line
  std::uint64_t seeds_run = 0;
  double seconds = 0;  ///< of real time
};

/// Runs the seeds kept for this mutant, then those of the range, `jobs` at a time, until one fails.
[[nodiscard]] hunt_result hunt(const mutant_description& what, const seed_range& range, const run_options& wanted, std::size_t jobs);

/// A line of the table.
[[nodiscard]] std::string text_of(const hunt_result&);

}  // namespace troupe::sim
