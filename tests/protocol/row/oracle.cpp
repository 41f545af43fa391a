// The oracle of a row world: how views follow each other.
#include <algorithm>

#include "row_world.hpp"

namespace troupe::protocol::scene {

using membership_message::wish;

void row_world::decide(row r, std::set<member_no> members) {
  // A row whose last living copy is dropped is lost: not what is tested here.
  if (std::none_of(r.in_sync.begin(), r.in_sync.end(), [&](member_no m) { return actors_.contains(m); })) return;
  if (!views_.empty()) r.config = now().config.next();
  members_ = std::move(members);
  r.unsealed.erase_if([&](member_no m) { return !members_.contains(m); });
  auto v = std::make_shared<view>(*view_with(r, views_.size() + 1, {the_map, another_map}, {}, options_.reads));
  views_.push_back(std::move(v));
}

void row_world::lead(row& r, member_no next) {
  r.unsealed.insert(r.primary);
  r.unsealed.erase(next);
  r.primary = next;
  r.successor = nobody;
  r.epoch = r.epoch.next();
  ++promotions_;
}

/// Removes a member whose lease is over; the row goes on with an in-sync member that lives.
void row_world::remove(member_no who) {
  const auto found = actors_.find(who);
  if (found != actors_.end() && found->second.has_lease) return;
  auto r = now();
  r.in_sync.erase(who);
  r.learners.erase(who);
  r.async_backups.erase(who);
  if (r.successor == who) r.successor = nobody;
  const auto lives = std::find_if(r.in_sync.begin(), r.in_sync.end(), [&](member_no m) { return actors_.contains(m); });
  if (lives == r.in_sync.end()) return;
  if (r.primary == who) lead(r, *lives);
  auto members = members_;
  members.erase(who);
  decide(r, members);
}

void row_world::decide_something() {
  auto r = now();
  const auto anyone = *std::next(members_.begin(), static_cast<std::ptrdiff_t>(below(members_.size())));
  const auto has_role = r.in_sync.contains(anyone) || r.learners.contains(anyone) || r.async_backups.contains(anyone);
  switch (below(9)) {
    case 0: remove(anyone); return;
    case 1:  // A hand-over without a pause; the former primary keeps its copy, or doesn't.
      if (!r.in_sync.contains(anyone) || anyone == r.primary) return;
      lead(r, anyone);
      if (chance(30)) r.in_sync.erase(now().primary);
      break;
    case 2:
      if (!r.in_sync.contains(anyone) || anyone == r.primary || r.in_sync.size() < 3) return;
      r.in_sync.erase(anyone);
      if (r.successor == anyone) r.successor = nobody;
      if (chance(30)) r.async_backups.insert(anyone);
      if (chance(20)) r.learners.insert(anyone), r.async_backups.erase(anyone);
      break;
    case 3:
    case 4:
      if (has_role) return;
      r.learners.insert(anyone);
      break;
    case 5:
      if (has_role) return;
      r.async_backups.insert(anyone);
      break;
    case 6:
      if (!r.learners.erase(anyone) && !r.async_backups.erase(anyone)) return;
      if (chance(30)) r.async_backups.insert(anyone);
      break;
    case 7:
      if (!r.in_sync.contains(anyone) || anyone == r.primary) return;
      r.successor = r.successor == nobody ? anyone : nobody;
      break;
    case 8: {
      if (members_.size() > 8 || next_member_ > 30) return;
      const member_no m{next_member_++};
      join(m);
      auto members = members_;
      members.insert(m);
      decide(r, members);
      return;
    }
  }
  decide(r, members_);
}

void row_world::honour(const wish& w) {
  auto r = now();
  if (const auto* c = std::get_if<wish::caught_up>(&w.what)) {
    if (c->config != r.config || !r.learners.erase(c->learner)) return;
    r.in_sync.insert(c->learner);
    ++admissions_;
  } else if (const auto* h = std::get_if<wish::handed_over>(&w.what)) {
    if (h->config != r.config || r.successor != h->successor) return;
    lead(r, h->successor);
  } else if (const auto* a = std::get_if<wish::activated>(&w.what)) {
    if (a->epoch != r.epoch || r.unsealed.empty()) return;
    r.unsealed.clear();
  }
  decide(r, members_);
}

/// What a planner does once faults stop: removes the dead, fills up the row.
void row_world::repair() {
  for (const auto m : std::vector<member_no>(now().in_sync.begin(), now().in_sync.end())) {
    if (!actors_.contains(m)) remove(m);
  }
  auto r = now();
  const auto is_gone = [&](member_no m) { return !actors_.contains(m) || !members_.contains(m); };
  r.learners.erase_if(is_gone);
  r.async_backups.erase_if(is_gone);
  r.unsealed.erase_if(is_gone);
  if (is_gone(r.successor)) r.successor = nobody;
  for (const auto m : members_) {
    if (r.in_sync.size() + r.learners.size() > options_.backups) break;
    if (!r.in_sync.contains(m) && !r.async_backups.contains(m)) r.learners.insert(m);
  }
  if (r.in_sync.size() + r.learners.size() <= options_.backups && !r.async_backups.empty()) {
    const auto m = *r.async_backups.begin();
    r.async_backups.erase(m);
    r.learners.insert(m);
  }
  if (!(r == now())) decide(r, members_);
}

}  // namespace troupe::protocol::scene
