/// \file
/// The log of one row at one replica: a ring of committed records kept for repair, and behind it the uncommitted tail.
///
/// It owns records, and what those that have committed took the place of. It does not know which of them have: the copy does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <troupe/actors/protocol/row/ring.hpp>
#include <troupe/messages/types/replication.hpp>

namespace troupe::protocol {

/// Added to key and value of a record wherever bytes are counted, so that many tiny records are bounded too.
inline constexpr std::size_t record_overhead_bytes = 64;

/// False: it is about locks, or about nothing.
[[nodiscard]] bool changes_entries(const record_body&);
[[nodiscard]] map_id map_of(const record_body&);
/// Null: it is about no single key.
[[nodiscard]] const blob* key_of(const record_body&);

/// What a record counts against the bounds of a replica.
[[nodiscard]] std::size_t bytes_of(const record_body&, const record_cause& = {});

[[nodiscard]] constexpr seq_number before(seq_number s) { return seq_number{s.value() == 0 ? 0 : s.value() - 1}; }

/// What a record took the place of when it committed, as far as its copy knew: so that whoever listens is told what became of what.
struct displaced {
  bool is_known = true;       ///< false: a copy that was still arriving may not have had it
  bool was_there = false;     ///< an entry
  bool has_value = true;      ///< false: it had to make room
  blob value{};               ///< of the entry; shared with whoever else has it
  std::uint64_t entries = 0;  ///< of a clear
};

class row_log {
 public:
  /// Everything up to here has been trimmed, or came with a snapshot.
  [[nodiscard]] seq_number base() const { return base_; }
  /// Position of the last record; base() when there is none.
  [[nodiscard]] seq_number end() const { return seq_number{base_.value() + records_.size()}; }
  /// Epoch of the record at end(); 0 before all.
  [[nodiscard]] epoch_number last_epoch() const { return records_.empty() ? base_epoch_ : records_.back().what.epoch; }
  /// Are all records behind `position` here?
  [[nodiscard]] bool reaches(seq_number position) const { return base_ <= position && position <= end(); }
  /// Epoch of the record at `position`, where it is known: from base() to end().
  [[nodiscard]] std::optional<epoch_number> epoch_at(seq_number position) const;
  /// Requires: base() < position ≤ end().
  [[nodiscard]] const record& at(seq_number position) const;
  /// Bytes of the records in (from, to]. Requires: base() ≤ from ≤ to ≤ end().
  [[nodiscard]] std::size_t bytes_between(seq_number from, seq_number to) const;

  /// Of all records here, and of what they displaced.
  [[nodiscard]] std::size_t bytes() const { return bytes_between(base_, end()) + displaced_bytes(); }
  /// Of the values that records here took the place of: they live on in the log,
  [[nodiscard]] std::size_t displaced_bytes() const { return displaced_bytes_; }
  /// but for those of records up to here, which had to make room.
  [[nodiscard]] seq_number displaced_base() const { return displaced_base_; }
  /// Requires: base() < position, and it has been noted.
  [[nodiscard]] const displaced& displaced_at(seq_number position) const;

  /// Requires: r.seq is the successor of end().
  void append(record r);
  /// Of one record after the other, as they commit. Requires: base() < position ≤ end().
  void note_displaced(seq_number position, displaced what);
  /// Lets go of the value behind displaced_base(). Requires: that has been noted.
  void forget_displaced();
  /// Forgets the record behind base(). Requires: there is one, and what it displaced has been noted.
  void trim_front();
  /// Forgets everything behind `position`. Requires: reaches(position).
  void cut_after(seq_number position);
  /// Empty, with everything up to `base` elsewhere.
  void restart(seq_number base, epoch_number base_epoch);

  /// Copies (shared) of consecutive records from the one behind `from` to `to` at most, about `bytes_max` of them, but at least one.
  /// Requires: base() ≤ from < to ≤ end().
  [[nodiscard]] std::vector<record> batch(seq_number from, seq_number to, std::size_t bytes_max) const;

 private:
  struct slot {
    record what;
    std::uint64_t bytes_through = 0;  // Of all records ever appended, up to and including this one.
    displaced before{};
  };
  [[nodiscard]] std::uint64_t bytes_through(seq_number position) const;

  seq_number base_;
  epoch_number base_epoch_;
  std::uint64_t base_bytes_ = 0;
  seq_number displaced_base_;  // base() ≤ displaced_base_ ≤ end().
  std::size_t displaced_bytes_ = 0;
  ring<slot> records_;
};

}  // namespace troupe::protocol
