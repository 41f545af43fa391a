// Reads at a primary: what they wait for, and who vouches that nobody else has taken over meanwhile: the member's lease, or the replicas (ADR 11).
#include <algorithm>
#include <utility>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/primary.hpp>
#include <troupe/actors/protocol/row/refusal.hpp>

namespace troupe::protocol {

void primary::read(origin_id from, const operation& what, evaluation&& result, const moment& at, replica_effects& out) {
  if (waiting() >= base_.limits.waiting_operations_max) {
    answer(from, refusal(result.answer.request, outcome::not_applied, failure::overloaded), out);
    return;
  }
  auto position = TROUPE_MUTATED(dirty_read) ? seq_number{} : result.depends_on;
  if (!has_recommitted()) position = std::max(position, known_at_activation_);
  held_read answer{from, std::move(result.answer), what.map, what.kind, at.now};
  if (position > base_.copy.committed()) {
    answers_.add_read(position, std::move(answer));
  } else {
    release(std::move(answer), at, out);
  }
}

void primary::send(held_read&& read, std::optional<view_name> vouched_for, instant now, replica_effects& out) {
  const auto counts = read.kind != operation_kind::keep_locks && read.kind != operation_kind::withdraw_lock;
  if (counts && now > read.since) {
    auto& activity = activity_[read.map];
    (is_read(read.kind) ? activity.read_wait : activity.write_wait) += wait_between(read.since, now);
  }
  out.answers.push_back({read.to, std::move(read.what), std::move(vouched_for)});
}

void primary::release(held_read&& read, const moment& at, replica_effects& out) {
  read.what.committed = base_.copy.committed();
  if (!asks_for_confirmation()) return release_under_lease(std::move(read), at, out);
  unconfirmed_.add(std::move(read));
  if (TROUPE_MUTATED(read_not_confirmed)) {
    for (auto& r : unconfirmed_.take_all()) send(std::move(r), {}, at.now, out);
  }
}

bool primary::asks_for_confirmation() const {
  if (base_.reads != read_mode::confirm) return false;
  return base_.rules.on_loss == loss_policy::hold && base_.row->in_sync.size() > 1;
}

confirmation_number primary::confirmed_by_all_awaited() const {
  auto confirmed = unconfirmed_.newest();
  auto is_first = true;
  for (const auto& f : followers_) {
    if (!f.is_awaited()) continue;
    const auto any = TROUPE_MUTATED(read_confirmed_by_one_backup) && !std::exchange(is_first, false);
    confirmed = any ? std::max(confirmed, f.confirmed()) : std::min(confirmed, f.confirmed());
  }
  return confirmed;
}

void primary::release_confirmed(const moment& at, replica_effects& out) {
  if (unconfirmed_.empty()) return;
  if (!asks_for_confirmation()) {
    for (auto& r : unconfirmed_.take_all()) release_under_lease(std::move(r), at, out);
    return;
  }
  for (auto& r : unconfirmed_.take(confirmed_by_all_awaited())) send(std::move(r), {}, at.now, out);
}

void primary::release_under_lease(held_read&& read, const moment& at, replica_effects& out) {
  const bool is_bare = TROUPE_MUTATED(read_without_lease) || (TROUPE_MUTATED(lone_primary_confirms_itself) && base_.reads == read_mode::confirm);
  if (base_.has_lease(at) || is_bare) {
    send(std::move(read), is_bare ? std::nullopt : std::optional{base_.view->name}, at.now, out);
  } else {
    unleased_.push_back(std::move(read));
  }
}

void primary::release_unleased(const moment& at, replica_effects& out) {
  if (unleased_.empty() || !base_.has_lease(at)) return;
  for (auto& r : unleased_) send(std::move(r), base_.view->name, at.now, out);
  unleased_.clear();
}

}  // namespace troupe::protocol
