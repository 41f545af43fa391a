// Members that confirm their reads with their backups.
#include "hosted_member.hpp"

using namespace troupe;
using namespace troupe::test;

SCENARIO("a cluster that confirms its reads") {
  auto config = test_config();
  config.settings.reads = read_mode::confirm;
  hosted_member first{config};
  REQUIRE(first->wait_ready(patience));
  const auto value_of = [](hosted_member& at, const std::string& key) {
    return at.must<lookup>("orders", get_atom_v, key).value;
  };
  first.must<receipt>("orders", set_atom_v, std::string{"a"}, std::string{"one"});
  CHECK(value_of(first, "a") == "one");  // Nobody else is there to confirm: the lease does.
  {
    hosted_member second{joining(config, *first)};
    REQUIRE(second->wait_ready(patience));
    REQUIRE(copied_to(first, "orders", "a", 2));
    for (int n = 0; n < 100; ++n) {
      const auto key = "key-" + std::to_string(n);
      const auto value = std::to_string(n);
      second.must<receipt>("orders", set_atom_v, key, value);
      CHECK(value_of(first, key) == value);
      CHECK(value_of(second, key) == value);
    }
    CHECK(first.must<std::uint64_t>("orders", size_atom_v) == 101);
    second->leave();
    REQUIRE(second->wait_ended(patience));
  }
  CHECK(value_of(first, "key-99") == "99");
}
