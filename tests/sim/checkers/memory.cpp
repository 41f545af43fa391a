#include "tests/sim/checkers/memory.hpp"

#include <string>

#include <troupe/messages/types/stats.hpp>

namespace troupe::sim {

void memory_checker::stepped(endpoint process, const row_id& id, const protocol::replica& copy, bool was_full, std::size_t maps) {
  const auto at = reigns_.find({process, id});
  if (!copy.serves_reads()) {
    if (at != reigns_.end()) reigns_.erase(at);
    return;
  }
  reign now{copy.sealed_epoch(), 0, maps};
  for (const auto& m : copy.map_stats()) now.bytes += m.bytes;
  if (at == reigns_.end()) {
    reigns_.emplace(std::pair{process, id}, now);
    return;
  }
  if (was_full && at->second.epoch == now.epoch && at->second.maps == now.maps && now.bytes > at->second.bytes) {
    throw violation{"section 4.3: a member that has passed its memory limit let row " + to_string(id) + " grow by " +
                    std::to_string(now.bytes - at->second.bytes) + " bytes"};
  }
  at->second = now;
}

}  // namespace troupe::sim
