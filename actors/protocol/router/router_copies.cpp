// Gets that a copy in the router's own process may answer: of maps with read-backup-data. The router's own session bounds how old the answer may be:
// a position in the row's log that it has seen committed, by whatever answer. So its process reads what it wrote, and never goes back.
#include <algorithm>

#include <troupe/actors/protocol/router/router_state.hpp>

namespace troupe::protocol {

bool router::state::may_ask_copy(const open_call& c, const task& what) const {
  if (c.what().what != map_call::kind::single || what.kind != operation_kind::get) return false;
  const auto* map = find_map(c.map());
  if (map == nullptr || !map->read_backup_data) return false;
  const auto* r = row_of(*map, what.partition);
  return r != nullptr && r->status != row_status::lost;
}

void router::state::ask_copy(open_call& c, task what, instant now, router_effects& out) {
  const auto& map = *find_map(c.map());
  const auto where = view_->home_of(map, what.partition);
  const auto& r = *view_->find(where);
  last_copy_read_ = last_copy_read_.next();
  operation get;
  get.request = last_copy_read_;
  get.routed_by = view_->name.number;
  get.row = where;
  get.map = map.id;
  get.key = what.key;
  get.since = sessions_.seen(where, r);
  out.copy_reads.push_back(std::move(get));
  const auto patience_ends = std::min(c.deadline(), now + limits_.reroute_after);
  copy_reads_.emplace_hint(copy_reads_.end(), last_copy_read_, copy_read{&c, std::move(what), map.id, where, patience_ends});
  watch(patience_ends);
}

void router::state::copy_answered(const reply& what, instant now, router_effects& out) {
  auto read = copy_reads_.extract(what.request);
  if (read.empty()) return;  // It came too late: the primary has been asked.
  auto& r = read.mapped();
  if (what.result != outcome::ok) return ask_primary_instead(std::move(r), now, out);
  see(r.row, what.epoch, what.committed);
  auto& c = *r.owner;
  (void)c.finish(r.what, what, r.map, view_->settings.partition_count);  // A get has no next task.
  finish(c, out);
  out.finished.back().what.by_copy = true;
}

void router::state::see(const row_id& where, epoch_number epoch, seq_number position) {
  if (!copies_are_read_ || position == seq_number{}) return;
  if (const auto* r = view_->find(where)) sessions_.see(where, epoch, position, *r);
}

void router::state::ask_primary_instead(copy_read&& read, instant now, router_effects& out) {
  std::vector<task> only;
  only.push_back(std::move(read.what));
  undertake(*read.owner, std::move(only), now, out);
}

void router::state::give_up_silent_copies(instant now, router_effects& out) {
  std::vector<copy_read> silent;
  for (auto at = copy_reads_.begin(); at != copy_reads_.end();) {
    if (at->second.patience_ends > now) {
      watch(at->second.patience_ends);
      ++at;
      continue;
    }
    silent.push_back(std::move(at->second));
    at = copy_reads_.erase(at);
  }
  for (auto& read : silent) {
    if (read.owner->deadline() > now) {
      ask_primary_instead(std::move(read), now, out);
      continue;
    }
    read.owner->fail(outcome::not_applied, failure::deadline);
    finish(*read.owner, out);
  }
}

void router::state::give_up_copies(instant now, router_effects& out) {
  for (auto& [request, read] : std::exchange(copy_reads_, {})) {
    read.what.relocate(view_->settings.partition_count);
    ask_primary_instead(std::move(read), now, out);
  }
}

void router::state::cancel_copy_reads(const std::unordered_set<call_id>& which, router_effects& out) {
  for (auto at = copy_reads_.begin(); at != copy_reads_.end();) {
    auto& c = *at->second.owner;
    if (!which.contains(c.id())) {
      ++at;
      continue;
    }
    at = copy_reads_.erase(at);
    c.fail(outcome::not_applied, failure::cancelled);
    finish(c, out);
  }
}

void router::state::close_copy_reads(router_effects& out) {
  for (auto& [request, read] : std::exchange(copy_reads_, {})) {
    read.owner->fail(outcome::not_applied, failure::closed);
    finish(*read.owner, out);
  }
}

}  // namespace troupe::protocol
