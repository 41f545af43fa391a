#include "tests/protocol/membership/cluster_of.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe::test {

incarnation incarnation_of(std::size_t n) {
  incarnation id;
  id.bytes[0] = static_cast<std::uint8_t>((n + 1) >> 8);
  id.bytes[1] = static_cast<std::uint8_t>(n + 1);
  id.bytes[15] = 1;
  return id;
}

address address_of(std::size_t n) { return {"10.0.0." + std::to_string(n), 5701}; }

member process_named(std::size_t n) {
  member m;
  m.id = incarnation_of(n);
  m.address = address_of(n);
  m.host = m.address.host;
  return m;
}

cluster_settings small_settings() {
  cluster_settings s;
  s.partition_count = 7;
  s.maps = {map_definition{}};
  return s;
}

// Processes

network::process& network::start(std::size_t n, protocol::membership_options options) {
  auto p = std::make_unique<process>();
  p->name = n;
  p->clock_rate = next_clock_rate;
  p->where = options.self.address;
  names_[options.self.id] = n;
  p->core = std::make_unique<protocol::membership>(std::move(options));
  auto& started = *(processes_[n] = std::move(p));
  step(started, [&](instant t, auto& out) { started.core->start(t, out); });
  schedule_tick(n);
  return started;
}

void network::schedule_tick(std::size_t n) {
  schedule(milliseconds{25}, [this, n] {
    auto& p = at(n);
    if (!p.is_running) return;
    if (!p.is_paused) step(p, [&](instant t, auto& out) { p.core->tick(t, out); });
    schedule_tick(n);
  });
}

void network::crash(std::size_t n, bool peers_notice) {
  auto& p = at(n);
  p.is_running = false;
  if (!peers_notice) return;
  for (auto& [name, other] : processes_) {
    if (name != n) close_connection(name, n);
  }
}

void network::close_connection(std::size_t a, std::size_t b) {
  for (auto [here, there] : {std::pair{a, b}, std::pair{b, a}}) {
    const auto peer = std::find_if(names_.begin(), names_.end(), [there = there](const auto& entry) { return entry.second == there; });
    if (cuts_.contains({there, here})) continue;
    auto& arrival = last_arrival_[{there, here}];
    arrival = std::max(arrival, now_ + delay);
    schedule(arrival - now_, [this, here = here, id = peer->first] {
      deliver(here, [this, id](process& p) { step(p, [&](instant t, auto& out) { p.core->disconnected(id, t, out); }); });
    });
  }
}

void network::resume(std::size_t n) {
  auto& p = at(n);
  p.is_paused = false;
  while (!p.waiting.empty() && p.is_running) {
    auto what = std::move(p.waiting.front());
    p.waiting.pop_front();
    what();
  }
}

void network::leave(std::size_t n) {
  step(at(n), [&](instant t, auto& out) { at(n).core->leave(t, out); });
}
void network::want(std::size_t n, const message::wish& w) {
  step(at(n), [&](instant t, auto& out) { at(n).core->want(w, t, out); });
}
void network::force_view(std::size_t n) {
  step(at(n), [&](instant t, auto& out) { at(n).core->force_view(t, out); });
}

// The network

void network::cut_one_way(std::size_t from, std::size_t to) { cuts_.insert({from, to}); }
void network::cut(std::size_t a, std::size_t b) {
  cut_one_way(a, b);
  cut_one_way(b, a);
}
void network::heal(std::size_t a, std::size_t b) {
  cuts_.erase({a, b});
  cuts_.erase({b, a});
}
void network::isolate(std::size_t n) {
  for (const auto& [name, p] : processes_) {
    if (name != n) cut(n, name);
  }
}

bool network::chance(double share) { return share > 0 && std::uniform_real_distribution<double>{0, 1}(random_) < share; }

bool network::is_spared(std::size_t from, std::size_t to) const { return !may_split_two && pair_.contains(from) && pair_.contains(to); }

void network::transmit(std::size_t from, const incarnation& to, const any_membership_message& what) {
  ++sent_[what.index()];
  const auto target = name_of(to);
  if (!target || (drop && drop(from, *target, what))) return;
  if (!is_spared(from, *target) && (cuts_.contains({from, *target}) || chance(loss))) return;
  const auto sender = std::find_if(names_.begin(), names_.end(), [&](const auto& entry) { return entry.second == from; })->first;
  for (int copy = chance(duplicates) ? 2 : 1; copy > 0; --copy) {
    auto arrival = now_ + delay;
    if (jitter > duration{}) {
      arrival += duration{std::uniform_int_distribution<duration::rep>{0, jitter.count()}(random_)};
    } else {
      arrival = std::max(arrival, last_arrival_[{from, *target}]);
      last_arrival_[{from, *target}] = arrival;
    }
    schedule(arrival - now_, [this, to = *target, to_id = to, sender, what] {
      deliver(to, [this, to_id, sender, what](process& p) {
        if (names_.at(to_id) != p.name) return;
        step(p, [&](instant t, auto& out) { p.core->receive(sender, what, t, out); });
      });
    });
  }
}

