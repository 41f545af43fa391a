// What waits on other shards for being taken up.
#include <catch2/catch.hpp>

#include <optional>

#include <troupe/node/member/elsewhere_load.hpp>

using namespace troupe;

SCENARIO("a connection waits while other shards have too much of it") {
  int drained = 0;
  const auto load = std::make_shared<elsewhere_load>(100, [&] { ++drained; });
  std::optional<elsewhere_load::part> first{load->add(60)};
  CHECK_FALSE(load->is_full());
  std::optional<elsewhere_load::part> second{load->add(60)};
  CHECK(load->is_full());
  WHEN("it waits for room") {
    load->wait_for_room();
    CHECK(drained == 0);
    first.reset();
    THEN("it hears when half of it is left, once") {
      CHECK(drained == 0);
      second.reset();
      CHECK(drained == 1);
      { const auto later = load->add(60); }
      CHECK(drained == 1);
    }
  }
  WHEN("all was taken up before it began to wait") {
    first.reset();
    second.reset();
    CHECK(drained == 0);
    load->wait_for_room();
    THEN("it hears at once") { CHECK(drained == 1); }
  }
}
