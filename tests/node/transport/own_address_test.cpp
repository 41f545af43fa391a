/// Which written addresses mean this process.
#include <catch2/catch.hpp>

#include <troupe/node/transport/own_address.hpp>

using namespace troupe;

SCENARIO("an own address is known by whatever name") {
  const address own{"127.0.0.1", 5701};
  CHECK(is_own_address({"127.0.0.1", 5701}, own));
  CHECK(is_own_address({"localhost", 5701}, own));
  CHECK(is_own_address({"127.0.0.1", 5701}, {"localhost", 5701}));
  GIVEN("another port") { CHECK_FALSE(is_own_address({"localhost", 5702}, own)); }
  GIVEN("another loopback address, where another member may listen") {
    CHECK_FALSE(is_own_address({"127.0.0.2", 5701}, own));
    CHECK_FALSE(is_own_address({"localhost", 5701}, {"127.0.0.2", 5701}));
  }
  GIVEN("a name that means nothing") { CHECK_FALSE(is_own_address({"no-such-host.invalid", 5701}, own)); }
}
