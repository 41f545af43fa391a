#include <troupe/actors/protocol/row/locks.hpp>

#include <algorithm>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/checksum.hpp>

namespace troupe::protocol {

namespace {

std::uint64_t digest_of_lock(const row_locks::name& name, const held_lock& lock) {
  auto h = absorb(digest_of(name.second.view()), name.first.value());
  h = absorb(h, digest_of({reinterpret_cast<const char*>(lock.owner.client.bytes.data()), lock.owner.client.bytes.size()}));
  const auto of = [](milliseconds d) { return static_cast<std::uint64_t>(d.count()); };
  for (const auto n : {std::uint64_t{lock.owner.number.value()}, lock.fence.epoch.value(), lock.fence.seq.value(), lock.lease.since.value(), of(lock.lease.ttl)}) {
    h = absorb(h, n);
  }
  for (const auto hold : lock.holds) h = absorb(h, hold.value());
  return mix(h);
}

std::size_t bytes_of_lock(const row_locks::name& name, const held_lock& lock) {
  return lock_overhead_bytes + name.second.size() + lock.holds.size() * sizeof(write_number);
}

}  // namespace

const held_lock* row_locks::find(map_id map, const blob& key) const {
  if (locks_.empty()) return nullptr;
  const auto at = locks_.find({map, key});
  return at == locks_.end() ? nullptr : &at->second;
}

std::vector<blob> row_locks::keys_of(map_id map) const {
  std::vector<blob> keys;
  for (auto at = locks_.lower_bound({map, {}}); at != locks_.end() && at->first.first == map; ++at) keys.push_back(at->first.second);
  return keys;
}

std::uint64_t row_locks::count(map_id map, const client_id& client) const {
  std::uint64_t n = 0;
  for (auto at = locks_.lower_bound({map, {}}); at != locks_.end() && at->first.first == map; ++at) n += at->second.owner.client == client ? 1 : 0;
  return n;
}

void row_locks::count_in(const table::value_type& lock) {
  sum_ += digest_of_lock(lock.first, lock.second);
  bytes_ += bytes_of_lock(lock.first, lock.second);
}

void row_locks::count_out(const table::value_type& lock) {
  sum_ -= digest_of_lock(lock.first, lock.second);
  bytes_ -= bytes_of_lock(lock.first, lock.second);
}

void row_locks::apply(const record& r) {
  if (const auto* t = std::get_if<take_lock>(&r.body)) return take(r, *t);
  if (const auto* f = std::get_if<free_lock>(&r.body)) return free(*f);
  if (const auto* c = std::get_if<clear_map>(&r.body); c != nullptr && c->ends_map) drop(c->map);
}

void row_locks::take(const record& r, const take_lock& what) {
  const lock_owner owner{r.cause.stamp.client, what.owner};
  const auto [at, is_new] = locks_.try_emplace(name{what.map, what.key});
  auto& lock = at->second;
  if (is_new) {
    lock = {owner, {}, {r.epoch, r.seq}, what.lease};
  } else {
    count_out(*at);
    // An acquisition never shortens the lock of whoever is around it.
    if (what.lease.ends({}) > lock.ends()) lock.lease = what.lease;
  }
  lock.holds.push_back(r.cause.stamp.number);
  count_in(*at);
}

void row_locks::free(const free_lock& what) {
  const auto at = locks_.find({what.map, what.key});
  if (at == locks_.end()) return;
  count_out(*at);
  auto& holds = at->second.holds;
  if (what.hold < holds.size()) holds.erase(holds.begin() + what.hold);
  if (what.hold == free_lock::all || holds.empty()) {
    locks_.erase(at);
  } else {
    count_in(*at);
  }
}

void row_locks::drop(map_id map) {
  for (auto at = locks_.lower_bound({map, {}}); at != locks_.end() && at->first.first == map; at = locks_.erase(at)) count_out(*at);
}

std::vector<lock_image> row_locks::image() const {
  std::vector<lock_image> all;
  all.reserve(locks_.size());
  for (const auto& [which, lock] : locks_) all.push_back({which.first, which.second, lock});
  return all;
}

void row_locks::restore(const std::vector<lock_image>& image) {
  clear();
  if (TROUPE_MUTATED(snapshot_without_locks)) return;
  for (const auto& l : image) count_in(*locks_.insert_or_assign(name{l.map, l.key}, l.lock).first);
}

std::uint64_t row_locks::recomputed_checksum() const {
  row_locks fresh;
  for (const auto& lock : locks_) fresh.count_in(lock);
  return fresh.checksum();
}

}  // namespace troupe::protocol
