#include <troupe/messages/types/partitioning.hpp>

#include <cstdlib>
#include <limits>

#include <murmurhash.h>

namespace troupe {

partition_id partition_of(std::string_view key, std::uint32_t count) {
  constexpr std::uint32_t seed = 0x01000193;
  std::int32_t hash = 0;
  lmmh_x86_32(key.data(), static_cast<std::uint32_t>(key.size()), seed, reinterpret_cast<std::uint32_t*>(&hash));
  if (hash == std::numeric_limits<std::int32_t>::min()) hash = 0;
  return partition_id{static_cast<std::uint32_t>(std::abs(hash)) % count};
}

}  // namespace troupe
