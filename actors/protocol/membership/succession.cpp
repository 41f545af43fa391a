// From one view to the next, and from no view to the first.
#include <algorithm>

#include <troupe/actors/protocol/membership/row_fates.hpp>
#include <troupe/actors/protocol/membership/state.hpp>
#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace message = membership_message;
using kind = membership_event::kind;

namespace {

constexpr std::size_t lost_max = 64;

/// What people should know of a cluster with exactly two voters.
std::string note_on_two(const electorate& e) {
  if (e.lets_one_survive()) return " note=\"safe against a crash of one of the two, not against a split between them: a third voter ends that\"";
  if (e.voters().size() != 2) return {};
  return " note=\"without member " + std::to_string(e.voters().begin()->value()) + " nothing is decided: a third voter ends that\"";
}

}  // namespace

void membership::state::settle_in(step s) {
  if (ended_ != ending::none) return;
  if (const auto& refused = seeker_.refusal()) {
    s.out.events.push_back({kind::join_refused, refused->why});
    return end(refused->start_anew ? ending::expelled : ending::refused, s);
  }
  if (seeker_.admitted() != nullptr) {
    s.out.events.push_back({kind::joined, "cluster=" + to_string(seeker_.admitted()->cluster)});
    install(seeker_.admitted(), s);
  } else if (seeker_.should_found(s.now)) {
    s.out.events.push_back({kind::founded, "cluster=" + to_string(options_.founding_id)});
    install(founding_view(options_.founding_id, options_.self, options_.settings), s);
  } else {
    return;
  }
  for (const auto& asker : seeker_.askers()) answer_with_view(asker, s);
}

/// A decision made here: everybody concerned learns it, the joiners with the whole view.
void membership::state::conclude(const view_change& change, step s) {
  const auto next = apply(*view_, change);
  const auto tell = [&](const incarnation& to, any_membership_message what) {
    if (to != options_.self.id) s.out.sends.push_back({to, std::move(what)});
  };
  for (const auto& m : view_->members) tell(m.id, message::decided{view_->name, change});
  for (const auto& m : change.joins) tell(m.id, message::full_view{next});
  install(next, s);
}

void membership::state::install(const view_ptr& next, step s) {
  const auto before = view_;
  const auto* self = next->find(options_.self.id);
  if (self == nullptr) return depart(next, leave_asked_ ? ending::left : ending::expelled, s);
  view_ = next;
  self_ = self->number;
  installed_at_ = s.now;
  if (s.out.installed) s.out.passed.push_back(std::move(s.out.installed));
  s.out.installed = view_;
  ancestry_.installed(*view_, before.get());
  note_lost(before.get(), s);
  election_.open(view_, before.get(), self_, s.now);
  hearing_.open(*view_, self_);
  detector_.watch(hearing_.watched(), s.now);
  heartbeat_to_ = heartbeat_peers(*view_, self_);
  agenda_.open(view_, s.now);
  mine_.keep_open(*view_);
  urgent_since_.reset();
  pull_from_.reset();
  force_asked_ = false;
  has_news_ = true;
  report_installed(before.get(), s);
  if (leave_asked_ && election_.voters() == member_set{self_}) {
    for (const auto& m : before->members) {  // Those that left together with it wait for its word.
      if (m.id != options_.self.id) s.out.sends.push_back({m.id, message::full_view{view_}});
    }
    return end(ending::left, s);
  }
  if (leave_asked_ && !self->leaving) add_wish({message::wish::leave{self_}}, s);
  send_heartbeats(s);  // The leases of this view begin.
  for (auto& [key, what] : std::exchange(early_, {})) {
    if (is_member()) converse(key.first, what, s);
  }
}

void membership::state::report_installed(const view* before, step s) const {
  std::string voters;
  for (auto v : election_.voters()) voters += (voters.empty() ? "" : ",") + std::to_string(v.value());
  const auto has_same_members = before != nullptr && before->members == view_->members;
  s.out.events.push_back({has_same_members ? kind::rows_moved : kind::view_installed, "view=" + std::to_string(view_->name.number.value()) +
                                                    " members=" + std::to_string(view_->members.size()) + " voters=" + voters +
                                                    (has_same_members ? "" : note_on_two(election_.electorate()))});
  if (before == nullptr) return;
  for (auto& e : row_fates(*before, *view_)) s.out.events.push_back(std::move(e));
}

