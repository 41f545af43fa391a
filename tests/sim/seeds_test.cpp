// A fast batch of seeds with every kind of fault, and the promise that a seed is a run.
#include <catch2/catch.hpp>

#include "tests/sim/run_apart.hpp"
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
  run_apart({1, 60}, short_runs(), 2, [&](const run_result& r) {
    total.add(r);
    INFO(failure_text(r));
    CHECK(r.passed);
  });
  INFO(total.text(1, total.sum.step));
  // A batch in which nothing happens would pass too.
  CHECK(total.sum.operations.ok > 10'000);
  CHECK(total.sum.checked.views > 500);
  // Writes that wait for locks overlap with many others: the search gives some keys up.
  CHECK(1000 * total.sum.checked.keys_undecided < total.sum.checked.keys_checked);
  for (const auto fired : total.sum.faults) CHECK(fired > 0);
}

TEST_CASE("the same seed twice is the same run, another seed is another") {
  const auto once = run_seed(3, short_runs()), twice = run_seed(3, short_runs()), other = run_seed(4, short_runs());
  CHECK(once.figures.hash == twice.figures.hash);
  CHECK(once.figures.step == twice.figures.step);
  CHECK(once.figures.hash != other.figures.hash);
}

}  // namespace
}  // namespace troupe::sim
