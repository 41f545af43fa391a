// Who proposes the next view, when, and with what in it.
#include <algorithm>

#include <troupe/actors/protocol/membership/state.hpp>
#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/membership/voters.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace message = membership_message;
using kind = membership_event::kind;

namespace {

constexpr int last_leaver_patience = 10;  // detection times

std::string names(const view& v, const member_set& members) {
  std::string text;
  for (auto m : members) {
    const auto* who = v.find(m);
    text += (text.empty() ? "" : ",") + std::to_string(m.value()) + (who != nullptr ? '@' + to_string(who->address) : "");
  }
  return text;
}

member_set all_but(const member_set& all, const member_set& some) {
  auto rest = all;
  rest.erase_if([&](member_no m) { return some.contains(m); });
  return rest;
}

view_change plain_removal(const view& v, const member_set& going) {
  plan_input input;
  input.removals = going;
  return plan(v, input);
}

}  // namespace

// Whose turn it is

/// How many voters come before this one; nothing when it is no voter. The suspected don't count: the first is the coordinator.
std::optional<std::size_t> membership::state::turn() const {
  std::size_t before = 0;
  for (auto v : election_.voters()) {
    if (v == self_) return before;
    if (!detector_.suspects(v)) ++before;
  }
  return std::nullopt;
}

member_no membership::state::coordinator() const {
  for (auto v : election_.voters()) {
    if (!detector_.suspects(v)) return v;
  }
  return nobody;
}

// Removals

/// Who has to go so that the rest hears each other: nobody as long as the rest lacks a quorum, or this member would be among them. When
/// a quorum comes back, the others are likely to follow: they get the time of a detection.
member_set membership::state::condemned(instant now) const {
  if (!has_quorum_ || now - quorum_since_ < times().suspect_after) return {};
  auto links = hearing_.broken_links(detector_.suspects(), times().suspect_after, now);
  if (links.empty()) return {};
  const auto& going = removal_choice_.of(std::move(links), election_.electorate());
  if (!going || going->contains(self_) || is_early_to_end(now)) return {};
  return *going;
}

/// Whoever decides alone, and wants to leave, would end the cluster by that, or go with a view that nobody else ever has, unless another
/// voter is there to take it over. Until one is heard it waits, and longer than for a removal: one that was merely paused would be left
/// halted, with everything.
bool membership::state::is_early_to_end(instant now) const {
  const auto& voters = election_.voters();
  if (!leave_asked_ || voters.size() == 1 || !election_.electorate().is_quorum({self_})) return false;
  auto heard = installed_at_;
  for (auto v : voters) {
    if (v == self_) continue;
    const auto last = detector_.last_heard().at(v);
    if (last > leave_asked_at_ && !detector_.suspects(v)) return false;
    heard = std::max(heard, last);
  }
  return now - heard < last_leaver_patience * detector_.patience(times());
}

/// Those that can be removed now: together, unless one is kept waiting by another for some heartbeats.
member_set membership::state::due_removals(instant now) const {
  auto going = condemned(now);
  const bool all_open = std::all_of(going.begin(), going.end(), [&](member_no m) { return now >= election_.removal_open_from(m); });
  if (!all_open) {
    const auto borne = 3 * times().heartbeat;
    going.erase_if([&](member_no m) { return now - borne < election_.removal_open_from(m); });
  }
  for (const auto& m : view_->members) {  // Whoever gave up its lease needs another view to go on, or to go.
    if (election_.has_consent(m.number)) going.insert(m.number);
  }
  if (election_.has_given_up()) going.insert(self_);
  for (auto m : agenda_.leavers(now)) {
    if (m != self_ || !is_early_to_end(now)) going.insert(m);
  }
  if (all_but(election_.voters(), going).empty()) going.erase(*election_.voters().begin());
  return going;
}

/// New voters would begin the wait for a removal anew, and whoever is served by the rows of the dead would wait twice as long: a process
/// that is restarted at once often knocks before its predecessor is removed.
agenda::joining membership::state::when_to_admit(instant now) const {
  const auto going = condemned(now);
  const auto is_waited_for = [&](member_no m) { return now < election_.removal_open_from(m); };
  return std::any_of(going.begin(), going.end(), is_waited_for) ? agenda::joining::later : agenda::joining::next;
}

