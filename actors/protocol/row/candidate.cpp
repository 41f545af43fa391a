#include <troupe/actors/protocol/row/candidate.hpp>

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

candidate::candidate(replica_base& base, const moment& at, replica_effects& out) : epoch_(base.row->epoch) {
  TROUPE_INVARIANT(10, base.sealed == epoch_);
  TROUPE_INVARIANT(8, base.copy.is_whole());
  reconfigure(base, at, out);
}

void candidate::reconfigure(replica_base& base, const moment& at, replica_effects& out) {
  const auto& row = *base.row;
  auto members = row.in_sync;
  for (const auto m : row.unsealed) {
    if (!TROUPE_MUTATED(only_in_sync_sealed)) members.insert(m);
  }
  members.erase(base.self);
  std::vector<order> orders;
  for (const auto m : members) {
    order o{m, row.in_sync.contains(m)};
    if (TROUPE_MUTATED(no_seal)) o.length = base.copy.log().end();
    if (TROUPE_MUTATED(no_seal)) o.last = base.copy.log().last_epoch();
    // A seal that was given holds, as long as it said the same of the copy.
    for (const auto& old : orders_) {
      if (old.to == m && old.in_sync == o.in_sync) o = old;
    }
    orders.push_back(o);
  }
  orders_ = std::move(orders);
  send_seals(base, at, out);
  if (all_sealed()) pull(base, at, out);
}

bool candidate::all_sealed() const {
  return std::all_of(orders_.begin(), orders_.end(), [](const order& o) { return o.length.has_value(); });
}

const candidate::order* candidate::longest() const {
  const order* best = nullptr;
  for (const auto& o : orders_) {
    if (!o.in_sync) continue;
    const auto is_better = best != nullptr && std::tie(best->last, *best->length) < std::tie(o.last, *o.length);
    if (best == nullptr || (TROUPE_MUTATED(shortest_log_pulled) ? *o.length < *best->length : is_better)) best = &o;
  }
  return best;
}

bool candidate::is_ahead(const replica_base& base, const order& other) {
  const auto& log = base.copy.log();
  return std::pair{other.last, *other.length} > std::pair{log.last_epoch(), log.end()};
}

bool candidate::contradicts(const replica_base& base, const order& other) const {
  return other.in_sync && base.copy.log().epoch_at(*other.length) != other.last && !TROUPE_MUTATED(shortest_log_pulled);
}

bool candidate::is_ready(const replica_base& base) const {
  if (!all_sealed()) return false;
  if (TROUPE_MUTATED(longest_log_not_pulled) || TROUPE_MUTATED(log_truncated_at_promotion)) return true;
  const auto* best = longest();
  if (best == nullptr) return true;
  return !is_ahead(base, *best) && std::none_of(orders_.begin(), orders_.end(), [&](const order& o) { return contradicts(base, o); });
}

seq_number candidate::length_of(member_no backup) const {
  const auto at = std::find_if(orders_.begin(), orders_.end(), [backup](const order& o) { return o.to == backup; });
  TROUPE_INVARIANT(4, at != orders_.end() && at->in_sync && at->length);
  return *at->length;
}

void candidate::send_seals(const replica_base& base, const moment& at, replica_effects& out) {
  asked_at_ = at.now;
  for (const auto& o : orders_) {
    if (o.length) continue;
    base.send(o.to, replication_message::seal{base.id, epoch_, base.row->config, o.in_sync, base.row->empty_since}, out);
  }
}

// The longest in-sync log holds all that may have been acknowledged: roll forward.
void candidate::pull(replica_base& base, const moment& at, replica_effects& out) {
  asked_at_ = at.now;
  const auto* best = longest();
  if (best == nullptr) return;
  if (!is_ahead(base, *best)) {
    for (const auto& o : orders_) {
      if (contradicts(base, o)) out.wishes.push_back({membership_message::wish::damaged{base.id, base.row->config, o.to}});
    }
    return;
  }
  const auto& log = base.copy.log();
  if (*best->length <= log.end()) return give_way(base, at, out);
  base.send(best->to, replication_message::pull{base.id, epoch_, log.end(), *best->length, log.last_epoch()}, out);
}

// What has not committed here has not been acknowledged by whoever gave it to us, unless it is in that log as well. What has committed stays, and
// somebody else has to lead.
void candidate::give_way(replica_base& base, const moment& at, replica_effects& out) {
  auto& copy = base.copy;
  base.report("log_contradicted", "epoch=" + std::to_string(epoch_.value()) + " committed=" + std::to_string(copy.committed().value()) +
                                      " length=" + std::to_string(copy.log().end().value()), out);
  if (copy.committed() == copy.log().end()) {
    out.wishes.push_back({membership_message::wish::damaged{base.id, base.row->config, base.self}});
    return;
  }
  copy.drop_uncommitted();
  pull(base, at, out);
}

void candidate::exclude_useless(const replica_base& base, replica_effects& out) const {
  for (const auto& o : orders_) {
    if (o.is_useless) out.wishes.push_back({membership_message::wish::damaged{base.id, base.row->config, o.to}});
  }
}

void candidate::on(replica_base& base, member_no from, const replication_message::sealed& m, const moment& at, replica_effects& out) {
  const auto o = std::find_if(orders_.begin(), orders_.end(), [from](const order& x) { return x.to == from; });
  if (m.epoch != epoch_ || o == orders_.end() || (m.in_sync && !o->in_sync) || o->length) return;
  // No copy in sync lacks what has committed (invariant 6), but one that a seal of a branch which is gone has ended.
  if (o->in_sync && (!m.in_sync || m.length < base.copy.committed())) {
    base.report("short_copy_in_sync", "from=" + std::to_string(from.value()) + " length=" + std::to_string(m.length.value()), out);
    o->is_useless = true;
    return;
  }
  o->length = m.length;
  o->last = m.last;
  if (all_sealed()) pull(base, at, out);
}

namespace {

/// When it was written, by the time of its row, where it says so; else 0.
row_time time_of(const record_body& what) {
  if (const auto* put = std::get_if<put_entry>(&what)) return std::max(put->life.since, put->times.written);
  if (const auto* lock = std::get_if<take_lock>(&what)) return lock->lease.since;
  return {};
}

}  // namespace

void candidate::on(replica_base& base, member_no from, replication_message::pulled& m, const moment& at, replica_effects& out) {
  const auto is_known = std::any_of(orders_.begin(), orders_.end(), [from](const order& o) { return o.to == from && o.in_sync; });
  if (m.epoch != epoch_ || !is_known) return;
  auto& copy = base.copy;
  if (m.list.empty()) {
    const auto* best = all_sealed() ? longest() : nullptr;
    if (best != nullptr && best->to == from && is_ahead(base, *best)) give_way(base, at, out);
    return;
  }
  for (auto& r : m.list) {
    if (r.seq <= copy.log().end()) continue;
    if (r.seq != copy.log().end().next() || r.epoch < copy.log().last_epoch() || r.epoch >= epoch_) return;  // Never sent by a backup.
    // What its primary said to others meanwhile was not heard here.
    base.clock.reach(time_of(r.body), at.now);
    copy.append(std::move(r));
  }
  if (all_sealed()) pull(base, at, out);
}

void candidate::tick(replica_base& base, const moment& at, replica_effects& out) {
  if (at.now - asked_at_ < base.limits.resend_after) return;
  exclude_useless(base, out);
  if (all_sealed()) {
    pull(base, at, out);
  } else {
    send_seals(base, at, out);
  }
}

}  // namespace troupe::protocol
