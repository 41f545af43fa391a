/// \file
/// What views mean: who votes, and how a change leads from one view to the next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// At most this many members of a view vote.
inline constexpr std::size_t voters_max = 7;

/// The voters of a view: its members that may vote (data, witness), or 7 of them: oldest first, spread over zones and hosts
/// (a rule on the view alone, so that all agree). Ordered by number.
[[nodiscard]] member_set voters_of(const view&);
/// The oldest voter, alive or not: round 0 of the next view belongs to it.
[[nodiscard]] member_no oldest_voter(const view&);

/// Why `change` can't follow `base`; nothing when it can. Checked by acceptors and by whoever installs.
[[nodiscard]] std::optional<std::string> objection(const view& base, const view_change& change);

/// The successor. Requires: !objection(base, change).
/// Members that leave the view vanish from `unsealed` of all rows; every other change of a row is spelt out in `change.rows`.
/// The digest is that of the predecessor, hashed with the change.
[[nodiscard]] view_ptr apply(const view& base, const view_change& change);

/// Which group a new map of these counts is put into; maybe one that the view does not have yet.
[[nodiscard]] row_group group_for(const view&, const durability& counts);

/// The first view of a cluster: the founder alone, no maps, no rows.
[[nodiscard]] view_ptr founding_view(const cluster_id&, member founder, const cluster_settings&);

/// The definition that governs a map name (HAZELCAST rules: exact name, cut at '@'; else the pattern with the longest prefix +
/// suffix; else `default`; else built-in defaults). Ties have been refused by the configuration.
[[nodiscard]] map_definition definition_for(const cluster_settings&, std::string_view map_name);

}  // namespace troupe::protocol
