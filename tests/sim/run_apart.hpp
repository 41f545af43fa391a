/// \file
/// Runs seeds in processes of their own: a core that breaks an assertion ends its process, and must not end the whole batch or take the
/// seed's number with it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tests/sim/simulation.hpp"

namespace troupe::sim {

struct seed_range {
  std::uint64_t from = 1;
  std::uint64_t count = 1;
};

/// Runs all seeds, `jobs` at a time; `done` is called for each as it ends, in any order. A run that fails comes with its last events, also
/// when its process died or did not end: then `why` is what it wrote to its standard error. Throws std::system_error when no process can
/// be started.
void run_each_apart(const std::vector<std::uint64_t>& seeds, const run_options& wanted, std::size_t jobs,
                    const std::function<void(const run_result&)>& done);
/// The same for a range.
void run_apart(const seed_range&, const run_options& wanted, std::size_t jobs, const std::function<void(const run_result&)>& done);

}  // namespace troupe::sim
