// Locks at a router (ADR 12): which of its client's holds an unlock ends, that rows hear of the client, and that no lock is held for nobody.
#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/router/router_state.hpp>
#include <troupe/messages/types/partitioning.hpp>

namespace troupe::protocol {

namespace {

/// A hold with a lease is remembered for so long: until its row has certainly ended it, by whatever clock.
duration known_beyond(milliseconds lease) {
  constexpr auto as_good_as_for_ever = seconds{std::int64_t{100} * 365 * 24 * 3600};
  const auto known = std::min<milliseconds>(lease, as_good_as_for_ever);
  return known + known / 10 + seconds{1};
}

}  // namespace

duration router::state::keep_locks_interval() const { return std::min(limits_.keep_locks_after, lock_patience_of(view_->settings.times) / 4); }

/// Whoever holds locks says to their rows, from time to time, that it lives.
void router::state::keep_locks(instant now, router_effects& out) {
  if (locks_.empty() || closed_) return;
  const auto interval = keep_locks_interval();
  for (auto& k : locks_.take_due(now, interval)) {
    const auto* map = find_map(k.where.map);
    if (map == nullptr) {
      locks_.forget(k.where);
      continue;
    }
    auto& c = begin_own(k.where.map, now + interval);
    task t;
    t.kind = operation_kind::keep_locks;
    t.key = k.key;
    t.partition = k.where.partition;
    t.map = map->id;
    keeping_.emplace(c.id(), std::move(k));
    watch(c.deadline());
    last_request_ = last_request_.next();
    dispatch(errands_.try_emplace(errands_.end(), last_request_, c, std::move(t)), now, out);
  }
  if (const auto next = locks_.next_due()) watch(*next);
}

open_call& router::state::begin_own(std::string_view map, instant deadline) {
  const call_id id{++last_own_call_};
  return own_calls_.try_emplace(id, id, map, deadline).first->second;
}

void router::state::note_lock(const errand& e, const reply& what, instant now) {
  const auto& asked = e.what();
  if (!is_about_locks(asked.kind)) return;
  const lock_book::place where{e.owner().map(), asked.partition};
  const auto has_lease = asked.life.ttl.value_or(milliseconds{}) > milliseconds{};
  if (asked.kind == operation_kind::lock && what.found) {
    const auto tell_at = now + keep_locks_interval();
    locks_.took(where, asked.key, asked.owner, {e.session()->number, has_lease ? std::optional{now + known_beyond(*asked.life.ttl)} : std::nullopt}, tell_at);
    watch(tell_at);
  } else if (asked.kind == operation_kind::keep_locks && what.number == 0) {
    locks_.has_none(where, keeping_.at(e.owner().id()).as_of);
  }
}

lock_book::place router::state::place_of(const std::string& map, const blob& key) const {
  return {map, partition_of(key.view(), view_->settings.partition_count)};
}

bool router::state::name_hold(open_call& c) {
  const auto hold = locks_.take_latest(place_of(c.map(), c.what().key), c.what().key, c.what().owner);
  if (hold) c.name_hold(*hold);
  return hold.has_value();
}

void router::state::note_hold_left(const errand& e) {
  const auto& asked = e.what();
  const auto hold = hold_of(asked.expected);
  if (asked.kind != operation_kind::unlock || !hold) return;
  // Whether it has a lease is no longer known; that it is kept does no harm.
  locks_.took(place_of(e.owner().map(), asked.key), asked.key, asked.owner, {*hold, std::nullopt}, instant{});
  watch(instant{});
}

/// What was granted nevertheless is given back; a hold that shall end does so later. Where the row's locks are gone with the row, the map or the cluster, or
/// are freed because this client is heard no more, there is nothing to do.
bool router::state::must_go_on(const errand& e, outcome result, failure why) const {
  const auto kind = e.what().kind;
  const auto is_such = (kind == operation_kind::lock && !TROUPE_MUTATED(withdrawn_lock_kept)) || kind == operation_kind::unlock;
  if (!is_such || e.owner().is_own() || result != outcome::indeterminate) return false;
  return why != failure::closed && why != failure::unknown_map && why != failure::partition_lost && why != failure::connection_lost;
}

}  // namespace troupe::protocol
