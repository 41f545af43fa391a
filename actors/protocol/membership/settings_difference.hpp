/// \file
/// What keeps a process from joining a cluster: settings that all members have to agree on.
#pragma once

#include <string>

#include <troupe/messages/types/settings.hpp>

namespace troupe::protocol {

/// Every difference, for people; empty when there is none. Times don't count: a joiner adopts the cluster's. Nor does the order of
/// the definitions.
[[nodiscard]] std::string difference(const cluster_settings& cluster, const cluster_settings& joiner);

}  // namespace troupe::protocol
