/// \file
/// An entry as it stands in the table of its map. A third of the places there are empty on average, and there are as many entries as memory lets there be:
/// so a place is small, three words, and what only some entries need lies elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <troupe/actors/protocol/row/checksum.hpp>
#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>

namespace troupe::protocol {

/// Of an entry that does not live without limit, or whose map keeps statistics for each entry.
struct entry_notes {
  lifetime limits;
  entry_times times;
  // As its primary knows, when it is one: no part of the state that replicas have in common.
  row_time accessed{};
  std::uint64_t hits = 0;  ///< how often it was asked for, and there, in the reign of `accessed`

  /// Is there anything to note?
  [[nodiscard]] bool matter() const { return limits.is_limited() || times.are_known(); }
};

/// The value carries the key: log and answers share both with the table.
class stored_value {
 public:
  /// Requires: value.has_key().
  stored_value(blob value, seq_number version);
  stored_value(stored_value&& other) noexcept;
  ~stored_value();

  [[nodiscard]] std::string_view key() const { return value_.key(); }
  [[nodiscard]] const blob& value() const { return value_; }
  /// Position of the record that wrote it.
  [[nodiscard]] seq_number version() const { return seq_number{version_ >> 1}; }
  /// Of the value as it was written: tells whether it still is that.
  [[nodiscard]] std::uint64_t value_digest() const { return has_notes() ? known_.noted->value_digest : known_.value_digest; }
  /// Null: it lives without limit, and there are no statistics of it.
  [[nodiscard]] const entry_notes* notes() const { return has_notes() ? &known_.noted->notes : nullptr; }
  [[nodiscard]] entry_notes* notes() { return has_notes() ? &known_.noted->notes : nullptr; }

  [[nodiscard]] lifetime life() const { return has_notes() ? known_.noted->notes.limits : lifetime{}; }
  [[nodiscard]] entry_times times() const { return has_notes() ? known_.noted->notes.times : entry_times{}; }

  /// Requires: `value` carries the same key. Returns what was there.
  blob replace(blob value, seq_number version);
  /// What there is to note, in the place of what was; accesses stay.
  void note(const lifetime& life, const entry_times& times);
  void set_value_digest(std::uint64_t digest);

 private:
  struct noted_value {
    std::uint64_t value_digest;
    entry_notes notes;
  };
  union knowledge {
    std::uint64_t value_digest;
    noted_value* noted;  // Owned.
  };

  [[nodiscard]] bool has_notes() const { return (version_ & 1) != 0; }
  void forget_notes();

  blob value_;
  std::uint64_t version_;  // Twice the number, and one more where there are notes: no number is so large that its double has no room (see the codec).
  knowledge known_;
};
static_assert(sizeof(stored_value) == 3 * sizeof(std::uint64_t));

/// Lets a table of entries be asked with the bytes of a key.
struct entry_hash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view key) const noexcept { return digest_of(key); }
  std::size_t operator()(const stored_value& stored) const noexcept { return digest_of(stored.key()); }
};
struct entry_equal {
  using is_transparent = void;
  bool operator()(const stored_value& a, const stored_value& b) const noexcept { return a.key() == b.key(); }
  bool operator()(std::string_view a, const stored_value& b) const noexcept { return a == b.key(); }
  bool operator()(const stored_value& a, std::string_view b) const noexcept { return a.key() == b; }
};

}  // namespace troupe::protocol
