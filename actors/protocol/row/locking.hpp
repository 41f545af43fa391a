/// \file
/// What an operation about locks comes to (ADR 12).
#pragma once

#include <optional>

#include <troupe/actors/protocol/row/evaluation.hpp>
#include <troupe/actors/protocol/row/newest_locks.hpp>

namespace troupe::protocol {

/// Whose write it is, as far as locks are concerned.
[[nodiscard]] inline lock_owner owner_of(const operation& what) { return {what.stamp.client, what.owner}; }

struct locking_rules {
  row_time now;                ///< a lease begins then
  std::size_t lock_bytes_max;  ///< of all locks of the row
};

/// The effect of `what` on the newest locks. A lock that somebody else holds is not granted. Pure. Requires: is_about_locks(), and it is no
/// withdrawal, of which sessions decide as well.
[[nodiscard]] evaluation evaluate_lock(const operation& what, const newest_locks& locks, const locking_rules& rules);

/// Which hold of the key's lock this write of the client's took; nothing: none that is left.
[[nodiscard]] std::optional<std::uint32_t> hold_taken_by(const held_lock* lock, const client_id& client, write_number write);

}  // namespace troupe::protocol
