/// \file
/// An errand: a task on its way to somebody who does it, through one attempt or several.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/router/open_call.hpp>
#include <troupe/actors/protocol/router/send_window.hpp>

namespace troupe::protocol {

/// Later than anything.
inline constexpr instant never = instant::max();

/// One attempt: what was sent as this request.
struct attempt {
  request_number request;
  member_no asked;
  map_id map;
  row_id row;
  epoch_number epoch;  ///< of the row, in the view that it was routed by
};

/// A write's place in the session of its row.
struct session_place {
  row_id row;
  write_number number;
  seq_number since;  ///< what was known to have committed, before the first attempt that may have had its effect
};

/// What has been tried, and what that proves. It sends nothing itself.
///
/// Every attempt has a request number of its own, so that a late answer to an earlier one is not taken for one to the present one. All
/// attempts of a write have the same number in the session of its row, so that at most one of them has its effect.
///
/// Of a read, attempts of which nobody knows what became are remembered: a value that one of them brings is as good as one from the present
/// attempt. Each was sent after the call began, and whoever serves a read does so under a lease, with what was committed at that moment, a
/// moment between the call's begin and its end: that is all that linearizability asks for. The value may have changed since, but so it may
/// with any answer that is under way.
class errand {
 public:
  errand(open_call& owner, task what) : owner_(&owner), what_(std::move(what)) {}

  [[nodiscard]] open_call& owner() const { return *owner_; }
  /// Its call is given up: from now on it sees to it that the lock, of this map, is not held for nobody, on our behalf. Requires: it asked for a lock, or for
  /// the end of a hold.
  void take_over(open_call& ours);
  [[nodiscard]] const task& what() const { return what_; }
  [[nodiscard]] bool reads() const { return is_read(what_.kind); }

  [[nodiscard]] bool in_flight() const { return asked_ != nobody; }
  [[nodiscard]] member_no asked() const { return asked_; }            ///< nobody: it waits for being sent
  [[nodiscard]] view_number routed_by() const { return routed_by_; }  ///< 0: it has never been sent
  /// When to look at it again, if nothing happens until then.
  [[nodiscard]] instant due() const { return std::min(due_, owner_->deadline()); }
  [[nodiscard]] bool is_late(instant now) const { return owner_->deadline() <= now; }

  /// How it stands if it is given up now: an attempt without an answer may have had its effect, unless it only read.
  [[nodiscard]] outcome given_up() const {
    const bool is_open = (in_flight() || maybe_done_) && !TROUPE_MUTATED(uncertain_write_called_failed);
    return !reads() && is_open ? outcome::indeterminate : outcome::not_applied;
  }
  /// May an attempt that is over have had an effect that another one, asked of this map, would not find?
  [[nodiscard]] bool may_be_done_elsewhere(map_id map) const { return maybe_done_ && !is_idempotent(what_.kind) && map != latest_.map; }

  /// The session that its attempts belong to; none before the first, and for reads.
  [[nodiscard]] const std::optional<session_place>& session() const { return session_; }
  void enter(const session_place& where) {
    session_ = where;
    lost_in_session_ = false;
  }
  void leave_session() { session_.reset(); }
  /// The same session goes on in another row, which knows what became of its writes so far. Requires: session().
  /// What was known of the first one's positions says nothing of the other's: both go on from where they part.
  void move_session(const row_id& where) {
    session_->row = where;
    session_->since = seq_number{};
  }
  /// What is known has grown. It counts as long as no attempt may have had its effect.
  void know(seq_number committed) {
    if (!lost_in_session_ || TROUPE_MUTATED(known_position_of_last_attempt)) session_->since = committed;
  }

  /// A new attempt, which takes this share of the window to that member as long as it is in flight. Of a write: with this stamp.
  [[nodiscard]] operation ask(const attempt& a, view_number routed_by, const write_stamp& stamp, send_window::share room, instant now);
  /// The attempt, if there was one, had no effect.
  void wait_until(instant when) {
    asked_ = nobody;
    room_.give_back();
    due_ = when;
  }
  /// The attempt may have had its effect or may still have it.
  void lose_attempt(instant ask_again_at);

  static constexpr std::size_t earlier_max = 4;
  /// Lost attempts of a read, at most earlier_max: the latest.
  [[nodiscard]] const std::vector<attempt>& earlier() const { return earlier_; }
  [[nodiscard]] const attempt& latest() const { return latest_; }

  /// About the bytes that an attempt takes of links, there and back. Of values that it returns nobody knows the size before.
  [[nodiscard]] std::size_t weight() const;
  /// For whose window it waits; nobody: for none.
  [[nodiscard]] member_no queued_for() const { return queued_for_; }
  void queue_for(member_no whom) {
    wait_until(never);
    queued_for_ = whom;
  }
  void leave_queue() { queued_for_ = nobody; }

  /// How long to wait for an answer to this attempt, given the patience with the first: twice as long each time, so that a peer that is
  /// merely busy gets to answer. (Whoever asks a busy one again at a constant pace only makes it busier, and drops each answer as late.)
  [[nodiscard]] duration next_silence(duration first) {
    constexpr int doublings_max = 6;
    return first * (1 << std::min(silences_++, doublings_max));
  }
  /// The cluster that was asked so far is gone, and with it what earlier attempts may bring. Requires: !in_flight(), what().is_on_key().
  void begin_anew(std::uint32_t partition_count) {
    earlier_.clear();
    what_.relocate(partition_count);
  }
  void look_again_by(instant when) { due_ = std::min(due_, when); }
  void leave_alone() { due_ = never; }

 private:
  [[nodiscard]] std::uint32_t wait_ms(instant now) const;

  open_call* owner_;
  task what_;
  attempt latest_;
  std::vector<attempt> earlier_;
  send_window::share room_;
  member_no queued_for_;
  member_no asked_;
  view_number routed_by_;
  instant due_ = never;
  int silences_ = 0;
  std::optional<session_place> session_;
  bool lost_in_session_ = false;  // An attempt of this session, before the present one.
  bool maybe_done_ = false;       // By an attempt before the present one, in whatever session.
};

}  // namespace troupe::protocol
