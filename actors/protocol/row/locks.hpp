/// \file
/// The locks of one row (ADR 12): who holds the lock of which key.
///
/// It changes by records only, as the store does, so that all replicas that applied the same records have the same locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <troupe/messages/types/lock.hpp>
#include <troupe/messages/types/replication.hpp>

namespace troupe::protocol {

/// What a lock takes beside the bytes of its key and its holds, about. Part of a bound that is the same at all members.
inline constexpr std::size_t lock_overhead_bytes = 192;

class row_locks {
 public:
  using name = std::pair<map_id, blob>;

  /// Null: nobody holds the key's lock. Valid until the next change.
  [[nodiscard]] const held_lock* find(map_id map, const blob& key) const;
  [[nodiscard]] bool empty() const { return locks_.empty(); }
  [[nodiscard]] const std::map<name, held_lock>& all() const { return locks_; }
  /// Keys of the map that are locked, ascending.
  [[nodiscard]] std::vector<blob> keys_of(map_id map) const;
  [[nodiscard]] std::uint64_t count(map_id map, const client_id& client) const;
  /// What all locks take. Kept up to date by each change.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  void apply(const record&);
  void clear() { *this = {}; }

  /// Ascending by map and key.
  [[nodiscard]] std::vector<lock_image> image() const;
  void restore(const std::vector<lock_image>& image);
  /// Equal for equal images; 0 without locks. Kept up to date by each change.
  [[nodiscard]] std::uint64_t checksum() const { return sum_; }
  /// The same, from what is here now.
  [[nodiscard]] std::uint64_t recomputed_checksum() const;

 private:
  using table = std::map<name, held_lock>;

  void take(const record&, const take_lock&);
  void free(const free_lock&);
  void drop(map_id map);
  /// Around each change of a lock: what it counts.
  void count_in(const table::value_type&);
  void count_out(const table::value_type&);

  table locks_;
  std::uint64_t sum_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace troupe::protocol
