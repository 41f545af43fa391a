#include "tests/sim/cluster.hpp"

#include <algorithm>

namespace troupe::sim {

address address_of(host_no h) { return {"10.0.0." + std::to_string(h.value() + 1), 5701}; }

cluster::cluster(world& around, witness& checks, event_checker& events, lock_checker& locks, keyspace& keys, const scenario& what)
    : world_(around),
      checks_(checks),
      events_(events),
      lock_checks_(locks),
      keys_(keys),
      scenario_(what),
      rng_(dice::of(what.seed, "cluster")),
      next_member_host_(static_cast<std::uint32_t>(what.members)) {}

std::string cluster::zone_of(host_no h) const { return "zone-" + std::to_string(h.value() % scenario_.zones); }

drifting_clock cluster::draw_clock() {
  const auto rate = 1.0 + scenario_.drift_max * (2 * rng_.fraction() - 1);
  return {world_.now(), instant{rng_.between(seconds{1}, seconds{1'000'000})}, rate};
}

std::vector<address> cluster::seeds_without(host_no self) const {
  std::vector<address> result;
  for (std::uint32_t h = 0; h < next_member_host_; ++h) {
    if (host_no{h} != self) result.push_back(address_of(host_no{h}));
  }
  return result;
}

member_process& cluster::start_member(host_no host) {
  // Once there is a cluster, only it may take members in: a first seed that is cut off at its restart would found another.
  return start_member(host, host == host_no{0} && !std::exchange(founded_, true));
}

member_process& cluster::start_founder() { return start_member(fresh_host(), true); }

member_process& cluster::start_member(host_no host, bool may_found) {
  process_options o;
  o.membership.self.id = incarnation{rng_.unique()};
  o.membership.self.address = address_of(host);
  o.membership.self.host = o.membership.self.address.host;
  if (scenario_.zones > 0) o.membership.self.zone = zone_of(host);
  o.membership.settings = scenario_.settings;
  o.membership.seeds = seeds_without(host);
  o.membership.may_found = may_found;
  o.membership.founding_id = cluster_id{rng_.unique()};
  o.replica = scenario_.replica;
  o.router = scenario_.router;
  o.frame_messages_max = scenario_.frame_messages_max;
  o.row_lag_max = scenario_.row_lag_max;
  o.memory_bytes_max = scenario_.memory_bytes_max;
  auto rng = dice{rng_.next()};
  members_.push_back(std::make_unique<member_process>(world_, names_, checks_, std::move(o), host, draw_clock(), rng));
  auto& m = *members_.back();
  m.start();
  world_.log().line(world_.now(), [&] { return "start host=" + std::to_string(host.value()) + " id=" + to_string(m.id()); });
  settle_application(m);
  return m;
}

client_process& cluster::start_client() {
  auto rng = dice{rng_.next()};
  const host_no host{next_client_host_++};
  auto p = std::make_unique<client_process>(world_, names_, seeds_without(host), scenario_.router, host, draw_clock(), rng);
  auto& c = *p;
  c.start();
  clients_.push_back({std::move(p), settle_application(c)});
  return c;
}

void cluster::redirect_stranded_clients() {
  std::vector<address> present;
  for (const auto* m : living()) present.push_back(address_of(m->host()));
  for (auto& c : clients_) {
    const auto is_present = [&](const address& a) { return std::find(present.begin(), present.end(), a) != present.end(); };
    const auto& known = c.process->seeds();
    if (c.alive && std::none_of(known.begin(), known.end(), is_present)) c.process->learn(present);
  }
}

std::size_t cluster::settle_application(caller& on) {
  application_options o;
  o.patience_min = scenario_.scaled(o.patience_min);
  o.patience_max = scenario_.scaled(o.patience_max);
  o.limited_lives = scenario_.limited_lives;
  for (const auto& m : scenario_.maps) {
    if (m.entry_statistics) o.counted_maps.insert(m.pattern);
  }
  o.processors = scenario_.processors;
  o.asks_for_copies = scenario_.asks_for_copies;
  o.cancels = scenario_.cancels;
  o.value_bytes_max = std::min<std::size_t>(o.value_bytes_max, scenario_.settings.limits.value_bytes_max);
  tenants_.push_back({&on, std::make_unique<application>(world_, on, keys_, totals_, o, dice{rng_.next()})});
  if (scenario_.listeners) settle_listener(tenants_.back());
  if (scenario_.locks) settle_locker(tenants_.back());
  if (stopped_) tenants_.back().runs->stop();
  schedule(tenants_.size() - 1);
  return tenants_.size() - 1;
}

/// From dice of its own: applications ask for what they would ask for without it.
void cluster::settle_listener(tenant& on) {
  auto rng = dice::of(scenario_.seed, "listener " + std::to_string(tenants_.size()));
  if (!rng.chance(0.5)) return;
  protocol::listening_wish wish;
  const auto& map = scenario_.maps[rng.index(scenario_.maps.size())];
  if (rng.chance(0.2)) {
    const auto keys = keys_.keys_of(map.pattern);
    wish.by_key = true;
    wish.key = keys_.at(keys[rng.index(keys.size())]).name;
  } else if (rng.chance(0.25)) {
    wish.predicate = blob{liking_name};
    wish.argument = encode_value(rng.below(1000), simulated_bytes_min);
  }
  wish.values = rng.chance(0.8);
  wish.old_values = rng.chance(0.5);
  listener_options o;
  o.limits.page_bytes = static_cast<std::uint32_t>(rng.chance(0.5) ? rng.between(1, 512) : rng.between(512, 16 * 1024));
  o.patience = scenario_.scaled(rng.between(seconds{1}, seconds{5}));
  o.is_slow = rng.chance(0.5) ? rng.fraction() * 0.3 : 0;
  if (stopped_) o.is_slow = 0;
  o.clears_spare = scenario_.locks;
  listeners_.push_back(std::make_unique<listener>(world_, *on.on, events_, listeners_.size() + 1, map, std::move(wish), o, rng));
  on.hears = listeners_.back().get();
  on.hears->begin();
}

/// From dice of its own, likewise.
void cluster::settle_locker(tenant& on) {
  locker_options o;
  o.value_bytes_max = std::min<std::size_t>(o.value_bytes_max, scenario_.settings.limits.value_bytes_max);
  on.locks = std::make_unique<locker>(world_, *on.on, keys_, lock_checks_, scenario_.maps, o, dice::of(scenario_.seed, "locker " + std::to_string(tenants_.size())));
  if (stopped_) on.locks->stop();
  on.locks->begin();
}

void cluster::schedule(std::size_t t) {
  if (tenants_[t].bereaved) return;
  const auto next = tenants_[t].runs->turn();
  if (!stopped_) world_.plan_in(next, [this, t] { schedule(t); });
}

void cluster::bereave(const caller& gone) {
  for (auto& t : tenants_) {
    if (t.on != &gone || t.bereaved) continue;
    t.bereaved = true;
    t.runs->bereaved();
    if (t.hears != nullptr) t.hears->bereaved();
    if (t.locks != nullptr) t.locks->bereaved();
  }
}

void cluster::crash(member_process& m) {
  world_.log().line(world_.now(), [&] { return "crash #" + std::to_string(m.number().value()) + " host=" + std::to_string(m.host().value()); });
  m.crash();
  bereave(m);
}

void cluster::ended(member_process& m) { bereave(m); }

void cluster::crash_client(std::size_t which) {
  for (auto& c : clients_) {
    if (!c.alive || which-- > 0) continue;
    c.alive = false;
    c.process->crash();
    bereave(*c.process);
    return;
  }
}

void cluster::stop_applications() {
  stopped_ = true;
  for (auto& t : tenants_) {
    t.runs->stop();
    if (t.locks != nullptr) t.locks->stop();
  }
  for (auto& l : listeners_) l->hurry();
}

bool cluster::applications_idle() const {
  return std::all_of(tenants_.begin(), tenants_.end(), [](const tenant& t) {
    return t.bereaved || (t.runs->idle() && (t.locks == nullptr || t.locks->idle()));
  });
}

void cluster::read_everything() {
  std::vector<application*> able;
  for (auto& t : tenants_) {
    if (!t.bereaved && t.on->can_call()) able.push_back(t.runs.get());
  }
  for (std::size_t k = 0; k < keys_.all().size() && !able.empty(); ++k) able[k % able.size()]->read(k);
}

std::vector<member_process*> cluster::living() const {
  std::vector<member_process*> result;
  for (const auto& m : members_) {
    if (m->alive()) result.push_back(m.get());
  }
  return result;
}

std::size_t cluster::living_clients() const {
  return static_cast<std::size_t>(std::count_if(clients_.begin(), clients_.end(), [](const client& c) { return c.alive; }));
}

member_process* cluster::find(const incarnation& id) const {
  const auto at = std::find_if(members_.begin(), members_.end(), [&](const auto& m) { return m->alive() && m->id() == id; });
  return at == members_.end() ? nullptr : at->get();
}

std::vector<host_no> cluster::vacant_hosts() const {
  std::vector<host_no> result;
  for (std::uint32_t h = 0; h < next_member_host_; ++h) {
    const bool taken = std::any_of(members_.begin(), members_.end(), [&](const auto& m) { return m->alive() && m->host() == host_no{h}; });
    if (!taken) result.push_back(host_no{h});
  }
  return result;
}

}  // namespace troupe::sim
