/// \file
/// From a key to its partition: the function that Hazelcast applies to its serialized keys.
#pragma once

#include <string_view>

#include <troupe/messages/types/ids.hpp>

namespace troupe {

/// h = signed murmur3_x86_32(key, seed 0x01000193); INT_MIN counts as 0, else |h|; mod count. `count` is at least 1.
[[nodiscard]] partition_id partition_of(std::string_view key, std::uint32_t count);

}  // namespace troupe
