// What goes wrong at the moment at which a view is decided.
#include "tests/sim/fault_injection.hpp"

#include <algorithm>
#include <iterator>

#include <troupe/actors/protocol/membership/electorate.hpp>

namespace troupe::sim {

/// With joiners, the next views have other voters; and rows move.
void fault_injection::await_view_to_cut() {
  views_until_cut_ = rng_.between(1, rng_.chance(0.5) ? 3 : 12);
  const auto within = rng_.chance(0.5) ? duration{0} : milliseconds{300};
  for (auto joins = rng_.between(0, 4); joins > 0; --joins) {
    cluster_.around().plan_in(rng_.between(duration{0}, within), [this] {
      if (!stopped_ && cluster_.living().size() < scenario_.members + 6) cluster_.start_member(cluster_.fresh_host());
    });
  }
}

void fault_injection::crash_as_view_spreads(member_process& first) {
  awaits_view_to_crash_ = false;
  // Not from within its step; but before any word of it arrives anywhere.
  cluster_.around().plan_in(microseconds{1}, [this, &first] {
    if (stopped_ || !first.alive() || !expendable(first)) return;
    note(fault::view_crash);
    auditor_.died(first);
    cluster_.crash(first);
  });
}

/// The view is decided, and the two sides of a hand-over have it or are about to.
void fault_injection::crash_in_handover(const view& v) {
  std::vector<member_no> sides;
  for (const auto& table : v.tables) {
    for (const auto& r : table.rows) {
      if (r.successor != nobody) sides.insert(sides.end(), {r.primary, r.successor});
    }
  }
  if (sides.empty()) return;
  awaits_handover_ = false;
  const auto chosen = v.find(sides[rng_.index(sides.size())])->id;
  cluster_.around().plan_in(rng_.between(microseconds{1}, milliseconds{rng_.chance(0.5) ? 5 : 100}), [this, chosen] {
    auto* m = cluster_.find(chosen);
    if (stopped_ || m == nullptr || !expendable(*m)) return;
    note(fault::handover_crash);
    auditor_.died(*m);
    cluster_.crash(*m);
  });
}

/// Preferably those who may not know what they are no longer: a former primary, or those whose votes count less among many joiners.
member_set fault_injection::cut_off_by_view(const view& v, const member_process& first) {
  member_set demoted, old, some;
  const auto& before = auditor_.before_newest();
  for (const auto& m : v.members) {
    if (before && before->has(m.number) && m.id != first.id()) old.insert(m.number);
    if (rng_.chance(0.4)) some.insert(m.number);
  }
  for (const auto& table : v.tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto* was = before ? before->find(table.id_of(p)) : nullptr;
      if (was != nullptr && was->primary != table.rows[p].primary && v.has(was->primary)) demoted.insert(was->primary);
    }
  }
  if (!demoted.empty() && rng_.chance(0.7)) {
    views_until_cut_ = 1;
    return {*std::next(demoted.begin(), static_cast<std::ptrdiff_t>(rng_.index(demoted.size())))};
  }
  const auto joined = before ? v.members.size() - std::min(v.members.size(), before->members.size()) : 0;
  if (joined < 2 || old.empty() || rng_.chance(0.3)) return some;
  views_until_cut_ = 1;
  old.erase_if([&](member_no) { return old.size() > 1 && rng_.chance(0.5); });
  return old;
}

/// The connections break, so that each group suspects the other at once, and some may not have the view.
void fault_injection::cut_as_view_spreads(const view& v, const member_process& first) {
  const auto off = cut_off_by_view(v, first);
  if (--views_until_cut_ > 0) return;
  std::vector<member_process*> left, right;
  for (const auto& m : v.members) {
    if (auto* p = cluster_.find(m.id)) (off.contains(m.number) ? left : right).push_back(p);
  }
  if (left.empty() || right.empty()) return;
  note(fault::view_cut);
  for (const auto* a : left) {
    for (const auto* b : right) {
      for (const auto via : {channel::control, channel::data}) cluster_.around().reset(a->at(), b->at(), via);
      cut(a->host(), b->host());
      cut(b->host(), a->host());
    }
  }
}

void fault_injection::view_decided(const view& v, member_process& first) {
  if (awaits_view_to_crash_ && !stopped_) crash_as_view_spreads(first);
  if (awaits_handover_ && !stopped_) crash_in_handover(v);
  if (views_until_cut_ > 0 && !stopped_) cut_as_view_spreads(v, first);
  if (protocol::electorate_of(v).lets_one_survive()) forbid_cuts_between_two_voters();
}

}  // namespace troupe::sim
