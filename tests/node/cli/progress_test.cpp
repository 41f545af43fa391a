#include <sstream>

#include <catch2/catch.hpp>

#include <troupe/node/cli/progress.hpp>

using namespace troupe;
using cli::progress;

SCENARIO("a bar shows how far, how fast, and how long still") {
  CHECK(cli::render(progress{17'500, 500, 1000, seconds{5}}, 60) == "[==========>         ]  50%  17500 entries  3500/s  5 s left");
  CHECK(cli::render(progress{17'500, 500, 1000, seconds{5}}, 100) ==
        "[===============>              ]  50%  17500 entries  3500/s  5 s left");
}

SCENARIO("a bar begins empty and ends full") {
  CHECK(cli::render(progress{0, 0, 1000, seconds{0}}, 60) == "[>                             ]   0%  0 entries");
  CHECK(cli::render(progress{10, 1000, 1000, seconds{1}}, 60) == "[==============================] 100%  10 entries  10/s");
}

SCENARIO("without a known end there are the count and the rate") {
  CHECK(cli::render(progress{100, 500, std::nullopt, seconds{2}}, 80) == "100 entries  50/s");
}

SCENARIO("a narrow terminal gets no bar") {
  CHECK(cli::render(progress{10, 500, 1000, seconds{1}}, 20) == " 50%  10 entries  10/s  1 s left");
}

SCENARIO("the time that is left is readable") {
  const auto left = [](duration elapsed) {
    const auto text = cli::render(progress{1, 1, 2, elapsed}, 20);
    return text.substr(text.rfind("  ") + 2);
  };
  CHECK(left(seconds{59}) == "59 s left");
  CHECK(left(seconds{61}) == "1 min 1 s left");
  CHECK(left(seconds{7260}) == "2 h 1 min left");
}

SCENARIO("a bar is drawn in place, at most ten times a second, and wiped in the end") {
  std::ostringstream out;
  const instant start{seconds{1}};
  cli::progress_bar bar{out, true, 40, start, std::nullopt};
  bar.update(1, 1, start + milliseconds{1000});
  bar.update(2, 2, start + milliseconds{1050});
  bar.update(3, 3, start + milliseconds{1100});
  bar.clear();
  bar.clear();
  CHECK(out.str() == "\r1 entry  1/s\x1b[K\r3 entries  3/s\x1b[K\r\x1b[K");
}

SCENARIO("where there is no terminal, nothing is drawn") {
  std::ostringstream out;
  cli::progress_bar bar{out, false, 80, instant{}, 100};
  bar.update(1, 1, instant{seconds{1}});
  bar.clear();
  CHECK(out.str().empty());
}
