// The table of planted bugs, and that a run without one is not touched by them.
#include <catch2/catch.hpp>

#include <set>

#include "tests/sim/mutants/hunt.hpp"

namespace troupe::sim {
namespace {

TEST_CASE("every mutant has a name of its own, and a seed that is known to find it") {
  std::set<std::string_view> names;
  for (const auto& m : all_mutants()) {
    INFO(m.name);
    CHECK(names.insert(m.name).second);
    CHECK(find_mutant(m.name) == &m);
    CHECK_FALSE(kept_seeds(m.what).empty());
  }
  CHECK(names.size() >= 45);
  CHECK(find_mutant("none") == nullptr);
}

TEST_CASE("a planted bug is found by its kept seed, and is gone afterwards") {
  const auto& without_wait = *find_mutant("no_removal_wait");
  const auto found = hunt(without_wait, {1, 1}, run_options{}, 1);
  REQUIRE(found.seed);
  CHECK(found.noticed.find("invariant 2") != std::string::npos);
  CHECK(active_mutant == mutant::none);
  CHECK(run_seed(*found.seed, run_options{}).passed);
}

TEST_CASE("a bug that breaks an assertion is found, and the assertion is named") {
  const auto& broken = *find_mutant("gap_accepted");
  const auto found = hunt(broken, {1, 20}, run_options{}, 1);
  REQUIRE(found.seed);
  CHECK(found.noticed.find("invariant_broken number=4") != std::string::npos);
}

TEST_CASE("without a bug nothing is found") {
  const mutant_description nothing{mutant::none, "none", "", ""};
  const auto found = hunt(nothing, {1, 3}, run_options{}, 2);
  CHECK_FALSE(found.seed);
  CHECK(found.seeds_run == 3);
}

}  // namespace
}  // namespace troupe::sim
