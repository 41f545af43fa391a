/// \file
/// What the actors of one process tell each other. These never leave the process, so CAF need not serialize them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <troupe/actors/caf_compat.hpp>
#include <troupe/actors/protocol/membership/membership.hpp>
#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/actors/protocol/router/router.hpp>
#include <troupe/messages/types/membership.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/replication.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe::local {

/// To every actor that acts by the view.
struct view_installed {
  view_ptr view;
};
struct tick {};
/// To a partition: its turn of the background work.
struct check {};

// To a partition.
struct operations {
  protocol::origin_id from;
  std::vector<operation> list;
};
struct replication {
  member_no from;
  std::vector<any_replication_message> list;
};
/// Another row of this member.
struct neighbour {
  protocol::neighbour_message says;
};
/// A get to be served by this copy; answered with `retry` when it holds none that can.
struct backup_read {
  protocol::origin_id from;
  operation get;
};
/// Nobody waits for this origin any more.
struct origin_gone {
  protocol::origin_id which;
};
/// What one row adds to its member's statistics.
struct row_census {
  row_id row;
  protocol::replica_role role = protocol::replica_role::none;
  bool serves = false;
  std::uint64_t uncommitted = 0;
  std::uint64_t async_lag = 0;
  std::uint64_t async_behind = 0;
  std::vector<protocol::replica_map_stats> maps;
  upkeep_stats upkeep{};
  std::uint64_t memory_bytes = 0;
};
struct take_census {
  std::function<void(row_census)> into;  ///< called once, on the partition's thread
};
/// What one row has of a branch of the cluster that is given up; nothing when it holds no usable copy, or nothing was written there.
struct row_discarded {
  row_id row;
  std::optional<protocol::discarded_writes> writes;
};
struct take_discarded {
  view_number after;
  std::function<void(row_discarded)> into;  ///< called once, on the partition's thread
};

// To the membership.
struct membership_frame {
  incarnation from;
  any_membership_message what;
};
struct peer_reached {
  incarnation who;
  address where;
};
struct peer_unreachable {
  address where;
  bool refused = false;
};
struct peer_disconnected {
  incarnation who;
};
struct wanted {
  std::vector<membership_message::wish> list;
};
struct start_membership {};
struct start_leaving {};
struct force_a_view {};

// To the router.
struct replies {
  member_no from;
  std::vector<reply> list;
};
struct backup_replies {
  std::vector<reply> list;
};
/// Everything that was under way to this member has broken off. One message, so that nothing can be sent again between its two halves, and
/// then be taken for lost.
struct link_lost {
  member_no to;
  std::vector<request_number> never_left = {};  ///< has certainly not arrived; of the rest nobody knows
};
struct not_sent {
  member_no to;
  std::vector<request_number> requests;
};
struct map_refused {
  std::string map;
  failure why = failure::none;
};
/// A call from outside the actors, or one whose answer goes to a function.
struct call {
  std::string map;
  protocol::map_call what;
  duration timeout{};
  std::function<void(protocol::map_result&&)> done;  ///< called once, on the router's thread: must neither block nor throw
  std::stop_token cancelled_by = {};                 ///< asked to stop, it takes the call back
};
/// A call whose answer goes to the sender, in the form that `shape` gives it.
struct shaped_call {
  std::string map;
  protocol::map_call what;
  duration timeout{};
  caf::message (*shape)(protocol::map_result&&) = nullptr;
  std::stop_token cancelled_by = {};
};
/// Takes everything from the queue that callers outside the actors fill.
struct take_calls {};
/// Likewise those that are cancelled.
struct take_cancelled {};
struct close_router {};
/// To whoever stands between a caller and a map: that one waits no longer, and is told so.
struct call_is_cancelled {
  outcome fate{};
};

// To a subscription.
struct begin_listening {};
struct end_listening {};
/// Whoever added the listener waits no longer.
struct adding_is_late {};
/// He has taken it back.
struct adding_is_cancelled {};
/// What became of a call that listened to a row.
struct row_heard {
  std::uint64_t ask = 0;
  protocol::map_result what;
};

}  // namespace troupe::local

#define TROUPE_LOCAL_MESSAGES(X)                                                                                                       \
  X(troupe::local::view_installed)                                                                                                     \
  X(troupe::local::tick)                                                                                                               \
  X(troupe::local::check)                                                                                                              \
  X(troupe::local::operations)                                                                                                         \
  X(troupe::local::replication)                                                                                                        \
  X(troupe::local::neighbour)                                                                                                          \
  X(troupe::local::backup_read)                                                                                                        \
  X(troupe::local::origin_gone)                                                                                                        \
  X(troupe::local::take_census)                                                                                                        \
  X(troupe::local::take_discarded)                                                                                                     \
  X(troupe::local::membership_frame)                                                                                                   \
  X(troupe::local::peer_reached)                                                                                                       \
  X(troupe::local::peer_unreachable)                                                                                                   \
  X(troupe::local::peer_disconnected)                                                                                                  \
  X(troupe::local::wanted)                                                                                                             \
  X(troupe::local::start_membership)                                                                                                   \
  X(troupe::local::start_leaving)                                                                                                      \
  X(troupe::local::force_a_view)                                                                                                       \
  X(troupe::local::replies)                                                                                                            \
  X(troupe::local::backup_replies)                                                                                                     \
  X(troupe::local::link_lost)                                                                                                          \
  X(troupe::local::not_sent)                                                                                                           \
  X(troupe::local::map_refused)                                                                                                        \
  X(troupe::local::call)                                                                                                               \
  X(troupe::local::shaped_call)                                                                                                        \
  X(troupe::local::begin_listening)                                                                                                    \
  X(troupe::local::end_listening)                                                                                                      \
  X(troupe::local::adding_is_late)                                                                                                     \
  X(troupe::local::adding_is_cancelled)                                                                                                \
  X(troupe::local::row_heard)                                                                                                          \
  X(troupe::local::take_calls)                                                                                                         \
  X(troupe::local::call_is_cancelled)                                                                                                  \
  X(troupe::local::take_cancelled)                                                                                                     \
  X(troupe::local::close_router)

CAF_BEGIN_TYPE_ID_BLOCK(troupe_local, caf::first_custom_type_id + 7100)
#define TROUPE_NEVER_SERIALIZED(type) TROUPE_LOCAL_MESSAGE(troupe_local, type)
  TROUPE_LOCAL_MESSAGES(TROUPE_NEVER_SERIALIZED)
#undef TROUPE_NEVER_SERIALIZED
CAF_END_TYPE_ID_BLOCK(troupe_local)

namespace troupe::local {

inline const compat::known_types<caf::id_block::troupe_local> types{};

}  // namespace troupe::local
