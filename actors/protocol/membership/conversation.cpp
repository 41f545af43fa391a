// What a member makes of the messages that reach it.
#include <algorithm>
#include <type_traits>

#include <troupe/actors/protocol/membership/settings_difference.hpp>
#include <troupe/actors/protocol/membership/state.hpp>
#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace message = membership_message;

namespace {

constexpr std::size_t early_max = 256;
constexpr std::size_t foreign_max = 64;
constexpr std::size_t answered_max = 1024;

/// The view that a message speaks of; nothing for those that name none.
std::optional<view_name> view_named_by(const any_membership_message& what) {
  return std::visit(
      [](const auto& m) -> std::optional<view_name> {
        if constexpr (requires { m.base; }) {
          return m.base;
        } else if constexpr (requires { m.have; }) {
          return m.have;
        } else if constexpr (requires { requires std::is_same_v<std::decay_t<decltype(m.view)>, view_name>; }) {
          return m.view;
        } else {
          return std::nullopt;
        }
      },
      what);
}

/// Is it this member's to wish? How far the copies of a row are is known to its primary alone; and nobody leaves at another's word.
bool may_wish(const view& v, member_no who, const message::wish& w) {
  return std::visit(
      [&](const auto& x) {
        if constexpr (requires { x.row; }) {
          const auto* r = v.find(x.row);
          return r != nullptr && r->primary == who;
        } else if constexpr (requires { x.who; }) {
          return x.who == who;
        } else {
          return true;
        }
      },
      w.what);
}

/// Was `who` removed on the way to both by a view of the same number? Where no voter has decided alone in between, that is the same view.
bool lost_alike(const view& a, const view& b, const incarnation& who) {
  const auto is_it = [&](const departure& d) { return d.id == who; };
  const auto in_a = std::find_if(a.departed.begin(), a.departed.end(), is_it), in_b = std::find_if(b.departed.begin(), b.departed.end(), is_it);
  return in_a != a.departed.end() && in_b != b.departed.end() && in_a->without == in_b->without;
}

bool is_ballot(const any_membership_message& what) {
  return std::holds_alternative<message::prepare>(what) || std::holds_alternative<message::propose>(what);
}

}  // namespace

void membership::state::converse(const incarnation& from, const any_membership_message& what, step s) {
  if (const auto name = view_named_by(what)) {
    switch (ancestry_.of(*name, from)) {
      case standing::installed: break;
      case standing::closed:
        if (TROUPE_MUTATED(closed_numbers_are_voted_on) && is_ballot(what)) break;
        return on_closed(from, what, s);
      case standing::ahead:
        if (TROUPE_MUTATED(vote_before_install) && is_ballot(what)) break;
        return on_ahead(from, *name, what, s);
      case standing::foreign: return on_foreign(from, *name, s);
    }
  }
  std::visit([&](const auto& m) { on(from, m, s); }, what);
}

// Messages of other views than the installed one

/// Two clusters, or two branches of one after two voters were split or a view was forced. What comes from there means nothing here. Views
/// tell which branch goes on, so ours is sent, and theirs comes back if it is the one. Where no lone decision of this side removed the speaker,
/// and it is older than all who are here, its side must have made one, and goes on.
void membership::state::on_foreign(const incarnation& from, const view_name& name, step s) {
  const auto* gone = ancestry_.departed(from);
  const auto parted_by = std::find_if(view_->lone.rbegin(), view_->lone.rend(), [&](const lone_decision& d) {
    return gone != nullptr && (d.forced || d.without == gone->who.number) && d.after.number.next() == gone->without;
  });
  if (parted_by == view_->lone.rend() && gone != nullptr &&
      std::all_of(view_->members.begin(), view_->members.end(), [&](const member& m) { return gone->who.number < m.number; })) {
    report_foreign(from, name, "gives_up=this_side reason=\"the other branch has the oldest member\"", s);
    return give_up(std::nullopt, s);
  }
  if (parted_by == view_->lone.rend()) report_foreign(from, name, "ignored=yes", s);
  answer_with_view(from, s);
}

/// Their view is of this cluster, and of another branch.
void membership::state::on_branch(const incarnation& from, const view_ptr& theirs, const parting& where, step s) {
  const auto after = " after_view=" + std::to_string(where.after.value());
  if (where.ours_goes_on) {
    report_foreign(from, theirs->name, "gives_up=other_side" + after, s);
    return answer_with_view(from, s);
  }
  s.out.events.push_back({membership_event::kind::foreign_cluster,
                          "incarnation=" + to_string(from) + " view=" + std::to_string(theirs->name.number.value()) + after +
                              " gives_up=this_side reason=\"the other branch " + (where.by_force ? "was forced" : "is the older one's") + '"'});
  for (const auto& m : view_->members) {  // They judge as this one does, and need not meet the other branch themselves.
    if (m.id != options_.self.id) s.out.sends.push_back({m.id, message::full_view{theirs}});
  }
  // Rows know where a branch begins that was decided alone, not where the line went on that another was forced past.
  give_up(where.by_force ? std::nullopt : std::optional{where.after}, s);
}

void membership::state::report_foreign(const incarnation& from, const view_name& name, std::string what, step s) {
  if (foreign_.size() >= foreign_max || !foreign_.insert({from, name.digest}).second) return;
  s.out.events.push_back({membership_event::kind::foreign_cluster, "incarnation=" + to_string(from) +
                                                                       " view=" + std::to_string(name.number.value()) + ' ' + std::move(what)});
}

void membership::state::give_up(std::optional<view_number> after, step s) {
  s.out.gave_up_after = after;
  end(ending::expelled, s);
}

