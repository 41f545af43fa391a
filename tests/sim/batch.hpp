/// \file
/// A batch of seeds: those that are wanted and not recorded yet, or those that are recorded and to be compared.
#pragma once

#include <iosfwd>

#include "tests/sim/command_line.hpp"

namespace troupe::sim {

/// Runs the seeds of the command and writes failures and the summary to `out`. The exit status. Throws record_error.
[[nodiscard]] int run_batch(const sim_command&, std::ostream& out);
/// Runs what is recorded again.
[[nodiscard]] int replay_batch(const sim_command&, std::ostream& out);
/// Plants each bug in turn.
[[nodiscard]] int hunt_batch(const sim_command&, std::ostream& out);

}  // namespace troupe::sim
