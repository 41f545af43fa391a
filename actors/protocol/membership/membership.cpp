#include <troupe/actors/protocol/membership/membership.hpp>

#include <algorithm>
#include <string_view>

#include <troupe/actors/protocol/membership/state.hpp>
#include <troupe/actors/protocol/membership/view_change.hpp>

namespace troupe::protocol {

namespace message = membership_message;

// The façade

membership::membership(membership_options options) : state_(std::make_unique<state>(std::move(options))) {}
membership::~membership() = default;
membership::membership(membership&&) noexcept = default;
membership& membership::operator=(membership&&) noexcept = default;

void membership::start(instant now, membership_effects& out) { state_->start({now, out}); }
void membership::tick(instant now, membership_effects& out) { state_->tick({now, out}); }
void membership::reached(const incarnation& peer, const address& where, instant now, membership_effects& out) {
  state_->reached(peer, where, {now, out});
}
void membership::unreachable(const address& where, bool refused, instant now, membership_effects& out) {
  state_->unreachable(where, refused, {now, out});
}
void membership::disconnected(const incarnation& peer, instant now, membership_effects& out) { state_->disconnected(peer, {now, out}); }
void membership::receive(const incarnation& from, const any_membership_message& what, instant now, membership_effects& out) {
  state_->receive(from, what, {now, out});
}
void membership::want(const message::wish& what, instant now, membership_effects& out) { state_->want(what, {now, out}); }
void membership::leave(instant now, membership_effects& out) { state_->leave({now, out}); }
void membership::force_view(instant now, membership_effects& out) { state_->force_view({now, out}); }

const view_ptr& membership::installed() const { return state_->installed(); }
member_no membership::self_number() const { return state_->self_number(); }
lease membership::held_lease() const { return state_->held_lease(); }
member_set membership::suspects() const { return state_->suspects(); }

// Events from outside

membership::state::state(membership_options options) : options_(std::move(options)), seeker_(options_) {}

void membership::state::start(step s) {
  if (ended_ != ending::none || view_ != nullptr) return;
  wake(s);
  seeker_.start(s);
  finish(s);
}

void membership::state::tick(step s) {
  if (ended_ != ending::none) return;
  if (successor_ != nullptr) return say_farewell(s);
  wake(s);
  if (view_ == nullptr) {
    seeker_.tick(s);
  } else {
    tick_member(s);
  }
  finish(s);
}

void membership::state::tick_member(step s) {
  for (auto m : detector_.newly_silent(times(), s.now)) suspect(m, "silence", s);
  if (s.now >= heartbeat_at_) send_heartbeats(s);
  agenda_.joiners().tick(times(), s);
  election_.tick(s);
  repeat_wishes(s);
  pull_view(s);
  look_for_view(s);
  look_for_lost(s);
  leave_on_time(s);
}

void membership::state::reached(const incarnation& peer, const address& where, step s) {
  if (is_over()) return;
  wake(s);
  if (view_ == nullptr) {
    seeker_.reached(peer, where, s);
    return finish(s);
  }
  heard(peer, s);
  if (agenda_.joiners().reached(peer, where)) has_news_ = true;
  std::erase_if(lost_, [&](const auto& l) { return l.second.where == where && l.first != peer; });  // Another process is there now.
  if (lost_.contains(peer)) s.out.sends.push_back({peer, message::heartbeat{view_->name, s.now, {}}});
  if (!has_quorum_ && view_->find(peer) == nullptr) s.out.sends.push_back({peer, message::view_pull{view_->name}});
  finish(s);
}

void membership::state::unreachable(const address& where, bool refused, step s) {
  if (is_over()) return;
  wake(s);
  if (view_ == nullptr) {
    seeker_.unreachable(where, refused, s);
  } else {
    agenda_.joiners().unreachable(where, s);
  }
  finish(s);
}

void membership::state::disconnected(const incarnation& peer, step s) {
  if (is_over()) return;
  wake(s);
  if (view_ == nullptr) {
    seeker_.disconnected(peer);
    return finish(s);
  }
  agenda_.joiners().disconnected(peer);
  const auto* who = view_->find(peer);
  if (who != nullptr && detector_.closed(who->number)) suspect(who->number, "disconnected", s);
  finish(s);
}

void membership::state::receive(const incarnation& from, const any_membership_message& what, step s) {
  if (ended_ != ending::none || from == options_.self.id) return;
  if (successor_ != nullptr) return on_farewell_answer(from, what, s);
  wake(s);
  if (view_ != nullptr) {
    heard(from, s);
    converse(from, what, s);
    return finish(s);
  }
  if (const auto* m = std::get_if<message::seek>(&what)) seeker_.on(from, *m, s);
  if (const auto* m = std::get_if<message::seeking_too>(&what)) seeker_.on(from, *m, s);
  if (const auto* m = std::get_if<message::full_view>(&what)) seeker_.on(from, *m, s);
  if (const auto* m = std::get_if<message::join_refused>(&what)) seeker_.on(from, *m);
  finish(s);
}

void membership::state::want(const message::wish& what, step s) {
  if (is_over()) return;
  wake(s);
  add_wish(what, s);
  finish(s);
}

void membership::state::add_wish(const message::wish& what, step s) {
  if (view_ != nullptr && !is_open(what, *view_)) return;
  if (!mine_.add(what, s.now) || view_ == nullptr) return;
  if (election_.is_voter() && agenda_.wishes().add(what, s.now)) has_news_ = true;
  if (const auto c = coordinator(); c != nobody && c != self_) send(c, message::wishes{view_->name, {what}}, s);
}

void membership::state::leave(step s) {
  if (is_over() || leave_asked_) return;
  wake(s);
  leave_asked_ = true;
  leave_asked_at_ = s.now;
  if (view_ == nullptr) seeker_.withdraw(s);
  if (view_ == nullptr || election_.voters() == member_set{self_}) return end(ending::left, s);
  add_wish({message::wish::leave{self_}}, s);
  finish(s);
}

void membership::state::force_view(step s) {
  if (!is_member()) return;
  wake(s);
  force_asked_ = true;
  finish(s);
}

lease membership::state::held_lease() const { return is_member() ? election_.held_lease() : lease{}; }

// What every step begins and ends with

void membership::state::wake(step s) {
  const auto& t = view_ != nullptr ? times() : options_.settings.times;
  if (detector_.awake(t, s.now)) s.out.events.push_back({membership_event::kind::clock_jump, "suspicion starts anew"});
}

/// Carries on until nothing more can be decided here and now.
void membership::state::finish(step s) {
  if (view_ == nullptr) settle_in(s);
  while (is_member()) {
    if (const auto change = election_.take_decided()) {
      conclude(*change, s);
      continue;
    }
    carry_out_force(s);
    go_on_alone(s);
    const auto before = view_;
    coordinate(s);
    if (const auto change = election_.take_decided()) {
      conclude(*change, s);
    } else if (view_ == before) {
      break;
    }
  }
  if (is_member()) report_quorum(s);
}

void membership::state::send_heartbeats(step s) {
  heartbeat_at_ = s.now + times().heartbeat;
  message::heartbeat beat{view_->name, s.now, {}};
  for (auto m : hearing_.watched()) {
    if (!detector_.suspects(m)) beat.hears.push_back(m);
  }
  for (auto m : heartbeat_to_) send(m, beat, s);
  election_.heartbeat_sent(s.now);
}

void membership::state::suspect(member_no m, std::string_view reason, step s) {
  s.out.events.push_back({membership_event::kind::suspected, "member=" + std::to_string(m.value()) + " address=" +
                                                                 to_string(view_->find(m)->address) + " reason=" + std::string{reason}});
  has_news_ = true;
  heartbeat_at_ = s.now;  // The others shall know at the next tick whom this member no longer hears.
}

void membership::state::heard(const incarnation& from, step s) {
  const auto* who = view_->find(from);
  if (who == nullptr || !detector_.heard(who->number, s.now)) return;
  s.out.events.push_back(
      {membership_event::kind::trusted_again, "member=" + std::to_string(who->number.value()) + " address=" + to_string(who->address)});
  has_news_ = true;
}

void membership::state::send(member_no to, any_membership_message what, step s) const {
  if (const auto* who = view_->find(to)) s.out.sends.push_back({who->id, std::move(what)});
}

}  // namespace troupe::protocol
