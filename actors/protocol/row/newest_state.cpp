#include <troupe/actors/protocol/row/newest_state.hpp>

#include <algorithm>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/actors/protocol/row/log.hpp>

namespace troupe::protocol {

entry_times newest_state::finding::times_from(row_time now) const {
  const auto written = std::max(now, row_time{1});  // 0 is: not known.
  return {value != nullptr && notes != nullptr && notes->times.are_known() ? notes->times.created : written, written};
}

const newest_state::mark* newest_state::mark_of(map_id map) const {
  if (marks_.empty()) return nullptr;
  const auto at = marks_.find(map);
  return at == marks_.end() ? nullptr : &at->second;
}

newest_state::finding newest_state::find(map_id map, std::string_view key) const {
  if (const auto* m = mark_of(map)) {
    if (const auto at = keys_.find(name_view{map, key}); at != keys_.end()) {
      const auto& w = at->second;
      if (!w.value) return {nullptr, w.seq};
      return {&*w.value, w.seq, w.version, w.notes.matter() ? &w.notes : nullptr};
    }
    if (m->cleared != seq_number{}) return {nullptr, m->cleared};
  }
  return find_committed(map, key);
}

newest_state::finding newest_state::find_committed(map_id map, std::string_view key) const {
  const auto* stored = committed_.find(map, key);
  if (stored == nullptr) return {};
  return {&stored->value(), {}, stored->version(), stored->notes()};
}

newest_state::tally newest_state::count(map_id map) const {
  if (const auto* m = mark_of(map)) return m->newest;
  const auto* table = committed_.find(map);
  return table == nullptr ? tally{} : tally{table->entries.size(), table->bytes, {}};
}

void newest_state::add(const record& r) {
  if (!changes_entries(r.body)) return;
  const auto map = map_of(r.body);
  const auto before = count(map);
  const auto [at, is_first] = marks_.try_emplace(map);
  auto& m = at->second;
  if (is_first) m.newest = before;
  m.last = m.newest.depends_on = r.seq;
  if (const auto* p = std::get_if<put_entry>(&r.body)) {
    add_word(m, map, p->key, {p->value, r.seq, r.seq, {p->life, p->times}});
  } else if (const auto* e = std::get_if<erase_entry>(&r.body)) {
    add_word(m, map, e->key, {std::nullopt, r.seq});
  } else {
    add_clear(m, std::get<clear_map>(r.body), r.seq);
  }
}

/// Entries that a clear spares are from then on as if it had written them.
void newest_state::add_clear(mark& m, const clear_map& what, seq_number seq) {
  std::vector<std::pair<blob, word>> spared;
  for (const auto& key : what.spared) {
    const auto there = find(what.map, key.view());
    if (there.value != nullptr) spared.emplace_back(key, word{*there.value, seq, there.version, there.notes == nullptr ? entry_notes{} : *there.notes});
  }
  m.cleared = seq;
  m.newest = {0, 0, seq};
  forget_keys(what.map);
  for (auto& [key, newest] : spared) add_word(m, what.map, key, std::move(newest));
}

void newest_state::add_word(mark& m, map_id map, const blob& key, word newest) {
  if (const auto* old = find(map, key.view()).value) {
    --m.newest.entries;
    m.newest.bytes -= key.size() + old->size();
  }
  if (newest.value) {
    ++m.newest.entries;
    m.newest.bytes += key.size() + newest.value->size();
  }
  keys_.insert_or_assign(name{map, key}, std::move(newest));
}

void newest_state::forget_keys(map_id map) {
  erase_if(keys_, [map](const auto& k) { return k.first.map == map; });
}

void newest_state::settle(const record& r) {
  if (!changes_entries(r.body)) return;
  const auto map = map_of(r.body);
  const auto m = marks_.find(map);
  TROUPE_INVARIANT(5, m != marks_.end() && r.seq <= m->second.last);
  const auto settle_key = [&](const blob& key) {
    const auto at = keys_.find(name_view{map, key.view()});
    if (at != keys_.end() && at->second.seq == r.seq) keys_.erase(at);
  };
  if (const auto* p = std::get_if<put_entry>(&r.body)) settle_key(p->key);
  if (const auto* e = std::get_if<erase_entry>(&r.body)) settle_key(e->key);
  if (const auto* c = std::get_if<clear_map>(&r.body)) std::for_each(c->spared.begin(), c->spared.end(), settle_key);
  if (m->second.cleared == r.seq) m->second.cleared = {};
  if (m->second.last != r.seq) return;
  TROUPE_INVARIANT(5, m->second.newest.entries == committed_.count(map));
  marks_.erase(m);
}

std::vector<map_id> newest_state::maps() const {
  std::vector<map_id> all;
  for (const auto& [map, table] : committed_.maps()) {
    if (count(map).entries > 0) all.push_back(map);
  }
  for (const auto& [map, m] : marks_) {
    if (m.newest.entries > 0 && committed_.find(map) == nullptr) all.push_back(map);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<newest_state::candidate_entry> newest_state::entries_after(map_id map, std::optional<std::string_view> after) const {
  std::vector<candidate_entry> list;
  const auto is_after = [&](std::string_view key) { return !after || key > *after; };
  const auto* m = mark_of(map);
  const auto* table = committed_.find(map);
  if (table != nullptr && (m == nullptr || m->cleared == seq_number{})) {
    for (const auto& stored : table->entries) {
      if (!is_after(stored.key())) continue;
      if (m != nullptr && keys_.contains(name_view{map, stored.key()})) continue;
      list.emplace_back(stored.key(), &stored.value());
    }
  }
  if (m == nullptr) return list;
  for (const auto& [n, w] : keys_) {
    if (n.map == map && w.value && is_after(n.key.view())) list.emplace_back(n.key.view(), &*w.value);
  }
  return list;
}

newest_state::page newest_state::scan(map_id map, std::optional<std::string_view> after, std::size_t bytes_max, bool keys_only) const {
  auto heap = entries_after(map, after);
  const auto is_later = [](const candidate_entry& a, const candidate_entry& b) { return a.first > b.first; };
  std::make_heap(heap.begin(), heap.end(), is_later);
  page result;
  result.depends_on = count(map).depends_on;
  for (std::size_t bytes = 0; !heap.empty();) {
    const auto [key, value] = heap.front();
    bytes += key.size() + (keys_only ? 0 : value->size());
    if (!result.entries.empty() && bytes > bytes_max) break;
    result.entries.push_back({blob{key}, keys_only ? blob{} : *value});
    std::pop_heap(heap.begin(), heap.end(), is_later);
    heap.pop_back();
  }
  result.more = !heap.empty();
  return result;
}

}  // namespace troupe::protocol
