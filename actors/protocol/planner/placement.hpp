/// \file
/// The wanted placement: which members shall hold the copies of each row of one durability, starting from who holds them now.
#pragma once

#include <vector>

#include <troupe/actors/protocol/planner/seats.hpp>

namespace troupe::protocol {

/// Where the copies of one row shall be. Nobody and empty: there is nowhere to put them, or the row is lost.
struct wanted_row {
  member_no primary;
  member_set in_sync;  ///< with the primary
  member_set async_backups;
};

/// Never two copies of a row on one member; on one host or in one zone only where it can't be helped; primaries and copies per member
/// differ by at most one where that leaves room; few moves: what is on its way goes on, what is well placed stays.
/// Too few members for all copies: the primary first, then backups, then async backups.
///
/// Requires: the members of `rows` that are no longer there have been removed from them; a row that shall start afresh names no
/// member at all. Adds what it places to house.copies_elsewhere. Cost: rows × copies × members.
[[nodiscard]] std::vector<wanted_row> wanted_placement(const std::vector<const row*>& rows, const durability& kind, seating& house);

/// The second half: evens out copies and primaries of a full table. A step is taken only where it makes the counts more even and
/// brings no copies closer together, so this ends.
void balance(seated_table& table, const std::vector<const row*>& rows);

}  // namespace troupe::protocol
