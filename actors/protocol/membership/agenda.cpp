#include <troupe/actors/protocol/membership/agenda.hpp>

#include <algorithm>
#include <set>

#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

using wish = membership_message::wish;

bool refers_to(const row& r, member_no m) {
  return r.primary == m || r.successor == m || r.in_sync.contains(m) || r.learners.contains(m) || r.async_backups.contains(m);
}

}  // namespace

std::size_t rows_with(const view& v, member_no m) {
  std::size_t count = 0;
  for (const auto& table : v.tables) {
    count += static_cast<std::size_t>(std::count_if(table.rows.begin(), table.rows.end(), [&](const row& r) { return refers_to(r, m); }));
  }
  return count;
}

void agenda::open(const view_ptr& installed, instant now) {
  const bool only_rows_changed = view_ != nullptr && view_->members == installed->members && view_->maps == installed->maps;
  planner_turn_at_ = only_rows_changed ? now + installed->settings.times.heartbeat : now;
  view_ = installed;
  wishes_.keep_open(*view_);
  joiners_.installed(*view_);
  planner_has_work_.reset();
  std::erase_if(leaving_since_, [&](const auto& entry) { return !view_->has(entry.first); });
  for (const auto& m : view_->members) {
    if (m.leaving) leaving_since_.try_emplace(m.number, now);
  }
}

bool agenda::may_go(const member& m, instant now) const {
  if (!m.leaving) return false;
  if (TROUPE_MUTATED(leave_without_handover)) return true;
  if (now - leaving_since_.at(m.number) >= view_->settings.times.leave_deadline) return true;
  const bool only_holder = std::none_of(view_->members.begin(), view_->members.end(), [&](const member& other) {
    return other.kind == member_kind::data && other.number != m.number;
  });
  return only_holder || rows_with(*view_, m.number) == 0;
}

member_set agenda::leavers(instant now) const {
  member_set going;
  for (const auto& m : view_->members) {
    if (may_go(m, now)) going.insert(m.number);
  }
  const auto voters = voters_of(*view_);
  if (std::all_of(voters.begin(), voters.end(), [&](member_no v) { return going.contains(v); })) going.erase(*voters.begin());
  return going;
}

member_set agenda::overdue(instant now) const {
  auto late = leavers(now);
  late.erase_if([&](member_no m) {
    return now - leaving_since_.at(m) < view_->settings.times.leave_deadline || rows_with(*view_, m) == 0;
  });
  return late;
}

plan_input agenda::everything(const member_set& removals, joining when) const {
  plan_input input;
  input.removals = removals;
  auto number = view_->next_member;
  for (auto m : when == joining::next ? joiners_.ready() : std::vector<member>{}) {
    m.number = number;
    m.leaving = false;
    number = number.next();
    input.joins.push_back(std::move(m));
  }
  auto id = view_->next_map;
  for (auto& w : wishes_.all()) {
    if (const auto* l = std::get_if<wish::leave>(&w.what)) {
      if (!removals.contains(l->who)) input.leaving.insert(l->who);
    } else if (const auto* d = std::get_if<wish::destroy_map>(&w.what)) {
      input.maps_destroyed.push_back(d->id);
    } else if (const auto* c = std::get_if<wish::create_map>(&w.what)) {
      if (view_->maps.size() + input.maps_created.size() >= view_->settings.limits.maps_max) continue;
      const auto definition = definition_for(view_->settings, c->name);
      const auto group = group_for(*view_, definition.kind);
      input.maps_created.push_back({id, c->name, group.began, definition.read_backup_data, definition.life, definition.eviction, group.number, std::nullopt,
                                    definition.entry_statistics});
      id = id.next();
    } else if (const auto* s = std::get_if<wish::set_counts>(&w.what)) {
      if (!input.counts && may_change(*view_, s->what)) input.counts = s->what;
    } else {
      input.wishes.push_back(std::move(w));
    }
  }
  // One thing after the other: where new maps are put depends on the counts of the groups that there are.
  const bool has_to_wait = !input.maps_created.empty() || (input.counts && std::ranges::find(input.maps_destroyed, input.counts->map) != input.maps_destroyed.end());
  if (has_to_wait) input.counts.reset();
  return input;
}

bool agenda::is_urgent(instant now, joining when) const {
  return wishes_.oldest_urgent(*view_) || (when == joining::next && !joiners_.ready().empty()) || !leavers(now).empty() ||
         (now >= planner_turn_at_ && planner_has_work());
}

bool agenda::has_waited(duration idle, instant now) const {
  const auto since = wishes_.oldest_due(*view_);
  return since && now - *since >= idle;
}

bool agenda::planner_has_work() const {
  if (!planner_has_work_) planner_has_work_ = has_work(*view_);
  return *planner_has_work_;
}

}  // namespace troupe::protocol
