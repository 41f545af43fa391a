#include "tests/sim/scenario.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include <troupe/actors/protocol/membership/view_change.hpp>

#include "tests/sim/random.hpp"

namespace troupe::sim {

map_definition map_of(durability kind) {
  map_definition m;
  m.pattern = "m" + to_string(kind);
  m.kind = kind;
  return m;
}

std::vector<map_definition> maps_of(const cluster_settings& settings) {
  std::vector<map_definition> all, others;
  const auto add = [&](const std::string& pattern) {
    map_definition m;
    m.pattern = pattern;
    if (const auto star = m.pattern.find('*'); star != std::string::npos) m.pattern.replace(star, 1, "1");
    const auto definition = protocol::definition_for(settings, m.pattern);
    m.kind = definition.kind;
    m.life = definition.life;
    m.eviction = definition.eviction;
    m.entry_statistics = definition.entry_statistics;
    if (std::any_of(all.begin(), all.end(), [&](const map_definition& x) { return x.pattern == m.pattern; })) return;
    const bool is_new = std::none_of(all.begin(), all.end(), [&](const map_definition& x) { return x.kind == m.kind; });
    (is_new ? all : others).push_back(std::move(m));
  };
  for (const auto& defined : settings.maps) add(defined.pattern);
  if (all.empty()) add("default");
  all.insert(all.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  if (all.size() > maps_simulated_max) all.resize(maps_simulated_max);
  return all;
}

namespace {

/// How much slower than the default timing a cluster notices what happens.
double slowness_of(const timing& t) {
  return std::chrono::duration<double>(std::max(t.lease, t.suspect_after)) / std::chrono::duration<double>(timing{}.lease);
}

network_profile draw_weather(dice& rng) {
  network_profile w;
  w.delay_min = rng.between(microseconds{20}, milliseconds{1});
  w.delay_spread = rng.chance(0.3) ? rng.between(milliseconds{5}, milliseconds{60}) : rng.between(microseconds{100}, milliseconds{3});
  w.ordered = rng.chance(0.5);
  if (!w.ordered) {
    w.loss = rng.chance(0.6) ? rng.fraction() * 0.1 : 0;
    w.duplication = rng.chance(0.6) ? rng.fraction() * 0.2 : 0;
  }
  return w;
}

std::vector<map_definition> draw_maps(dice& rng, const run_options& wanted) {
  std::vector<map_definition> maps;
  const auto count = wanted.backups || wanted.async_backups ? 1 : rng.between(1, 2);
  while (maps.size() < count) {
    durability kind;
    kind.backups = wanted.backups.value_or(static_cast<std::uint8_t>(rng.chance(0.15) ? 0 : rng.between(1, 3)));
    kind.async_backups = wanted.async_backups.value_or(static_cast<std::uint8_t>(rng.chance(0.6) ? 0 : rng.between(1, 2)));
    const auto fresh = map_of(kind);
    if (std::none_of(maps.begin(), maps.end(), [&](const map_definition& m) { return m.kind == kind; })) maps.push_back(fresh);
  }
  return maps;
}

/// In some runs a transfer takes many chunks, whatever the size of the row; in some of these long, too.
void draw_transfers(dice rng, scenario& s) {
  if (!rng.chance(0.5)) return;
  s.enable(fault::small_chunks);
  s.replica.chunk_bytes = rng.between(64, 256);
  if (rng.chance(0.5)) s.replica.chunks_in_flight_max = 1;
}

void draw_frames(dice rng, scenario& s) {
  if (!rng.chance(0.4)) return;
  s.enable(fault::small_frames);
  s.frame_messages_max = 1;
}

/// In some runs entries die, of age or idle. Their applications ask for other things, too: from dice of its own, but the runs are others.
void draw_lifetimes(dice rng, scenario& s) {
  if (!rng.chance(0.25)) return;
  // The checker reads from the log what has expired: all that a step may remove must fit in.
  s.replica.ring_bytes_max = std::max<std::size_t>(s.replica.ring_bytes_max, 32 * 1024);
  s.replica.ring_records_max = 512;
  for (auto& m : s.settings.maps) {
    const auto span = std::chrono::floor<milliseconds>(rng.between(milliseconds{300}, seconds{5}));
    if (rng.chance(0.6)) {
      m.life.ttl = span;
    } else {
      m.life.max_idle = span;
    }
  }
}

/// In some runs maps are kept to a size of a few entries. The checker reads from the log what was evicted, too.
void draw_evictions(dice rng, scenario& s) {
  if (!rng.chance(0.2)) return;
  s.replica.ring_bytes_max = std::max<std::size_t>(s.replica.ring_bytes_max, 32 * 1024);
  s.replica.ring_records_max = 512;
  for (auto& m : s.settings.maps) {
    m.eviction.policy = static_cast<eviction_policy>(rng.between(1, 3));
    m.eviction.measure = static_cast<size_measure>(rng.between(0, 2));
    const auto a_few = rng.between(1, 3);
    m.eviction.size = m.eviction.measure == size_measure::bytes_per_node ? a_few * 300 * s.settings.partition_count : a_few;
  }
}

/// In some runs entries are processed. What may fail of itself, or is accounted for by the values that applications wrote, goes on without.
void draw_processors(dice rng, scenario& s) {
  s.processors = rng.chance(0.3) && !s.planned && !s.splits_pair();
  if (s.processors) s.router.walk_page_bytes = static_cast<std::uint32_t>(rng.between(1, 32));
}

/// In some runs somebody listens. What listeners alone make use of is drawn for them; the rest of the run is what it would have been.
void draw_listeners(dice rng, scenario& s) {
  s.listeners = rng.chance(0.35) && !s.splits_pair();
  if (!s.listeners) return;
  s.replica.listened_bytes_max = rng.chance(0.5) ? rng.between(256, 4 * 1024) : rng.between(4 * 1024, 64 * 1024);
  s.replica.listen_patience = rng.between(milliseconds{100}, seconds{1});
  s.replica.listener_patience = rng.between(milliseconds{20}, seconds{1});
}

/// In some runs applications lock keys. What waits for a lock may be refused: not where nothing may fail.
void draw_locks(dice rng, scenario& s) {
  s.locks = rng.chance(0.25) && !s.planned && !s.splits_pair();
  if (!s.locks) return;
  s.replica.lock_patience = rng.between(seconds{1}, seconds{3});
  s.router.keep_locks_after = s.replica.lock_patience / 5;
}

/// In some runs gets may be answered by copies of members that ask. After a split of a pair both sides read what one of them discards.
void draw_copy_reads(dice rng, scenario& s) {
  if (s.splits_pair() || !rng.chance(0.3)) return;
  for (auto& m : s.settings.maps) m.read_backup_data = m.kind.backups + m.kind.async_backups > 0;
}

/// In some runs maps keep statistics for each entry.
void draw_statistics(dice rng, scenario& s) {
  const auto keeps = rng.chance(0.3);
  for (auto& m : s.settings.maps) m.entry_statistics = keeps;
}

/// In some runs maps get other backup counts. Mostly there is another one that shares the rows of the first, so that it has to move.
void draw_counts(dice rng, scenario& s) {
  s.changes_counts = rng.chance(0.25) && !s.splits_pair();
  if (!s.changes_counts || !rng.chance(0.7)) return;
  auto other = s.settings.maps.front();
  other.pattern = "n" + to_string(other.kind);
  s.settings.maps.push_back(std::move(other));
}

/// In some runs writes need company, whatever becomes of the others.
void draw_company(dice rng, scenario& s) {
  if (!rng.chance(0.15) || s.planned || s.splits_pair()) return;
  std::map<durability, durability_rules> rules;
  for (const auto& m : s.settings.maps) {
    if (m.kind.backups == 0) continue;
    const auto wanted = static_cast<std::uint8_t>(rng.between(2, m.kind.backups + 1));
    rules.try_emplace(m.kind, durability_rules{m.kind, loss_policy::hold, wanted});
  }
  for (const auto& [kind, r] : rules) s.settings.durabilities.push_back(r);
}

void draw_stragglers(dice rng, network_profile& weather) {
  if (!weather.ordered && rng.chance(0.4)) weather.straggling = rng.fraction() * 0.05;
}

/// So little that a few operations at a time are too many.
void draw_queues(dice& rng, scenario& s) {
  s.enable(fault::small_queues);
  s.replica.pending_bytes_max = rng.between(128, 1024);
  s.replica.waiting_operations_max = rng.between(1, 8);
  if (rng.chance(0.5)) s.router.in_flight_max = rng.between(1, 2);
}

/// Kinds that came later, from dice of their own and in half of the seeds only: the other seeds are the runs that they were.
void draw_later_kinds(dice rng, const run_options& wanted, scenario& s) {
  if (!rng.chance(0.5)) return;
  for (auto i = first_stream_kinds; i < second_stream_kinds; ++i) {
    if (rng.chance(0.35)) s.enable(static_cast<fault>(i));
  }
  if (s.has(fault::zone_loss)) {
    s.zones = rng.between(2, 4);
    if (!wanted.members) s.members = std::max<std::size_t>(s.members, 4);
  }
  if (wanted.faults.has(fault::small_queues) && rng.chance(0.3)) draw_queues(rng, s);
}

/// The latest kind, likewise.
void draw_corruption(dice rng, scenario& s) {
  if (rng.chance(0.2)) s.enable(fault::corruption);
}

/// From nearly nothing to about what all rows take. What is asked of a row that lets entries die is read from its log: a full member keeps
/// none.
void draw_memory(dice rng, scenario& s) {
  if (s.planned || s.removes_unasked() || s.splits_pair() || !rng.chance(0.2)) return;
  s.enable(fault::memory_full);
  s.memory_bytes_max = rng.between(2 * 1024, 32 * 1024);
}

/// Only what the caller allows, and something of it.
void restrict_to(const fault_set& allowed, dice rng, scenario& s) {
  s.faults = s.faults & allowed;
  if (!allowed.has(fault::reordering)) s.weather.ordered = true;
  if (!allowed.has(fault::loss)) s.weather.loss = 0;
  if (!allowed.has(fault::duplication)) s.weather.duplication = 0;
  if (!allowed.has(fault::stragglers)) s.weather.straggling = 0;
  if (!allowed.has(fault::late_rows)) s.row_lag_max = duration{0};
  if (!allowed.has(fault::clock_drift)) s.drift_max = 0;
  std::vector<fault> possible;
  for_each_fault([&](fault f) {
    if (allowed.happening().has(f)) possible.push_back(f);
  });
  if (!s.faults.happening().any() && !possible.empty()) s.enable(possible[rng.index(possible.size())]);
  if (s.has(fault::zone_loss) && s.zones == 0) s.zones = rng.between(2, 4);
}

/// What became of the network and the clocks, as kinds of faults.
void note_weather(scenario& s) {
  s.faults.set(fault::loss, s.weather.loss > 0);
  s.faults.set(fault::duplication, s.weather.duplication > 0);
  s.faults.set(fault::reordering, !s.weather.ordered);
  s.faults.set(fault::stragglers, s.weather.straggling > 0);
  s.faults.set(fault::late_rows, s.row_lag_max > duration{0});
  s.faults.set(fault::clock_drift, s.drift_max > 0);
}

/// Somebody's own cluster: what it notices sooner or later than others, it is also told sooner or later.
void configure(const cluster_settings& settings, scenario& s) {
  s.settings = settings;
  s.replica.sizes = settings.limits;
  s.weather.delay_min = std::min(s.weather.delay_min, settings.times.heartbeat / 100);
  s.weather.delay_spread = std::min(s.weather.delay_spread, settings.times.heartbeat * 6 / 10);
  s.weather.straggle_max = s.scaled(s.weather.straggle_max);
  s.row_lag_max = std::min(s.row_lag_max, settings.times.heartbeat / 2);
  s.fault_interval_max = s.scaled(s.fault_interval_max);
}

/// Where a write needs several copies in sync, a leave of one of few members fails it, lawfully.
bool allows_plan(const run_options& wanted) {
  const auto needs_others = [](const durability_rules& r) { return r.min_in_sync > 1; };
  const auto& own = wanted.settings;
  return wanted.faults.has(fault::join) && wanted.faults.has(fault::leave) &&
         (!own || std::none_of(own->durabilities.begin(), own->durabilities.end(), needs_others));
}

/// What people do on purpose fails no operation. (Promise: see docs/reliability.md.)
void plan_only(scenario& s) {
  s.planned = true;
  s.faults = s.faults.weather();
  s.faults.set(fault::small_queues, false);
  s.faults.set(fault::short_memory, false);  // A row that forgets its clients' writes fails some that it is asked again.
  s.replica.session_bytes_max = protocol::replica_limits{}.session_bytes_max;
  s.replica.pending_bytes_max = protocol::replica_limits{}.pending_bytes_max;
  s.replica.waiting_operations_max = protocol::replica_limits{}.waiting_operations_max;
  s.router = {};
  s.enable(fault::join);
  s.enable(fault::leave);
  s.data_loss = false;
  s.weather.ordered = true;
  s.weather.loss = s.weather.duplication = s.weather.straggling = 0;
  s.zones = 0;
}

/// Views follow each other fast, and break off as they do.
void make_views_churn(scenario& s, dice rng) {
  s.faults = s.faults.weather();
  for (const auto f : {fault::view_cut, fault::view_crash, fault::restart, fault::join, fault::leave}) s.enable(f);
  for (const auto f : {fault::crash, fault::isolate, fault::long_pause, fault::mid_step_pause, fault::transfer_crash}) {
    if (rng.chance(0.5)) s.enable(f);
  }
  s.members = rng.between(2, 5);
  s.fault_interval_max = rng.between(milliseconds{150}, milliseconds{800});
}

/// Is that split allowed by what the caller fixed: two members under `majority`, and a map that survives one of them?
bool may_split_pair(const scenario& s, const run_options& wanted) {
  return wanted.faults.has(fault::pair_split) && wanted.members.value_or(2) == 2 && wanted.backups.value_or(1) > 0 && !wanted.settings &&
         s.settings.split_brain == quorum_policy::majority;
}

/// Both go on, each as if the other had crashed.
void split_pair_only(scenario& s) {
  s.faults = s.faults.weather();
  s.enable(fault::pair_split);
  s.members = 2;
  s.zones = 0;
  s.data_loss = s.planned = false;
  std::erase_if(s.settings.maps, [](const map_definition& m) { return m.kind.backups == 0; });
  if (s.settings.maps.empty()) s.settings.maps.push_back(map_of({1, 0}));
}

}  // namespace

std::size_t scenario::copies_to_write() const {
  std::size_t most = 0;
  for (const auto& r : settings.durabilities) most = std::max<std::size_t>(most, r.min_in_sync);
  return most;
}

duration scenario::scaled(duration d) const {
  return duration{static_cast<duration::rep>(static_cast<double>(d.count()) * slowness_of(settings.times))};
}

scenario draw_scenario(std::uint64_t seed, const run_options& wanted) {
  auto rng = dice::of(seed, "scenario");
  scenario s;
  s.seed = seed;
  s.members = wanted.members.value_or(rng.between(2, 7));
  s.clients = rng.between(1, 3);
  s.length = wanted.length;
  s.settings.partition_count = wanted.partitions.value_or(static_cast<std::uint32_t>(rng.between(1, 7)));
  s.settings.maps = draw_maps(rng, wanted);
  s.weather = draw_weather(rng);
  s.replica.sizes = s.settings.limits;
  s.replica.ring_bytes_max = rng.between(512, 16 * 1024);  // Small, so that repairs by snapshot happen.
  s.replica.ring_records_max = s.replica.ring_bytes_max / 128;
  s.replica.chunk_bytes = rng.between(128, 8 * 1024);
  s.replica.message_bytes_max = rng.between(512, 64 * 1024);
  s.replica.async_bytes_max = rng.between(1024, 64 * 1024);
  if (rng.chance(0.5)) {
    const auto few = rng.between(512, 8 * 1024);
    s.faults.set(fault::short_memory, wanted.faults.has(fault::short_memory));
    if (s.has(fault::short_memory)) s.replica.session_bytes_max = few;
  }
  s.row_lag_max = rng.chance(0.5) ? rng.between(microseconds{1}, milliseconds{50}) : duration{0};
  s.drift_max = rng.chance(0.5) ? rng.fraction() * 0.024 : 0;
  s.fault_interval_max = rng.between(milliseconds{300}, seconds{4});
  for (std::size_t i = 0; i < first_stream_kinds; ++i) s.faults.set(static_cast<fault>(i), rng.chance(0.4));
  s.data_loss = rng.chance(0.2);
  if (wanted.faults.has(fault::small_chunks)) draw_transfers(dice::of(seed, "transfers"), s);
  if (wanted.faults.has(fault::small_frames)) draw_frames(dice::of(seed, "frames"), s);
  draw_stragglers(dice::of(seed, "stragglers"), s.weather);
  if (auto churn = dice::of(seed, "churn"); !wanted.members && churn.chance(0.15)) make_views_churn(s, churn);
  draw_later_kinds(dice::of(seed, "later kinds"), wanted, s);
  draw_corruption(dice::of(seed, "corruption"), s);
  if (!wanted.faults.is_all()) restrict_to(wanted.faults, dice::of(seed, "restriction"), s);
  if (dice::of(seed, "planned").chance(0.05) && allows_plan(wanted)) plan_only(s);
  if (dice::of(seed, "decides").chance(0.2)) s.settings.split_brain = quorum_policy::strict;
  if (dice::of(seed, "reads").chance(0.3)) s.settings.reads = read_mode::confirm;
  if (wanted.policy) s.settings.split_brain = *wanted.policy;
  const bool is_split_drawn = s.has(fault::pair_split) || dice::of(seed, "both go on").chance(0.04);
  s.faults.set(fault::pair_split, false);
  if (is_split_drawn && may_split_pair(s, wanted)) split_pair_only(s);
  note_weather(s);
  if (!s.splits_pair()) draw_lifetimes(dice::of(seed, "lifetimes"), s);  // What is discarded there is accounted for by key.
  if (!s.splits_pair()) draw_evictions(dice::of(seed, "evictions"), s);
  draw_processors(dice::of(seed, "processors"), s);
  draw_counts(dice::of(seed, "counts"), s);
  draw_company(dice::of(seed, "company"), s);
  draw_listeners(dice::of(seed, "listeners"), s);
  draw_locks(dice::of(seed, "locks"), s);
  draw_copy_reads(dice::of(seed, "copy reads"), s);
  draw_statistics(dice::of(seed, "statistics"), s);
  s.cancels = dice::of(seed, "cancels").chance(0.2) && !s.planned && !s.splits_pair();
  s.asks_for_copies = dice::of(seed, "copies").chance(0.3) && !s.planned && !s.splits_pair();
  if (wanted.settings) configure(*wanted.settings, s);
  if (wanted.policy) s.settings.split_brain = *wanted.policy;
  s.maps = maps_of(s.settings);
  s.limited_lives = std::any_of(s.maps.begin(), s.maps.end(), [](const map_definition& m) { return m.life != lifetime_defaults{}; });
  s.evicts = std::any_of(s.maps.begin(), s.maps.end(), [](const map_definition& m) { return m.eviction.is_on(); });
  if (wanted.faults.has(fault::memory_full)) draw_memory(dice::of(seed, "little memory"), s);
  return s;
}

std::string describe(const scenario& s) {
  std::string text = "members=" + std::to_string(s.members) + " partitions=" + std::to_string(s.settings.partition_count) + " maps=";
  for (const auto& m : s.maps) text += m.pattern + ",";
  text += s.weather.ordered ? " ordered" : " unordered loss=" + std::to_string(s.weather.loss) + " dup=" + std::to_string(s.weather.duplication);
  text += " row_lag_us=" + std::to_string(std::chrono::duration_cast<microseconds>(s.row_lag_max).count());
  text += " drift=" + std::to_string(s.drift_max) + (s.data_loss ? " data_loss" : "") + (s.planned ? " planned" : "");
  if (s.settings.split_brain == quorum_policy::strict) text += " strict";
  if (s.settings.reads == read_mode::confirm) text += " confirmed_reads";
  if (s.limited_lives) text += " limited_lives";
  if (s.evicts) text += " evicts";
  if (std::any_of(s.maps.begin(), s.maps.end(), [](const map_definition& m) { return m.entry_statistics; })) text += " statistics";
  if (s.processors) text += " processors";
  if (s.listeners) text += " listeners";
  if (s.locks) text += " locks";
  if (std::any_of(s.settings.maps.begin(), s.settings.maps.end(), [](const map_definition& m) { return m.read_backup_data; })) text += " copy_reads";
  if (s.changes_counts) text += " changes_counts";
  for (const auto& r : s.settings.durabilities) text += " min_in_sync=" + to_string(r.kind) + "/" + std::to_string(r.min_in_sync);
  if (s.cancels) text += " cancels";
  if (s.asks_for_copies) text += " asks_for_copies";
  if (s.memory_bytes_max > 0) text += " memory=" + std::to_string(s.memory_bytes_max);
  if (s.zones > 0) text += " zones=" + std::to_string(s.zones);
  text += " faults=" + to_string(s.faults);
  return text;
}

}  // namespace troupe::sim