/// The view without this member may have been decided with its vote, or be known to nobody else but one that died as it had told it: if this
/// one went at once, those that stay might be too few to learn that. So it tells them until each has the view, or has had time enough to be
/// found dead.
void membership::state::depart(const view_ptr& next, ending how, step s) {
  election_.close();
  successor_ = next;
  departs_as_ = how;
  farewell_until_ = s.now + 3 * times().suspect_after;
  farewell_again_at_ = s.now;
  say_farewell(s);
}

void membership::state::say_farewell(step s) {
  const auto& stay = successor_->members;
  const auto all_have_it = std::all_of(stay.begin(), stay.end(), [&](const member& m) { return have_successor_.contains(m.number); });
  const bool is_last = all_have_it || s.now >= farewell_until_ || TROUPE_MUTATED(leaver_says_no_farewell);
  if (!is_last && s.now < farewell_again_at_) return;
  pass_on(successor_, s);
  if (is_last) return end(departs_as_, s);
  farewell_again_at_ = s.now + times().heartbeat;
  for (const auto& m : stay) {
    if (have_successor_.contains(m.number)) continue;
    s.out.sends.push_back({m.id, message::full_view{successor_}});
    s.out.sends.push_back({m.id, message::view_pull{view_->name}});
  }
}

void membership::state::on_farewell_answer(const incarnation& from, const any_membership_message& what, step s) {
  const auto* f = std::get_if<message::full_view>(&what);
  const auto* who = successor_->find(from);
  if (f == nullptr || !f->view || who == nullptr || f->view->name.number < successor_->name.number) return;
  have_successor_.insert(who->number);
  say_farewell(s);
}

/// The lease is void at once, and nothing that comes later means anything to this incarnation (invariant 13).
void membership::state::end(ending how, step s) {
  ended_ = how;
  s.out.ended = how;
  if (view_ == nullptr) return;
  election_.close();
  if (how != ending::left) return;
  for (const auto& m : view_->members) {
    if (m.id != options_.self.id) s.out.sends.push_back({m.id, message::goodbye{}});
  }
}

// Those that were left behind

/// Others whom `next` lacks may know nobody but this process: it is gone before they ask.
void membership::state::pass_on(const view_ptr& next, step s) const {
  const auto tell = [&](const member& m) {
    if (m.id != options_.self.id && next->find(m.id) == nullptr) s.out.sends.push_back({m.id, message::full_view{next}});
  };
  for (const auto& m : view_->members) tell(m);
  for (const auto& d : ancestry_.departures()) tell(d.who);
}

/// Those that a view removed while this process was not a member, too: whoever saw them removed may be gone.
void membership::state::note_lost(const view* before, step s) {
  const auto known = before != nullptr ? before->name.number : view_number{};
  for (const auto& d : view_->departed) {
    if (d.without > known && !d.where.host.empty() && !lost_.contains(d.id)) lose(d.id, d.where, false, s);
  }
  for (const auto& m : view_->members) {  // Where another process is now, this one itself perhaps, there is nobody to be found.
    std::erase_if(lost_, [&](const auto& l) { return l.second.where == m.address; });
  }
}

void membership::state::lose(const incarnation& who, const address& where, bool may_serve, step s) {
  lost_[who] = {where, s.now, s.now + times().suspect_after, may_serve};
  if (lost_.size() <= lost_max) return;
  lost_.erase(std::min_element(lost_.begin(), lost_.end(), [](const auto& a, const auto& b) { return a.second.since < b.second.since; }));
}

/// A member that was paused or cut off when it was removed, or let go, asks those whom it knew, and they may all be gone: so it is looked for,
/// the more seldom the longer it has been away. (Of one that left in good order those know who heard its goodbye, and nobody who joins later.)
/// One that may live on in a branch of its own is looked for at every turn, until one side gives up.
void membership::state::look_for_lost(step s) {
  for (auto& [id, lost] : lost_) {
    if (s.now < lost.look_again_at) continue;
    const auto pause = times().suspect_after;
    lost.look_again_at = s.now + (lost.may_serve ? pause : std::max(pause, (s.now - lost.since) / 4));
    s.out.probes.push_back(lost.where);
  }
}

// Leaving without a cluster

/// A cluster that can't decide can't let anybody go either: so the deadline holds without it, some detection times late.
void membership::state::leave_on_time(step s) {
  if (!leave_asked_ || s.now - leave_asked_at_ < times().leave_deadline + 10 * times().suspect_after) return;
  s.out.events.push_back({kind::leave_overdue, "member=" + std::to_string(self_.value()) + " reason=\"no view without this member came\""});
  end(ending::left, s);
}

}  // namespace troupe::protocol
