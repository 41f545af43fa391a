#include <troupe/actors/protocol/row/store.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>


namespace troupe::protocol {

namespace {

std::uint64_t digest_of_life(const lifetime& l) {
  const auto of = [](milliseconds d) { return static_cast<std::uint64_t>(d.count()); };
  return mix(mix(mix(l.since.value()) + of(l.ttl)) + of(l.max_idle));
}

std::uint64_t digest_of_times(const entry_times& t) { return t.are_known() ? mix(mix(t.created.value()) + t.written.value()) : 0; }

/// All that replicas must have in common of an entry.
std::uint64_t digest_of_entry(map_id map, std::uint64_t key_digest, const stored_value& stored, std::uint64_t value_digest) {
  auto h = mix(mix(key_digest + map.value()) ^ value_digest);
  if (const auto* notes = stored.notes()) h = mix(h + digest_of_life(notes->limits) + digest_of_times(notes->times));
  return mix(h + stored.version().value());
}
std::uint64_t digest_of_entry(map_id map, std::uint64_t key_digest, const stored_value& stored) {
  return digest_of_entry(map, key_digest, stored, stored.value_digest());
}

/// A set hands its elements out as constants. What is changed of them here is never their key.
stored_value& changeable(const stored_value& stored) { return const_cast<stored_value&>(stored); }

std::size_t memory_of(const map_table& t) {
  return t.bytes + t.entries.size() * entry_overhead_bytes + t.noted * notes_overhead_bytes + t.limited * life_overhead_bytes + t.limited_key_bytes;
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
  return at == table->entries.end() ? nullptr : &*at;
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

void row_store::note_access(map_id map, std::string_view key, row_time when, row_time reign, bool is_hit) {
  const auto table = maps_.find(map);
  if (table == maps_.end()) return;
  const auto at = table->second.entries.find(key);
  auto* notes = at == table->second.entries.end() ? nullptr : changeable(*at).notes();
  if (notes == nullptr) return;
  notes->hits = (notes->accessed < reign ? 0 : notes->hits) + (is_hit ? 1 : 0);
  notes->accessed = when;
}

std::optional<displaced_value> row_store::apply(const record& r) {
  if (const auto* p = std::get_if<put_entry>(&r.body)) return put(p->map, p->key.view(), p->value, r.seq, p->life, p->times);
  if (const auto* e = std::get_if<erase_entry>(&r.body)) return erase(e->map, e->key.view());
  if (const auto* c = std::get_if<clear_map>(&r.body)) {
    if (const auto table = maps_.find(c->map); table != maps_.end()) clear(table, c->spared);
    return std::nullopt;
  }
  const auto* left = std::get_if<no_change>(&r.body);
  const auto* present = left == nullptr ? nullptr : find(left->map, left->key.view());
  return present == nullptr ? std::nullopt : std::optional{displaced_value{without_large_key(present->value()), present->value_digest()}};
}

std::optional<displaced_value> row_store::put(map_id map, std::string_view key, const blob& value, seq_number version, const lifetime& life,
                                              const entry_times& times) {
  auto& table = maps_[map];
  const auto memory_before = memory_of(table);
  const auto key_digest = digest_of(key);
  auto digest_before = std::uint64_t{0};
  std::optional<displaced_value> before;
  auto at = table.entries.find(key);
  if (at == table.entries.end()) {
    at = table.entries.insert(stored_value{value.with_key(key), version}).first;
    table.bytes += key.size();
  } else {
    digest_before = digest_of_entry(map, key_digest, *at);
    uncount(table, *at);
    const auto value_digest = at->value_digest();
    before = displaced_value{without_large_key(changeable(*at).replace(value.with_key(key), version)), value_digest};
  }
  auto& stored = changeable(*at);
  stored.note(life, times);
  count(table, stored);
  const auto change = digest_of_entry(map, key_digest, stored) - digest_before;
  table.sum += change;
  sum_ += change;
  memory_bytes_ += memory_of(table) - memory_before;
  return before;
}

void row_store::count(map_table& table, const stored_value& stored) {
  table.bytes += stored.value().size();
  if (stored.life().is_limited()) {
    ++table.limited;
    table.limited_key_bytes += stored.key().size();
  }
  table.noted += stored.notes() != nullptr ? 1 : 0;
  noted_ += stored.notes() != nullptr ? 1 : 0;
}

void row_store::uncount(map_table& table, const stored_value& stored) {
  table.bytes -= stored.value().size();
  if (stored.life().is_limited()) {
    --table.limited;
    table.limited_key_bytes -= stored.key().size();
  }
  table.noted -= stored.notes() != nullptr ? 1 : 0;
  noted_ -= stored.notes() != nullptr ? 1 : 0;
}

std::optional<displaced_value> row_store::erase(map_id map, std::string_view key) {
  const auto table = maps_.find(map);
  if (table == maps_.end()) return std::nullopt;
  auto& entries = table->second.entries;
  const auto at = entries.find(key);
  if (at == entries.end()) return std::nullopt;
  const auto memory_before = memory_of(table->second);
  table->second.bytes -= key.size();
  uncount(table->second, *at);
  const auto digest = digest_of_entry(map, digest_of(key), *at);
  table->second.sum -= digest;
  sum_ -= digest;
  displaced_value before{without_large_key(at->value()), at->value_digest()};
  entries.erase(at);
  memory_bytes_ -= memory_before - memory_of(table->second);
  if (entries.empty()) erase(table);
  return before;
}

void row_store::clear(tables::iterator table, const std::vector<blob>& spared) {
  if (spared.empty()) return erase(table);
  const std::set<blob> stays{spared.begin(), spared.end()};
  std::vector<blob> gone;
  for (const auto& stored : table->second.entries) {
    if (blob key{stored.key()}; !stays.contains(key)) gone.push_back(std::move(key));
  }
  const auto map = table->first;
  for (const auto& key : gone) erase(map, key.view());
}

void row_store::erase(tables::iterator table) {
  sum_ -= table->second.sum;
  noted_ -= table->second.noted;
  memory_bytes_ -= memory_of(table->second);
  maps_.erase(table);
}

std::vector<snapshot_entry> row_store::image() const {
  std::vector<snapshot_entry> all;
  std::size_t count = 0;
  for (const auto& [map, table] : maps_) count += table.entries.size();
  all.reserve(count);
  for (const auto& [map, table] : maps_) {
    for (const auto& stored : table.entries) {
      all.push_back({map, stored.version(), blob{stored.key()}, stored.value(), stored.life(), stored.times()});
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return std::tie(a.map, a.key) < std::tie(b.map, b.key); });
  return all;
}

std::uint64_t row_store::recomputed_checksum() const {
  std::uint64_t sum = 0;
  for (const auto& [map, table] : maps_) {
    for (const auto& stored : table.entries) {
      sum += digest_of_entry(map, digest_of(stored.key()), stored, digest_of(stored.value().view()));
    }
  }
  return sum;
}

void row_store::accept() {
  sum_ = 0;
  for (auto& [map, table] : maps_) {
    table.sum = 0;
    for (const auto& stored : table.entries) {
      changeable(stored).set_value_digest(digest_of(stored.value().view()));
      table.sum += digest_of_entry(map, digest_of(stored.key()), stored);
    }
    sum_ += table.sum;
  }
}

std::size_t row_store::count_damaged(store_walk& from, std::size_t bytes) const {
  constexpr std::size_t bytes_of_a_look = 40;  // What finding an entry costs, in bytes of values: empty ones are not all read at once.
  std::size_t damaged = 0, seen = 0;
  auto table = maps_.lower_bound(from.map);
  if (table == maps_.end() || table->first != from.map) from.seen = 0;
  for (; table != maps_.end() && seen < bytes; ++table, from.seen = 0) {
    const auto& entries = table->second.entries;
    from.map = table->first;
    const auto skipped = std::min(from.seen, entries.size());
    for (auto e = std::next(entries.begin(), static_cast<std::ptrdiff_t>(skipped)); e != entries.end(); ++e, ++from.seen) {
      if (seen >= bytes) return damaged;
      seen += bytes_of_a_look + e->value().size();
      damaged += digest_of(e->value().view()) == e->value_digest() ? 0 : 1;
    }
  }
  from = table == maps_.end() ? store_walk{} : store_walk{table->first, 0};
  return damaged;
}

}  // namespace troupe::protocol
