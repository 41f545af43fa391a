#include <troupe/actors/protocol/membership/election.hpp>

#include <algorithm>
#include <utility>

#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/membership/voters.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace message = membership_message;

void election::open(view_ptr base, const view* before, member_no self, instant now) {
  base_ = std::move(base);
  self_ = self;
  electorate_ = electorate_of(*base_);
  guard_.installed(*base_, before, now);
  lease_.open(base_->name, electorate_);
  acceptor_.reset();
  proposer_.open(base_->name, electorate_, self);
  shunned_.clear();
  back_off_until_.reset();
  decided_.reset();
}

// Leases

void election::on(member_no from, const message::heartbeat& h, step s) {
  if (!is_voter() || !may_grant(from)) return;
  guard_.acknowledged(from, s.now);
  send(from, message::heartbeat_ack{h.view, h.sent_at}, s);
}

void election::on(member_no from, const message::heartbeat_ack& a, step s) {
  lease_.granted(from, TROUPE_MUTATED(lease_counted_from_receipt) ? s.now : a.sent_at);
}

void election::heartbeat_sent(instant now) {
  if (is_voter() && may_grant(self_)) lease_.granted(self_, now);
}

lease election::held_lease() const { return lease_.held(times().lease); }

bool election::may_grant(member_no m) const {
  if (shunned_.contains(m)) return false;
  if (acceptor_.held() && removes(acceptor_.held()->change, m)) return false;
  if (proposer_.now_in() == proposer::phase::proposing && removes(proposer_.proposed().change, m)) return false;
  if (!acceptor_.accepted() || TROUPE_MUTATED(lease_granted_after_vote)) return true;
  return accepted_keeps_grants_ && !removes(acceptor_.accepted()->change, m);
}

instant election::removal_open_from(member_no m) const {
  return m == self_ ? instant::min() : guard_.open_from(m, next(), times().lease);
}

void election::on(member_no from, const message::consent& c) { guard_.consented(from, c.removed_in); }

void election::consent(step s) {
  if (lease_.is_given_up() || TROUPE_MUTATED(vote_for_own_removal_is_no_consent)) return;
  if (!TROUPE_MUTATED(consent_keeps_lease)) lease_.give_up();
  send_consent(s);
}

void election::send_consent(step s) {
  consent_again_at_ = s.now + 2 * times().heartbeat;
  for (auto v : voters()) {
    if (v != self_) send(v, message::consent{next()}, s);
  }
}

// Acceptor

void election::on(member_no from, const message::prepare& p, step s) {
  if (!is_voter() || p.ballot.proposer != from || p.ballot.round == 0) return;
  if (acceptor_.promise(p.ballot)) {
    send(from, message::promise{p.base, p.ballot, accepted_so_far()}, s);
  } else {
    send(from, message::outbid{base_->name, acceptor_.promised()}, s);
  }
}

void election::on(member_no from, const message::propose& p, step s) {
  if (p.ballot.proposer != from || !electorate_.contains(from)) return;
  if (p.ballot.round == 0 && from != *voters().begin() && !TROUPE_MUTATED(round_zero_for_anybody)) return;
  if (auto why = p.change.alone != nobody ? std::optional<std::string>{"who decides alone asks nobody"} : objection(*base_, p.change)) {
    s.out.events.push_back({membership_event::kind::objection, "proposer=" + std::to_string(from.value()) + " reason=\"" + *why + '"'});
    return;
  }
  const auto verdict = is_voter() ? vote({p.ballot, p.change}, s) : acceptor::verdict::held;
  if (verdict == acceptor::verdict::outbid) return send(from, message::outbid{base_->name, acceptor_.promised()}, s);
  if (removes(p.change, self_)) consent(s);
  if (verdict == acceptor::verdict::accepted) send(from, message::accepted{p.base, p.ballot}, s);
}

/// What a promise tells of.
std::optional<message::vote> election::accepted_so_far() const {
  return TROUPE_MUTATED(vote_forgotten) ? std::nullopt : acceptor_.accepted();
}

bool election::may_accept(const view_change& change, instant now) const {
  return std::all_of(change.removals.begin(), change.removals.end(), [&](member_no m) { return now >= removal_open_from(m); });
}

acceptor::verdict election::vote(const message::vote& proposal, step s) {
  const auto verdict = acceptor_.consider(proposal, may_accept(proposal.change, s.now));
  if (verdict == acceptor::verdict::accepted) note_accepted(s);
  return verdict;
}

void election::note_accepted(step s) {
  accepted_at_ = s.now;
  const auto& change = acceptor_.accepted()->change;
  // Where one of two may survive they never grant on: its proof of contact is an acknowledgement, and must come from one that has not voted.
  accepted_keeps_grants_ = !electorate_.lets_one_survive() && voters_after(*base_, change) == voters();
  if (removes(change, self_)) consent(s);  // A vote for one's own removal is consent, also where the value was adopted.
}

void election::release_held(step s) {
  if (!acceptor_.held() || !may_accept(acceptor_.held()->change, s.now)) return;
  acceptor_.accept_held();
  note_accepted(s);
  const auto& b = acceptor_.accepted()->ballot;
  if (b.proposer == self_) {
    proposer_.on_accepted(self_, b);
  } else {
    send(b.proposer, message::accepted{base_->name, b}, s);
  }
}

