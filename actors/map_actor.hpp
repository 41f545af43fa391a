/// \file
/// The map actor: the façade of one named map. It turns the messages of map_api.hpp into calls of the router, which answers the
/// application directly.
#pragma once

#include <string>

#include <troupe/actors/map_api.hpp>
#include <troupe/actors/router_actor.hpp>

namespace troupe {

struct map_settings {
  std::string name;
  duration call_timeout = call_timeout_default;  ///< after it a call ends as not_applied or indeterminate
};

/// `administration` understands local::destroy_map.
[[nodiscard]] map_actor spawn_map(caf::actor_system& system, map_settings settings, router_handle router, caf::actor administration);

}  // namespace troupe
