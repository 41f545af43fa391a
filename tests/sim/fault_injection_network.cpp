// What goes wrong with the network: who can't reach whom, and what takes long.
#include "tests/sim/fault_injection.hpp"

#include <algorithm>

#include <troupe/actors/protocol/membership/electorate.hpp>

namespace troupe::sim {

void fault_injection::cut(host_no from, host_no to) {
  auto& net = cluster_.around().net();
  net.cut(from, to, scenario_.weather.ordered && rng_.chance(0.5) ? cut_kind::holding : cut_kind::dropping);
  forbid_cuts_between_two_voters();
  heal_later(from, to, scenario_.scaled(rng_.between(milliseconds{100}, seconds{6})));
}

void fault_injection::heal_later(host_no from, host_no to, duration after) {
  cluster_.around().plan_in(after, [this, from, to] {
    cluster_.around().net().heal(from, to);
    cluster_.around().release_held();
  });
}

bool fault_injection::cut_groups(bool both_ways) {
  std::vector<host_no> left, right;
  for (const auto* m : cluster_.living()) (rng_.chance(0.5) ? left : right).push_back(m->host());
  for (const auto a : left) {
    for (const auto b : right) {
      cut(a, b);
      if (both_ways) cut(b, a);
    }
  }
  return !left.empty() && !right.empty();
}

bool fault_injection::isolate_somebody() {
  const auto* m = anybody();
  if (m == nullptr) return false;
  const auto way = rng_.below(3);
  for (const auto* other : cluster_.living()) {
    if (other == m) continue;
    if (way != 0) cut(m->host(), other->host());
    if (way != 1) cut(other->host(), m->host());
  }
  return true;
}

bool fault_injection::bridge_groups() {
  const auto* bridge = anybody();
  std::vector<host_no> left, right;
  for (const auto* m : cluster_.living()) {
    if (m != bridge) (rng_.chance(0.5) ? left : right).push_back(m->host());
  }
  for (const auto a : left) {
    for (const auto b : right) {
      cut(a, b);
      cut(b, a);
    }
  }
  return !left.empty() && !right.empty();
}

/// Cut for as long as healed, so that what was sent in between is lost or late, and suspicions come and go.
void fault_injection::flap(host_no from, host_no to, int times, duration each) {
  if (stopped_ || times == 0) return;
  auto& w = cluster_.around();
  w.net().cut(from, to, scenario_.weather.ordered ? cut_kind::holding : cut_kind::dropping);
  forbid_cuts_between_two_voters();
  heal_later(from, to, each);
  w.plan_in(2 * each, [this, from, to, times, each] { flap(from, to, times - 1, each); });
}

bool fault_injection::flap_links() {
  const auto* m = anybody();
  const auto living = cluster_.living();
  if (m == nullptr || living.size() < 2) return false;
  const auto times = static_cast<int>(rng_.between(3, 8));
  const auto each = scenario_.scaled(rng_.between(milliseconds{20}, milliseconds{400}));
  const bool all_links = rng_.chance(0.5), both_ways = rng_.chance(0.7);
  for (const auto* other : living) {
    if (other == m || (!all_links && rng_.chance(0.5))) continue;
    flap(m->host(), other->host(), times, each);
    if (both_ways) flap(other->host(), m->host(), times, each);
  }
  return true;
}

void fault_injection::forbid_cuts_between_two_voters() {
  auto& w = cluster_.around();
  const auto heal = [&](const view& v) {
    const auto voters = protocol::electorate_of(v);
    if (!voters.lets_one_survive()) return;
    std::vector<host_no> hosts;
    for (const auto no : voters.voters()) {
      if (const auto* m = cluster_.find(v.find(no)->id)) hosts.push_back(m->host());
    }
    if (hosts.size() != 2) return;
    w.net().heal(hosts[0], hosts[1]);
    w.net().heal(hosts[1], hosts[0]);
  };
  if (auditor_.newest()) heal(*auditor_.newest());
  for (const auto* m : cluster_.living()) {
    if (m->installed()) heal(*m->installed());
  }
  w.release_held();
}

bool fault_injection::slow_path() {
  const auto *a = anybody(), *b = anybody();
  if (a == nullptr || b == nullptr || a == b) return false;
  auto& w = cluster_.around();
  // Far below the detection time: longer would be a cut.
  w.net().slow_down(a->host(), b->host(), rng_.between(milliseconds{10}, scenario_.settings.times.suspect_after / 3),
                    w.now() + rng_.between(milliseconds{100}, seconds{3}));
  return true;
}

bool fault_injection::reset_connection() {
  const auto *a = anybody(), *b = anybody();
  if (a == nullptr || b == nullptr || a == b) return false;
  cluster_.around().reset(a->at(), b->at(), rng_.chance(0.5) ? channel::control : channel::data);
  return true;
}

}  // namespace troupe::sim
