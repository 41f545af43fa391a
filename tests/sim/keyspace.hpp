/// \file
/// The keys of a run and the history of each: what every application asked, and what it was told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/settings.hpp>
#include <troupe/messages/types/view.hpp>

#include "tests/sim/checkers/linearizability.hpp"
#include "tests/sim/random.hpp"

namespace troupe::sim {

/// Text of a value: its number, then padding, of a length below `bytes_max` that follows from the number.
[[nodiscard]] blob encode_value(value_no number, std::size_t bytes_max);
/// The number; nothing that was ever stored when the bytes are not such a text.
[[nodiscard]] value_no decode_value(const blob& text);
inline constexpr value_no garbage = ~value_no{0};

/// A key at one time. When too much about it is uncertain, or its row lost its data, it is retired and a fresh key takes its place.
struct key_under_test {
  std::string map;
  blob name;
  row_id row;  ///< that its map began with
  std::vector<key_operation> operations;
  std::vector<bool> not_applied;  ///< of operations: definitely without effect
  std::vector<duration> asked_at;  ///< of operations, since the run began; 0 where it does not matter
  value_no last_seen = absent;
  std::size_t indeterminate = 0;
  real_time_order lost_at = never;  ///< its row lost its data then; nothing after it is checked
};

/// Points at an operation of a key.
struct operation_no {
  std::size_t key = 0;
  std::size_t operation = 0;
};

struct keyspace_options {
  std::vector<map_definition> maps;
  std::uint32_t partition_count = 8;
  std::size_t hot_keys = 4;    ///< a map
  std::size_t cold_keys = 24;  ///< a map
  std::size_t indeterminate_max = 3;  ///< of one key, before it is retired
  bool clears_spare = false;  ///< what somebody has locked
};

class keyspace {
 public:
  explicit keyspace(const keyspace_options&);

  /// A key in use; hot ones half of the time.
  [[nodiscard]] std::size_t pick(dice& rng) const;
  /// Those in use.
  [[nodiscard]] std::vector<std::size_t> keys_of(const std::string& map) const;
  [[nodiscard]] std::size_t pick_neighbour(std::size_t key, dice& rng) const;  ///< of the same map
  [[nodiscard]] const key_under_test& at(std::size_t key) const { return keys_[key]; }
  [[nodiscard]] const std::vector<key_under_test>& all() const { return keys_; }
  [[nodiscard]] value_no fresh_value() { return next_value_++; }

  operation_no called(std::size_t key, key_operation what, duration asked_at = {});
  void returned(const operation_no&, bool found, value_no seen);
  /// A copy answered, perhaps as of an earlier time, but not earlier than `from`.
  void returned_by_copy(const operation_no&, real_time_order from, bool found, value_no seen);
  void was_not_applied(const operation_no&);
  void indeterminate(const operation_no&);

  /// \name A call that does something to every key of a map, also to those that come into use before it has ended: it erases them, or runs a
  /// processor where they are there.
  /// @{
  using sweep_no = std::size_t;
  /// Sweeps whose fate stays open touch all later keys: there shall be few.
  [[nodiscard]] bool may_sweep(const std::string& map) const;
  sweep_no sweep_called(const std::string& map, operation_kind what = operation_kind::erase, value_no argument = absent);
  /// Of one that runs a processor: on these keys it was run, and that returned these values. What is known of the others says `rest`.
  void sweep_ran(sweep_no, const std::vector<map_entry>& runs, outcome rest);
  void sweep_returned(sweep_no);
  void sweep_was_not_applied(sweep_no);
  void sweep_is_indeterminate(sweep_no);
  /// @}
  void row_lost_data(const row_id&, const view&);
  /// The row that has it.
  [[nodiscard]] static row_id home_of(const key_under_test&, const view&);

  /// \name A row lets entries die by itself.
  /// @{
  /// A place in the order of all that happens.
  [[nodiscard]] real_time_order mark() { return next_place_++; }
  /// A record that removes the key was written some time after `began`. Nothing: there is no such key.
  std::optional<operation_no> expiry_written(const std::string& map, const blob& key, real_time_order began);
  /// It has committed.
  void expiry_done(const operation_no& n) { of(n).returned = next_place_++; }
  [[nodiscard]] std::optional<std::size_t> find(const std::string& map, const blob& key) const;
  /// @}

  /// The history of a key as far as it can be judged.
  [[nodiscard]] std::vector<key_operation> history_of(std::size_t key) const;

 private:
  struct slot {
    std::size_t map;
    bool hot;
    std::size_t key;  ///< in use
    std::uint32_t generation = 0;
  };
  struct map_sweep {
    std::string map;
    operation_kind what;
    value_no argument;
    real_time_order called;
    std::vector<operation_no> touched;
    bool is_over = false;
  };
  void refill(slot&);
  void retire(std::size_t key);
  void add(map_sweep&, std::size_t key);
  key_operation& of(const operation_no& n) { return keys_[n.key].operations[n.operation]; }

  keyspace_options options_;
  std::vector<slot> slots_;
  std::vector<std::size_t> slot_of_;  ///< by key; slots_.size() for retired ones
  std::vector<key_under_test> keys_;
  std::vector<map_sweep> sweeps_;
  value_no next_value_ = 1;
  real_time_order next_place_ = 1;
};

}  // namespace troupe::sim
