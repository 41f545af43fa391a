// Locks at a primary (ADR 12): who waits for which, and whose are freed without being asked.
//
// How long nothing has been heard of a client, only the primary knows. One that comes new takes all for heard just now; so does one that has slept,
// because what they said meanwhile may be on its way to it.
#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/locking.hpp>
#include <troupe/actors/protocol/row/primary.hpp>
#include <troupe/actors/protocol/row/refusal.hpp>

namespace troupe::protocol {

namespace {

/// Locks without a lease are looked after so many times within the patience.
constexpr int looks_in_patience = 4;

}  // namespace

bool primary::must_wait_for_lock(const operation& what) const {
  if (locks_.locks().empty() || !waits_for_lock(what.kind)) return false;
  const auto* lock = locks_.find(what.map, what.key);
  if (lock == nullptr || lock->owner == owner_of(what)) return false;
  return what.kind == operation_kind::lock || !TROUPE_MUTATED(write_past_lock);
}

void primary::wait_for_lock(origin_id from, operation&& what, const moment& at, replica_effects& out) {
  const auto request = what.request;
  const auto until = at.now + milliseconds{what.wait_ms};
  lock_queue::waiter w{from, std::move(what), until};
  std::optional<lock_queue::waiter> superseded;
  if (!lock_queue_.admit(w, base_.limits.waiting_operations_max, base_.limits.pending_bytes_max, superseded)) {
    return answer(from, refusal(request, outcome::not_applied, failure::overloaded), out);
  }
  if (superseded) answer(superseded->from, refusal(superseded->what.request, outcome::retry, failure::not_primary), out);
}

void primary::serve_freed(const moment& at, replica_effects& out) {
  while (!freed_.empty()) {
    const auto key = std::move(freed_.front());
    freed_.pop_front();
    while (!is_locked(key.first, key.second)) {
      auto next = lock_queue_.take(key);
      if (!next) break;
      next->what.wait_ms = 0;
      carry_out(next->from, std::move(next->what), at, out);
    }
  }
}

void primary::refuse_late(const moment& at, replica_effects& out) {
  if (is_paused()) return;  // Whoever takes over is asked.
  for (auto& w : lock_queue_.take_late(at.now)) {
    w.what.wait_ms = 0;
    carry_out(w.from, std::move(w.what), at, out);
  }
}

void primary::refuse_all_waiting(outcome result, failure why, replica_effects& out) {
  for (const auto& w : lock_queue_.take_if([](const auto&) { return true; })) out.answers.push_back({w.from, refusal(w.what.request, result, why), {}});
}

// What became of the write is settled first, so that no attempt that comes late takes the lock; then its hold is freed, which names itself, and so
// needs no session.
void primary::withdraw_lock(origin_id from, operation&& what, const moment& at, replica_effects& out) {
  if (!has_enough_copies()) return answer(from, refusal(what.request, outcome::retry, failure::under_replicated), out);
  if (const auto waits = lock_queue_.take({what.map, what.key}, what.stamp)) {
    answer(waits->from, refusal(waits->what.request, outcome::retry, failure::not_primary), out);
  }
  const auto since = what.since > base_.copy.log().end() ? seq_number{} : what.since;
  const auto known = sessions_.find(what.stamp, since);
  reply done;
  done.request = what.request;
  if (const auto hold = hold_taken_by(locks_.find(what.map, what.key), what.stamp.client, what.stamp.number)) {
    write(free_lock{what.map, what.key, *hold}, {});
  } else if (known.what == newest_sessions::standing::fresh) {
    write(no_change{what.map, what.key}, cause_of(what, done));
  } else {
    evaluation settled;
    settled.answer = std::move(done);
    settled.depends_on = std::max(locks_.depends_on(what.map, what.key), known.at);
    return read(from, what, std::move(settled), at, out);
  }
  done.epoch = epoch_;
  done.seq = base_.copy.log().end();
  answers_.add_write(from, std::move(done), 0, std::nullopt);
  commit(at, out);
}

void primary::spare_locked(const operation& what, evaluation& cleared) const {
  if (TROUPE_MUTATED(clear_takes_locked)) return;
  auto spared = locks_.locks().keys_of(what.map);
  std::erase_if(spared, [&](const blob& key) { return newest_.find(what.map, key.view()).value == nullptr; });
  cleared.answer.number -= spared.size();
  cleared.depends_on = std::max(cleared.depends_on, locks_.depends_on());
  if (cleared.answer.number > 0) {
    std::get<clear_map>(*cleared.write).spared = std::move(spared);
  } else {
    cleared.write.reset();
    cleared = completed(std::move(cleared), what);
  }
}

void primary::free_whole_lock(map_id map, const blob& key) {
  write(free_lock{map, key}, {});
  answers_.add_unowned();
}

bool primary::end_lease_if_over(map_id map, const blob& key, row_time now) {
  const auto* lock = locks_.find(map, key);
  if (lock == nullptr || lock->ends() > now || !may_expire() || TROUPE_MUTATED(lease_never_ends)) return false;
  free_whole_lock(map, key);
  return true;
}

bool primary::is_overdue(const held_lock& lock, row_time now, instant at) const {
  if (lock.lease.is_limited()) return lock.ends() <= now && !TROUPE_MUTATED(lease_never_ends);
  return at - heard_.at(lock.owner.client) >= base_.limits.lock_patience && !TROUPE_MUTATED(dead_owner_never_freed);
}

bool primary::free_overdue_locks(const moment& at) {
  if (locks_.locks().empty() || at.now < locks_due_) return false;
  const auto interval = base_.limits.lock_patience / looks_in_patience;
  if (at.now - locks_looked_at_ > 2 * interval) hear_all_anew(at.now);
  locks_looked_at_ = at.now;
  locks_due_ = at.now + interval;
  if (!may_expire()) return false;
  const auto now = base_.clock.read(at.now);
  std::vector<row_locks::name> overdue;
  std::unordered_map<client_id, instant> heard;
  for (const auto& [name, lock] : locks_.locks().all()) {
    if (is_overdue(lock, now, at.now) && !base_.is_leaving(name.first)) {
      overdue.push_back(name);
    } else {
      watch_lock(lock, at.now);
      heard.try_emplace(lock.owner.client, heard_.at(lock.owner.client));
    }
  }
  heard_ = std::move(heard);
  for (const auto& [map, key] : overdue) free_whole_lock(map, key);
  return !overdue.empty();
}

void primary::watch_lock(const held_lock& lock, instant now) {
  if (lock.lease.is_limited()) {
    locks_due_ = std::min(locks_due_, base_.clock.when(lock.ends()));
  } else {
    locks_due_ = std::min(locks_due_, now + base_.limits.lock_patience / looks_in_patience);
  }
}

void primary::hear(const client_id& client, instant now) {
  if (const auto known = heard_.find(client); known != heard_.end()) known->second = now;
}

void primary::hear_all_anew(instant now) {
  heard_.clear();
  locks_looked_at_ = now;
  const auto heard = TROUPE_MUTATED(promotion_frees_locks) ? now - 2 * base_.limits.lock_patience : now;
  for (const auto& [name, lock] : locks_.locks().all()) {
    heard_.insert_or_assign(lock.owner.client, heard);
    watch_lock(lock, now);
  }
}

void primary::note_lock_change(const record& r) {
  locks_.add(r);
  if (locks_.locks().empty()) heard_.clear();
  const auto* lock = std::get_if<free_lock>(&r.body);
  if (lock == nullptr || lock_queue_.empty() || is_locked(lock->map, lock->key)) return;
  freed_.emplace_back(lock->map, lock->key);
}

}  // namespace troupe::protocol
