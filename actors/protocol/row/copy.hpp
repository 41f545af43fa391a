/// \file
/// One member's copy of a row: the committed store, sessions and locks, the log behind and ahead of them, and how the copy came about.
///
/// It owns store, sessions, locks and log. It does not know who may write to it: the role does.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_set>

#include <troupe/actors/protocol/row/branch_account.hpp>
#include <troupe/actors/protocol/row/locks.hpp>
#include <troupe/actors/protocol/row/log.hpp>
#include <troupe/actors/protocol/row/sessions.hpp>
#include <troupe/actors/protocol/row/store.hpp>

namespace troupe::protocol {

/// A snapshot on its way in. Live records are applied beside it, so it remembers what they took away: a later chunk must not bring it
/// back.
class incoming_snapshot {
 public:
  /// `r` has been applied to the store.
  void note(const record& r);
  /// A live record erased this entry, or cleared its map.
  [[nodiscard]] bool outlived(const snapshot_entry& e) const;
  /// A live record's client is told the value that was there, which is still to arrive.
  void miss_value(const record& r);
  /// Whose answers this entry completes, once.
  [[nodiscard]] std::vector<write_stamp> completed_by(const snapshot_entry& e);

 private:
  std::map<map_id, std::unordered_map<blob, std::vector<write_stamp>, key_hash, key_equal>> missing_;
  std::map<map_id, std::unordered_set<blob, key_hash, key_equal>> erased_;
  std::map<map_id, std::set<blob>> cleared_;  // And which keys each of its clears has spared.
};

class row_copy {
 public:
  explicit row_copy(std::size_t session_bytes_max) : sessions_(session_bytes_max) {}

  enum class completeness : std::uint8_t {
    none,      ///< nothing is held
    arriving,  ///< a snapshot is under way: neither readable nor fit for anything
    whole,     ///< the committed state at committed(), and the log up to its end
  };

  [[nodiscard]] completeness state() const { return state_; }
  [[nodiscard]] bool is_whole() const { return state_ == completeness::whole; }
  /// Has it once reached the commit mark that its primary named?
  [[nodiscard]] bool is_current() const { return is_whole() && current_; }
  void mark_current() { current_ = true; }

  [[nodiscard]] const row_log& log() const { return log_; }
  [[nodiscard]] const row_store& store() const { return store_; }
  [[nodiscard]] const row_sessions& sessions() const { return sessions_; }
  [[nodiscard]] const row_locks& locks() const { return locks_; }
  [[nodiscard]] seq_number committed() const { return committed_; }
  /// Of the committed state at committed(), sessions and locks included. Equal at all replicas that are there (invariant 14). Costs nothing.
  [[nodiscard]] std::uint64_t checksum() const { return store_.checksum() + sessions_.checksum() + locks_.checksum(); }
  /// Which of that epoch's feeds it follows; 0 when it came from elsewhere.
  [[nodiscard]] feed_number feed_in(epoch_number epoch) const { return epoch == feed_epoch_ ? feed_ : feed_number{}; }
  /// The row's config as the copy was begun or last sealed: only a view behind it can end the copy.
  [[nodiscard]] config_number config() const { return config_; }

  /// The same, from what is here, byte by byte: differs when something was changed otherwise than by records.
  [[nodiscard]] std::uint64_t recomputed_checksum() const { return store_.recomputed_checksum() + sessions_.recomputed_checksum() + locks_.recomputed_checksum(); }

  /// What this copy takes: entries, records, sessions and locks. A value that is in the store and still in the log counts twice.
  [[nodiscard]] std::size_t memory_bytes() const { return store_.memory_bytes() + log_.bytes() + sessions_.bytes() + locks_.bytes(); }

  // Proof. Damage that was found stays until the copy is made anew; a comparison holds until the next one.

