#include <troupe/actors/protocol/row/copy.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

void incoming_snapshot::note(const record& r) {
  if (const auto* e = std::get_if<erase_entry>(&r.body)) erased_[e->map].insert(e->key);
  const auto* c = std::get_if<clear_map>(&r.body);
  if (c == nullptr) return;
  const std::set<blob> spared{c->spared.begin(), c->spared.end()};
  const auto [known, is_first] = cleared_.try_emplace(c->map, spared);
  if (!is_first) std::erase_if(known->second, [&](const blob& key) { return !spared.contains(key); });
}

bool incoming_snapshot::outlived(const snapshot_entry& e) const {
  if (TROUPE_MUTATED(snapshot_without_tombstones)) return false;
  const auto cleared = cleared_.find(e.map);
  if (cleared != cleared_.end() && !cleared->second.contains(e.key)) return !TROUPE_MUTATED(snapshot_forgets_clear);
  const auto erased = erased_.find(e.map);
  return erased != erased_.end() && erased->second.contains(e.key);
}

void incoming_snapshot::miss_value(const record& r) {
  if (const auto* key = key_of(r.body)) missing_[map_of(r.body)][*key].push_back(r.cause.stamp);
}

std::vector<write_stamp> incoming_snapshot::completed_by(const snapshot_entry& e) {
  const auto map = missing_.find(e.map);
  if (map == missing_.end()) return {};
  auto missing = map->second.extract(e.key);
  return missing.empty() ? std::vector<write_stamp>{} : std::move(missing.mapped());
}

namespace {

/// Here: what `apply` brought; of a clear the entries that it removed. A lifetime that is set anew, and a record without effect, displace nothing.
displaced displaced_by(const record& r, const std::optional<displaced_value>& before, std::uint64_t cleared, bool is_whole) {
  if (!changes_entries(r.body)) return {};
  if (std::holds_alternative<clear_map>(r.body)) return {is_whole, cleared > 0, true, {}, cleared};
  if (!before) return {is_whole, false, true, {}, 0};
  return {true, true, true, r.cause.kind == operation_kind::set_ttl ? blob{} : before->value, 0};
}

}  // namespace

void row_copy::begin_empty() {
  throw_away();
  state_ = completeness::whole;
}

void row_copy::throw_away() {
  row_copy fresh{sessions_.bytes_max()};
  fresh.config_ = config_;
  *this = std::move(fresh);
}

std::optional<row_copy> row_copy::part_of(map_id map) const {
  row_copy part{sessions_.bytes_max()};
  part.state_ = completeness::whole;
  part.log_ = log_;
  part.log_.cut_after(committed_);
  part.committed_ = committed_;
  part.history_begins_ = history_begins_;
  if (const auto* table = store_.find(map)) {
    for (const auto& stored : table->entries) {
      part.store_.put(map, stored.key(), stored.value(), stored.version(), stored.life(), stored.times());
      if (part.store_.find(map, stored.key())->value_digest() != stored.value_digest()) return std::nullopt;
    }
  }
  if (!TROUPE_MUTATED(sessions_left_behind)) part.sessions_.restore(sessions_.image());
  auto locks = locks_.image();
  std::erase_if(locks, [map](const lock_image& l) { return l.map != map || TROUPE_MUTATED(locks_left_behind); });
  part.locks_.restore(locks);
  part.branches_ = branches_;
  return part;
}

bool row_copy::has_uncommitted(map_id map) const {
  for (auto s = committed_.next(); s <= log_.end(); s = s.next()) {
    if (map_of(log_.at(s).body) == map) return true;
  }
  return false;
}

void row_copy::follow(epoch_number epoch, feed_number feed, config_number config) {
  feed_epoch_ = epoch;
  feed_ = feed;
  config_ = std::max(config_, config);
}

std::size_t row_copy::look_for_damage(std::size_t bytes) {
  const auto found = store_.count_damaged(walk_, bytes);
  damaged_ = damaged_ || found > 0;
  return found;
}