void network::probe(std::size_t from, const address& where) {
  ++probes_;
  for (const auto& [name, p] : processes_) {
    if (p->where != where || !p->is_running) continue;
    const bool is_cut = !is_spared(from, name) && (cuts_.contains({from, name}) || cuts_.contains({name, from}));
    if (is_cut || p->is_paused) {
      return schedule(seconds{1}, [this, from, where] {
        deliver(from, [this, where](process& self) {
          step(self, [&](instant t, auto& out) { self.core->unreachable(where, false, t, out); });
        });
      });
    }
    const auto id = std::find_if(names_.begin(), names_.end(), [&, there = name](const auto& entry) { return entry.second == there; })->first;
    return schedule(2 * delay, [this, from, where, id] {
      deliver(from, [this, where, id](process& self) { step(self, [&](instant t, auto& out) { self.core->reached(id, where, t, out); }); });
    });
  }
  schedule(2 * delay, [this, from, where] {
    deliver(from,
            [this, where](process& self) { step(self, [&](instant t, auto& out) { self.core->unreachable(where, true, t, out); }); });
  });
}

void network::deliver(std::size_t to, std::function<void(process&)> what) {
  auto& p = at(to);
  if (!p.is_running) return;
  if (p.is_paused) {
    p.waiting.push_back([this, to, what] { what(at(to)); });
  } else {
    what(p);
  }
}

// Time

void network::schedule(duration after, std::function<void()> what) { queue_.emplace(std::pair{now_ + after, sequence_++}, std::move(what)); }

void network::run_for(duration length) {
  (void)run_until([] { return false; }, length);
}

bool network::run_until(const std::function<bool()>& condition, duration within) {
  const auto end = now_ + within;
  while (violation_.empty()) {
    if (condition()) return true;
    if (queue_.empty() || queue_.begin()->first.first > end) break;
    auto next = queue_.extract(queue_.begin());
    now_ = next.key().first;
    next.mapped()();
  }
  now_ = std::max(now_, end);
  return violation_.empty() && condition();
}

instant network::local_time(const process& p) const {
  const auto elapsed = now_.time_since_epoch();
  return instant{p.clock_offset + duration{static_cast<duration::rep>(static_cast<double>(elapsed.count()) * p.clock_rate)}};
}

void network::step(process& p, const std::function<void(instant, protocol::membership_effects&)>& what) {
  protocol::membership_effects effects;
  what(local_time(p), effects);
  perform(p, effects);
  check_leases();
}

void network::perform(process& p, protocol::membership_effects& effects) {
  for (const auto& v : effects.passed) note_decided(v);
  if (effects.installed != nullptr) {
    note_decided(effects.installed);
    for (const auto& m : effects.installed->members) p.acquaintances.insert(names_.at(m.id));
  }
  for (auto& e : effects.events) p.events.push_back(std::move(e));
  for (const auto& s : effects.sends) transmit(p.name, s.to, s.what);
  for (const auto& where : effects.probes) probe(p.name, where);
  if (effects.ended == protocol::ending::none) return;
  p.ended = effects.ended;
  p.gave_up_after = effects.gave_up_after;
  crash(p.name);
}

// Checks

void network::note_decided(const view_ptr& v) {
  const auto [at, is_first] = decided_.try_emplace({v->cluster, v->name.number}, v);
  if (!is_first && *at->second != *v && !branches_expected) violation_ = "two views " + std::to_string(v->name.number.value());
  if (!is_first) return;
  if (at == std::prev(decided_.end())) {
    pair_.clear();
    const auto voters = protocol::voters_of(*v);
    for (auto m : voters) pair_.insert(names_.at(v->find(m)->id));
    if (voters.size() != 2) pair_.clear();
  }
  for (const auto& m : v->members) {  // Invariant 13.
    if (removed_.contains(m.id) && !branches_expected) violation_ = "process " + std::to_string(names_.at(m.id)) + " came back after its removal";
  }
  const auto base = decided_.find({v->cluster, view_number{v->name.number.value() - 1}});
  if (base == decided_.end()) return;
  for (const auto& m : base->second->members) {
    if (!v->has(m.number)) removed_.emplace(m.id, now_);
  }
}

