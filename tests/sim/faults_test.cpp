// Lists of faults as people write them, and what they do to what is drawn.
#include <catch2/catch.hpp>

#include <set>

#include "tests/sim/scenario.hpp"

namespace troupe::sim {
namespace {

fault_set faults_of(std::string_view list) { return std::get<fault_set>(parse_faults(list)); }

TEST_CASE("every kind has a name of its own and an explanation") {
  std::set<std::string_view> names;
  for_each_fault([&](fault f) {
    CHECK(names.insert(to_string(f)).second);
    CHECK_FALSE(explanation_of(f).empty());
    CHECK(faults_of(to_string(f)).has(f));
  });
  CHECK(happening_kinds >= 22);
}

TEST_CASE("a list names kinds, and excludes others, in its order") {
  CHECK(faults_of("all").is_all());
  CHECK_FALSE(faults_of("none").any());
  const auto two = faults_of("crash,loss");
  CHECK(two.has(fault::crash));
  CHECK(two.has(fault::loss));
  CHECK_FALSE(two.has(fault::restart));
  CHECK_FALSE(faults_of("-crash").has(fault::crash));
  CHECK(faults_of("-crash").has(fault::join));
  CHECK(faults_of("all,-crash") == faults_of("-crash"));
  CHECK(faults_of("-crash,crash").is_all());
  CHECK_FALSE(faults_of("crash,-all").any());
}

TEST_CASE("a name that is no kind's is refused by itself") {
  for (const auto* list : {"crash,crsh", "-crsh", "crash,", "", ",crash", "Crash"}) {
    INFO(list);
    CHECK(std::holds_alternative<unknown_fault>(parse_faults(list)));
  }
  CHECK(std::get<unknown_fault>(parse_faults("crash,-crsh")).name == "crsh");
}

TEST_CASE("a set is written as the shorter list, which reads as the same set") {
  for (const auto* list : {"all", "none", "crash,loss", "all,-crash,-loss"}) {
    CHECK(to_string(faults_of(list)) == list);
    CHECK(faults_of(to_string(faults_of(list))) == faults_of(list));
  }
}

TEST_CASE("nothing is drawn that is not allowed, and something that is") {
  run_options wanted;
  for (const auto* list : {"crash,restart", "zone_loss", "flapping_link,loss", "none", "stragglers", "-reordering,-small_queues", "all"}) {
    wanted.faults = faults_of(list);
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      const auto s = draw_scenario(seed, wanted);
      INFO(list << " seed " << seed << ' ' << describe(s));
      CHECK((s.faults & wanted.faults) == s.faults);
      CHECK((s.faults.happening().any() || !wanted.faults.happening().any()));
      CHECK(s.weather.ordered != s.has(fault::reordering));
      CHECK((s.weather.loss > 0) == s.has(fault::loss));
      CHECK((s.zones > 0 || !s.has(fault::zone_loss)));
    }
  }
}

TEST_CASE("every kind is drawn for some seeds, and none for all") {
  std::array<std::size_t, fault_kinds> drawn{};
  constexpr std::size_t seeds = 300;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto s = draw_scenario(seed, run_options{});
    for_each_fault([&](fault f) { drawn[static_cast<std::size_t>(f)] += s.has(f); });
  }
  for_each_fault([&](fault f) {
    INFO(to_string(f));
    CHECK(drawn[static_cast<std::size_t>(f)] > seeds / (f == fault::pair_split ? 50 : 20));  // A run of its own: few are enough.
    CHECK(drawn[static_cast<std::size_t>(f)] < seeds * 3 / 4);
  });
}

}  // namespace
}  // namespace troupe::sim
