#include <troupe/actors/protocol/planner/row_steps.hpp>

#include <algorithm>

namespace troupe::protocol {

namespace {

bool includes(const member_set& all, const member_set& some) { return std::includes(all.begin(), all.end(), some.begin(), some.end()); }

member_set without(const member_set& all, const member_set& some) {
  member_set rest = all;
  rest.erase_if([&](member_no m) { return some.contains(m); });
  return rest;
}

void approach_async(row& r, const wanted_row& wanted, const row& before) {
  for (auto m : wanted.async_backups) {
    if (r.in_sync.contains(m)) continue;  // It becomes an async backup once it may leave the in-sync set.
    r.learners.erase(m);
    r.async_backups.insert(m);
  }
  // Replacements come first; the old copies go by the view after. One that shall be in sync goes when it becomes a learner.
  if (includes(before.async_backups, wanted.async_backups)) {
    r.async_backups.erase_if([&](member_no m) { return !wanted.async_backups.contains(m) && !wanted.in_sync.contains(m); });
  }
}

void drop_surplus(row& r, const wanted_row& wanted) {
  for (auto m : without(r.in_sync, wanted.in_sync)) {
    if (m == r.primary || m == r.successor) continue;
    r.in_sync.erase(m);
    if (wanted.async_backups.contains(m)) r.async_backups.insert(m);
  }
}

}  // namespace

bool is_void(const row& r) { return r.status == row_status::lost && r.empty_since == r.epoch; }

void begin_forming(row& r, member_no primary) {
  r.primary = primary;
  r.in_sync = {primary};
  r.unsealed.erase(primary);
  r.epoch = r.epoch.next();
  r.empty_since = r.epoch;
  r.status = row_status::forming;
}

void strip(row& r, const member_set& removed) {
  const auto is_gone = [&](member_no m) { return removed.contains(m); };
  for (auto* set : {&r.in_sync, &r.learners, &r.async_backups, &r.unsealed}) set->erase_if(is_gone);
  if (is_gone(r.primary)) r.primary = nobody;
  if (is_gone(r.successor)) r.successor = nobody;
}

void lead(row& r, member_no next) {
  if (r.primary != nobody) r.unsealed.insert(r.primary);
  r.unsealed.erase(next);
  r.learners.erase(next);
  r.async_backups.erase(next);
  r.in_sync.insert(next);
  r.primary = next;
  r.successor = nobody;
  r.epoch = r.epoch.next();
  r.status = row_status::served;
}

void lose(row& r) {
  r.primary = nobody;
  r.successor = nobody;
  r.in_sync.clear();
  r.learners.clear();
  r.epoch = r.epoch.next();
  r.status = row_status::lost;
}

void start_afresh(row& r, const wanted_row& wanted) {
  if (r.primary != nobody) r.unsealed.insert(r.primary);
  r.unsealed.erase(wanted.primary);
  r.primary = wanted.primary;
  r.successor = nobody;
  r.in_sync = wanted.in_sync;
  r.learners.clear();
  r.async_backups = wanted.async_backups;
  r.epoch = r.epoch.next();
  r.empty_since = r.epoch;
  r.status = wanted.primary == nobody ? row_status::lost : row_status::served;
}

void approach(row& r, const wanted_row& wanted, const row& before) {
  r.learners.erase_if([&](member_no m) { return !wanted.in_sync.contains(m) && !wanted.async_backups.contains(m); });
  approach_async(r, wanted, before);
  if (!includes(r.in_sync, wanted.in_sync)) return;
  if (!r.in_sync.contains(r.successor) || !wanted.in_sync.contains(r.successor)) r.successor = nobody;
  if (r.successor == nobody && r.primary != wanted.primary) r.successor = wanted.primary;  // What has begun is carried through.
  drop_surplus(r, wanted);
}

member_set wanted_learners(const row& r, const wanted_row& wanted) {
  if (r.successor != nobody) return {};
  return without(without(wanted.in_sync, r.in_sync), r.learners);
}

}  // namespace troupe::protocol
