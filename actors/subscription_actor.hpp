/// \file
/// The subscription actor: stands between one listener of an application and the router of its process. A thin shell around
/// protocol::subscription; one a listener.
#pragma once

#include <string>

#include <troupe/actors/map_api.hpp>
#include <troupe/actors/router_actor.hpp>

namespace troupe {

/// Begins to listen when it is asked with local::begin_listening, which it answers with itself once all rows are heard; ends when it is asked with
/// local::end_listening, which it answers with true, when the listener does, or after it has told that why it ends by itself.
[[nodiscard]] caf::actor spawn_subscription(caf::actor_system& system, std::string map, listener_request what, router_handle router);

}  // namespace troupe
