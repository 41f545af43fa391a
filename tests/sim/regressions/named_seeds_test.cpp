// Seeds that found something, each with what it was. A seed depends on how the simulator draws: when that changes it only becomes one more
// random run, which is why what it found is also a scenario of the core's own tests.
#include <catch2/catch.hpp>

#include "tests/sim/run_apart.hpp"
#include "tests/sim/summary.hpp"

namespace troupe::sim {
namespace {

struct named_seed {
  std::uint64_t seed;
  const char* found;
};

const named_seed found_something[] = {
    {1, "the first seed of all"},
};

TEST_CASE("seeds that once failed pass") {
  for (const auto& [seed, found] : found_something) {
    run_apart({seed, 1}, run_options{}, 1, [&, why = found](const run_result& r) {
      INFO(why << '\n' << failure_text(r));
      CHECK(r.passed);
    });
  }
}

}  // namespace
}  // namespace troupe::sim
