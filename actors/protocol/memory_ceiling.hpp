/// \file
/// The memory limit of a member: when its copies are more than it shall hold.
#pragma once

#include <cstdint>

namespace troupe::protocol {

/// A member that is full writes nothing as a primary that would grow, and as a follower tells its primaries, which then don't either. Reads,
/// removals, shorter values and repairs go on: so the limit can be passed, by what was under way, and by copies that others have lost.
struct memory_ceiling {
  std::uint64_t bytes_max = 0;  ///< 0: none

  /// `used` is what all copies here take, replica::memory_bytes(). Who was full is so until a sixteenth is free: else each removal would let
  /// one write through, and nobody knew where he stood.
  [[nodiscard]] bool is_full(std::uint64_t used, bool was_full) const {
    if (bytes_max == 0) return false;
    return used > (was_full ? bytes_max - bytes_max / 16 : bytes_max);
  }
};

}  // namespace troupe::protocol
