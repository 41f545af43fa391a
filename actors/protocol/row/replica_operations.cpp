// Operations at a replica: who is served, who waits, who is sent elsewhere; and what a copy tells without being asked as primary.
#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/refusal.hpp>
#include <troupe/actors/protocol/row/replica_state.hpp>

namespace troupe::protocol {

replica::state::verdict replica::state::judge(const operation& what) const {
  const auto& view = base_.view;
  if (!view || what.routed_by > view->name.number) return {admission::wait};
  const auto* map = view->find(what.map);
  const bool never_moved = map == nullptr || map->number == group_number{};
  if (map == nullptr || (never_moved && map->group() != base_.id.group())) return {admission::refuse, outcome::not_applied, failure::unknown_map};
  if (view->home_of(*map, base_.id.partition) != base_.id) return {admission::refuse};
  if (base_.row == nullptr) return {admission::refuse};
  if (base_.row->status == row_status::lost) return {admission::refuse, outcome::not_applied, failure::partition_lost};
  if (const auto why = oversize(what, base_.limits.sizes); why != failure::none) return {admission::refuse, outcome::not_applied, why};
  if (std::holds_alternative<candidate>(role_)) return {admission::wait};
  const auto* reigning = as_primary();
  if (reigning == nullptr) return {admission::refuse};
  if (base_.is_leaving(map->id)) return {admission::wait};
  return {reigning->is_paused() && !is_read(what.kind) ? admission::wait : admission::serve};
}

void replica::state::operate(waiting_operation w, const moment& at, replica_effects& out) {
  const auto refuse = [&](outcome result, failure why) { out.answers.push_back({w.from, refusal(w.what.request, result, why), {}}); };
  const auto judged = judge(w.what);
  switch (judged.what) {
    case admission::serve: std::get<primary>(role_).operate(w.from, std::move(w.what), at, out); return;
    case admission::refuse: refuse(judged.result, judged.why); return;
    case admission::wait:
      if (!waiting_.admit(w, base_.limits.waiting_operations_max, base_.limits.pending_bytes_max)) {
        refuse(outcome::not_applied, failure::overloaded);
      }
      return;
  }
}

void replica::state::serve_waiting(const moment& at, replica_effects& out) {
  for (auto& w : waiting_.take_all()) operate(std::move(w), at, out);
}

void replica::state::forget(origin_id from) {
  waiting_.forget(from);
  if (auto* reigning = std::get_if<primary>(&role_)) reigning->forget(from);
}

bool replica::state::is_at_home(map_id map) const {
  const auto* known = base_.view->find(map);
  return known != nullptr && base_.view->home_of(*known, base_.id.partition) == base_.id;
}

std::optional<reply> replica::state::read_backup(const operation& get) {
  if (!base_.copy.is_current() || !base_.view || base_.row == nullptr || !is_at_home(get.map)) return std::nullopt;
  if (get.routed_by > base_.view->name.number) return std::nullopt;  // Its reader may know that this history was lost.
  if (base_.copy.with_primary() == agreement::different) return std::nullopt;
  if (base_.copy.committed() < get.since && !TROUPE_MUTATED(copy_reads_behind_session)) return std::nullopt;
  ++activity_[get.map].backup_reads;
  reply r;
  r.request = get.request;
  r.epoch = base_.row->epoch;
  r.committed = base_.copy.committed();
  if (const auto* stored = base_.copy.store().find(get.map, get.key.view())) {
    r.found = true;
    r.value = stored->value();
  }
  return r;
}

replica_role replica::state::role() const {
  if (!std::holds_alternative<understudy>(role_)) return replica_role::primary;
  const auto* row = base_.row;
  if (row == nullptr) return replica_role::none;
  if (row->in_sync.contains(base_.self)) return replica_role::backup;
  if (row->learners.contains(base_.self)) return replica_role::learner;
  return row->async_backups.contains(base_.self) ? replica_role::async_backup : replica_role::none;
}

std::uint64_t replica::state::unasked_removals() const {
  std::uint64_t sum = 0;
  for (const auto& [map, activity] : activity_) sum += activity.expired + activity.evicted;
  return sum;
}

// As of all that this copy holds, committed here or not: a backup that acknowledged a removal has removed, also before it learns that the
// removal committed.
std::vector<replica_map_stats> replica::state::map_stats() const {
  auto stats = std::map<map_id, replica_map_stats>{};
  const auto of = [&](map_id map) -> replica_map_stats& {
    auto& s = stats[map];
    s.map = map;
    return s;
  };
  for (const auto& [map, activity] : activity_) of(map).activity = activity;
  const auto& copy = base_.copy;
  if (as_primary() != nullptr) {
    for (const auto& [name, lock] : copy.locks().all()) ++of(name.first).locked_entries;
  }
  newest_state newest{copy.store()};
  for (auto s = copy.committed().next(); s <= copy.log().end(); s = s.next()) newest.add(copy.log().at(s));
  for (const auto map : newest.maps()) {
    if (base_.view && base_.view->find(map) != nullptr && !is_at_home(map)) continue;  // It counts where it is served.
    auto& s = of(map);
    const auto tally = newest.count(map);
    s.entries = tally.entries;
    s.bytes = tally.bytes;
  }
  std::vector<replica_map_stats> list;
  list.reserve(stats.size());
  for (auto& [map, s] : stats) list.push_back(s);
  return list;
}

}  // namespace troupe::protocol
