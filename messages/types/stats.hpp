/// \file
/// What a member knows of its own work: counts and sizes, for people and their monitoring.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe {

/// Of operations that were answered: from when each came to its partition until its answer left it, without what it waited for a lock.
struct wait_stats {
  std::chrono::microseconds total{};
  std::chrono::microseconds longest{};

  constexpr wait_stats& operator+=(const wait_stats& other) {
    total += other.total;
    longest = std::max(longest, other.longest);
    return *this;
  }
  friend bool operator==(const wait_stats&, const wait_stats&) = default;
};

[[nodiscard]] constexpr wait_stats wait_between(instant came, instant left) {
  const auto span = std::chrono::floor<std::chrono::microseconds>(left - came);
  return {span, span};
}

/// One member's share of one map.
struct map_stats {
  std::string name;
  std::uint64_t owned_entries = 0, owned_bytes = 0;    ///< bytes: keys and values
  std::uint64_t backup_entries = 0, backup_bytes = 0;
  std::uint64_t async_backup_entries = 0, async_backup_bytes = 0;
  std::uint64_t reads = 0, writes = 0;   ///< operations served as primary
  std::uint64_t backup_reads = 0;        ///< gets served by a local copy
  std::uint64_t expired{};               ///< entries whose life ended while this member was their primary
  std::uint64_t evicted{};               ///< entries that made room for others, likewise
  std::uint64_t hits{};                  ///< of the reads, those of a key that found its entry
  wait_stats read_wait{}, write_wait{};  ///< of reads, and of writes that were done
  std::uint64_t locked_entries{};        ///< keys that somebody holds a lock of, where this member is their primary
  friend bool operator==(const map_stats&, const map_stats&) = default;
};

/// What was done to restore copies, and to prove that they are equal. Counted since the row came to the member.
struct upkeep_stats {
  // As primary: copies elsewhere that lacked something.
  std::uint64_t deltas = 0, delta_records = 0, delta_bytes = 0;           ///< continued from the log: how often, and what they lacked
  std::uint64_t snapshots = 0, snapshot_entries = 0, snapshot_bytes = 0;  ///< made anew: how often, and what was sent
  std::uint64_t differences = 0;  ///< copies elsewhere that were found to differ
  // In any role.
  std::uint64_t comparisons = 0;  ///< of the copy here with its primary's
  std::uint64_t damaged = 0;      ///< values here that were found not to be what was written

  upkeep_stats& operator+=(const upkeep_stats& other);
  friend bool operator==(const upkeep_stats&, const upkeep_stats&) = default;
};

struct member_stats {
  member_no who;
  std::vector<map_stats> maps;
  std::uint64_t rows_primary = 0, rows_backup = 0, rows_async_backup = 0, rows_learning = 0;
  std::uint64_t rows_not_serving = 0;         ///< primary here, but not (yet) active
  std::uint64_t uncommitted_records = 0;      ///< written here, not yet held by all of the in-sync set
  std::uint64_t async_lag_records = 0;        ///< committed here, not yet acknowledged by async backups
  std::uint64_t async_behind = 0;             ///< async copies that lack something that is committed
  upkeep_stats upkeep{};
  std::uint64_t memory_used = 0;              ///< bytes that all copies here take: entries, logs, sessions
  std::uint64_t memory_limit = 0;             ///< bytes beyond which nothing is written that grows; 0: no limit
  friend bool operator==(const member_stats&, const member_stats&) = default;
};

}  // namespace troupe
