// How much a member or a client logs is its own affair.
#include <troupe/node/client/client.hpp>

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

SCENARIO("the level of a client's log is its configuration's as well") {
  auto of_member = test_config();
  of_member.log_level = log_level::off;
  hosted_member member{of_member};
  const captured_log log;
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  client_config config;
  config.cluster_name = "of-another-cluster";  // Refused for good, which the log says.
  config.connect = {member->listens_at()};
  GIVEN("an application that wants errors only, and a client that tells more") {
    spdlog::set_level(spdlog::level::err);
    config.log_level = log_level::info;
    CHECK_FALSE(client{system, config}.wait_ready(patience));
    CHECK_THAT(log.text(), Catch::Contains("[troupe.client] [info] link_down"));
    CHECK(spdlog::get_level() == spdlog::level::err);
  }
  GIVEN("an application that tells all, and a client that is silent") {
    spdlog::set_level(spdlog::level::trace);
    config.log_level = log_level::off;
    CHECK_FALSE(client{system, config}.wait_ready(patience));
    CHECK(log.text().empty());
  }
  spdlog::set_level(spdlog::level::info);
}
