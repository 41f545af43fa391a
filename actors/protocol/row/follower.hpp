/// \file
/// What a primary knows of one other replica of its row, and what it still owes it.
///
/// It owns the position of that replica and the snapshot that it gets. The records are the copy's.
#pragma once

#include <optional>

#include <troupe/actors/protocol/row/base.hpp>
#include <troupe/actors/protocol/row/outgoing_snapshot.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe::protocol {

/// Where a primary feeds its followers from.
struct feed_source {
  const replica_base& base;
  epoch_number epoch;      ///< the primary's
  confirmation_number confirm;  ///< its newest question to all that are awaited
  feed_number& last_feed;  ///< the newest feed begun in this epoch, to whomever: a feed is never given twice
  upkeep_stats& upkeep;

  [[nodiscard]] const row_log& log() const { return base.copy.log(); }
  [[nodiscard]] seq_number committed() const { return base.copy.committed(); }
};

class follower {
 public:
  enum class kind : std::uint8_t { in_sync, learner, async_backup };
  enum class stage : std::uint8_t {
    asking,     ///< async backups: where does it stand?
    resuming,   ///< learners that may hold something: asked to go on from that
    receiving,  ///< a snapshot is on its way; live records flow beside it once it has begun
    following,  ///< holds everything up to acked(), gets live records
    set_aside,  ///< fresh snapshots keep proving wrong: nothing is sent for a while
  };

  /// Sealed in this epoch with `length` records.
  [[nodiscard]] static follower in_sync(member_no who, seq_number length);
  /// Has nothing: gets a snapshot at once.
  [[nodiscard]] static follower learner(member_no who, const feed_source& from);
  /// May hold a part of the row from earlier times: gets what it lacks, from the log if that reaches back so far.
  [[nodiscard]] static follower returning_learner(member_no who, const feed_source& from);
  /// Is asked first.
  [[nodiscard]] static follower async_backup(member_no who);

  [[nodiscard]] member_no who() const { return who_; }
  [[nodiscard]] kind what() const { return kind_; }
  [[nodiscard]] seq_number acked() const { return acked_; }
  /// The newest question whether it still follows this primary, that it has said yes to.
  [[nodiscard]] confirmation_number confirmed() const { return confirmed_; }
  /// Commits wait for it: it is in sync, or about to be (invariant 9).
  [[nodiscard]] bool is_awaited() const { return is_awaited_; }
  /// A learner that has all that is committed and is awaited from now on: it may be asked for.
  [[nodiscard]] bool has_caught_up(const feed_source& from) const;
  /// Its member said last that it has passed its memory limit.
  [[nodiscard]] bool is_full() const { return is_full_; }
  /// Its copy is not what the primary's is.
  [[nodiscard]] bool is_doubted() const { return is_doubted_; }
  /// A doubted copy on which commits wait: only a view can take it out.
  [[nodiscard]] bool must_be_excluded() const { return is_doubted_ && is_awaited_; }
  /// It lacks something, or has not said that it has it.
  [[nodiscard]] bool lacks_something(const feed_source& from) const;
  /// Committed records that it has not acknowledged.
  [[nodiscard]] std::uint64_t lag(const feed_source& from) const;
  /// Writes shall not outrun it: a learner that makes headway would fall out of the log, and begin anew, for ever. One that does not holds
  /// nobody up, so a dead one does so once, for `learner_patience`.
  [[nodiscard]] bool is_waited_for(const replica_limits& limits, instant now) const;
  /// Records behind this position are wanted for it, if bounds allow.
  [[nodiscard]] std::optional<row_copy::retention> retention(const replica_limits& limits) const;

