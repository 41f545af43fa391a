#include "tests/sim/pair_split.hpp"

#include <algorithm>
#include <exception>
#include <set>

#include <troupe/messages/types/partitioning.hpp>

#include "tests/sim/cluster.hpp"

namespace troupe::sim {

namespace {

constexpr std::size_t keys = 12;
constexpr duration patience = seconds{2};
const host_no older_host{0}, younger_host{1};

duration tick_interval_of(const timing& t) { return std::min(duration{milliseconds{20}}, t.heartbeat / 5); }

std::string position(const row_id& row, seq_number seq) { return " row=" + to_string(row) + " seq=" + std::to_string(seq.value()); }

}  // namespace

pair_split::pair_split(const scenario& what, trace& log)
    : scenario_(what),
      log_(log),
      world_(what.seed, what.weather, tick_interval_of(what.settings.times), log),
      rng_(dice::of(what.seed, "pair split")) {}

// What the processes tell

void pair_split::installed(member_process& who, const view_ptr& what, const std::vector<protocol::membership_event>&) {
  ++seen_.views;
  log_.mix(what->name.digest);
  log_.line(world_.now(), [&] {
    std::string text = "host " + std::to_string(who.host().value()) + " installs view " + std::to_string(what->name.number.value()) + " of";
    for (const auto& m : what->members) text += ' ' + m.host;
    return text + (what->lone.empty() ? "" : " after a lone decision");
  });
}

void pair_split::event(member_process& who, const protocol::membership_event& what) {
  if (what.what == protocol::membership_event::kind::halted) ++seen_.halts;
  log_.line(world_.now(), [&] { return "host " + std::to_string(who.host().value()) + ": " + what.text; });
}

void pair_split::ended(member_process& who, protocol::ending, std::optional<view_number> gave_up_after) {
  const auto at = std::find_if(processes_.begin(), processes_.end(), [&](const process& p) { return p.runs.get() == &who; });
  at->has_ended = true;
  if (who.installed() == nullptr) return;  // It looked for a cluster, and has to do so anew.
  log_.line(world_.now(), [&] { return "host " + std::to_string(who.host().value()) + " ends"; });
  if (at->on == side::older) throw violation{"the older side of a split gave up"};
  if (!gave_up_after) throw violation{"the younger side of a split ends without a word of its branch"};
  for (auto& [row, hosted] : who.rows()) {
    if (auto what = hosted.copy.discarded(*gave_up_after)) accounts_.push_back({row, std::move(*what)});
  }
}

// What happens

void pair_split::start(host_no host, side on) {
  process_options o;
  o.membership.self.id = incarnation{rng_.unique()};
  o.membership.self.address = address_of(host);
  o.membership.self.host = o.membership.self.address.host;
  o.membership.settings = scenario_.settings;
  for (const auto h : {older_host, younger_host}) {
    if (h != host) o.membership.seeds.push_back(address_of(h));
  }
  o.membership.may_found = host == older_host;
  o.membership.founding_id = cluster_id{rng_.unique()};
  o.replica = scenario_.replica;
  o.router = scenario_.router;
  o.frame_messages_max = scenario_.frame_messages_max;
  o.row_lag_max = scenario_.row_lag_max;
  const drifting_clock clock{world_.now(), instant{rng_.between(seconds{1}, seconds{1000})}, 1.0 + scenario_.drift_max * (2 * rng_.fraction() - 1)};
  processes_.push_back({std::make_unique<member_process>(world_, names_, *this, std::move(o), host, clock, dice{rng_.next()}), on});
  if (is_cut_) cut_between_sides();
  processes_.back().runs->start();
}

void pair_split::cut_between_sides() {
  for (const auto& a : processes_) {
    for (const auto& b : processes_) {
      if (a.on != b.on) world_.net().cut(a.runs->host(), b.runs->host(), cut_kind::dropping);
    }
  }
}

void pair_split::work(std::size_t which, bool for_ever) {
  if (is_quiet_ || processes_[which].has_ended) return;
  if (processes_[which].runs->can_call()) ask(which);
  if (for_ever) world_.plan_in(rng_.between(milliseconds{1}, milliseconds{60}), [this, which] { work(which, true); });
}

void pair_split::ask(std::size_t which) {
  const auto number = writes_.size();
  write w;
  w.by = processes_[which].on;
  w.key = "k" + std::to_string(rng_.below(keys));
  if (!rng_.chance(0.25)) w.value = "v" + std::to_string(++values_);
  w.row = {scenario_.maps.front().kind, partition_of(w.key, scenario_.settings.partition_count)};
  w.called = world_.now();
  protocol::map_call call;
  call.operation = w.value.empty() ? operation_kind::remove : operation_kind::set;
  call.key = blob{w.key};
  call.value = blob{w.value};
  writes_.push_back(std::move(w));
  processes_[which].runs->call(scenario_.maps.front().pattern, std::move(call), patience, [this, number](const protocol::map_result& r) {
    auto& done = writes_[number];
    done.returned = world_.now();
    done.ok = r.result == outcome::ok;
    done.changed = done.ok && (!done.value.empty() || r.found);
    done.not_applied = r.result == outcome::not_applied;
    done.epoch = r.epoch;
    done.seq = r.seq;
  });
}

void pair_split::pass(duration how_long) { world_.run_until(world_.now() + how_long); }

template <class Condition>
void pair_split::await(Condition condition, duration at_most, const std::string& what) {
  const auto deadline = world_.now() + scenario_.scaled(at_most);
  for (; !condition(); pass(milliseconds{20})) {
    if (world_.now() >= deadline) throw violation{"invariant 18 (liveness): " + what};
  }
}

/// Is there a living member on each of these hosts, all in one view of just these, with all copies?
bool pair_split::agree(const std::vector<host_no>& hosts) const {
  view_ptr common;
  for (const auto h : hosts) {
    const auto at = std::find_if(processes_.begin(), processes_.end(), [h](const process& p) { return !p.has_ended && p.runs->host() == h; });
    if (at == processes_.end() || at->runs->installed() == nullptr) return false;
    if (common == nullptr) common = at->runs->installed();
    if (at->runs->installed()->name != common->name) return false;
  }
  if (common->members.size() != hosts.size()) return false;
  const auto copies = std::min<std::size_t>(hosts.size(), scenario_.maps.front().kind.backups + 1U);
  for (const auto& table : common->tables) {
    for (const auto& r : table.rows) {
      if (r.in_sync.size() != copies || r.status != row_status::served) return false;
    }
  }
  return true;
}

void pair_split::form() {
  start(older_host, side::older);
  await([&] { return processes_.front().runs->installed() != nullptr; }, seconds{30}, "no cluster is founded");
  start(younger_host, side::younger);
  await([&] { return agree({older_host, younger_host}); }, seconds{30}, "the cluster has not formed");
  processes_.front().runs->want({membership_message::wish::create_map{scenario_.maps.front().pattern}});
  await([&] { return processes_.front().runs->installed()->tables.size() == 1 && agree({older_host, younger_host}); }, seconds{30},
        "the map is not created");
}

bool pair_split::split() {
  work(0, true);
  work(1, true);
  pass(scenario_.scaled(rng_.between(milliseconds{200}, seconds{2})));
  split_at_ = world_.now();
  is_cut_ = true;
  cut_between_sides();
  const auto are_two = [&] {
    return std::all_of(processes_.begin(), processes_.end(), [](const process& p) { return p.runs->installed()->members.size() == 1; });
  };
  const auto halts = seen_.halts;
  for (const auto by = world_.now() + scenario_.scaled(seconds{15}); !are_two(); pass(milliseconds{20})) {
    if (world_.now() < by) continue;
    if (seen_.halts == halts) throw violation{"invariant 18 (liveness): the two neither go on alone nor halt"};
    return false;
  }
  pass(scenario_.scaled(rng_.between(milliseconds{100}, seconds{2})));
  auto next = host_no{2};
  for (const auto on : {side::older, side::younger}) {
    if (rng_.chance(0.5)) continue;
    start(next, on);
    work(processes_.size() - 1, true);
    next = host_no{next.value() + 1};
  }
  pass(scenario_.scaled(rng_.between(milliseconds{100}, seconds{4})));
  return true;
}

void pair_split::meet() {
  is_cut_ = false;
  world_.net().heal_all();
  const auto healed = world_.now();
  const auto& older = *processes_.front().runs;
  const auto gave_up = [&](const process& p) {  // Who found no cluster during the split may find the one that stays.
    return p.on == side::older || p.has_ended || (p.runs->installed() != nullptr && p.runs->installed()->find(older.id()) != nullptr);
  };
  const auto all_gave_up = [&] { return std::all_of(processes_.begin(), processes_.end(), gave_up); };
  await(all_gave_up, seconds{30}, "the younger side of a split does not give up");
  start(younger_host, side::older);
  std::vector<host_no> hosts;
  for (const auto& p : processes_) {
    if (!p.has_ended) hosts.push_back(p.runs->host());
  }
  await([&] { return agree(hosts); }, seconds{60}, "the cluster does not come together after a split");
  healed_after_ = world_.now() - healed;
  is_quiet_ = true;
  pass(patience + seconds{1});
}

// Whether it was right

bool pair_split::is_given_up(const write& w) const {
  return w.by == side::younger && std::any_of(accounts_.begin(), accounts_.end(), [&](const account& a) {
    return a.row == w.row && w.seq > a.what.after && w.seq <= a.what.up_to;
  });
}

/// What was acknowledged in the branch that was given up is in an account, by its position, and by its key.
void pair_split::check_accounted(const write& w) const {
  const auto has_later = [&](const write& x) { return x.by == side::younger && x.changed && x.key == w.key && x.seq > w.seq; };
  if (std::any_of(writes_.begin(), writes_.end(), has_later)) return;  // That one stands for the key.
  const bool may_differ = std::any_of(writes_.begin(), writes_.end(), [&](const write& x) {
    return &x != &w && x.key == w.key && !x.ok && !x.not_applied && (x.by == side::younger || is_open_at_split(x));
  });
  if (may_differ) return;
  for (const auto& a : accounts_) {
    if (a.row != w.row || w.seq <= a.what.after || w.seq > a.what.up_to) continue;
    if (w.value.empty() && w.seq <= a.what.removals_after) continue;  // Said not to be known.
    const auto is_it = [&](const auto& x) {
      return x.key.view() == w.key && x.at == w.seq && x.what == (w.value.empty() ? protocol::discarded_writes::change::erased
                                                                                : protocol::discarded_writes::change::put);
    };
    if (std::none_of(a.what.writes.begin(), a.what.writes.end(), is_it)) {
      throw violation{"the account of a branch that was given up lacks a write to " + w.key + position(w.row, w.seq)};
    }
  }
}

/// Nothing is in an account that nobody wrote in that branch, and no write twice.
void pair_split::check_written(const account& a) const {
  std::uint64_t possible = 0;
  for (const auto& w : writes_) {
    if (w.row != a.row || w.not_applied) continue;
    const bool is_of_branch = w.by == side::younger && (!w.returned || *w.returned >= split_at_);
    possible += is_of_branch || is_open_at_split(w) ? 1 : 0;
  }
  if (a.what.up_to.value() - a.what.after.value() > possible) {
    throw violation{"the account of a branch has more positions than writes:" + position(a.row, a.what.up_to)};
  }
  for (const auto& x : a.what.writes) {
    const bool was_written = std::any_of(writes_.begin(), writes_.end(), [&](const write& w) {
      return w.key == x.key.view() && (!w.returned || *w.returned >= split_at_) && (w.by == side::younger || is_open_at_split(w));
    });
    if (!was_written) throw violation{"the account of a branch names a write that was not in it:" + position(a.row, x.at)};
  }
}

/// What was acknowledged, and is in no account, is there; the latest of each key.
void pair_split::check_kept(const std::string& key) {
  const write* last = nullptr;
  std::set<std::string> possible;
  for (const auto& w : writes_) {
    if (w.key != key || w.not_applied || is_given_up(w)) {
      if (w.key == key && is_open_at_split(w)) possible.insert(w.value);
      continue;
    }
    const bool stays_in_branch = w.by == side::younger && w.called >= split_at_;
    if (!w.ok && !stays_in_branch) possible.insert(w.value);
    if (w.ok && w.seq != seq_number{} && (last == nullptr || w.seq > last->seq)) last = &w;
    if (w.ok && is_open_at_split(w)) possible.insert(w.value);
  }
  if (last == nullptr) return;
  possible.insert(last->value);
  if (const auto found = read(key); !possible.contains(found)) {
    throw violation{"a write that is in no account is gone: " + key + " is '" + found + "', not '" + last->value + '\'' + position(last->row, last->seq)};
  }
}

std::string pair_split::read(const std::string& key) {
  std::optional<protocol::map_result> got;
  protocol::map_call call;
  call.operation = operation_kind::get;
  call.key = blob{key};
  processes_.front().runs->call(scenario_.maps.front().pattern, std::move(call), seconds{20}, [&got](const protocol::map_result& r) { got = r; });
  await([&] { return got.has_value(); }, seconds{30}, "a last read never ends");
  if (got->result != outcome::ok) throw violation{"a last read fails"};
  return got->found ? std::string{got->value.view()} : std::string{};
}

void pair_split::judge() {
  const auto gave_up = std::any_of(writes_.begin(), writes_.end(), [&](const write& w) { return w.ok && is_given_up(w); });
  const auto wrote = std::any_of(writes_.begin(), writes_.end(), [&](const write& w) {
    return w.ok && w.by == side::younger && w.called > split_at_ + scenario_.scaled(seconds{3}) && w.seq != seq_number{};
  });
  if (wrote && !gave_up) throw violation{"a branch was given up without an account"};
  for (const auto& w : writes_) {
    if (w.changed && is_given_up(w)) check_accounted(w);
  }
  for (const auto& a : accounts_) check_written(a);
  for (std::size_t k = 0; k < keys; ++k) check_kept("k" + std::to_string(k));
  seen_.keys_checked = keys;
  seen_.operations_checked = writes_.size();
}

run_result pair_split::run() {
  run_result r;
  try {
    form();
    has_split_ = split();
    if (has_split_) meet();
    if (has_split_) judge();
    r.passed = true;
  } catch (const std::exception& e) {
    r.why = e.what();
    log_.line(world_.now(), [&] { return "VIOLATION " + r.why; });
  }
  auto& f = r.figures;
  f.seed = scenario_.seed;
  f.step = world_.steps();
  f.hash = log_.hash();
  f.virtual_time = world_.now().time_since_epoch();
  f.healed_after = healed_after_;
  for_each_fault([&](fault x) { f.faults[static_cast<std::size_t>(x)] = scenario_.has(x) && (is_weather(x) || has_split_) ? 1 : 0; });
  for (const auto& w : writes_) {
    ++f.operations.called;
    ++(w.ok ? f.operations.ok : w.not_applied ? f.operations.not_applied : f.operations.indeterminate);
  }
  f.checked = seen_;
  for (const auto& line : log_.tail()) r.last_events += line + '\n';
  return r;
}

}  // namespace troupe::sim
