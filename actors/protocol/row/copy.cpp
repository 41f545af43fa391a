#include <troupe/actors/protocol/row/copy.hpp>

#include <algorithm>

namespace troupe::protocol {

void incoming_snapshot::note(const record& r) {
  if (const auto* e = std::get_if<erase_entry>(&r.body)) erased_[e->map].insert(e->key);
  if (const auto* c = std::get_if<clear_map>(&r.body)) cleared_.insert(c->map);
}

bool incoming_snapshot::outlived(const snapshot_entry& e) const {
  if (cleared_.contains(e.map)) return true;
  const auto erased = erased_.find(e.map);
  return erased != erased_.end() && erased->second.contains(e.key);
}

void incoming_snapshot::miss_value(const record& r) {
  if (const auto* p = std::get_if<put_entry>(&r.body)) missing_[p->map].insert_or_assign(p->key, r.cause.stamp);
  if (const auto* e = std::get_if<erase_entry>(&r.body)) missing_[e->map].insert_or_assign(e->key, r.cause.stamp);
  if (const auto* n = std::get_if<no_change>(&r.body)) missing_[n->map].insert_or_assign(n->key, r.cause.stamp);
}

std::optional<write_stamp> incoming_snapshot::completes(const snapshot_entry& e) {
  const auto map = missing_.find(e.map);
  if (map == missing_.end()) return std::nullopt;
  auto missing = map->second.extract(e.key);
  return missing.empty() ? std::nullopt : std::optional{missing.mapped()};
}

void row_copy::begin_empty() {
  throw_away();
  state_ = completeness::whole;
}

void row_copy::throw_away() {
  row_copy fresh{sessions_.bytes_max()};
  fresh.config_ = config_;
  *this = std::move(fresh);
}

void row_copy::follow(epoch_number epoch, feed_number feed, config_number config) {
  feed_epoch_ = epoch;
  feed_ = feed;
  config_ = std::max(config_, config);
}

const record& row_copy::commit_next() {
  TROUPE_INVARIANT(5, committed_ < log_.end());
  committed_ = committed_.next();
  const auto& r = log_.at(committed_);
  const auto lacks_value = sessions_.note(r, store_);
  store_.apply(r);
  if (state_ == completeness::arriving) {
    arrival_.note(r);
    if (lacks_value) arrival_.miss_value(r);
  }
  return r;
}

void row_copy::commit_up_to(seq_number mark) {
  const auto target = std::min(mark, log_.end());
  while (committed_ < target) commit_next();
}

void row_copy::trim(std::size_t ring_bytes_max, std::span<const retention> kept) {
  while (log_.base() < committed_) {
    const auto ring_bytes = log_.bytes_between(log_.base(), committed_);
    const auto oldest = log_.base().next();
    const auto is_kept = [&](const retention& r) { return oldest > r.floor && ring_bytes <= r.bytes_max; };
    if (ring_bytes <= ring_bytes_max || std::any_of(kept.begin(), kept.end(), is_kept)) return;
    log_.trim_front();
  }
}

void row_copy::begin_snapshot(const replication_message::snapshot_chunk& first) {
  throw_away();
  state_ = completeness::arriving;
  log_.restart(first.at, first.at_epoch);
  committed_ = first.at;
  sessions_.restore(first.sessions);
  follow(first.epoch, first.feed, first.config);
}

void row_copy::take(const replication_message::snapshot_chunk& chunk) {
  if (state_ != completeness::arriving || chunk.index != next_chunk_) return;
  for (const auto& e : chunk.entries) {
    if (const auto whose = arrival_.completes(e)) sessions_.supply(*whose, e.value);
    // What a live record put is newer than the image; what it took away must not come back.
    if (store_.find(e.map, e.key.view()) == nullptr && !arrival_.outlived(e)) store_.put(e.map, e.key, e.value, e.version);
  }
  ++next_chunk_;
  if (chunk.last) make_do();
}

void row_copy::make_do() {
  state_ = completeness::whole;
  arrival_ = {};
}

}  // namespace troupe::protocol