  /// The view has asked for it, as the primary did: a learner becomes in sync. Requires: is_awaited().
  void promote() { kind_ = kind::in_sync; }
  /// Whatever it held may have been thrown away meanwhile: ask anew, or begin a new feed.
  void begin_anew(kind as, const feed_source& from);
  /// Its doubted copy is thrown away: at once the first time; if the fresh one proves wrong, too, after a pause. Requires: !must_be_excluded().
  void replace_copy(const feed_source& from, instant now);
  /// How long replace_copy() has it wait.
  [[nodiscard]] duration pause_before_replacement(const replica_limits& limits) const;

  void on(const replication_message::ack& a, const feed_source& from, instant now);
  void on(const replication_message::snapshot_ack& a, const feed_source& from, instant now);
  /// Sends what is new, within the bounds of what may be in flight.
  void send_due(const feed_source& from, instant now, replica_effects& out);
  /// Says again what was not answered, and the commit mark to an idle follower.
  void tick(const feed_source& from, instant now, replica_effects& out);
  /// Lets a copy that is up to date compare itself.
  void check(const feed_source& from, instant now, replica_effects& out);
  /// The log has been trimmed: what can no longer be fed from it begins anew.
  void after_trim(const feed_source& from);

 private:
  explicit follower(member_no who) : who_(who) {}

  /// Is the log needed for it, from acked() on?
  [[nodiscard]] bool is_fed() const { return stage_ == stage::receiving || stage_ == stage::following; }
  [[nodiscard]] bool needs_proof() const { return kind_ == kind::learner && stage_ == stage::following && !is_proven_ && !is_doubted_; }
  [[nodiscard]] seq_number limit(const feed_source& from) const;
  [[nodiscard]] std::size_t window(const replica_limits& limits) const;
  [[nodiscard]] bool owes_confirmation(const feed_source& from) const { return is_awaited_ && confirmed_ < from.confirm; }
  void begin_feed(const feed_source& from);
  void begin_snapshot(const feed_source& from);
  void ask_to_resume(const feed_source& from);
  void settle(const replication_message::ack& a, const feed_source& from, instant now);
  [[nodiscard]] static bool ends_before_row(seq_number held, const feed_source& from);
  void go_on_from(seq_number held, const feed_source& from);
  void place(const replication_message::ack& a, const feed_source& from);
  void follow_ack(const replication_message::ack& a, const feed_source& from, instant now);
  void consider_awaiting();
  void note(agreement told);
  void rewind(seq_number held, const feed_source& from, instant now);
  void send_resume(const feed_source& from, instant now, replica_effects& out);
  void send_records(const feed_source& from, instant now, replica_effects& out);
  void nudge(const feed_source& from, instant now, replica_effects& out);
  void emit(const feed_source& from, seq_number first, std::vector<record> list, instant now, replica_effects& out);

  member_no who_;
  kind kind_ = kind::in_sync;
  stage stage_ = stage::following;
  bool is_awaited_ = false;
  bool is_proven_ = false;     // It has compared its copy in this feed, and found it equal.
  bool is_doubted_ = false;
  bool is_full_ = false;
  std::uint32_t proved_wrong_ = 0;  // So many times, with nothing equal in between.
  instant set_aside_until_{};
  bool is_partial_ = false;    // A snapshot that it was given in this epoch was not completed.
  feed_number complete_feed_;  // The latest feed whose snapshot was.
  feed_number feed_;           // Acknowledgements of another feed prove nothing.
  seq_number acked_;           // It holds all up to here.
  seq_number next_{1};         // The next position to send.
  seq_number mark_sent_;       // The commit mark told last,
  seq_number mark_acked_;      // and the one that it said it knows.
  confirmation_number confirm_sent_;
  confirmation_number confirmed_;
  seq_number awaited_from_;    // A learner whose snapshot is complete is awaited once it holds this.
  std::optional<seq_number> rewound_to_;
  instant rewound_at_{};
  std::optional<instant> sent_at_;
  std::optional<instant> moved_at_;  // When it last made headway, in whatever feed; at first, when it was first told something.
  std::optional<outgoing_snapshot> snapshot_;
};

}  // namespace troupe::protocol
