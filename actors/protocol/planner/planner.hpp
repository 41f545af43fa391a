/// \file
/// The planner: from a view, and what has been reported, to the row changes of the next view. A pure function: whoever
/// proposes computes it, the decided change spells its result out.
#pragma once

#include <optional>
#include <vector>

#include <troupe/messages/types/membership.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// What goes into the next view beside rows.
struct plan_input {
  std::vector<member> joins;  ///< already numbered
  member_set removals;
  member_set leaving;                  ///< newly
  std::vector<map_info> maps_created;  ///< a new durability gets its rows
  std::vector<map_id> maps_destroyed;
  std::optional<counts_change> counts{};  ///< a map that moves: its new group gets its rows, unborn
  std::vector<membership_message::wish> wishes;  ///< those about rows are honoured when they fit the base view, else ignored
  std::size_t transfers_max = 2;  ///< learners that one member may feed or be at a time (placements onto empty fresh rows don't count)
};

/// The complete change: `input` and the row updates that it and the wanted placement call for.
/// Steps of a row towards its wanted placement: learner → in sync → hand-over → drop the old copy; the in-sync set never shrinks
/// on the way. Promotion only from the in-sync set, spread over the survivors. Never two copies on one member; on one host or in
/// one zone only where it can't be helped; primaries and replicas per member differ by at most one where that leaves room; few moves.
/// Fewer members than copies: place what can be placed.
[[nodiscard]] view_change plan(const view& base, const plan_input& input);

/// Would plan() with an empty input and no wishes still change rows (a learner waits for a free transfer slot, …)?
[[nodiscard]] bool has_work(const view& base);

/// How a row fares against its durability and the members that can hold copies.
struct row_shortfall {
  std::size_t backups_missing = 0;  ///< in-sync backups fewer than wanted
  std::size_t async_backups_missing = 0;
  std::size_t beyond_members = 0;  ///< copies that are configured, and that there are too few members for
  bool catching_up = false;        ///< learners, or a hand-over under way
};
/// Wanted means min(configured, members that can hold data − 1), backups first.
[[nodiscard]] row_shortfall shortfall_of(const view&, const row_id&);

}  // namespace troupe::protocol
