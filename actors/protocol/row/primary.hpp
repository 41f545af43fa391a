/// \file
/// The primary of a row, active in one epoch: it computes results against the newest state, feeds its followers, commits what all
/// awaited ones hold, and answers.
///
/// Invariants: it exists only while this member's installed view names it in this epoch and nothing higher is sealed here; whoever is in
/// sync, or about to be, is awaited (6, 9); nothing that depends on an uncommitted record is answered (7), and no read before all that was
/// known at activation has committed again (12).
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/activity.hpp>
#include <troupe/actors/protocol/row/candidate.hpp>
#include <troupe/actors/protocol/row/confirmations.hpp>
#include <troupe/actors/protocol/row/evaluation.hpp>
#include <troupe/actors/protocol/row/eviction_queue.hpp>
#include <troupe/actors/protocol/row/expiry_queue.hpp>
#include <troupe/actors/protocol/row/follower.hpp>
#include <troupe/actors/protocol/row/held_answers.hpp>
#include <troupe/actors/protocol/row/listeners.hpp>
#include <troupe/actors/protocol/row/lock_queue.hpp>
#include <troupe/actors/protocol/row/newest_locks.hpp>
#include <troupe/actors/protocol/row/newest_sessions.hpp>
#include <troupe/actors/protocol/row/processing.hpp>

namespace troupe::protocol {

class primary {
 public:
  /// Activates. Requires: `elected` is ready.
  primary(replica_base& base, const candidate& elected, row_activity& activity, const moment& at, replica_effects& out);
  primary(const primary&) = delete;
  primary& operator=(const primary&) = delete;

  [[nodiscard]] epoch_number epoch() const { return epoch_; }
  /// Answers reads: all that was known at activation has committed again.
  [[nodiscard]] bool has_recommitted() const { return base_.copy.committed() >= known_at_activation_; }
  /// The view names a successor: writes wait until it takes over, or vanishes.
  [[nodiscard]] bool is_paused() const;

  /// A later view, in which this member still is the primary in this epoch. `before` is the row in the view before.
  void reconfigure(const row& before, const moment& at, replica_effects& out);
  void on(member_no from, const replication_message::ack& a, const moment& at, replica_effects& out);
  void on(member_no from, const replication_message::snapshot_ack& a, const moment& at);
  /// Requires: the map exists, sizes are within limits, and the primary is not paused unless `what` is a read.
  void operate(origin_id from, operation&& what, const moment& at, replica_effects& out);
  void forget(origin_id from);
  void flush(const moment& at, replica_effects& out);
  void tick(const moment& at, replica_effects& out);
  void check(const moment& at, replica_effects& out);
  [[nodiscard]] bool wants_tick() const;
  /// When the life of an entry or a lock may end next, or the patience of a listener, or of what waits for a lock.
  [[nodiscard]] std::optional<instant> next_tick() const;
  /// Requests of listeners that wait, and readers that are expected back.
  [[nodiscard]] std::size_t listening() const { return listeners_.size(); }
  [[nodiscard]] std::size_t expiry_places() const { return due_.size(); }
  [[nodiscard]] std::size_t waiting_for_locks() const { return lock_queue_.size(); }

  /// The reign is over: what is pending has an uncertain outcome, the rest was not done here.
  void resign(replica_effects& out);

  /// Reads, and repeated writes, that wait for a commit, a confirmation or the lease.
  [[nodiscard]] std::size_t waiting() const { return answers_.waiting() + unconfirmed_.size() + unleased_.size(); }
  [[nodiscard]] std::uint64_t uncommitted() const { return base_.copy.log().end().value() - base_.copy.committed().value(); }
  [[nodiscard]] std::uint64_t async_lag() const;
  [[nodiscard]] std::uint64_t async_behind() const;

