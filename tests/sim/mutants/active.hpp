/// \file
/// Which bug is planted, in the simulator's own build of the core: what TROUPE_MUTATED means there.
///
/// One for the whole process: the core has no place for it, and must not get one. Simulations run one at a time in a process.
#pragma once

#include <cstdint>

namespace troupe::sim {

enum class mutant : std::uint8_t {
  none,
#define TROUPE_MUTANT(name, section, instead) name,
#include "tests/sim/mutants/list.inc"
#undef TROUPE_MUTANT
};

inline constinit mutant active_mutant = mutant::none;

/// Plants a bug for as long as it lives.
class planted {
 public:
  explicit planted(mutant which) { active_mutant = which; }
  planted(const planted&) = delete;
  planted& operator=(const planted&) = delete;
  ~planted() { active_mutant = mutant::none; }
};

}  // namespace troupe::sim

#define TROUPE_MUTATED(name) (::troupe::sim::active_mutant == ::troupe::sim::mutant::name)
