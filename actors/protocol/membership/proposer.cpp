#include <troupe/actors/protocol/membership/proposer.hpp>

#include <algorithm>
#include <utility>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

void proposer::open(const view_name& base, const electorate& voters, member_no self) {
  *this = {};
  base_ = base;
  voters_ = voters;
  self_ = self;
}

void proposer::begin(phase p) {
  phase_ = p;
  answered_.clear();
}

void proposer::propose_first(view_change value) {
  round_zero_used_ = true;
  ballot_ = {0, self_};
  proposed_ = {ballot_, std::move(value)};
  begin(phase::proposing);
}

void proposer::prepare(const ballot& promised) {
  round_zero_used_ = true;  // Whoever prepared a round may have been told of later ones: a late round 0 would only disturb.
  highest_round_ = std::max({highest_round_, promised.round, ballot_.round}) + 1;
  ballot_ = {highest_round_, self_};
  is_outbid_ = false;
  to_adopt_.reset();
  begin(phase::preparing);
}

void proposer::propose(view_change value) {
  proposed_ = {ballot_, std::move(value)};
  begin(phase::proposing);
}

void proposer::withdraw() { begin(phase::idle); }

void proposer::on_promise(member_no from, const membership_message::promise& p) {
  if (phase_ != phase::preparing || p.ballot != ballot_ || !voters_.contains(from)) return;
  answered_.insert(from);
  if (p.accepted && (!to_adopt_ || p.accepted->ballot > to_adopt_->ballot)) to_adopt_ = p.accepted;
  if (!voters_.is_quorum(answered_)) return;
  if (to_adopt_ && !TROUPE_MUTATED(accepted_value_not_adopted)) {
    propose(to_adopt_->change);
  } else {
    begin(phase::choosing);
  }
}

void proposer::on_accepted(member_no from, const ballot& b) {
  if (phase_ == phase::proposing && b == ballot_ && voters_.contains(from)) answered_.insert(from);
}

void proposer::on_outbid(const ballot& promised) {
  if (promised <= ballot_) return;
  highest_round_ = std::max(highest_round_, promised.round);
  is_outbid_ = phase_ != phase::idle;
}

bool proposer::is_decided() const {
  if (phase_ != phase::proposing) return false;
  if (!TROUPE_MUTATED(quorum_of_those_who_stay)) return voters_.is_quorum(answered_);
  member_set gone;
  for (auto m : proposed_.change.removals) gone.insert(m);
  return voters_.without(gone).is_quorum(answered_);
}

bool proposer::lacks_only_self() const {
  if (phase_ != phase::proposing || answered_.contains(self_)) return false;
  auto with_self = answered_;
  with_self.insert(self_);
  return voters_.is_quorum(with_self);
}

any_membership_message proposer::question() const {
  if (phase_ == phase::preparing) return membership_message::prepare{base_, ballot_};
  return membership_message::propose{base_, ballot_, proposed_.change};
}

}  // namespace troupe::protocol
