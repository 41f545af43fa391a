/// \file
/// What a client needs to know before it starts. A plain struct with defaults: fill it in by hand in an application, or read it from XML (xml_config.hpp) or from
/// CAF's configuration (application_config.hpp).
#pragma once

#include <string>
#include <vector>

#include <troupe/actors/protocol/router/router_limits.hpp>
#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/node/config/config_problem.hpp>
#include <troupe/node/config/log_level.hpp>

namespace troupe {

struct client_config {
  std::string cluster_name = "dev";  ///< 1 to 255 bytes
  std::vector<address> connect;      ///< members to begin with, tried in turn; later those of the view too
  protocol::router_limits limits;
  troupe::log_level log_level = log_level::info;
};

/// Everything that is wrong, at once.
[[nodiscard]] TROUPE_API std::vector<config_problem> validate(const client_config&);

}  // namespace troupe
