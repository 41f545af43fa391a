/// \file
/// Listeners to the cluster: actors that are told which members come and go, and how the rows' copies fare, as Hazelcast's MembershipListener and
/// PartitionLostListener.
///
///     const auto subscription = member.add_cluster_listener(listener);   // or of a client
///     member.remove_cluster_listener(subscription);
///
/// The listener is any actor with a handler for batches:
///
///     [](const troupe::cluster_events& batch) {
///       for (const auto& e : batch.events) … e.what … e.who.number … e.rows …
///     }
///
/// The first batch is the present state, as soon as there is a view: a `state`, the members at hand, the rows that are lost or lack copies. After that
/// comes each change once, in order. So there is nothing to ask first, and nothing happens between asking and listening.
///
/// It is what *this* member sees: a view that it installs. A member that was cut off installs later what the others have decided meanwhile, perhaps
/// several views at once; what came and went between them is not told. It is the same with a client, whose views come from the members that it is
/// connected to. A client that finds a new cluster of the same name in the old one's place is told a `state` again.
///
/// The next batch comes when the handler is done with this one (a handler that returns a promise is done when it keeps it). Who is so slow that too
/// much waits (some 65,000 events and rows) is told the state anew, how many events are missing before it, and which rows lost data meanwhile.
///
/// A listener ends when it is removed, when its actor does, when its handler fails or has no place for batches, or with its member or
/// client, which is its last event.
#pragma once

#include <string>
#include <vector>

#include <troupe/actors/caf_compat.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/actors/protocol/membership/cluster_event.hpp>
#include <troupe/messages/types/api.hpp>

namespace troupe {

/// A batch for a listener. The next one comes when its handler has returned, or has kept the promise that it returned.
struct TROUPE_API cluster_events {
  view_number view;  ///< after the last of them; 0: there has been none
  std::vector<cluster_event> events;
};

template <class Inspector>
auto inspect(Inspector& f, incarnation& x) {
  return compat::inspect_converted(f, [&x] { return to_string(x); },
                                   [&x](const std::string& text) { x = incarnation{parse_uuid(text).value_or(uuid{})}; });
}
template <class Inspector>
auto inspect(Inspector& f, address& x) {
  return compat::inspect_as(f, x, "troupe::address", compat::named_field<std::string>{"host", x.host},
                            compat::named_field<std::uint16_t>{"port", x.port});
}
template <class Inspector>
auto inspect(Inspector& f, durability& x) {
  return compat::inspect_as(f, x, "troupe::durability", compat::named_field<std::uint8_t>{"backups", x.backups},
                            compat::named_field<std::uint8_t>{"async_backups", x.async_backups});
}
template <class Inspector>
auto inspect(Inspector& f, row_id& x) {
  return compat::inspect_as(f, x, "troupe::row_id", compat::named_field<durability>{"kind", x.kind},
                            compat::named_field<partition_id>{"partition", x.partition}, compat::named_field<group_number>{"group", x.number});
}
template <class Inspector>
auto inspect(Inspector& f, member& x) {
  return compat::inspect_as(f, x, "troupe::member", compat::named_field<member_no>{"number", x.number}, compat::named_field<incarnation>{"id", x.id},
                            compat::named_field<address>{"address", x.address}, compat::named_field<std::string>{"host", x.host},
                            compat::named_field<std::string>{"zone", x.zone}, compat::named_field<member_kind>{"kind", x.kind},
                            compat::named_field<bool>{"leaving", x.leaving});
}
template <class Inspector>
auto inspect(Inspector& f, cluster_event& x) {
  return compat::inspect_as(f, x, "troupe::cluster_event", compat::named_field<cluster_event_kind>{"what", x.what},
                            compat::named_field<member>{"who", x.who}, compat::named_field<std::vector<row_id>>{"rows", x.rows},
                            compat::named_field<std::uint64_t>{"missed", x.missed}, compat::named_field<std::string>{"text", x.text});
}
template <class Inspector>
auto inspect(Inspector& f, cluster_events& x) {
  return compat::inspect_as(f, x, "troupe::cluster_events", compat::named_field<view_number>{"view", x.view},
                            compat::named_field<std::vector<cluster_event>>{"events", x.events});
}

}  // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe_cluster, caf::first_custom_type_id + 7300)
  CAF_ADD_TYPE_ID(troupe_cluster, (troupe::cluster_events))
CAF_END_TYPE_ID_BLOCK(troupe_cluster)

namespace troupe {

inline const compat::known_types<caf::id_block::troupe_cluster> cluster_types{};

}  // namespace troupe