// Proposer

bool election::is_free(instant now) const {
  return is_voter() && !decided_ && proposer_.now_in() == proposer::phase::idle && (!back_off_until_ || now >= *back_off_until_);
}

void election::offer(view_change value, step s) {
  if (removes(value, self_)) consent(s);
  if (wants_value()) {
    proposer_.propose(std::move(value));
  } else {
    proposer_.propose_first(std::move(value));
  }
  ask(s);
  settle(s);
}

void election::prepare(step s) {
  back_off_until_.reset();
  proposer_.prepare(acceptor_.promised());
  ask(s);
  const auto mine = std::get<message::prepare>(proposer_.question()).ballot;
  if (acceptor_.promise(mine)) proposer_.on_promise(self_, {base_->name, mine, accepted_so_far()});
  if (proposer_.now_in() == proposer::phase::proposing) ask(s);
  settle(s);
}

void election::on(member_no from, const message::promise& p, step s) {
  if (proposer_.now_in() != proposer::phase::preparing) return;
  if (auto why = p.accepted ? objection(*base_, p.accepted->change) : std::nullopt) {  // An acceptor that judges as this one never votes for it.
    s.out.events.push_back({membership_event::kind::objection, "voter=" + std::to_string(from.value()) + " reason=\"" + *why + '"'});
    return;
  }
  proposer_.on_promise(from, p);
  if (proposer_.now_in() == proposer::phase::proposing) ask(s);  // An adopted value.
  settle(s);
}

void election::on(member_no from, const message::accepted& a, step s) {
  proposer_.on_accepted(from, a.ballot);
  settle(s);
}

void election::on(member_no, const message::outbid& o, step s) {
  proposer_.on_outbid(o.promised);
  if (!proposer_.is_outbid() || back_off_until_) return;
  const auto factor = (1 + rank()) * std::min<std::uint32_t>(1 + proposer_.round(), 8);
  back_off_until_ = s.now + factor * times().heartbeat / 4;
}

/// Sends the question to those who have not answered it; what removes a member that can't vote also to that one, for its consent.
void election::ask(step s) {
  ask_again_at_ = s.now + 2 * times().heartbeat;
  const auto question = proposer_.question();
  for (auto v : voters()) {
    if (v != self_ && proposer_.awaits(v)) send(v, question, s);
  }
  if (proposer_.now_in() != proposer::phase::proposing) return;
  for (auto m : proposer_.proposed().change.removals) {
    if (!electorate_.contains(m) && !has_consent(m)) send(m, question, s);
  }
}

/// The proposer's own vote comes last: until it decides, its acceptor stays free for others and goes on granting, and of two voters
/// the one that proposed is not bound to a value that the other never saw.
void election::settle(step s) {
  if (proposer_.lacks_only_self()) {
    const auto verdict = vote(proposer_.proposed(), s);
    if (verdict == acceptor::verdict::accepted) proposer_.on_accepted(self_, proposer_.proposed().ballot);
    if (verdict == acceptor::verdict::outbid) on(self_, message::outbid{base_->name, acceptor_.promised()}, s);
  }
  if (!proposer_.is_decided()) return;
  decided_ = proposer_.proposed().change;
  proposer_.withdraw();
}

void election::decide_alone(view_change value, step s) {
  proposer_.prepare(acceptor_.promised());
  const auto mine = std::get<message::prepare>(proposer_.question()).ballot;
  if (acceptor_.accepted() && !TROUPE_MUTATED(lone_survivor_forgets_vote)) value = acceptor_.accepted()->change;
  if (acceptor_.consider({mine, value}, true) == acceptor::verdict::accepted) note_accepted(s);
  decided_ = std::move(value);
  proposer_.withdraw();
}

// Time

std::uint32_t election::rank() const {
  return static_cast<std::uint32_t>(std::distance(voters().begin(), std::find(voters().begin(), voters().end(), self_)));
}

/// How long a voter that accepted waits for the outcome before it starts a ballot: others may have to hold back a removal.
duration election::patience() const {
  const auto& change = acceptor_.accepted()->change;
  const auto hold = change.removals.empty() ? duration{} : removal_wait(times().lease);
  return hold + (4 + 2 * rank()) * times().heartbeat;
}

void election::tick(step s) {
  if (lease_.is_given_up() && s.now >= consent_again_at_) send_consent(s);
  if (!is_voter() || decided_) return;
  release_held(s);
  settle(s);
  if (decided_) return;
  const bool asking = proposer_.now_in() == proposer::phase::preparing || proposer_.now_in() == proposer::phase::proposing;
  if (asking && proposer_.is_outbid() && back_off_until_ && s.now >= *back_off_until_) return prepare(s);
  if (asking && s.now >= ask_again_at_) return ask(s);
  if (is_free(s.now) && acceptor_.accepted() && s.now >= accepted_at_ + patience()) prepare(s);
}

void election::send(member_no to, any_membership_message what, step s) const {
  if (const auto* who = base_->find(to)) s.out.sends.push_back({who->id, std::move(what)});
}

}  // namespace troupe::protocol