 private:
  [[nodiscard]] feed_source source() const { return {base_, epoch_, unconfirmed_.newest(), last_feed_, base_.upkeep}; }
  [[nodiscard]] follower* find(member_no who);
  void begin_to_serve(const moment& at);
  void follow(member_no who, follower::kind as, const row& before);
  /// A follower says that its copy differs from this one.
  void judge(follower& other, const moment& at, replica_effects& out);
  void replace_doubted(const moment& at);
  /// Its own copy is known to be wrong.
  [[nodiscard]] bool is_doubted() const { return base_.copy.with_primary() == agreement::different; }
  /// If this copy is doubted itself: another in-sync one shall lead; where there is none, it has to do.
  void face_own_damage(replica_effects& out);
  void carry_out(origin_id from, operation&& what, const moment& at, replica_effects& out);
  void write(record_body body, const record_cause& cause);
  /// Would it make the row larger?
  [[nodiscard]] bool adds(const record_body& what) const;
  /// True: `what` is an attempt of a write that was made before, or may have been, and has its answer or its place to wait for it.
  [[nodiscard]] bool settle_repeat(origin_id from, const operation& what, const moment& at, replica_effects& out);
  void answer(origin_id to, reply&& what, replica_effects& out) const;
  /// A write that is done: on all that are in sync. Where these are fewer than it asks for, it is not `ok`.
  void answer_write(origin_id to, reply&& what, std::uint8_t copies_min, replica_effects& out) const;
  [[nodiscard]] reply result_of(const held_repeat& repeat) const;
  void clear_destroyed_maps();
  /// \name Lives that end: primary_expiry.cpp
  /// @{
  [[nodiscard]] evaluation_rules rules_for(const operation& what, row_time now) const;
  [[nodiscard]] processing_rules processing_rules_for(const operation& what, row_time now) const;
  [[nodiscard]] row_time known_access() const { return TROUPE_MUTATED(access_forgotten_at_promotion) ? row_time{} : reigns_since_; }
  /// Whoever may not write does not let anything die either: until the removal can commit, the entry is there. Nor does a row that forms: what it has
  /// is not for good yet.
  [[nodiscard]] bool may_expire() const { return !is_paused() && has_enough_copies() && base_.row->status != row_status::forming; }
  /// A locked entry does not, whatever its time; nor one whose map is leaving.
  [[nodiscard]] bool may_die(map_id map, const blob& key) const;
  void expire(map_id map, const blob& key);
  /// Before an operation on a key: ends the entry's life if it is over, and else notes that it was asked for.
  /// True: a removal was written.
  bool attend(const operation& what, row_time now);
  bool expire_due(instant at);
  void watch(const record& r);
  void note_settled(const record& r, instant now);
  void watch_all_anew();
  [[nodiscard]] std::optional<instant> next_expiry() const;
  /// @}
  /// \name Maps that shall not grow beyond a size: primary_eviction.cpp
  /// @{
  struct bounded_map {
    row_budget budget;
    std::uint64_t overhead_bytes;  ///< of an entry, beside key and value
    eviction_queue line;
  };
  [[nodiscard]] row_budget budget_of(const map_info& map) const;
  /// Null: it may have any size. Or: nothing was written to it yet.
  [[nodiscard]] bounded_map* bounded(map_id map);
  /// The same; and where it is bounded, it gets its line.
  [[nodiscard]] bounded_map* bounded(const map_info* map);
  void line_up_all_anew();
  void line_up_anew(map_id map, bounded_map& b);
  void share_budgets_anew();
  /// Somebody asked for the entry, if it is there.
  void note_asked(map_id map, const blob& key);
  void make_room_for(const record_body& body);
  /// Until `grown`, the map as it would be, fits in. False: there is more to do, or nothing that may go.
  bool evict(map_id map, bounded_map& b, newest_state::tally grown, const blob* spared);
  void evict_excess(instant at);
  /// @}
  /// \name Locks: primary_locks.cpp
  /// @{
  /// Somebody else holds the lock of the key that it writes to.
  [[nodiscard]] bool must_wait_for_lock(const operation& what) const;
  [[nodiscard]] bool is_locked(map_id map, const blob& key) const { return locks_.find(map, key) != nullptr; }
  /// Its place is taken, or there is none and it is refused.
  void wait_for_lock(origin_id from, operation&& what, const moment& at, replica_effects& out);
  /// The operations whose keys have become free go on.
  void serve_freed(const moment& at, replica_effects& out);
  void refuse_late(const moment& at, replica_effects& out);
  void refuse_all_waiting(outcome result, failure why, replica_effects& out);
  void withdraw_lock(origin_id from, operation&& what, const moment& at, replica_effects& out);
  /// Of a clear: what is locked stays.
  void spare_locked(const operation& what, evaluation& cleared) const;
  /// Before an operation on this key: ends its lock if its lease is over. True: a record was written.
  bool end_lease_if_over(map_id map, const blob& key, row_time now);
  /// Frees what is held for too long, or by clients that are not heard. True: a record was written.
  bool free_overdue_locks(const moment& at);
  [[nodiscard]] bool is_overdue(const held_lock& lock, row_time now, instant at) const;
  void free_whole_lock(map_id map, const blob& key);
  /// A client with locks lives.
  void hear(const client_id& client, instant now);
  void hear_all_anew(instant now);
  void watch_lock(const held_lock& lock, instant now);
  void note_lock_change(const record& r);
  /// @}
  /// \name Reads: primary_reads.cpp
  /// @{
  void read(origin_id from, const operation& what, evaluation&& result, const moment& at, replica_effects& out);
  void send(held_read&& read, std::optional<view_name> vouched_for, instant now, replica_effects& out);
  void release(held_read&& read, const moment& at, replica_effects& out);
  /// Do the replicas vouch for reads, rather than the lease? Not where the row may go on without asking any of them: when this primary is
  /// alone in sync, or when the loss of all copies in sync lets others take over.
  [[nodiscard]] bool asks_for_confirmation() const;
  [[nodiscard]] confirmation_number confirmed_by_all_awaited() const;
  void release_confirmed(const moment& at, replica_effects& out);
  void release_under_lease(held_read&& read, const moment& at, replica_effects& out);
  void release_unleased(const moment& at, replica_effects& out);
  /// @}
  /// As many as the durability asks for.
  [[nodiscard]] bool has_enough_copies() const { return base_.row->in_sync.size() >= base_.rules.min_in_sync || TROUPE_MUTATED(min_in_sync_ignored); }
  [[nodiscard]] bool has_copies(std::uint8_t wanted) const { return base_.row->in_sync.size() >= wanted || TROUPE_MUTATED(copies_not_counted); }
  /// Some member with a copy of this row has passed its memory limit, as far as it is known here.
  [[nodiscard]] bool has_no_room(const moment& at) const;
  /// Of records that have not committed, or that a learner lacks which writes must not outrun.
  [[nodiscard]] std::size_t pending_bytes(instant now) const;
  [[nodiscard]] seq_number held_by_all_awaited(const moment& at) const;
  void commit(const moment& at, replica_effects& out);
  void trim(const moment& at);
  [[nodiscard]] std::vector<membership_message::wish> wishes() const;
  void repeat_wishes(const moment& at, replica_effects& out);

  replica_base& base_;
  row_activity& activity_;
  epoch_number epoch_;
  seq_number known_at_activation_;
  mutable feed_number last_feed_;
  newest_state newest_;
  newest_sessions sessions_;
  held_answers answers_;
  confirmations unconfirmed_;
  std::vector<held_read> unleased_;  // Reads whose answer is known, but not vouched for by a lease yet.
  std::vector<follower> followers_;  // Ordered by member.
  std::vector<membership_message::wish> wished_;
  instant wished_at_{};
  row_time reigns_since_;  // What was asked for before, others know.
  expiry_queue due_;
  flat_map<map_id, bounded_map, std::hash<map_id>, std::equal_to<map_id>> bounded_;
  bool has_excess_ = false;  // As far as it is known: some bounded map may be too large.
  listeners listeners_;
  newest_locks locks_;
  lock_queue lock_queue_;
  std::deque<lock_queue::name> freed_;  // Keys for whose locks operations waited, and maybe still do.
  std::unordered_map<client_id, instant> heard_;  // All with locks, and maybe others.
  instant locks_looked_at_{};
  instant locks_due_ = instant::max();  // No lock is overdue before.
};

}  // namespace troupe::protocol
