/// \file
/// Who locks keys of a map, and writes while it does.
#pragma once

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/lock.hpp>

namespace troupe {

/// Threads and actors are no owners of themselves: an owner is a value, to be passed to whoever acts on its behalf. It is one within a member or client
/// (and whatever processes reach their maps through it); at another one the same value is another owner.
struct TROUPE_API owner {
  owner_number number;  ///< not 0

  /// One that no other call has returned in this process; nor, but by a chance of one in millions, in one that shares its client.
  [[nodiscard]] static owner fresh();
  friend bool operator==(const owner&, const owner&) = default;
};

}  // namespace troupe
