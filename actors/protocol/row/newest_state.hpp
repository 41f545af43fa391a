/// \file
/// The newest state of a row at its primary: the committed store, and over it what the uncommitted tail of the log will make of it.
///
/// It owns the overlay, not the store. Whatever it says about a pending write carries the position on which the answer depends: until
/// that has committed, nobody outside may see it (invariant 7).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <troupe/actors/protocol/row/store.hpp>
#include <troupe/messages/types/operation.hpp>

namespace troupe::protocol {

class newest_state {
 public:
  /// `committed` must outlive this.
  explicit newest_state(const row_store& committed) : committed_(committed) {}

  struct finding {
    const blob* value = nullptr;  ///< null: not there. Valid until the next change.
    seq_number depends_on;        ///< 0: on nothing pending
    seq_number version{};         ///< position of the record that wrote it; 0: not there
    const entry_notes* notes = nullptr;  ///< null: there are none. As long as `value`. Who asked for it is with find_committed()

    [[nodiscard]] lifetime life() const { return notes == nullptr ? lifetime{} : notes->limits; }
    /// Of what is written at `now` in the place of this, where the map keeps statistics.
    [[nodiscard]] entry_times times_from(row_time now) const;
  };
  [[nodiscard]] finding find(map_id map, std::string_view key) const;
  /// The same, without what is pending.
  [[nodiscard]] finding find_committed(map_id map, std::string_view key) const;

  struct tally {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;  ///< of keys and values
    seq_number depends_on;
  };
  [[nodiscard]] tally count(map_id map) const;

  struct page {
    std::vector<map_entry> entries;  ///< ordered by key bytes
    bool more = false;
    seq_number depends_on;
  };
  /// The entries with keys after `after` (nothing: from the start), about `bytes_max` of keys and values but at least one. With `keys_only`
  /// without their values, which then don't count.
  /// Cost: linear in the entries of the map in this row, plus n·log for those of the page.
  [[nodiscard]] page scan(map_id map, std::optional<std::string_view> after, std::size_t bytes_max, bool keys_only = false) const;

  /// `r` is the newest record of the log.
  void add(const record& r);
  /// `r`, the oldest pending record, has committed and is in the store now.
  void settle(const record& r);
  /// Maps with entries in the newest state, ordered.
  [[nodiscard]] std::vector<map_id> maps() const;
  /// Nothing is pending.
  [[nodiscard]] bool is_settled() const { return keys_.empty() && marks_.empty(); }

 private:
  struct name {
    map_id map;
    blob key;
  };
  struct name_view {
    map_id map;
    std::string_view key;
  };
  static name_view view_of(const name& n) { return {n.map, n.key.view()}; }
  static name_view view_of(const name_view& n) { return n; }
  struct name_hash {
    using is_transparent = void;
    using is_avalanching = void;
    template <class Name>
    std::size_t operator()(const Name& n) const noexcept {
      const auto v = view_of(n);
      return digest_of(v.key) ^ (std::size_t{v.map.value()} * 0x9e3779b97f4a7c15ULL);
    }
  };
  struct name_equal {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      const auto x = view_of(a);
      const auto y = view_of(b);
      return x.map == y.map && x.key == y.key;
    }
  };
  struct word {  // The newest pending word about one key.
    std::optional<blob> value;
    seq_number seq;
    seq_number version{};
    entry_notes notes{};
  };
  struct mark {  // What is pending about a map as a whole.
    seq_number last;     // its newest pending record
    seq_number cleared;  // its newest pending clear; 0: none
    tally newest;
  };
  using candidate_entry = std::pair<std::string_view, const blob*>;  // Key and value.

  [[nodiscard]] const mark* mark_of(map_id map) const;
  void forget_keys(map_id map);
  void add_clear(mark& m, const clear_map& what, seq_number seq);
  void add_word(mark& m, map_id map, const blob& key, word newest);
  [[nodiscard]] std::vector<candidate_entry> entries_after(map_id map, std::optional<std::string_view> after) const;

  const row_store& committed_;
  flat_map<name, word, name_hash, name_equal> keys_;
  flat_map<map_id, mark, std::hash<map_id>, std::equal_to<map_id>> marks_;
};

}  // namespace troupe::protocol
