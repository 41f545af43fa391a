/// \file
/// The announcer: tells those who listen to the cluster what the views say that its member, or its client, gets. One of each, in CAF's scheduler. A thin shell around
/// protocol::differences; beside it one actor for each listener, around protocol::cluster_backlog.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <troupe/actors/cluster_listener.hpp>
#include <troupe/actors/local_messages.hpp>

namespace troupe::local {

/// To the announcer.
struct cluster_listener_added {
  caf::actor subscription;
};
struct cluster_listener_gone {
  caf::actor_addr subscription;
};
/// To the announcer, and from it to its subscriptions: nothing follows.
struct views_ended {
  std::string why;
};
/// To a subscription. The changes that lead to this view.
struct cluster_changed {
  view_ptr view;
  std::shared_ptr<const std::vector<cluster_event>> changes;
};

}  // namespace troupe::local

namespace troupe {

/// Behaviour: local::view_installed, with each view that the member or client installs, in order; local::views_ended, the first of which counts;
/// and the messages of subscriptions.
[[nodiscard]] caf::actor spawn_announcer(caf::actor_system& system);

/// The subscription of a listener, from now on. It ends when it is sent local::end_listening, when the listener does, or when it has told that the
/// member or client has ended.
[[nodiscard]] caf::actor spawn_cluster_subscription(caf::actor_system& system, const caf::actor& announcer, const caf::actor& listener);

}  // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe_announcer, caf::first_custom_type_id + 7350)
  TROUPE_LOCAL_MESSAGE(troupe_announcer, troupe::local::cluster_listener_added)
  TROUPE_LOCAL_MESSAGE(troupe_announcer, troupe::local::cluster_listener_gone)
  TROUPE_LOCAL_MESSAGE(troupe_announcer, troupe::local::views_ended)
  TROUPE_LOCAL_MESSAGE(troupe_announcer, troupe::local::cluster_changed)
CAF_END_TYPE_ID_BLOCK(troupe_announcer)

namespace troupe::local {

inline const compat::known_types<caf::id_block::troupe_announcer> announcer_types{};

}  // namespace troupe::local
