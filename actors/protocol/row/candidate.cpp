#include <troupe/actors/protocol/row/candidate.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

candidate::candidate(const replica_base& base, const moment& at, replica_effects& out) : epoch_(base.row->epoch) {
  TROUPE_INVARIANT(10, base.sealed == epoch_);
  TROUPE_INVARIANT(8, base.copy.is_whole());
  reconfigure(base, at, out);
}

void candidate::reconfigure(const replica_base& base, const moment& at, replica_effects& out) {
  const auto& row = *base.row;
  auto members = row.in_sync;
  for (const auto m : row.unsealed) {
    if (!TROUPE_MUTATED(only_in_sync_sealed)) members.insert(m);
  }
  members.erase(base.self);
  std::vector<order> orders;
  for (const auto m : members) {
    order o{m, row.in_sync.contains(m), TROUPE_MUTATED(no_seal) ? std::optional{base.copy.log().end()} : std::nullopt};
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
    if (best == nullptr || (TROUPE_MUTATED(shortest_log_pulled) ? *o.length < *best->length : *o.length > *best->length)) best = &o;
  }
  return best;
}

bool candidate::is_ready(const replica_base& base) const {
  if (!all_sealed()) return false;
  const auto* best = longest();
  return best == nullptr || *best->length <= base.copy.log().end() || TROUPE_MUTATED(longest_log_not_pulled) ||
         TROUPE_MUTATED(log_truncated_at_promotion);
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

// The longest in-sync log holds all that may have been acknowledged, and nothing in it contradicts ours (invariant 4): roll forward.
void candidate::pull(const replica_base& base, const moment& at, replica_effects& out) {
  const auto* best = longest();
  const auto end = base.copy.log().end();
  if (best == nullptr || *best->length <= end) return;
  asked_at_ = at.now;
  base.send(best->to, replication_message::pull{base.id, epoch_, end, *best->length}, out);
}

void candidate::on(replica_base& base, member_no from, const replication_message::sealed& m, const moment& at, replica_effects& out) {
  const auto o = std::find_if(orders_.begin(), orders_.end(), [from](const order& x) { return x.to == from; });
  if (m.epoch != epoch_ || o == orders_.end() || o->in_sync != m.in_sync || o->length) return;
  if (m.in_sync && m.length < base.copy.committed()) {  // No copy in sync lacks what has committed (invariant 6): nothing can be built on this one.
    base.report("short_copy_in_sync", "from=" + std::to_string(from.value()) + " length=" + std::to_string(m.length.value()), out);
    return;
  }
  o->length = m.length;
  if (all_sealed()) pull(base, at, out);
}

void candidate::on(replica_base& base, member_no from, replication_message::pulled& m, const moment& at, replica_effects& out) {
  const auto is_known = std::any_of(orders_.begin(), orders_.end(), [from](const order& o) { return o.to == from && o.in_sync; });
  if (m.epoch != epoch_ || !is_known) return;
  auto& copy = base.copy;
  for (auto& r : m.list) {
    if (r.seq <= copy.log().end()) continue;
    if (r.seq != copy.log().end().next() || r.epoch < copy.log().last_epoch() || r.epoch >= epoch_) return;  // Never sent by a backup.
    copy.append(std::move(r));
  }
  if (all_sealed()) pull(base, at, out);
}

void candidate::tick(const replica_base& base, const moment& at, replica_effects& out) {
  if (at.now - asked_at_ < base.limits.resend_after) return;
  if (all_sealed()) {
    pull(base, at, out);
  } else {
    send_seals(base, at, out);
  }
}

}  // namespace troupe::protocol
