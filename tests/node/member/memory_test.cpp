// Members that have reached their memory limit: what grows is refused, and nobody dies of it.
#include <chrono>

#include "hosted_member.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

std::string key(int n) { return "key-" + std::to_string(n); }

}  // namespace

SCENARIO("two members with little memory") {
  auto config = test_config();
  config.memory = {memory_limit::unit::bytes, memory_limit_bytes_min};
  hosted_member first{config};
  REQUIRE(first->wait_ready(patience));
  hosted_member second{joining(config, *first)};
  REQUIRE(second->wait_ready(patience));
  first.must<receipt>("little", set_atom_v, key(0), std::string{"small"});
  REQUIRE(copied_to(first, "little", key(0), 2));
  const std::string value(4096, 'v');
  int stored = 1;
  std::optional<failure> why;
  for (; stored < 1000 && !why; ++stored) why = first.failure_of_set("little", key(stored), value);
  --stored;
  THEN("what grows is refused beyond the limit, definitely") {
    REQUIRE(why == failure::out_of_memory);
    CHECK(stored > 64);   // An entry is in the store, and at first in the log, too.
    CHECK(stored <= 256);
    CHECK(first.must<std::uint64_t>("little", size_atom_v) == static_cast<std::uint64_t>(stored));
  }
  THEN("reads and shorter values go on") {
    CHECK(second.must<lookup>("little", get_atom_v, key(1)).value.size() == value.size());
    CHECK(first.failure_of_set("little", key(1), "shorter") == std::nullopt);
  }
  THEN("removals go on, and make room") {
    for (int n = 0; n < stored; ++n) first.must<receipt>("little", erase_atom_v, key(n));
    CHECK(first.must<std::uint64_t>("little", size_atom_v) == 0);
    // Logs give up their records in the background, and a primary hears of its backup's room by and by.
    const auto deadline = std::chrono::steady_clock::now() + patience;
    auto again = first.failure_of_set("little", key(0), value);
    while (again == failure::out_of_memory && std::chrono::steady_clock::now() < deadline) {
      first.must<lookup>("little", get_atom_v, key(0));
      again = first.failure_of_set("little", key(0), value);
    }
    CHECK(again == std::nullopt);
  }
}
