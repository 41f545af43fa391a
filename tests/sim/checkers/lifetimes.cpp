#include "tests/sim/checkers/lifetimes.hpp"

#include <algorithm>

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
  const auto expired = copy.expired();
  if (expired > r.expired) note_written(r, id, copy, knows, now);
  r.expired = expired;
  r.stepped_at = keys_.mark();
  if (auto& open = pending_[id]; !open.empty()) note_committed(open, copy);
}

void lifetime_checker::note_written(reign& r, const row_id& id, const protocol::replica& copy, const view& knows, duration now) {
  if (r.epoch != copy.sealed_epoch()) r = {r.expired, copy.sealed_epoch(), {}, r.stepped_at};
  auto missing = copy.expired() - r.expired;
  for (const auto& rec : copy.log_tail()) {
    const auto* e = std::get_if<erase_entry>(&rec.body);
    if (e == nullptr || !e->expired || rec.epoch != copy.sealed_epoch() || rec.seq <= r.seen) continue;
    r.seen = rec.seq;
    --missing;
    const auto* map = knows.find(e->map);
    if (map == nullptr) continue;
    const auto key = keys_.find(map->name, e->key);
    if (!key) throw violation{"an entry expired that nobody ever asked for: map=" + map->name};
    auto objection = objection_to_death(keys_.at(*key), now);
    const auto as = keys_.expiry_written(map->name, e->key, r.stepped_at);
    pending_[id].push_back({rec.epoch, rec.seq, *as, std::move(objection)});
    ++expired_;
  }
  if (missing != 0) throw violation{"the checker lost sight of entries that expired in row " + to_string(id)};
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
