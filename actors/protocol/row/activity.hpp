/// \file
/// How often the maps of a row were asked here.
#pragma once

#include <map>

#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe::protocol {

struct map_activity {
  std::uint64_t reads = 0;         ///< operations served as primary, by kind
  std::uint64_t writes = 0;
  std::uint64_t hits = 0;          ///< of the reads, those of a key that found its entry
  std::uint64_t backup_reads = 0;  ///< gets served by whatever copy is here
  std::uint64_t expired = 0;       ///< entries whose life this primary ended
  std::uint64_t evicted = 0;       ///< entries that made room for others
  wait_stats read_wait, write_wait;
};

using row_activity = std::map<map_id, map_activity>;

}  // namespace troupe::protocol
