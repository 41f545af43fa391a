// A fast batch of seeds with every kind of fault, and the promise that a seed is a run.
#include <catch2/catch.hpp>

#include "tests/sim/summary.hpp"

namespace troupe::sim {
namespace {

run_options short_runs() {
  run_options o;
  o.length = seconds{20};
  return o;
}

TEST_CASE("no invariant breaks in a batch of seeds") {
  run_summary total;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto r = run_seed(seed, short_runs());
    total.add(r);
    INFO(failure_text(r, true));
    CHECK(r.passed);
  }
  INFO(total.text(1));
  // A batch in which nothing happens would pass too.
  CHECK(total.operations.ok > 10'000);
  CHECK(total.checked.views > 500);
  CHECK(total.checked.keys_undecided == 0);
  for (const auto fired : total.faults) CHECK(fired > 0);
}

TEST_CASE("the same seed twice is the same run, another seed is another") {
  const auto once = run_seed(3, short_runs()), twice = run_seed(3, short_runs()), other = run_seed(4, short_runs());
  CHECK(once.hash == twice.hash);
  CHECK(once.step == twice.step);
  CHECK(once.hash != other.hash);
}

}  // namespace
}  // namespace troupe::sim
