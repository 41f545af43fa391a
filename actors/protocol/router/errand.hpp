/// \file
/// An errand: a task on its way to somebody who does it, through one attempt or several.
#pragma once

#include <algorithm>
#include <cstddef>
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
};

/// What has been tried, and what that proves. It sends nothing itself.
///
/// Every attempt has a request number of its own, so that a late answer to an earlier one is not taken for one to the present one. A next
/// attempt of an operation that isn't repeatable is made only after the one before is known to have had no effect.
///
/// Of a read, attempts of which nobody knows what became are remembered: a value that one of them brings is as good as one from the present
/// attempt. Each was sent after the call began, and whoever serves a read does so under a lease, with what was committed at that moment, a
/// moment between the call's begin and its end: that is all that linearizability asks for. The value may have changed since, but so it may
/// with any answer that is under way.
class errand {
 public:
  errand(open_call& owner, task what) : owner_(&owner), what_(std::move(what)) {}

  [[nodiscard]] open_call& owner() const { return *owner_; }
  [[nodiscard]] const task& what() const { return what_; }
  [[nodiscard]] bool repeatable() const { return is_repeatable(what_.kind) || TROUPE_MUTATED(uncertain_write_sent_again); }

  [[nodiscard]] bool in_flight() const { return asked_ != nobody; }
  [[nodiscard]] member_no asked() const { return asked_; }            ///< nobody: it waits for being sent
  [[nodiscard]] view_number routed_by() const { return routed_by_; }  ///< 0: it has never been sent
  /// When to look at it again, if nothing happens until then.
  [[nodiscard]] instant due() const { return std::min(due_, owner_->deadline()); }
  [[nodiscard]] bool is_late(instant now) const { return owner_->deadline() <= now; }

  /// How it stands if it is given up now: an attempt without an answer may have had its effect, unless it only read.
  [[nodiscard]] outcome given_up() const {
    const bool is_open = (in_flight() || maybe_done_) && !TROUPE_MUTATED(uncertain_write_called_failed);
    return !is_read(what_.kind) && is_open ? outcome::indeterminate : outcome::not_applied;
  }

  /// A new attempt, which takes this share of the window to that member as long as it is in flight.
  [[nodiscard]] operation ask(member_no whom, const view& by, const map_info& map, request_number request, send_window::share room);
  /// The attempt, if there was one, had no effect.
  void wait_until(instant when) {
    asked_ = nobody;
    room_.give_back();
    due_ = when;
  }
  /// The attempt may have had its effect or may still have it. Requires: repeatable().
  void lose_attempt(instant ask_again_at);

  static constexpr std::size_t earlier_max = 4;
  /// Lost attempts of a read, at most earlier_max: the latest.
  [[nodiscard]] const std::vector<attempt>& earlier() const { return earlier_; }
  /// Of the latest attempt.
  [[nodiscard]] request_number request() const { return latest_.request; }

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
  bool maybe_done_ = false;  // By an attempt before the present one.
};

}  // namespace troupe::protocol
