// What goes wrong when, and with processes.
#include "tests/sim/fault_injection.hpp"

#include <algorithm>

#include <troupe/actors/protocol/membership/electorate.hpp>

#include "tests/protocol/row/replica_surgery.hpp"

namespace troupe::sim {

fault_injection::fault_injection(cluster& all, auditor& checks, const scenario& what)
    : cluster_(all), auditor_(checks), scenario_(what), rng_(dice::of(what.seed, "faults")) {
  for_each_fault([&](fault f) { fired_[static_cast<std::size_t>(f)] = is_weather(f) && what.has(f) ? 1 : 0; });
}

void fault_injection::start() { turn(); }

void fault_injection::stop() {
  stopped_ = true;
  auto& w = cluster_.around();
  w.net().heal_all();
  w.net().calm();
  w.release_held();
  for (const auto* m : cluster_.living()) w.resume(m->at());
}

void fault_injection::turn() {
  if (stopped_) return;
  std::vector<fault> possible;
  for_each_fault([&](fault f) {
    if (scenario_.has(f) && !is_weather(f)) possible.push_back(f);
  });
  if (possible.empty()) return;
  const auto f = possible[rng_.index(possible.size())];
  if (inject(f)) note(f);
  cluster_.around().plan_in(rng_.between(milliseconds{1}, scenario_.fault_interval_max), [this] { turn(); });
}

void fault_injection::note(fault f) {
  ++fired_[static_cast<std::size_t>(f)];
  auto& w = cluster_.around();
  w.log().line(w.now(), [&] { return "fault " + std::string{to_string(f)}; });
}

bool fault_injection::inject(fault f) {
  const auto lease = scenario_.settings.times.lease;
  switch (f) {
    case fault::crash: return crash_somebody();
    case fault::restart: return restart_somebody();
    case fault::join: return join_somebody();
    case fault::leave: return leave_somebody();
    case fault::short_pause: return pause_somebody(lease / 100, lease * 9 / 10);
    case fault::long_pause: return pause_somebody(lease, lease * 5);
    case fault::mid_step_pause: return pause_in_mid_step();
    case fault::cut: return cut_groups(true);
    case fault::one_way_cut: return cut_groups(false);
    case fault::isolate: return isolate_somebody();
    case fault::delay_spike: return slow_path();
    case fault::connection_reset: return reset_connection();
    case fault::client_crash: {
      if (cluster_.living_clients() == 0) return false;
      cluster_.crash_client(rng_.index(cluster_.living_clients()));
      cluster_.start_client();
      return true;
    }
    case fault::member_list_storm: return storm();
    case fault::silent_death: return die_silently();
    case fault::transfer_crash: return crash_in_transfer();
    case fault::view_crash: awaits_view_to_crash_ = true; return false;  // Noted when it happens.
    case fault::view_cut: await_view_to_cut(); return false;
    case fault::bridge: return bridge_groups();
    case fault::flapping_link: return flap_links();
    case fault::zone_loss: return lose_zone();
    case fault::drift_change: return change_drift();
    case fault::slow_member: return slow_somebody();
    case fault::handover_crash: awaits_handover_ = true; return false;  // Noted when it happens.
    case fault::rolling_restart: return restart_in_turn();
    case fault::shared_pause: return pause_several();
    case fault::corruption: return corrupt_copy();
    default: return false;  // The weather does not happen, it is there.
  }
  return false;
}

member_process* fault_injection::anybody() {
  const auto living = cluster_.living();
  return living.empty() ? nullptr : living[rng_.index(living.size())];
}

/// Does a quorum of this view's voters, and a copy of each row, stay when these processes go?
bool fault_injection::spares(const view& v, const processes& without) const {
  member_set stay;
  for (const auto& m : v.members) {
    const auto* p = cluster_.find(m.id);
    const bool goes = std::find(without.begin(), without.end(), p) != without.end();
    if (p != nullptr && !goes && !p->leaving() && p->installed()) stay.insert(m.number);
  }
  const bool one_of_two = protocol::electorate_of(v).lets_one_survive() && !stay.empty();
  if (!one_of_two && !may_decide(v, stay)) return false;
  const bool all_leave = std::all_of(without.begin(), without.end(), [](const member_process* p) { return p->leaving(); });
  if (scenario_.data_loss || all_leave) return true;
  for (const auto& table : v.tables) {
    for (const auto& r : table.rows) {
      const bool safe = std::any_of(r.in_sync.begin(), r.in_sync.end(), [&](member_no m) { return stay.contains(m); });
      if (!safe && r.status == row_status::served) return false;
    }
  }
  return true;
}

bool fault_injection::expendable(const processes& all) const {
  const auto& newest = auditor_.newest();
  if (!newest) return false;
  for (const auto* p : cluster_.living()) {
    const auto& v = p->installed();
    if (v && newest->find(p->id()) != nullptr && !spares(*v, all)) return false;
  }
  return spares(*newest, all);
}

bool fault_injection::expendable(const member_process& m) const {
  const auto& newest = auditor_.newest();
  if (!newest) return false;
  if (newest->find(m.id()) == nullptr) {  // Not in yet, or out already. Yet where all others are gone it may hold all there is.
    const auto living = cluster_.living();
    return std::any_of(living.begin(), living.end(), [&](const auto* p) { return p != &m && newest->find(p->id()) != nullptr; });
  }
  return expendable(processes{&m});
}

bool fault_injection::crash_somebody() {
  auto* m = anybody();
  if (m == nullptr || !expendable(*m)) return false;
  auditor_.died(*m);
  cluster_.crash(*m);
  return true;
}

bool fault_injection::leave_somebody() {
  auto* m = anybody();
  if (m == nullptr || m->leaving() || !m->installed() || !expendable(*m)) return false;
  if (cluster_.around().paused(m->at())) return false;
  m->leave();
  return true;
}

bool fault_injection::restart_somebody() {
  const auto vacant = cluster_.vacant_hosts();
  if (vacant.empty()) return false;
  cluster_.start_member(vacant[rng_.index(vacant.size())]);
  return true;
}

bool fault_injection::join_somebody() {
  if (cluster_.living().size() >= scenario_.members + 3) return false;
  cluster_.start_member(cluster_.fresh_host());
  return true;
}

bool fault_injection::pause_somebody(duration shortest, duration longest) {
  auto* m = anybody();
  if (m == nullptr) return false;
  cluster_.around().pause(m->at(), rng_.between(shortest, longest));
  return true;
}

bool fault_injection::pause_in_mid_step() {
  auto* m = anybody();
  if (m == nullptr || cluster_.around().paused(m->at())) return false;
  m->pause_in_mid_step(rng_.between(scenario_.settings.times.lease / 100, scenario_.settings.times.lease * 3));
  return true;
}

/// At one moment, so that no view can move anything in between.
bool fault_injection::lose_zone() {
  const auto* one = anybody();
  if (one == nullptr) return false;
  std::vector<member_process*> gone;
  for (auto* m : cluster_.living()) {
    if (cluster_.zone_of(m->host()) == cluster_.zone_of(one->host())) gone.push_back(m);
  }
  if (gone.size() == 1 ? !expendable(*gone.front()) : !expendable(processes{gone.begin(), gone.end()})) return false;
  for (auto* m : gone) {
    auditor_.died(*m);
    cluster_.crash(*m);
  }
  return true;
}

bool fault_injection::change_drift() {
  const auto* m = anybody();
  if (m == nullptr) return false;
  const auto bound = scenario_.drift_max > 0 ? scenario_.drift_max : drift_bound;
  const auto rate = 1 + bound * (rng_.chance(0.5) ? (rng_.chance(0.5) ? 1 : -1) : 2 * rng_.fraction() - 1);
  cluster_.around().change_clock_rate(m->at(), rate);
  return true;
}

bool fault_injection::slow_somebody() {
  const auto* m = anybody();
  if (m == nullptr) return false;
  auto& w = cluster_.around();
  w.slow_down(m->at(), rng_.between(microseconds{200}, milliseconds{8}), w.now() + rng_.between(milliseconds{200}, seconds{3}));
  return true;
}

void fault_injection::leave_and_come_back(host_no host) {
  if (stopped_) return;
  const auto living = cluster_.living();
  const auto at = std::find_if(living.begin(), living.end(), [host](const member_process* m) { return m->host() == host; });
  if (at == living.end()) return;
  auto& m = **at;
  if (!m.leaving() && m.installed() && expendable(m) && !cluster_.around().paused(m.at())) m.leave();
  if (m.leaving()) coming_back_.insert(host);
}

/// An upgrade, say: whoever left is replaced on its host, while the next may be leaving already.
bool fault_injection::restart_in_turn() {
  auto after = duration{0};
  bool any = false;
  for (const auto* m : cluster_.living()) {
    if (rng_.chance(0.3)) continue;
    cluster_.around().plan_in(after, [this, host = m->host()] { leave_and_come_back(host); });
    after += scenario_.scaled(rng_.between(milliseconds{100}, seconds{2}));
    any = true;
  }
  return any;
}

bool fault_injection::pause_several() {
  const auto lease = scenario_.settings.times.lease;
  const auto how_long = rng_.between(lease / 10, lease * 3);
  std::size_t paused = 0;
  for (const auto* m : cluster_.living()) {
    if (rng_.chance(0.4)) continue;
    cluster_.around().pause(m->at(), how_long);
    ++paused;
  }
  return paused > 1;
}

/// In a way that no client can see: what is tested is who finds it, and clients may be served by the copy in the meantime.
bool fault_injection::corrupt_copy() {
  auto* m = anybody();
  if (m == nullptr || m->rows().empty()) return false;
  const auto& [id, hosted] = *std::next(m->rows().begin(), static_cast<std::ptrdiff_t>(rng_.index(m->rows().size())));
  auto& copy = m->rows().at(id).copy;
  const auto which = rng_.index(1000);
  if (!(rng_.chance(0.5) ? protocol::replica_surgery::falsify(copy, which) : protocol::replica_surgery::damage(copy, which))) return false;
  auditor_.corrupted(id);
  return true;
}

bool fault_injection::die_silently() {
  auto* m = anybody();
  if (m == nullptr || !expendable(*m)) return false;
  for (const auto* other : cluster_.living()) {
    if (other == m) continue;
    cut(m->host(), other->host());
    cut(other->host(), m->host());
  }
  auditor_.died(*m);
  cluster_.crash(*m);
  return true;
}

bool fault_injection::crash_in_transfer() {
  const auto& v = auditor_.newest();
  if (!v) return false;
  member_set busy;
  for (const auto& table : v->tables) {
    for (const auto& r : table.rows) {
      if (r.learners.empty() && r.successor == nobody) continue;
      busy.insert(r.primary);
      if (r.successor != nobody) busy.insert(r.successor);
      for (const auto m : r.learners) busy.insert(m);
    }
  }
  if (busy.empty()) return false;
  const auto* chosen = v->find(*std::next(busy.begin(), static_cast<std::ptrdiff_t>(rng_.index(busy.size()))));
  auto* m = chosen != nullptr ? cluster_.find(chosen->id) : nullptr;
  if (m == nullptr || !expendable(*m)) return false;
  auditor_.died(*m);
  cluster_.crash(*m);
  return true;
}

bool fault_injection::storm() {
  const bool joined = join_somebody();
  const bool left = leave_somebody();
  return crash_somebody() || joined || left;
}

void fault_injection::process_ended(member_process& m, protocol::ending how) {
  const auto host = m.host();
  if (how == protocol::ending::left && coming_back_.erase(host) == 0) return;
  cluster_.around().plan_in(rng_.between(milliseconds{10}, seconds{2}), [this, host] {
    const auto vacant = cluster_.vacant_hosts();
    if (std::find(vacant.begin(), vacant.end(), host) != vacant.end()) cluster_.start_member(host);
  });
}

}  // namespace troupe::sim
