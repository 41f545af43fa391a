// Entries that make room for others, where their map has a size that it shall not pass. As with lives, only the primary decides, and writes a
// record. Which entries are asked for, only it knows: one that comes new begins with the order in which they were written, which all copies have.
#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/primary.hpp>

namespace troupe::protocol {

namespace {

/// In one go: more follow with the next tick.
constexpr int evictions_at_once_max = 1000;
/// Places of keys that are not there any more are tolerated up to as many as there are entries, and so many more.
constexpr std::size_t places_in_vain_max = 1024;

bool exceeds(const newest_state::tally& t, const row_budget& budget, std::uint64_t overhead) {
  const auto entries_max = budget.entries - (TROUPE_MUTATED(evicted_with_room_left) ? 1 : 0);
  return t.entries > entries_max || (t.entries > 1 && t.bytes + t.entries * overhead > budget.bytes);  // An entry larger than all may be is there alone.
}

std::uint64_t data_members_of(const view& v) {
  const auto holds_data = [](const member& m) { return m.kind == member_kind::data; };
  return static_cast<std::uint64_t>(std::count_if(v.members.begin(), v.members.end(), holds_data));
}

}  // namespace

row_budget primary::budget_of(const map_info& map) const {
  const auto counts = base_.view->counts_of(map);
  const auto copies = std::uint64_t{1} + counts.backups + counts.async_backups;
  return troupe::budget_of(map.eviction, data_members_of(*base_.view), base_.view->settings.partition_count, copies);
}

primary::bounded_map* primary::bounded(map_id map) {
  if (bounded_.empty()) return nullptr;
  const auto at = bounded_.find(map);
  return at == bounded_.end() ? nullptr : &at->second;
}

primary::bounded_map* primary::bounded(const map_info* map) {
  if (map == nullptr || !map->eviction.is_on()) return nullptr;
  const auto [at, is_new] = bounded_.try_emplace(map->id, bounded_map{budget_of(*map), entry_overhead_bytes + (map->entry_statistics ? notes_overhead_bytes : 0), eviction_queue{map->eviction.policy}});
  if (is_new && !TROUPE_MUTATED(line_forgotten_at_promotion)) line_up_anew(map->id, at->second);
  return &at->second;
}

void primary::line_up_all_anew() {
  bounded_.clear();
  for (const auto& [map, table] : base_.copy.store().maps()) {
    std::ignore = bounded(base_.view->find(map));
  }
  has_excess_ = !bounded_.empty();
}

// What is in the store in the order in which it was written, then what the tail of the log puts there.
void primary::line_up_anew(map_id map, bounded_map& b) {
  b.line.clear();
  const auto& copy = base_.copy;
  if (const auto* table = copy.store().find(map)) {
    std::vector<std::pair<seq_number, std::string_view>> written;
    for (const auto& stored : table->entries) written.emplace_back(stored.version(), stored.key());
    std::sort(written.begin(), written.end());
    for (const auto& [version, key] : written) b.line.add(blob{key});
  }
  for (auto s = copy.committed().next(); s <= copy.log().end(); s = s.next()) {
    const auto* put = std::get_if<put_entry>(&copy.log().at(s).body);
    if (put != nullptr && put->map == map) b.line.add(put->key);
  }
}

void primary::share_budgets_anew() {
  for (auto& [map, b] : bounded_) {
    if (const auto* known = base_.view->find(map)) b.budget = budget_of(*known);
  }
  has_excess_ = !bounded_.empty();
}

void primary::note_asked(map_id map, const blob& key) {
  if (auto* b = bounded(map)) b->line.note_access(key.view());
}

// Before it is written: what is evicted then was there before, and the map is never larger than it may be.
void primary::make_room_for(const record_body& body) {
  const auto* put = std::get_if<put_entry>(&body);
  auto* b = put == nullptr ? nullptr : bounded(base_.view->find(put->map));
  if (b == nullptr) return;
  auto grown = newest_.count(put->map);
  const auto* there = newest_.find(put->map, put->key.view()).value;
  newest_state::tally more{there == nullptr ? std::uint64_t{1} : std::uint64_t{0}, put->value.size() + (there == nullptr ? put->key.size() : 0), {}};
  if (there != nullptr) {
    grown.bytes -= there->size();
    b->line.note_access(put->key.view());
  }
  // What is locked stays; once it is free, there may be too much.
  if (!evict(put->map, *b, {grown.entries + more.entries, grown.bytes + more.bytes, {}}, &put->key)) has_excess_ = true;
  if (b->line.size() > 2 * (grown.entries + places_in_vain_max) + uncommitted()) line_up_anew(put->map, *b);
  if (there == nullptr) b->line.add(put->key);
}

bool primary::evict(map_id map, bounded_map& b, newest_state::tally grown, const blob* spared) {
  using standing = eviction_queue::standing;
  const auto judge = [&](const blob& key) {
    if ((spared != nullptr && key == *spared) || is_locked(map, key)) return standing::spared;
    return newest_.find(map, key.view()).value == nullptr ? standing::gone : standing::may_go;
  };
  const auto& budget = b.budget;
  for (int n = 0; exceeds(grown, budget, b.overhead_bytes) && !TROUPE_MUTATED(nothing_evicted); ++n) {
    auto victim = n < evictions_at_once_max ? b.line.take(judge) : std::nullopt;
    if (!victim) return false;
    --grown.entries;
    grown.bytes -= victim->size() + newest_.find(map, victim->view()).value->size();
    write(erase_entry{map, *std::move(victim), removal::evicted}, {});
    answers_.add_unowned();
    ++activity_[map].evicted;
  }
  return true;
}

// What is too much though nobody writes: a view has fewer members, or a primary has taken over what another one had not evicted yet.
void primary::evict_excess(instant at) {
  if (!has_excess_ || !may_expire() || pending_bytes(at) >= base_.limits.pending_bytes_max / 2) return;
  has_excess_ = false;
  for (auto& [map, b] : bounded_) {
    if (base_.is_leaving(map) || !evict(map, b, newest_.count(map), nullptr)) has_excess_ = true;
  }
}

}  // namespace troupe::protocol
