/// \file
/// What members say of their maps, summed up for printing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe::cli {

/// Sums of one member, one map, or the cluster.
struct stats_sums {
  std::uint64_t owned_entries = 0, owned_bytes = 0;
  std::uint64_t backup_entries = 0, backup_bytes = 0;
  std::uint64_t async_backup_entries = 0, async_backup_bytes = 0;
  std::uint64_t reads = 0, writes = 0, backup_reads = 0, expired = 0, evicted = 0;
  std::uint64_t hits = 0, locked_entries = 0;
  wait_stats read_wait, write_wait;
  // Of all maps of the member: rows are not counted by map.
  std::uint64_t rows_not_serving = 0;
  std::uint64_t uncommitted_records = 0;
  std::uint64_t async_lag_records = 0;
  std::uint64_t async_behind = 0;
  upkeep_stats upkeep;
  std::uint64_t memory_used = 0, memory_limit = 0;  // Bytes. A member without a limit adds nothing to that of a sum.

  stats_sums& operator+=(const stats_sums& other);
  stats_sums& operator+=(const map_stats& one);
  friend bool operator==(const stats_sums&, const stats_sums&) = default;
};

struct named_sums {
  std::string name;  ///< of a map
  stats_sums sums;
};

struct member_sums {
  member_no who;
  stats_sums sums;
  std::vector<named_sums> maps;
};

struct stats_report {
  std::vector<member_sums> members;   ///< those that answered, in the order of their answers
  std::vector<named_sums> maps;       ///< over the cluster, ordered by name
  std::vector<member_no> unanswered;  ///< whose share is missing in the sums
  stats_sums totals;
};

/// `answers` are those of `whom`, in the same order. With `only_map` nothing of other maps is counted.
[[nodiscard]] stats_report report_on(const std::vector<member_no>& whom, const std::vector<client_message::command_result>& answers,
                                     const std::optional<std::string>& only_map = std::nullopt);

}  // namespace troupe::cli