void row_copy::accept_damage() {
  store_.accept();
  sessions_.restore(sessions_.image());
  damaged_ = false;
  compared_ = agreement::unknown;
}

const record& row_copy::commit_next() {
  TROUPE_INVARIANT(5, committed_ < log_.end());
  committed_ = committed_.next();
  const auto& r = log_.at(committed_);
  const auto* clear = std::get_if<clear_map>(&r.body);
  const auto there = clear == nullptr ? 0 : store_.count(clear->map);
  const auto before = store_.apply(r);
  const auto cleared = clear == nullptr ? 0 : there - store_.count(clear->map);
  locks_.apply(r);
  const auto lacks_value = sessions_.note(r, before);
  log_.note_displaced(committed_, displaced_by(r, before, cleared, is_whole()));
  branches_.note(r);
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

void row_copy::trim(std::size_t ring_bytes_max, std::size_t ring_records_max, std::span<const retention> kept, const std::optional<retention>& listened) {
  // A single record may be larger than the bound: it is kept, or whoever lacks it could never get it from here.
  const auto holds = [this](const retention& r, seq_number oldest, std::size_t bytes) {
    return oldest > r.floor && (bytes <= r.bytes_max || oldest == committed_);
  };
  const auto is_within_ring = [&](seq_number base, std::size_t bytes) {
    return bytes <= ring_bytes_max && committed_.value() - base.value() <= ring_records_max;
  };
  while (log_.displaced_base() < committed_) {
    const auto base = log_.displaced_base();
    const auto bytes = log_.bytes_between(base, committed_) + log_.displaced_bytes();
    if (is_within_ring(base, bytes) || (listened && holds(*listened, base.next(), bytes))) break;
    log_.forget_displaced();
  }
  while (log_.base() < log_.displaced_base()) {
    const auto oldest = log_.base().next();
    const auto bytes = log_.bytes_between(log_.base(), committed_);
    const auto is_kept = [&](const retention& r) { return holds(r, oldest, bytes); };
    if (is_within_ring(log_.base(), bytes) || std::any_of(kept.begin(), kept.end(), is_kept)) return;
    log_.trim_front();
  }
}

void row_copy::begin_snapshot(const replication_message::snapshot_chunk& first) {
  throw_away();
  state_ = completeness::arriving;
  log_.restart(first.at, first.at_epoch);
  committed_ = first.at;
  sessions_.restore(first.sessions);
  locks_.restore(first.locks);
  follow(first.epoch, first.feed, first.config);
  branches_.adopt(first.branches, first.at);
}

void row_copy::take(const replication_message::snapshot_chunk& chunk) {
  const bool is_expected = chunk.index == next_chunk_ || (chunk.index > next_chunk_ && TROUPE_MUTATED(missing_chunk_overlooked));
  if (state_ != completeness::arriving || !is_expected) return;
  for (const auto& e : chunk.entries) {
    for (const auto& whose : arrival_.completed_by(e)) {
      if (!TROUPE_MUTATED(told_value_not_supplied)) sessions_.supply(whose, without_large_key(e.value));
    }
    // What a live record put is newer than the image; what it took away must not come back.
    const bool is_newest = store_.find(e.map, e.key.view()) == nullptr || TROUPE_MUTATED(snapshot_overwrites_newer);
    if (!is_newest || arrival_.outlived(e)) continue;
    store_.put(e.map, e.key.view(), e.value, e.version, TROUPE_MUTATED(snapshot_without_lifetimes) ? lifetime{} : e.life,
               TROUPE_MUTATED(snapshot_without_times) ? entry_times{} : e.times);
  }
  next_chunk_ = chunk.index + 1;
  if (chunk.last) end_arrival();
}

void row_copy::make_do(epoch_number by) {
  commit_up_to(log_.end());
  end_arrival();
  log_.restart(log_.end().next(), by);
  committed_ = history_begins_ = log_.base();
}

void row_copy::end_arrival() {
  state_ = completeness::whole;
  arrival_ = {};
}

}  // namespace troupe::protocol
