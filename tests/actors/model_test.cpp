// Whole clusters against a model of the map, a plain std::map with the documented semantics: random operations of all kinds by all members, with faults between
// them, and no difference. See map_model.hpp for what is expected, map_trial.hpp for what is drawn.
//
// MODEL_SEEDS=first:count chooses the seeds of "[.long]"; MODEL_SEED=n runs one, and shortens it where it fails.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

#include "tests/actors/map_knowledge.hpp"
#include "tests/actors/map_trial.hpp"

using namespace troupe;
using namespace troupe::test::model;

namespace {

trial_result check_seeds(std::uint64_t first, std::uint64_t count, const trial_options& options = {}) {
  trial_result sum;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    CAPTURE(seed);
    const auto r = run_trial(seed, options);
    if (!r.difference.empty()) FAIL_CHECK(r.difference);
    sum += r;
  }
  return sum;
}

}  // namespace

TEST_CASE("a cluster and a plain map don't differ, whatever is asked, and whoever dies") {
  const auto sum = check_seeds(1, 40);
  INFO(to_string(sum));
  CHECK(10 * sum.foretold > 9 * sum.answers);  // The model does not get by with knowing nothing,
  CHECK(sum.kills > 0);                        // and a lot happens.
  CHECK(sum.cuts > 0);
  CHECK(sum.leaves > 0);
  CHECK(sum.joins > 0);
  CHECK(sum.counts_changed > 0);
  CHECK(sum.destroyed > 0);
  CHECK(sum.open > 0);
  CHECK(sum.locked > 0);
  CHECK(sum.expired > 0);
}

TEST_CASE("the same with many more seeds, or one of them", "[.long]") {
  const auto* one = std::getenv("MODEL_SEED");
  if (one != nullptr) {
    const auto seed = std::stoull(one);
    const auto r = run_trial(seed);
    if (r.difference.empty()) {
      WARN(to_string(r));
      return;
    }
    const auto shorter = shortened(seed, {});
    FAIL(r.difference << "\nshorter, without " << shorter.left_out.size() << " of " << shorter.steps << " steps:\n" << run_trial(seed, shorter).difference);
  }
  const auto* range = std::getenv("MODEL_SEEDS");
  const std::string text = range == nullptr ? "1000:1000" : range;
  const auto colon = text.find(':');
  const auto sum = check_seeds(std::stoull(text), std::stoull(text.substr(colon + 1)));
  WARN(to_string(sum));
}