// Proposing

bool membership::state::is_urgent(instant now) const {
  return !due_removals(now).empty() || agenda_.is_urgent(now, when_to_admit(now)) || agenda_.has_waited(times().lease, now);
}

/// While one more falls silent nobody is removed, for some heartbeats at most: with its broken link the smallest set may be another one, and who goes first
/// and needlessly takes copies along that are missed next.
bool membership::state::awaits_one_more(instant now, duration since_due) const {
  const auto borne = 3 * times().heartbeat;
  return since_due < borne && !condemned(now).empty() && detector_.will_suspect_within(borne, times(), now);
}

void membership::state::coordinate(step s) {
  const auto my_turn = turn();
  if (!my_turn || ended_ != ending::none) return;
  election_.shun(condemned(s.now));
  if (election_.wants_value()) return propose(s);
  if (!election_.is_free(s.now) || (!has_news_ && s.now < propose_again_at_)) return;
  // The next voter takes over when the coordinator does not get it done.
  const auto patience = static_cast<int>(*my_turn) * (times().suspect_after + 2 * times().heartbeat);
  if (s.now - installed_at_ < patience) return;
  has_news_ = false;
  propose_again_at_ = s.now + times().heartbeat / 4;
  if (!is_urgent(s.now)) return urgent_since_.reset();
  if (!urgent_since_) urgent_since_ = s.now;
  const auto waited = s.now - *urgent_since_;
  if (waited < patience || awaits_one_more(s.now, waited - patience)) return;
  if (election_.owns_round_zero()) return propose(s);
  election_.prepare(s);
  if (election_.wants_value()) propose(s);
}

void membership::state::propose(step s) {
  propose_again_at_ = s.now + times().heartbeat;
  auto change = next_change(due_removals(s.now), s);
  if (change.empty()) {
    if (election_.wants_value()) election_.withdraw();
    return agenda_.planner_is_done();
  }
  for (auto m : agenda_.overdue(s.now)) {
    s.out.events.push_back({kind::leave_overdue, "member=" + std::to_string(m.value()) + " rows=" + std::to_string(rows_with(*view_, m))});
  }
  election_.offer(std::move(change), s);
}

/// Empty when there is nothing to change.
view_change membership::state::next_change(const member_set& removals, step s) {
  auto input = agenda_.everything(removals, when_to_admit(s.now));
  auto change = plan(*view_, input);
  if (change.empty()) return change;
  const auto why = objection(*view_, change);
  if (!why) return change;
  s.out.events.push_back({kind::objection, "planned=yes reason=\"" + *why + '"'});
  // What somebody wishes for a row must not keep the cluster from all the rest.
  input.wishes.clear();
  input.counts.reset();
  change = plan(*view_, input);
  return change.empty() || objection(*view_, change) ? view_change{} : change;
}

// Two voters

std::optional<member_no> membership::state::other_voter() const {
  const auto& voters = election_.voters();
  if (!election_.electorate().lets_one_survive() || !election_.is_voter()) return std::nullopt;
  return *voters.begin() == self_ ? *std::next(voters.begin()) : *voters.begin();
}

/// The peer acknowledged a heartbeat of this view that was sent since this process last woke late: so the peer was in this view, had
/// not voted for the next one, and this member was not away since.
bool membership::state::has_contact_proof(member_no peer) const {
  const auto grant = election_.latest_grant(peer);
  return grant && *grant >= std::max(installed_at_, detector_.last_gap());
}

