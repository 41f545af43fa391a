#include <troupe/actors/protocol/row/locking.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

void refuse(reply& answer, failure why) {
  answer.result = outcome::not_applied;
  answer.why = why;
}

void take(evaluation& result, const operation& what, const newest_locks& locks, const held_lock* held, const locking_rules& rules) {
  if (held != nullptr && held->owner != owner_of(what)) return;
  const auto is_full = held == nullptr ? locks.locks().bytes() + lock_overhead_bytes + what.key.size() > rules.lock_bytes_max
                                       : held->holds.size() >= lock_holds_max;
  if (is_full) return refuse(result.answer, failure::overloaded);
  result.answer.found = true;
  if (held != nullptr) result.answer.value = fence_text(held->fence);
  const auto lease = lifetime{rules.now, what.life.ttl.value_or(milliseconds{}), {}}.normalized();
  result.write = take_lock{what.map, what.key, what.owner, lease};
}

void let_go(evaluation& result, const operation& what, const held_lock* held) {
  const auto is_its = held != nullptr && (held->owner == owner_of(what) || TROUPE_MUTATED(unlock_by_anybody));
  if (!is_its) return refuse(result.answer, failure::not_owner);
  const auto left = static_cast<std::uint32_t>(held->holds.size() - 1);
  const auto named = hold_of(what.expected);
  const auto hold = named && !TROUPE_MUTATED(unlock_by_anybody) ? hold_taken_by(held, what.stamp.client, *named) : std::optional{left};
  if (!hold) return refuse(result.answer, failure::not_owner);
  result.answer.number = left;
  result.write = free_lock{what.map, what.key, *hold};
}

}  // namespace

evaluation evaluate_lock(const operation& what, const newest_locks& locks, const locking_rules& rules) {
  evaluation result;
  if (what.kind == operation_kind::keep_locks) {
    result.answer.number = locks.locks().count(what.map, what.stamp.client);
    result.depends_on = locks.depends_on();
    return completed(std::move(result), what);
  }
  const auto* held = locks.find(what.map, what.key);
  const auto has_owner = what.owner != owner_number{} && what.stamp.number != write_number{};
  result.depends_on = locks.depends_on(what.map, what.key);
  if (what.kind == operation_kind::is_locked) {
    result.answer.found = held != nullptr;
  } else if (what.kind == operation_kind::force_unlock) {
    result.answer.found = held != nullptr;
    if (held != nullptr) result.write = free_lock{what.map, what.key};
  } else if (!has_owner) {
    refuse(result.answer, failure::not_owner);
  } else if (what.kind == operation_kind::lock) {
    take(result, what, locks, held, rules);
  } else {
    let_go(result, what, held);
  }
  return completed(std::move(result), what);
}

std::optional<std::uint32_t> hold_taken_by(const held_lock* lock, const client_id& client, write_number write) {
  if (lock == nullptr || lock->owner.client != client) return std::nullopt;
  const auto at = std::find(lock->holds.begin(), lock->holds.end(), write);
  if (at == lock->holds.end()) return std::nullopt;
  return static_cast<std::uint32_t>(at - lock->holds.begin());
}

}  // namespace troupe::protocol
