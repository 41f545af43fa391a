#include "tests/sim/checkers/locks.hpp"

#include <algorithm>

namespace troupe::sim {

namespace {

/// Clocks run up to 5 % apart.
constexpr double pace_min = 0.94;

std::string named(const row_id& row, const blob& key, seq_number seq) {
  return ": row=" + to_string(row) + " key=" + std::string{key.view()} + " seq=" + std::to_string(seq.value());
}

bool is_nobodys(const record& r) { return r.cause.stamp.number == write_number{}; }

}  // namespace

lock_checker::operation_id lock_checker::called(const std::string& map, const blob& key, operation_kind kind) {
  key_operation op;
  op.kind = kind;
  op.called = keys_.mark();
  operations_.push_back({map, key, op});
  return operations_.size() - 1;
}

void lock_checker::sent(operation_id n, const operation& what) {
  auto& op = operations_[n];
  if (is_read(what.kind) || what.kind != op.what.kind) return;
  const write_name name{what.stamp.client, home_of(what.map, what.row), what.stamp.number};
  // A router that goes on with an earlier unlock sends that again, too.
  if (op.name ? *op.name != name : known_.contains(name)) return;
  op.what.argument = token_of({what.stamp.client, what.owner});
  op.name = name;
  op.of = what.map;
  known_.insert(name);
}

void lock_checker::sent_for_owner(const operation& what) {
  if (what.owner != owner_number{}) owners_.emplace(write_name{what.stamp.client, home_of(what.map, what.row), what.stamp.number}, what.owner);
}

void lock_checker::returned(operation_id n, bool found) {
  auto& op = operations_[n].what;
  if (!is_read(op.kind) && !operations_[n].name) return was_not_applied(n);  // The row was not asked.
  op.returned = keys_.mark();
  op.found = found;
}

void lock_checker::was_not_applied(operation_id n) { operations_[n].is_void = true; }

void lock_checker::was_heard(const client_id& client, const row_id& row, duration sent_at, duration answered_at) {
  heard_[{client, row}].push_back({sent_at, answered_at});
}

row_id lock_checker::home_of(map_id map, const row_id& row) const {
  const auto gone = moved_.find({map, row});
  return gone == moved_.end() ? row : home_of(map, gone->second);
}

/// Writes keep their numbers, and go on to grow from there in both rows.
void lock_checker::moved(map_id map, const row_id& from, const row_id& to, std::optional<seq_number> begins) {
  moved_.emplace(std::pair{map, from}, to);
  if (!begins || unknown_.contains(from)) return emptied(to);
  row_state part;
  part.up_to = *begins;
  const auto& whole = rows_[from];
  for (const auto& [name, lock] : whole.locks) {
    if (name.first == map) part.locks.emplace(name, lock);
  }
  for (const auto& [name, fence] : whole.fences) {
    if (name.first == map) part.fences.emplace(name, fence);
  }
  for (const auto& name : whole.present) {
    if (name.first == map) part.present.insert(name);
  }
  rows_[to] = std::move(part);
  const auto there = [&](const write_name& n) { return write_name{std::get<0>(n), to, std::get<2>(n)}; };
  const auto is_of_row = [&](const write_name& n) { return std::get<1>(n) == from; };
  const auto owners = owners_;
  for (const auto& [name, owner] : owners) {
    if (is_of_row(name)) owners_.emplace(there(name), owner);
  }
  const auto committed = committed_;
  for (const auto& [name, when] : committed) {
    if (is_of_row(name)) committed_.emplace(there(name), when);
  }
  const auto known = known_;
  for (const auto& name : known) {
    if (is_of_row(name)) known_.insert(there(name));
  }
  for (auto& o : operations_) {
    if (o.of == map && o.name && is_of_row(*o.name)) o.name = there(*o.name);
  }
  const auto heard = heard_;
  for (const auto& [who, signs] : heard) {
    if (who.second == from) heard_[{who.first, to}] = signs;
  }
}

value_no lock_checker::token_of(const lock_owner& owner) { return tokens_.try_emplace(owner, tokens_.size() + 1).first->second; }

lock_owner lock_checker::writer_of(const row_id& row, const record& r) const {
  const auto at = owners_.find({r.cause.stamp.client, row, r.cause.stamp.number});
  return {r.cause.stamp.client, at == owners_.end() ? owner_number{} : at->second};
}

void lock_checker::stepped(const row_id& id, const protocol::replica& copy, const view& knows, duration now) {
  if (unknown_.contains(id) || knows.find(id)->status == row_status::forming) return;
  auto& row = rows_[id];
  if (copy.log_length() <= row.up_to) return;
  const auto tail = copy.log_tail();
  if (copy.role() == protocol::replica_role::primary) {
    for (const auto& r : tail) {
      if (r.seq > row.up_to && r.epoch == copy.sealed_epoch() && is_nobodys(r) && std::holds_alternative<free_lock>(r.body)) row.written.try_emplace({r.seq, r.epoch}, now);
    }
  }
  if (copy.committed() <= row.up_to) return;
  for (const auto& r : tail) {
    if (r.seq <= row.up_to || r.seq > copy.committed()) continue;
    if (r.seq != row.up_to.next()) return emptied(id);  // Some have gone by unseen.
    take_in(row, id, r, knows);
    row.up_to = r.seq;
  }
  if (row.up_to < copy.committed()) return emptied(id);
  row.written.erase(row.written.begin(), row.written.lower_bound({row.up_to.next(), {}}));
}

void lock_checker::take_in(row_state& row, const row_id& id, const record& r, const view& knows) {
  check_write(row, id, r);
  if (const auto* t = std::get_if<take_lock>(&r.body)) take(row, id, r, *t);
  if (const auto* f = std::get_if<free_lock>(&r.body)) free(row, id, r, *f, knows);
  if (const auto* p = std::get_if<put_entry>(&r.body)) row.present.emplace(p->map, p->key);
  if (const auto* e = std::get_if<erase_entry>(&r.body)) row.present.erase({e->map, e->key});
  const auto* c = std::get_if<clear_map>(&r.body);
  if (c == nullptr) return;
  const auto is_spared = [&](const blob& key) { return std::find(c->spared.begin(), c->spared.end(), key) != c->spared.end(); };
  for (const auto& [name, lock] : row.locks) {
    if (name.first != c->map || c->ends_map || !row.present.contains(name) || is_spared(name.second)) continue;
    throw violation{"ADR 12 (locks): a clear removes a locked entry" + named(id, name.second, r.seq)};
  }
  std::erase_if(row.present, [&](const lock_name& name) { return name.first == c->map && !is_spared(name.second); });
  if (c->ends_map) std::erase_if(row.locks, [&](const auto& l) { return l.first.first == c->map; });
}

void lock_checker::check_write(const row_state& row, const row_id& id, const record& r) const {
  const auto* put = std::get_if<put_entry>(&r.body);
  const auto* erase = std::get_if<erase_entry>(&r.body);
  if (put == nullptr && erase == nullptr) return;
  const auto& key = put != nullptr ? put->key : erase->key;
  const auto at = row.locks.find({put != nullptr ? put->map : erase->map, key});
  if (at == row.locks.end()) return;
  if (erase != nullptr && erase->why != removal::asked) throw violation{"ADR 12 (locks): a locked entry dies" + named(id, key, r.seq)};
  if (writer_of(id, r) != at->second.owner) throw violation{"ADR 12 (locks): a write of another inside a lock" + named(id, key, r.seq)};
}

void lock_checker::take(row_state& row, const row_id& id, const record& r, const take_lock& what) {
  const lock_name name{what.map, what.key};
  const lock_owner owner{r.cause.stamp.client, what.owner};
  if (writer_of(id, r) != owner) throw violation{"ADR 12 (locks): a lock is taken for another than asked for it" + named(id, what.key, r.seq)};
  if (!committed_.emplace(write_name{owner.client, id, r.cause.stamp.number}, keys_.mark()).second) {
    throw violation{"ADR 12 (locks): one request takes a lock twice" + named(id, what.key, r.seq)};
  }
  const auto [at, is_free] = row.locks.try_emplace(name);
  auto& lock = at->second;
  if (is_free) {
    lock.owner = owner;
    lock.has_lease = what.lease.is_limited();
    auto& fence = row.fences[name];
    if (lock_fence{r.epoch, r.seq} <= fence) throw violation{"ADR 12 (locks): a fence does not grow" + named(id, what.key, r.seq)};
    fence = {r.epoch, r.seq};
  } else if (lock.owner != owner) {
    throw violation{"ADR 12 (locks): two hold one lock" + named(id, what.key, r.seq)};
  }
  lock.has_lease = lock.has_lease && what.lease.is_limited();
  lock.since = keys_.mark();
  lock.holds.push_back(r.cause.stamp.number);
  ++granted_;
}

void lock_checker::free(row_state& row, const row_id& id, const record& r, const free_lock& what, const view& knows) {
  const lock_name name{what.map, what.key};
  const auto at = row.locks.find(name);
  const auto is_whole = what.hold == free_lock::all;
  if (at == row.locks.end() || (!is_whole && what.hold >= at->second.holds.size())) {
    throw violation{"ADR 12 (locks): a hold is freed that is none" + named(id, what.key, r.seq)};
  }
  auto& lock = at->second;
  if (is_nobodys(r)) {
    if (is_whole && !lock.has_lease) check_silence(row, id, r, lock);
    freed_for_silence_ += is_whole && !lock.has_lease ? 1 : 0;
    note_unasked(lock, knows, name, is_whole ? operation_kind::force_unlock : operation_kind::withdraw_lock);
  } else {
    const write_name write{r.cause.stamp.client, id, r.cause.stamp.number};
    committed_.emplace(write, keys_.mark());
    // A router that goes on with an unlock may have to do so as another write.
    if (!is_whole && !known_.contains(write)) note_unasked(lock, knows, name, operation_kind::withdraw_lock);
    if (!is_whole && writer_of(id, r) != lock.owner) throw violation{"ADR 12 (locks): somebody else unlocks" + named(id, what.key, r.seq)};
  }
  if (!is_whole) lock.holds.erase(lock.holds.begin() + what.hold);
  if (is_whole || lock.holds.empty()) row.locks.erase(at);
}

/// Whoever leads the row had heard its client since, or a predecessor had.
void lock_checker::check_silence(const row_state& row, const row_id& id, const record& r, const known_lock& lost) const {
  const auto written = row.written.find({r.seq, r.epoch});
  const auto heard = heard_.find({lost.owner.client, id});
  if (written == row.written.end() || heard == heard_.end()) return;
  duration latest{};
  for (auto s = heard->second.rbegin(); s != heard->second.rend() && written->second - s->answered_at < 2 * patience_; ++s) {
    if (s->answered_at <= written->second) latest = std::max(latest, s->sent_at);
  }
  const auto silent = written->second - latest;
  if (silent >= duration{static_cast<duration::rep>(static_cast<double>(patience_.count()) * pace_min)}) return;
  throw violation{"ADR 12 (locks): a client that was heard loses its lock" + named(id, std::get<free_lock>(r.body).key, r.seq) +
                  " silent_ms=" + std::to_string(std::chrono::duration_cast<milliseconds>(silent).count())};
}

/// As an operation that nobody called: some time after the lock was last taken.
void lock_checker::note_unasked(const known_lock& freed, const view& knows, const lock_name& name, operation_kind kind) {
  const auto* map = knows.find(name.first);
  if (map == nullptr) return;
  key_operation op;
  op.kind = kind;
  op.argument = token_of(freed.owner);
  op.called = freed.since;
  op.returned = keys_.mark();
  op.found = true;
  operations_.push_back({map->name, name.second, op});
}

void lock_checker::check_histories(const view& now) const {
  std::map<std::pair<std::string, blob>, std::vector<key_operation>> histories;
  std::set<std::pair<std::string, blob>> open;  // Of whose operations not all is known.
  for (const auto& o : operations_) {
    const std::pair name{o.map, o.key};
    const auto key = keys_.find(o.map, o.key);
    if (!key || unknown_.contains(keyspace::home_of(keys_.at(*key), now)) || keys_.at(*key).lost_at != never) {
      open.insert(name);
      continue;
    }
    auto op = o.what;
    if (o.is_void) continue;
    if (op.returned == never) {
      const auto done = o.name ? committed_.find(*o.name) : committed_.end();
      if (is_read(op.kind) || done == committed_.end()) continue;
      op.returned = done->second;
      op.found = true;
    }
    histories[name].push_back(op);
  }
  for (const auto& [name, history] : histories) {
    if (open.contains(name)) continue;
    const auto found = check_key(history);
    if (found.what != verdict::kind::violated) continue;
    throw violation{"ADR 12 (locks): no order explains the lock of key " + name.first + "/" + std::string{name.second.view()} + "\n" + describe(history, found)};
  }
}

}  // namespace troupe::sim