void network::check_leases() {
  if (branches_expected || !violation_.empty()) return;
  for (const auto& [id, when] : removed_) {
    const auto& p = at(names_.at(id));
    if (!p.is_running) continue;
    const auto held = p.core->held_lease();
    if (local_time(p) < held.until) {
      violation_ = "process " + std::to_string(p.name) + " holds a lease of view " + std::to_string(held.view.number.value()) +
                   " after a view without it was decided";
    }
  }
}

// What can be seen

std::optional<std::size_t> network::name_of(const incarnation& id) const {
  const auto at = names_.find(id);
  return at == names_.end() ? std::nullopt : std::optional{at->second};
}

std::size_t network::members_seen_by(std::size_t n) {
  const auto& v = at(n).core->installed();
  return v == nullptr ? 0 : v->members.size();
}

bool network::sees(std::size_t n, std::size_t other) {
  const auto& v = at(n).core->installed();
  return v != nullptr && std::any_of(v->members.begin(), v->members.end(), [&](const member& m) { return names_.at(m.id) == other; });
}

bool network::has_lease(std::size_t n) { return local_time(at(n)) < at(n).core->held_lease().until; }

std::size_t network::count(std::size_t n, event_kind kind) const {
  const auto& events = processes_.at(n)->events;
  return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [&](const auto& e) { return e.what == kind; }));
}

std::string network::text(std::size_t n, event_kind kind) const {
  const auto& events = processes_.at(n)->events;
  const auto last = std::find_if(events.rbegin(), events.rend(), [&](const auto& e) { return e.what == kind; });
  return last == events.rend() ? std::string{} : last->text;
}

bool network::agree_on(const std::set<std::size_t>& names) {
  const view* first = nullptr;
  for (auto n : names) {
    const auto& v = at(n).core->installed();
    if (v == nullptr || v->members.size() != names.size() || !at(n).is_running) return false;
    if (first == nullptr) first = v.get();
    if (v->name != first->name) return false;
  }
  return first != nullptr && std::all_of(first->members.begin(), first->members.end(), [&](const member& m) { return names.contains(names_.at(m.id)); });
}

std::optional<instant> network::removed_at(std::size_t n) const {
  for (const auto& [id, when] : removed_) {
    if (names_.at(id) == n) return when;
  }
  return std::nullopt;
}

std::string network::description() {
  std::string text;
  for (auto& [name, p] : processes_) {
    const auto& v = p->core->installed();
    text += "\nprocess " + std::to_string(name) + (p->is_running ? "" : " (ended " + std::to_string(static_cast<int>(p->ended)) + ')') + " view " +
            (v ? std::to_string(v->name.number.value()) + " of" : "none");
    if (v) {
      for (const auto& m : v->members) text += ' ' + std::to_string(names_.at(m.id)) + '#' + std::to_string(m.number.value()) + (m.leaving ? "!" : "");
    }
    text += has_lease(name) ? ", lease" : ", no lease";
    const auto shown = std::min<std::size_t>(p->events.size(), 8);
    for (auto e = p->events.end() - static_cast<std::ptrdiff_t>(shown); e != p->events.end(); ++e) text += "\n    " + e->text;
  }
  return text;
}

// A cluster

cluster_of::cluster_of(std::size_t n, cluster_settings settings, std::uint32_t seed)
    : network(seed), size_(n), settings_(std::move(settings)) {
  std::set<std::size_t> names;
  for (std::size_t i = 0; i < n; ++i) {
    add(i);
    names.insert(i);
    if (!run_until([&] { return agree_on(names); }, seconds{10})) throw std::runtime_error("the cluster does not form: " + violation());
  }
  const auto all_hold = [&] { return std::all_of(names.begin(), names.end(), [&](std::size_t i) { return has_lease(i); }); };
  if (!run_until(all_hold, seconds{2})) throw std::runtime_error("a member gets no lease");
  run_for(milliseconds{300});
}

void cluster_of::add(std::size_t n) { add(n, settings_); }

void cluster_of::add(std::size_t n, cluster_settings settings) { add(process_named(n), n, std::move(settings)); }

void cluster_of::add(member who, std::size_t n, cluster_settings settings) {
  protocol::membership_options options;
  options.founding_id.bytes[0] = 7;
  options.founding_id.bytes[1] = static_cast<std::uint8_t>(n);
  options.may_found = n == 0;
  for (std::size_t i = 0; i < size_; ++i) {
    if (address_of(i) != who.address || who.id != incarnation_of(i)) options.seeds.push_back(address_of(i));
  }
  options.self = std::move(who);
  options.settings = std::move(settings);
  start(n, std::move(options));
}

}  // namespace troupe::test
