#include <troupe/messages/types/stats.hpp>

namespace troupe {

upkeep_stats& upkeep_stats::operator+=(const upkeep_stats& other) {
  deltas += other.deltas;
  delta_records += other.delta_records;
  delta_bytes += other.delta_bytes;
  snapshots += other.snapshots;
  snapshot_entries += other.snapshot_entries;
  snapshot_bytes += other.snapshot_bytes;
  differences += other.differences;
  comparisons += other.comparisons;
  damaged += other.damaged;
  return *this;
}

}  // namespace troupe
