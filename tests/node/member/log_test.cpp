// How much a member logs is its own affair.
#include "captured_log.hpp"
#include "hosted_member.hpp"

using namespace troupe;
using namespace troupe::test;

SCENARIO("the level of a member's log is its configuration's, and the application's stays as it is") {
  const captured_log log;
  auto config = test_config();
  GIVEN("an application that wants warnings only, and a member that tells more") {
    spdlog::set_level(spdlog::level::warn);
    config.log_level = log_level::info;
    { hosted_member member{config}; }
    CHECK_THAT(log.text(), Catch::Contains("starting member="));
    CHECK(spdlog::get_level() == spdlog::level::warn);
  }
  GIVEN("an application that tells all, and a member that is silent") {
    spdlog::set_level(spdlog::level::trace);
    config.log_level = log_level::off;
    { hosted_member member{config}; }
    CHECK(log.text().empty());
    spdlog::debug("the application");
    CHECK_THAT(log.text(), Catch::Contains("the application"));
  }
  spdlog::set_level(spdlog::level::info);
}
