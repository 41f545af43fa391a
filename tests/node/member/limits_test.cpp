// Frames as large as the configuration allows, and none larger, on every link of a member.
#include "hosted_member.hpp"

using namespace troupe;
using namespace troupe::test;

SCENARIO("values over the default frame limit travel where the configuration allows them") {
  GIVEN("two members whose frames may be three times as large as by default") {
    auto config = test_config();
    config.settings.limits.value_bytes_max = 20 * 1024 * 1024;
    config.settings.limits.frame_bytes_max = 48 * 1024 * 1024;
    hosted_member first{config};
    REQUIRE(first->wait_ready(patience));
    hosted_member second{joining(config, *first)};
    REQUIRE(second->wait_ready(patience));
    first.must<receipt>("large", set_atom_v, std::string{"key"}, std::string{"small"});
    REQUIRE(copied_to(first, "large", "key", 2));
    THEN("a value of 18 MiB is stored, copied, and read from either") {
      const std::string value(18 * 1024 * 1024, 'v');
      for (auto* writer : {&first, &second}) writer->must<receipt>("large", set_atom_v, std::string{"key"}, value);
      for (auto* reader : {&first, &second})
        CHECK(reader->must<lookup>("large", get_atom_v, std::string{"key"}).value.size() == value.size());
    }
  }
}

SCENARIO("batches respect a frame limit below the default") {
  GIVEN("two members with small frames") {
    auto config = test_config();
    config.settings.limits.key_bytes_max = 1024;
    config.settings.limits.value_bytes_max = 16 * 1024;
    config.settings.limits.frame_bytes_max = 512 * 1024;
    config.settings.limits.maps_max = 100;
    hosted_member first{config};
    REQUIRE(first->wait_ready(patience));
    hosted_member second{joining(config, *first)};
    REQUIRE(second->wait_ready(patience));
    first.must<receipt>("small", set_atom_v, std::string{"key"}, std::string{"value"});
    REQUIRE(copied_to(first, "small", "key", 2));
    THEN("many more bytes at once than a frame holds are stored from either") {
      entry_list entries;
      for (int i = 0; i < 1000; ++i) entries.emplace_back("key-" + std::to_string(i), std::string(8 * 1024, 'v'));
      for (auto* writer : {&first, &second}) CHECK(writer->must<std::uint64_t>("small", put_all_atom_v, entries) == 1000);
      CHECK(second.must<std::uint64_t>("small", size_atom_v) == 1001);
    }
  }
}
