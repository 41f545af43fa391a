/// \file
/// The command line of `troupe-sim`: from arguments to what is to be run, or to what to print before ending.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <troupe/node/config/command_line.hpp>

#include "tests/sim/run_apart.hpp"

namespace troupe::sim {

/// Of a configured partition count; each partition costs time, and a few show what there is to see.
inline constexpr std::uint32_t partitions_simulated_max = 16;

struct sim_command {
  run_options wanted;
  seed_range seeds{1, 100};
  bool seeds_given = false;
  std::size_t jobs = 1;
  std::optional<trace::detail> print;           ///< what happens in the one seed
  bool hunts_mutants = false;                   ///< instead of running the seeds as they are
  std::optional<std::filesystem::path> record;  ///< append to it, and leave out what it has
  std::optional<std::filesystem::path> replay;  ///< run what it has, and compare; of `seeds` only, where these are given
  std::vector<std::string> notes;               ///< for standard error: what of a configuration is simulated otherwise
};

[[nodiscard]] std::variant<sim_command, exit_now> parse_sim_command_line(int argc, const char* const* argv);

}  // namespace troupe::sim
