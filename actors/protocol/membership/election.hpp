/// \file
/// The election of the next view, and the leases of the installed one. They belong together: who votes for the next view stops
/// granting leases of this one, and who granted a lease waits before it votes its holder out.
#pragma once

#include <optional>
#include <utility>

#include <troupe/actors/protocol/membership/acceptor.hpp>
#include <troupe/actors/protocol/membership/electorate.hpp>
#include <troupe/actors/protocol/membership/membership.hpp>
#include <troupe/actors/protocol/membership/own_lease.hpp>
#include <troupe/actors/protocol/membership/proposer.hpp>
#include <troupe/actors/protocol/membership/removal_guard.hpp>

namespace troupe::protocol {

/// One step of the core: when it happens, and where its effects go.
struct step {
  instant now;
  membership_effects& out;
};

/// One member's part in deciding the successor of its installed view; a member that is no voter only consents and holds a lease.
/// Every message handed in names the installed view: whoever calls has sorted out the others.
class election {
 public:
  /// `base` was installed, where `before` (null at first) had been: all numbers up to base's are closed.
  void open(view_ptr base, const view* before, member_no self, instant now);

  void on(member_no from, const membership_message::heartbeat&, step);
  void on(member_no from, const membership_message::heartbeat_ack&, step);
  void on(member_no from, const membership_message::prepare&, step);
  void on(member_no from, const membership_message::promise&, step);
  void on(member_no from, const membership_message::propose&, step);
  void on(member_no from, const membership_message::accepted&, step);
  void on(member_no from, const membership_message::outbid&, step);
  void on(member_no from, const membership_message::consent&);

  /// Accepts what was held until now, asks again, retries, and takes up what a silent proposer left behind.
  void tick(step);

  /// This member sent a heartbeat of the installed view: as a voter it acknowledges its own by the same rule as others'.
  void heartbeat_sent(instant now);
  /// Members whose removal is intended: their heartbeats are not acknowledged, or that would put off the removal.
  void shun(member_set members) { shunned_ = std::move(members); }

  /// May a new value be proposed: this is a voter, and it is neither asking nor backing off?
  [[nodiscard]] bool is_free(instant now) const;
  /// Does an own ballot wait for a value? Then offer() or withdraw() shall follow.
  [[nodiscard]] bool wants_value() const { return proposer_.now_in() == proposer::phase::choosing; }
  [[nodiscard]] bool owns_round_zero() const { return proposer_.owns_round_zero() && acceptor_.promised().round == 0; }
  /// Proposes. Requires: wants_value(), or is_free() and owns_round_zero(); !objection(base, value).
  void offer(view_change value, step);
  void withdraw() { proposer_.withdraw(); }
  /// Phase 1 of a higher ballot. Requires: is_free().
  void prepare(step);
  /// The lone survivor of two voters decides `value`, or what its acceptor has accepted, through that acceptor with a higher ballot.
  void decide_alone(view_change value, step);

  /// The decided change of the next view, once.
  [[nodiscard]] std::optional<view_change> take_decided() { return std::exchange(decided_, std::nullopt); }

  /// What this voter has accepted for the next view; null when nothing.
  [[nodiscard]] const view_change* accepted() const { return acceptor_.accepted() ? &acceptor_.accepted()->change : nullptr; }
  [[nodiscard]] instant removal_open_from(member_no m) const;
  [[nodiscard]] bool has_consent(member_no m) const { return guard_.has_consent(m, next()); }
  [[nodiscard]] const protocol::electorate& electorate() const { return electorate_; }
  [[nodiscard]] const member_set& voters() const { return electorate_.voters(); }
  [[nodiscard]] bool is_voter() const { return electorate_.contains(self_); }
  [[nodiscard]] lease held_lease() const;
  /// Has this member consented to its removal by the next view?
  [[nodiscard]] bool has_given_up() const { return lease_.is_given_up(); }
  /// When the latest heartbeat of the installed view that `voter` acknowledged was sent.
  [[nodiscard]] std::optional<instant> latest_grant(member_no voter) const { return lease_.latest_grant(voter); }
  /// The end: no lease in any view from now on.
  void close() { lease_.give_up(); }

 private:
  [[nodiscard]] view_number next() const { return base_->name.number.next(); }
  [[nodiscard]] const timing& times() const { return base_->settings.times; }
  [[nodiscard]] std::uint32_t rank() const;
  [[nodiscard]] duration patience() const;

  [[nodiscard]] bool may_grant(member_no m) const;
  [[nodiscard]] bool may_accept(const view_change&, instant now) const;
  [[nodiscard]] std::optional<membership_message::vote> accepted_so_far() const;
  acceptor::verdict vote(const membership_message::vote&, step);
  void note_accepted(step);
  void release_held(step);
  void consent(step);
  void send_consent(step);
  void ask(step);
  void settle(step);
  void send(member_no to, any_membership_message what, step) const;

  view_ptr base_;
  member_no self_;
  protocol::electorate electorate_;
  removal_guard guard_;  // Survives the views: leases do.
  own_lease lease_;
  acceptor acceptor_;
  proposer proposer_;
  member_set shunned_;
  bool accepted_keeps_grants_ = false;  // What is accepted leaves the voters as they are.
  instant accepted_at_{};
  instant ask_again_at_{};
  std::optional<instant> back_off_until_;
  instant consent_again_at_{};
  std::optional<view_change> decided_;
};

}  // namespace troupe::protocol
