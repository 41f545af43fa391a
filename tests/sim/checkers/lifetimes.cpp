#include "tests/sim/checkers/lifetimes.hpp"

#include <algorithm>

#include <troupe/actors/protocol/row/store.hpp>
#include <troupe/messages/types/stats.hpp>

#include "tests/sim/fold.hpp"

namespace troupe::sim {

namespace {

/// Clocks run up to 5 % apart.
constexpr double pace_min = 0.95;
constexpr double pace_max = 1.05;
/// A tick, and what a message takes at each promotion.
constexpr duration lateness_max = seconds{2};

duration stretched(milliseconds d, double by) { return duration{static_cast<duration::rep>(static_cast<double>(duration{d}.count()) * by)}; }

/// Did it write the entry, or set its lifetime anew?
bool gave_life(const key_operation& op) {
  switch (op.kind) {
    case operation_kind::put:
    case operation_kind::set: return true;
    case operation_kind::put_if_absent: return !op.found;
    case operation_kind::replace:
    case operation_kind::replace_if_equal:
    case operation_kind::set_ttl: return op.found;
    case operation_kind::execute:
    case operation_kind::execute_if_present: return op.seen != absent && effect_of(op.seen) == fold_effect::set;
    default: return false;
  }
}

std::string named(const key_under_test& key) { return key.map + "/" + std::string{key.name.view()} + " row=" + to_string(key.row); }

}  // namespace

lifetime_checker::lifetime_checker(keyspace& keys, const std::vector<map_definition>& maps) : keys_(keys) {
  for (const auto& m : maps) maps_[m.pattern] = m.life;
}

const lifetime_defaults* lifetime_checker::life_in(const std::string& map) const {
  const auto at = maps_.find(map);
  return at == maps_.end() || at->second == lifetime_defaults{} ? nullptr : &at->second;
}

void lifetime_checker::stepped(endpoint process, const row_id& id, const protocol::replica& copy, const view& knows, duration now) {
  auto& r = reigns_[{process, id}];
  const auto removed = copy.unasked_removals();
  if (removed > r.removed) note_written(r, id, copy, knows, now);
  r.removed = removed;
  r.stepped_at = keys_.mark();
  if (auto& open = pending_[id]; !open.empty()) note_committed(open, copy);
}

void lifetime_checker::note_written(reign& r, const row_id& id, const protocol::replica& copy, const view& knows, duration now) {
  if (r.epoch != copy.sealed_epoch()) r = {r.removed, copy.sealed_epoch(), {}, r.stepped_at};
  auto missing = copy.unasked_removals() - r.removed;
  std::map<map_id, int> evicted;
  for (const auto& rec : copy.log_tail()) {
    if (rec.epoch != copy.sealed_epoch() || rec.seq <= r.seen) continue;
    if (const auto* c = std::get_if<clear_map>(&rec.body)) evicted.erase(c->map);
    const auto* e = std::get_if<erase_entry>(&rec.body);
    if (e != nullptr && e->why != removal::evicted) evicted.erase(e->map);  // Now there is room, rightly.
    if (e == nullptr || e->why == removal::asked) continue;
    r.seen = rec.seq;
    --missing;
    const auto* map = knows.find(e->map);
    if (map == nullptr) continue;
    const auto key = keys_.find(map->name, e->key);
    if (!key) throw violation{"an entry was removed that nobody ever asked for: map=" + map->name};
    auto objection = e->why == removal::expired ? objection_to_death(keys_.at(*key), now) : std::optional<std::string>{};
    const auto as = keys_.expiry_written(map->name, e->key, r.stepped_at);
    pending_[id].push_back({rec.epoch, rec.seq, *as, std::move(objection)});
    if (e->why == removal::evicted) ++evicted[e->map];
    ++(e->why == removal::expired ? expired_ : evicted_);
  }
  if (missing != 0) throw violation{"the checker lost sight of entries that were removed in row " + to_string(id)};
  check_room(evicted, copy, knows);
}

std::uint64_t entries_of(const protocol::replica& copy, map_id map) {
  for (const auto& s : copy.map_stats()) {
    if (s.map == map) return s.entries;
  }
  return 0;
}

row_budget budget_in(const view& v, const map_info& map) {
  const auto members = std::count_if(v.members.begin(), v.members.end(), [](const member& m) { return m.kind == member_kind::data; });
  return budget_of(map.eviction, static_cast<std::uint64_t>(members), v.settings.partition_count,
                   std::uint64_t{1} + v.counts_of(map).backups + v.counts_of(map).async_backups);
}

/// What is left after an eviction fills the map's share.
void lifetime_checker::check_room(const std::map<map_id, int>& evicted, const protocol::replica& copy, const view& knows) {
  for (const auto& [id, times] : evicted) {
    const auto* map = knows.find(id);
    if (map == nullptr) continue;
    if (!map->eviction.is_on()) throw violation{"an entry of a map was evicted that keeps everything: map=" + map->name};
    if (map->eviction.measure == size_measure::bytes_per_node) continue;
    const auto left = entries_of(copy, id);
    if (left < budget_in(knows, *map).entries) throw violation{"an entry was evicted though there was room: map=" + map->name + " left=" + std::to_string(left)};
  }
}

void lifetime_checker::note_committed(std::vector<pending>& open, const protocol::replica& copy) {
  const auto committed = copy.committed();
  if (std::none_of(open.begin(), open.end(), [&](const pending& p) { return p.seq <= committed; })) return;
  const auto tail = copy.log_tail();
  std::erase_if(open, [&](const pending& p) {
    if (p.seq > committed || copy.sealed_epoch() < p.epoch) return false;  // A copy of the past knows nothing of it.
    const auto at = std::find_if(tail.begin(), tail.end(), [&](const record& r) { return r.seq == p.seq; });
    if (at == tail.end()) return true;  // Nobody knows any more: it may have taken effect at any time, or never.
    if (at->epoch != p.epoch) {
      keys_.was_not_applied(p.as);
      return true;
    }
    if (p.objection) throw violation{*p.objection};
    keys_.expiry_done(p.as);
    return true;
  });
}

/// Whatever wrote the entry that dies, it was the last write that has returned, or a later one.
std::optional<std::string> lifetime_checker::objection_to_death(const key_under_test& key, duration now) const {
  if (key.lost_at != never) return std::nullopt;  // An older copy goes on: what was written last is gone.
  const auto* life = life_in(key.map);
  if (life == nullptr) return "invariant 15: an entry without a limit of its life expired: " + named(key);
  bool is_old = life->ttl > milliseconds{};
  bool is_idle = life->max_idle > milliseconds{};
  for (std::size_t i = 0; i < key.operations.size(); ++i) {
    const auto& op = key.operations[i];
    if (op.returned == never || key.not_applied[i] || key.asked_at[i] == duration{}) continue;
    const auto age = now - key.asked_at[i];
    if (gave_life(op) && age < stretched(life->ttl, pace_min)) is_old = false;
    if (age < stretched(life->max_idle, pace_min)) is_idle = false;
  }
  if (is_old || is_idle) return std::nullopt;
  return "invariant 15: an entry expired before its time: " + named(key);
}

void lifetime_checker::at_rest(const protocol::replica& primary, const view& knows, duration now, duration quiet) const {
  for (const auto& s : primary.map_stats()) {
    const auto* map = knows.find(s.map);
    if (map == nullptr || !map->eviction.is_on() || s.entries <= 1) continue;
    const auto budget = budget_in(knows, *map);
    if (s.entries > budget.entries || s.bytes + s.entries * protocol::entry_overhead_bytes > budget.bytes)
      throw violation{"a map outgrew its bound: map=" + map->name + " entries=" + std::to_string(s.entries) + " bytes=" + std::to_string(s.bytes)};
  }
  for (const auto& entry : primary.committed_entries()) {
    const auto* map = knows.find(entry.map);
    const auto* life = map == nullptr ? nullptr : life_in(map->name);
    if (life == nullptr) continue;
    const auto key = keys_.find(map->name, entry.key);
    if (!key) continue;
    const auto& k = keys_.at(*key);
    if (!entry.life.is_limited()) throw violation{"invariant 15: an entry lives without limit: " + named(k)};
    if (life->ttl == milliseconds{} || stretched(life->ttl, pace_max) + lateness_max > quiet) continue;
    throw violation{"invariant 15: an entry outlives its time: " + named(k) + " quiet_ms=" +
                    std::to_string(std::chrono::duration_cast<milliseconds>(quiet).count()) + " now_ms=" +
                    std::to_string(std::chrono::duration_cast<milliseconds>(now).count())};
  }
}

}  // namespace troupe::sim