  [[nodiscard]] agreement with_primary() const { return damaged_ ? agreement::different : compared_; }
  /// `sum` is the primary's at committed(). Requires: is_whole().
  void compare(std::uint64_t sum) { compared_ = sum == checksum() ? agreement::equal : agreement::different; }
  /// What was compared with counts no more.
  void forget_comparison() { compared_ = agreement::unknown; }
  /// Reads about `bytes` of values, going on where it stopped; returns how many of them are not what was written.
  std::size_t look_for_damage(std::size_t bytes);
  void note_damage() { damaged_ = true; }
  /// Is every value what was written? Cost: all bytes.
  [[nodiscard]] bool is_intact() const { return !damaged_ && recomputed_checksum() == checksum(); }
  /// Nothing better is left: what is here is from now on what was written.
  void accept_damage();

  /// Whole and empty: a fresh row.
  void begin_empty();
  /// What has committed of one map, with the history that it has in common with the others: positions, and what clients were told, go on. Nothing: a value
  /// is not what was written. Cost: all bytes of the map. Requires: is_whole(), and nothing that is not committed is of this map.
  [[nodiscard]] std::optional<row_copy> part_of(map_id map) const;
  void throw_away();
  /// Belongs from now on to this feed. `config` never makes the copy older.
  void follow(epoch_number epoch, feed_number feed, config_number config);
  /// Is a record of this map not committed yet?
  [[nodiscard]] bool has_uncommitted(map_id map) const;

  /// Requires: r.seq is the successor of log().end().
  void append(record r) { log_.append(std::move(r)); }
  /// Applies the record behind committed(), and returns it. Valid until the log changes. Requires: there is one.
  const record& commit_next();
  void commit_up_to(seq_number mark);
  /// Forgets the tail behind committed().
  void drop_uncommitted() { log_.cut_after(committed_); }

  /// Somebody asked for the entry, if it is there.
  void note_access(map_id map, std::string_view key, row_time when, row_time reign, bool is_hit) { store_.note_access(map, key, when, reign, is_hit); }

  /// Records behind `floor` are kept although the ring is full, while it stays within `bytes_max`.
  struct retention {
    seq_number floor;
    std::size_t bytes_max = 0;
  };
  [[nodiscard]] const branch_account& branches() const { return branches_; }
  /// A branch of the cluster begins behind view `after`; the other one has no more than the records up to `held`.
  void begin_branch(view_number after, seq_number held) { branches_.begin(after, held); }

  /// Bounds the committed part of the log, and of what is kept beside it: for repair and by `kept` records alone, for listeners and by `listened`
  /// what these took the place of as well.
  void trim(std::size_t ring_bytes_max, std::size_t ring_records_max, std::span<const retention> kept, const std::optional<retention>& listened = {});

  /// Throws the copy away and begins anew with this chunk, which has index 0.
  void begin_snapshot(const replication_message::snapshot_chunk& first);
  /// Takes the chunk when it is the next one.
  void take(const replication_message::snapshot_chunk& chunk);
  /// Of the snapshot under way, or just completed: has all chunks before this.
  [[nodiscard]] std::uint32_t next_chunk() const { return next_chunk_; }
  /// What has arrived is all there will ever be: nothing better is left of the row. Its positions go on as if primary `by` had written a record, which is
  /// trimmed already: so nobody who has heard what was written before goes on from there as if nothing were missing.
  void make_do(epoch_number by);
  /// What was written before this position may be missing here without a record that says so.
  [[nodiscard]] seq_number history_begins() const { return history_begins_; }

 private:
  void end_arrival();

  completeness state_ = completeness::none;
  bool current_ = false;
  row_log log_;
  row_store store_;
  row_sessions sessions_;
  row_locks locks_;
  seq_number committed_;
  seq_number history_begins_;
  epoch_number feed_epoch_;
  feed_number feed_;
  config_number config_;
  std::uint32_t next_chunk_ = 0;
  incoming_snapshot arrival_;
  branch_account branches_;
  agreement compared_{};
  bool damaged_ = false;
  store_walk walk_;
};

}  // namespace troupe::protocol