/// The number is decided: the answer to anything that still asks about it is the latest view.
void membership::state::on_closed(const incarnation& from, const any_membership_message& what, step s) {
  const bool is_answer = std::holds_alternative<message::heartbeat_ack>(what) || std::holds_alternative<message::promise>(what) ||
                         std::holds_alternative<message::accepted>(what) || std::holds_alternative<message::outbid>(what);
  if (is_answer) return;
  const auto number = view_named_by(what)->number;
  const bool is_next_door = number.next() == view_->name.number;
  if (const auto* d = std::get_if<message::decided>(&what); d != nullptr && is_next_door) return;  // The sender is where we are.
  if (const auto* w = std::get_if<message::wishes>(&what)) on(from, *w, s);
  // Who is one view behind right after an install will hear of it without this: the decision is on its way.
  if (is_next_door && s.now - installed_at_ < times().heartbeat && !std::holds_alternative<message::view_pull>(what)) return;
  if (!TROUPE_MUTATED(laggards_are_not_answered)) answer_with_view(from, s);
}

/// Kept until that view is installed; it is asked for unless it comes by itself.
void membership::state::on_ahead(const incarnation& from, const view_name&, const any_membership_message& what, step s) {
  if (early_.size() < early_max || early_.contains({from, what.index()})) early_[{from, what.index()}] = what;
  if (!pull_from_) pull_from_ = {from, s.now + times().heartbeat / 2};
}

void membership::state::answer_with_view(const incarnation& to, step s) {
  if (answered_.size() >= answered_max) std::erase_if(answered_, [&](const auto& a) { return s.now - a.second.second > times().heartbeat; });
  auto& [number, at] = answered_[to];
  if (number == view_->name.number && s.now - at < times().heartbeat) return;
  number = view_->name.number;
  at = s.now;
  s.out.sends.push_back({to, message::full_view{view_}});
}

// Messages of the installed view, and those that name none

void membership::state::on(const incarnation& from, const message::heartbeat& h, step s) {
  const auto* who = view_->find(from);
  if (who == nullptr) return;
  hearing_.report(who->number, h.hears, s.now);
  election_.on(who->number, h, s);
}

void membership::state::on(const incarnation& from, const message::decided& d, step s) {
  if (auto why = objection(*view_, d.change)) {
    s.out.events.push_back({membership_event::kind::objection, "decided=yes incarnation=" + to_string(from) + " reason=\"" + *why + '"'});
    return;
  }
  install(apply(*view_, d.change), s);
}

void membership::state::on(const incarnation& from, const message::full_view& f, step s) {
  if (!f.view || voters_of(*f.view).empty()) return;
  if (f.view->cluster != view_->cluster) return report_foreign(from, f.view->name, "ignored=yes cluster=" + to_string(f.view->cluster), s);
  if (const auto where = parting_of(*view_, *f.view)) return on_branch(from, f.view, *where, s);
  switch (ancestry_.of(f.view->name, from)) {
    case standing::ahead: return install(f.view, s);
    case standing::foreign:
      // Whoever was removed passes on what it learned before it goes; that may be ahead of us, on the same line.
      if (f.view->name.number > view_->name.number && f.view->lone == view_->lone && lost_alike(*view_, *f.view, from)) return install(f.view, s);
      return on_foreign(from, f.view->name, s);
    case standing::installed:
    case standing::closed: return;
  }
}

void membership::state::on(const incarnation& from, const message::seek&, step s) { answer_with_view(from, s); }

void membership::state::on(const incarnation& from, const message::join_request& r, step s) {
  if (r.who.id != from) return;
  if (view_->find(from) != nullptr) return answer_with_view(from, s);
  const auto refuse = [&](std::string why, bool start_anew = false) {
    s.out.sends.push_back({from, message::join_refused{std::move(why), start_anew}});
  };
  if (applicants::may_have_been_member(*view_, from, r.as_of)) {
    return refuse("incarnation " + to_string(from) + " was a member before: start anew", true);
  }
  if (auto what = difference(view_->settings, r.settings); !what.empty()) return refuse(std::move(what));
  if (!election_.is_voter()) return answer_with_view(from, s);
  for (const auto& m : view_->members) {  // A process that starts where another one was: that one is probably gone.
    if (m.address == r.who.address && detector_.closed(m.number)) suspect(m.number, "address_reused", s);
  }
  agenda_.joiners().ask(r.who, r.as_of, times(), s);
}

void membership::state::on(const incarnation& from, const message::wishes& w, step s) {
  const auto* who = view_->find(from);
  if (!election_.is_voter() || who == nullptr) return;
  for (const auto& x : w.list) {
    if (is_open(x, *view_) && may_wish(*view_, who->number, x) && agenda_.wishes().add(x, s.now)) has_news_ = true;
  }
}

void membership::state::on(const incarnation& from, const message::consent& c, step) {
  if (const auto* who = view_->find(from); who != nullptr && c.removed_in > view_->name.number) {
    election_.on(who->number, c);
    has_news_ = true;
  }
}

void membership::state::on(const incarnation& from, const message::goodbye&, step s) {
  agenda_.joiners().disconnected(from);
  lost_.erase(from);  // It knows.
  const auto* who = view_->find(from);
  if (who != nullptr && detector_.closed(who->number)) suspect(who->number, "goodbye", s);
}

template <class Message>
void membership::state::on(const incarnation& from, const Message& m, step s) {
  if constexpr (requires(election& e) { e.on(nobody, m, s); }) {
    if (const auto* who = view_->find(from)) election_.on(who->number, m, s);
  }
}

}  // namespace troupe::protocol
