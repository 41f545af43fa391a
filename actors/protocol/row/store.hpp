/// \file
/// The store: the committed state of one row, map by map.
///
/// It changes by records only, so that all replicas that applied the same records hold the same. A map that was destroyed goes the same
/// way, by a record: a replica that learns of the destruction earlier or later than another must not differ from it at one position.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <troupe/actors/protocol/row/flat_map.hpp>
#include <troupe/actors/protocol/row/stored_value.hpp>
#include <troupe/messages/types/replication.hpp>

namespace troupe::protocol {

struct map_table {
  flat_set<stored_value, entry_hash, entry_equal> entries;
  std::uint64_t bytes = 0;    ///< keys and values
  std::uint64_t limited = 0;  ///< entries of limited life
  std::uint64_t limited_key_bytes = 0;
  std::uint64_t noted = 0;    ///< entries with notes
  std::uint64_t sum = 0;      ///< of the digests of the entries
};

/// What a record took the place of.
struct displaced_value {
  blob value;
  std::uint64_t digest;  ///< of the value as it was written
};

/// A walk through all entries of a store, a few at a time, while it changes. An entry that is there all the time is seen, unless its
/// table grows, or others before it come and go meanwhile: then a walk after this one sees it.
struct store_walk {
  map_id map{};
  std::size_t seen = 0;  ///< entries of this map
};

/// What an entry takes beside the bytes of its key and value, about: its place in a table that may be half empty (`bench/store_measure.cpp`), the head of
/// its value, and what the allocator rounds up.
inline constexpr std::size_t entry_overhead_bytes = 80;
/// What notes add, and what a limited life does beside them: the places where the primary looks after it, which have its key once more.
inline constexpr std::size_t notes_overhead_bytes = 64;
inline constexpr std::size_t life_overhead_bytes = 64;

/// Of one entry, about: what `row_store::memory_bytes` counts of it beside its key and value.
[[nodiscard]] constexpr std::size_t overhead_bytes(std::size_t key_bytes, const entry_notes* notes) {
  const auto of_notes = notes == nullptr ? 0 : notes_overhead_bytes + (notes->limits.is_limited() ? life_overhead_bytes + key_bytes : 0);
  return entry_overhead_bytes + of_notes;
}

class row_store {
 public:
  /// Null: not there. Valid until the next change.
  [[nodiscard]] const stored_value* find(map_id map, std::string_view key) const;
  /// Null: nothing of this map is here.
  [[nodiscard]] const map_table* find(map_id map) const;
  [[nodiscard]] std::uint64_t count(map_id map) const;
  /// Of all entries, with what they take beside keys and values. Kept up to date by each change: costs nothing.
  [[nodiscard]] std::size_t memory_bytes() const { return memory_bytes_; }
  /// Entries of limited life, over all maps.
  [[nodiscard]] std::uint64_t limited() const;
  /// Whether there are notes of any entry: costs nothing.
  [[nodiscard]] bool has_notes() const { return noted_ > 0; }
  [[nodiscard]] const std::map<map_id, map_table>& maps() const { return maps_; }

  /// What was there under the record's key before; also where the record leaves it there.
  std::optional<displaced_value> apply(const record&);
  /// A value that does not carry its key is copied: who makes the record that is applied sees to it that it does.
  std::optional<displaced_value> put(map_id map, std::string_view key, const blob& value, seq_number version, const lifetime& life = {},
                                     const entry_times& times = {});
  /// Somebody asked for the entry, if it is there, and that is a hit, or not, in a reign that began at `reign`. Means something where there are notes of it.
  void note_access(map_id map, std::string_view key, row_time when, row_time reign, bool is_hit);

  /// Everything, ordered by map and key: the order of a table must not leak into messages.
  [[nodiscard]] std::vector<snapshot_entry> image() const;
  /// Independent of order. Equal contents, versions included, have equal sums. Kept up to date by each change: costs nothing.
  [[nodiscard]] std::uint64_t checksum() const { return sum_; }
  /// The same, from what is here now: differs from checksum() when something was changed otherwise than by records. Cost: all bytes.
  [[nodiscard]] std::uint64_t recomputed_checksum() const;
  /// Reads about `bytes` of values from `from` on, which it moves; from the end it goes on at the beginning. Returns how many of them are
  /// not what was written.
  [[nodiscard]] std::size_t count_damaged(store_walk& from, std::size_t bytes) const;
  /// What is here is from now on what was written. Cost: all bytes.
  void accept();

 private:
  using tables = std::map<map_id, map_table>;

  /// The entry as it is, in the sums of its table.
  void count(map_table& table, const stored_value& stored);
  void uncount(map_table& table, const stored_value& stored);
  std::optional<displaced_value> erase(map_id map, std::string_view key);
  void clear(tables::iterator table, const std::vector<blob>& spared);
  void erase(tables::iterator table);

  tables maps_;
  std::uint64_t sum_ = 0;
  std::uint64_t noted_ = 0;
  std::size_t memory_bytes_ = 0;
};

}  // namespace troupe::protocol
