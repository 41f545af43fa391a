#include <troupe/actors/protocol/row/store.hpp>

#include <algorithm>
#include <tuple>

#include <troupe/actors/protocol/row/checksum.hpp>

namespace troupe::protocol {

namespace {

std::uint64_t digest_of_life(const lifetime& l) {
  const auto of = [](milliseconds d) { return static_cast<std::uint64_t>(d.count()); };
  return mix(mix(mix(l.since.value()) + of(l.ttl)) + of(l.max_idle));
}

/// All that replicas must have in common of an entry.
std::uint64_t digest_of_entry(map_id map, std::string_view key, const stored_value& stored, std::uint64_t value_digest) {
  auto h = mix(mix(digest_of(key) + map.value()) ^ value_digest);
  if (stored.life) h = mix(h + digest_of_life(stored.life->limits));
  return mix(h + stored.version.value());
}
std::uint64_t digest_of_entry(map_id map, std::string_view key, const stored_value& stored) {
  return digest_of_entry(map, key, stored, stored.value_digest);
}

std::size_t memory_of(const map_table& t) { return t.bytes + t.entries.size() * entry_overhead_bytes + t.limited * life_overhead_bytes; }

}  // namespace

const map_table* row_store::find(map_id map) const {
  const auto at = maps_.find(map);
  return at == maps_.end() ? nullptr : &at->second;
}

const stored_value* row_store::find(map_id map, std::string_view key) const {
  const auto* table = find(map);
  if (table == nullptr) return nullptr;
  const auto at = table->entries.find(key);
  return at == table->entries.end() ? nullptr : &at->second;
}

std::uint64_t row_store::count(map_id map) const {
  const auto* table = find(map);
  return table == nullptr ? 0 : table->entries.size();
}

std::uint64_t row_store::limited() const {
  std::uint64_t sum = 0;
  for (const auto& [map, table] : maps_) sum += table.limited;
  return sum;
}

void row_store::note_access(map_id map, std::string_view key, row_time when) {
  const auto table = maps_.find(map);
  if (table == maps_.end()) return;
  const auto at = table->second.entries.find(key);
  if (at != table->second.entries.end() && at->second.life) at->second.life->accessed = when;
}

void row_store::apply(const record& r) {
  if (const auto* p = std::get_if<put_entry>(&r.body)) {
    put(p->map, p->key, p->value, r.seq, p->life);
  } else if (const auto* e = std::get_if<erase_entry>(&r.body)) {
    erase(e->map, e->key.view());
  } else if (const auto* c = std::get_if<clear_map>(&r.body)) {
    if (const auto table = maps_.find(c->map); table != maps_.end()) erase(table);
  }
}

void row_store::put(map_id map, const blob& key, const blob& value, seq_number version, const lifetime& life) {
  auto& table = maps_[map];
  const auto memory_before = memory_of(table);
  const auto [at, is_new] = table.entries.try_emplace(key);
  if (is_new) table.bytes += key.size();
  table.bytes -= at->second.value.size();
  table.bytes += value.size();
  const auto before = is_new ? 0 : digest_of_entry(map, key.view(), at->second);
  table.limited -= at->second.life ? 1 : 0;
  table.limited += life.is_limited() ? 1 : 0;
  at->second = {value, version, digest_of(value.view()), life.is_limited() ? std::make_unique<entry_life>(entry_life{life, {}}) : nullptr};
  const auto change = digest_of_entry(map, key.view(), at->second) - before;
  table.sum += change;
  sum_ += change;
  memory_bytes_ += memory_of(table) - memory_before;
}

void row_store::erase(map_id map, std::string_view key) {
  const auto table = maps_.find(map);
  if (table == maps_.end()) return;
  auto& entries = table->second.entries;
  const auto at = entries.find(key);
  if (at == entries.end()) return;
  const auto memory_before = memory_of(table->second);
  table->second.bytes -= at->first.size() + at->second.value.size();
  table->second.limited -= at->second.life ? 1 : 0;
  const auto digest = digest_of_entry(map, key, at->second);
  table->second.sum -= digest;
  sum_ -= digest;
  entries.erase(at);
  memory_bytes_ -= memory_before - memory_of(table->second);
  if (entries.empty()) erase(table);
}

void row_store::erase(tables::iterator table) {
  sum_ -= table->second.sum;
  memory_bytes_ -= memory_of(table->second);
  maps_.erase(table);
}

std::vector<snapshot_entry> row_store::image() const {
  std::vector<snapshot_entry> all;
  std::size_t count = 0;
  for (const auto& [map, table] : maps_) count += table.entries.size();
  all.reserve(count);
  for (const auto& [map, table] : maps_) {
    for (const auto& [key, stored] : table.entries) {
      all.push_back({map, stored.version, key, stored.value, stored.life ? stored.life->limits : lifetime{}});
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return std::tie(a.map, a.key) < std::tie(b.map, b.key); });
  return all;
}

std::uint64_t row_store::recomputed_checksum() const {
  std::uint64_t sum = 0;
  for (const auto& [map, table] : maps_) {
    for (const auto& [key, stored] : table.entries) {
      sum += digest_of_entry(map, key.view(), stored, digest_of(stored.value.view()));
    }
  }
  return sum;
}

void row_store::accept() {
  sum_ = 0;
  for (auto& [map, table] : maps_) {
    table.sum = 0;
    for (auto& [key, stored] : table.entries) {
      stored.value_digest = digest_of(stored.value.view());
      table.sum += digest_of_entry(map, key.view(), stored);
    }
    sum_ += table.sum;
  }
}

std::size_t row_store::count_damaged(store_walk& from, std::size_t bytes) const {
  std::size_t damaged = 0, seen = 0;
  auto table = maps_.lower_bound(from.map);
  if (table == maps_.end() || table->first != from.map) from.bucket = 0;
  for (; table != maps_.end() && seen < bytes; ++table, from.bucket = 0) {
    const auto& entries = table->second.entries;
    for (from.map = table->first; from.bucket < entries.bucket_count(); ++from.bucket) {
      if (seen >= bytes) return damaged;
      seen += sizeof(void*);  // Many empty buckets are work, too.
      for (auto e = entries.begin(from.bucket); e != entries.end(from.bucket); ++e) {
        seen += e->second.value.size();
        damaged += digest_of(e->second.value.view()) == e->second.value_digest ? 0 : 1;
      }
    }
  }
  from = table == maps_.end() ? store_walk{} : store_walk{table->first, 0};
  return damaged;
}

}  // namespace troupe::protocol
