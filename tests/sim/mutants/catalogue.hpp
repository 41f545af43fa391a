/// \file
/// The planted bugs, for people and for whoever hunts them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/mutants/active.hpp"

namespace troupe::sim {

struct mutant_description {
  mutant what;
  std::string_view name;
  std::string_view section;  ///< of DESIGN.md: where the rule stands that it turns off
  std::string_view instead;  ///< what the core does instead
};

[[nodiscard]] const std::vector<mutant_description>& all_mutants();
/// Null: there is none of this name.
[[nodiscard]] const mutant_description* find_mutant(std::string_view name);
/// Seeds that are known to find this one; the first is tried first.
[[nodiscard]] std::vector<std::uint64_t> kept_seeds(mutant);
/// A table with a line each.
[[nodiscard]] std::string mutants_text();

}  // namespace troupe::sim
