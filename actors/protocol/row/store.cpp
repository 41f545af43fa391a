#include <troupe/actors/protocol/row/store.hpp>

#include <algorithm>
#include <tuple>

#include <troupe/actors/protocol/row/checksum.hpp>

namespace troupe::protocol {

namespace {

std::uint64_t digest_of(const lifetime& l) {
  const auto of = [](milliseconds d) { return static_cast<std::uint64_t>(d.count()); };
  return mix(mix(mix(l.since.value()) + of(l.ttl)) + of(l.max_idle));
}

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
    maps_.erase(c->map);
  }
}

void row_store::put(map_id map, const blob& key, const blob& value, seq_number version, const lifetime& life) {
  auto& table = maps_[map];
  const auto [at, is_new] = table.entries.try_emplace(key);
  if (is_new) table.bytes += key.size();
  table.bytes -= at->second.value.size();
  table.bytes += value.size();
  table.limited -= at->second.life ? 1 : 0;
  table.limited += life.is_limited() ? 1 : 0;
  at->second = {value, version, life.is_limited() ? std::make_unique<entry_life>(entry_life{life, {}}) : nullptr};
}

void row_store::erase(map_id map, std::string_view key) {
  const auto table = maps_.find(map);
  if (table == maps_.end()) return;
  auto& entries = table->second.entries;
  const auto at = entries.find(key);
  if (at == entries.end()) return;
  table->second.bytes -= at->first.size() + at->second.value.size();
  table->second.limited -= at->second.life ? 1 : 0;
  entries.erase(at);
  if (entries.empty()) maps_.erase(table);
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

std::uint64_t row_store::checksum() const {
  std::uint64_t sum = 0;
  for (const auto& [map, table] : maps_) {
    for (const auto& [key, stored] : table.entries) {
      auto h = mix(mix(digest_of(key.view()) + map.value()) ^ digest_of(stored.value.view()));
      if (stored.life) h = mix(h + digest_of(stored.life->limits));
      sum += mix(h + stored.version.value());
    }
  }
  return sum;
}

}  // namespace troupe::protocol
