#include <catch2/catch.hpp>

#include <troupe/node/cli/pace.hpp>

using namespace troupe;

namespace {

/// How many starts somebody who waits as told gets within `span`.
int starts_within(cli::pace& p, instant& now, duration span) {
  const auto end = now + span;
  int starts = 0;
  while (now < end) {
    if (p.start(now)) {
      ++starts;
    } else {
      now = p.ask_again_at();
    }
  }
  return starts;
}

}  // namespace

SCENARIO("without a rate everything starts at once") {
  cli::pace p{std::nullopt};
  for (int i = 0; i < 1000; ++i) CHECK(p.start(instant{}));
}

SCENARIO("a rate is kept, and reached") {
  for (const double rate : {0.5, 10.0, 3500.0, 100'000.0}) {
    cli::pace p{rate};
    auto now = instant{seconds{1000}};
    const auto starts = starts_within(p, now, seconds{10});
    INFO(rate);
    CHECK(starts <= rate * 10.02 + 1);
    CHECK(starts >= rate * 9.9 - 1);
  }
}

SCENARIO("a pause is not caught up with a burst") {
  cli::pace p{1000.0};
  auto now = instant{seconds{1000}};
  CHECK(p.start(now));
  now += seconds{60};
  int burst = 0;
  while (p.start(now)) ++burst;
  CHECK(burst <= 21);
}

SCENARIO("several start together rather than each by itself") {
  cli::pace p{10'000.0};
  auto now = instant{seconds{1000}};
  while (p.start(now)) {
  }
  now = p.ask_again_at();
  int together = 0;
  while (p.start(now)) ++together;
  CHECK(together >= 40);
}