/// Of two voters the survivor goes on alone: after proof of contact, silence for the whole detection time since anything that could have
/// prevented hearing, and the removal wait. A closed connection is no short cut here. A survivor that wants to leave would end the
/// cluster by that: it waits longer, since a peer that was merely paused would be left halted, with everything.
void membership::state::go_on_alone(step s) {
  const auto peer = other_voter();
  if (!is_member() || !peer || !has_contact_proof(*peer)) return;
  if (s.now < election_.removal_open_from(*peer) && !TROUPE_MUTATED(lone_survivor_does_not_wait)) return;
  const auto silent_since = std::max({detector_.last_heard().at(*peer), installed_at_, detector_.last_gap()});
  if (s.now - silent_since < (leave_asked_ ? last_leaver_patience : 1) * detector_.patience(times())) return;
  auto change = next_change({*peer}, s);
  if (change.empty()) change = plain_removal(*view_, {*peer});
  change.alone = self_;
  const auto& other = *view_->find(*peer);
  lose(other.id, other.address, true, s);
  s.out.events.push_back({kind::going_on, "reason=lone_survivor without=" + names(*view_, {*peer})});
  election_.decide_alone(std::move(change), s);
  if (const auto decided = election_.take_decided()) conclude(*decided, s);
}

// Without a quorum

/// Carried out once this member's own grants to those that go have run out. What its acceptor has accepted may have been decided by them:
/// then that is the next view, and they go by the one after.
void membership::state::carry_out_force(step s) {
  if (!force_asked_ || !is_member()) return;
  const auto going = detector_.suspects();
  if (going.empty()) {
    force_asked_ = false;
    s.out.events.push_back({kind::forced, "done=no reason=\"every member can be heard\""});
    return;
  }
  if (std::any_of(going.begin(), going.end(), [&](member_no m) { return s.now < election_.removal_open_from(m); })) return;
  if (const auto* accepted = election_.accepted(); accepted != nullptr && !removes(*accepted, self_)) {
    conclude(view_change{*accepted}, s);
    force_asked_ = true;  // Still.
    return;
  }
  force_asked_ = false;
  auto change = plain_removal(*view_, going);
  change.forced = true;
  change.alone = self_;
  if (auto why = objection(*view_, change)) {
    s.out.events.push_back({kind::forced, "done=no reason=\"" + *why + '"'});
    return;
  }
  for (auto m : going) {
    const auto& who = *view_->find(m);
    lose(who.id, who.address, true, s);
  }
  s.out.events.push_back({kind::forced, "done=yes without=" + names(*view_, going)});
  conclude(change, s);
}

void membership::state::report_quorum(step s) {
  const auto unheard = detector_.suspects();
  const bool had_quorum = std::exchange(has_quorum_, election_.electorate().is_quorum(all_but(election_.voters(), unheard)));
  if (has_quorum_) {
    if (!had_quorum) quorum_since_ = s.now;
    if (std::exchange(is_halted_, false)) s.out.events.push_back({kind::going_on, "reason=quorum_back"});
    return;
  }
  const auto peer = other_voter();
  if (is_halted_ || (peer && has_contact_proof(*peer))) return;
  is_halted_ = true;
  s.out.events.push_back({kind::halted, "no_quorum=yes unheard=" + names(*view_, unheard) +
                                            " remedy=\"bring them back; or, if they are gone for good, force-view\""});
}

// Repeating and asking

void membership::state::repeat_wishes(step s) {
  if (mine_.empty() || s.now < repeat_wishes_at_) return;
  repeat_wishes_at_ = s.now + 3 * times().heartbeat;
  const message::wishes all{view_->name, mine_.all()};
  const bool takes_long = s.now - *mine_.oldest() > times().suspect_after;
  for (auto v : election_.voters()) {
    if (v == self_) {
      for (const auto& w : all.list) agenda_.wishes().add(w, s.now);
    } else if (takes_long || v == coordinator()) {
      send(v, all, s);
    }
  }
}

void membership::state::pull_view(step s) {
  if (!pull_from_ || s.now < pull_from_->second) return;
  s.out.sends.push_back({pull_from_->first, message::view_pull{view_->name}});
  pull_from_.reset();  // Whatever speaks of a later view next asks again.
}

/// Without a quorum this view may be one that the cluster has left behind, together with all those in it: somebody else may be found
/// where they were, or where this process looked for the cluster at first, and know a later one.
void membership::state::look_for_view(step s) {
  if (has_quorum_ || s.now < look_for_view_at_) return;
  look_for_view_at_ = s.now + times().suspect_after;
  for (auto m : detector_.suspects()) s.out.probes.push_back(view_->find(m)->address);
  for (const auto& where : options_.seeds) s.out.probes.push_back(where);
}

}  // namespace troupe::protocol
