#include <troupe/messages/types/view.hpp>

#include <algorithm>

namespace troupe {

namespace {

template <class Range, class Predicate>
auto pointer_to(const Range& range, Predicate wanted) -> decltype(range.data()) {
  auto at = std::find_if(range.begin(), range.end(), wanted);
  return at == range.end() ? nullptr : &*at;
}

}  // namespace

const member* view::find(member_no number) const {
  auto at = std::lower_bound(members.begin(), members.end(), number, [](const member& m, member_no n) { return m.number < n; });
  return at != members.end() && at->number == number ? &*at : nullptr;
}

const member* view::find(const incarnation& id) const {
  return pointer_to(members, [&](const member& m) { return m.id == id; });
}

bool row_table::is_settled() const {
  return std::none_of(rows.begin(), rows.end(), [](const row& r) { return r.takes_over(); });
}

const row_table* view::find(const row_group& group) const {
  auto at = std::lower_bound(tables.begin(), tables.end(), group, [](const row_table& t, const row_group& g) { return t.group() < g; });
  return at != tables.end() && at->group() == group ? &*at : nullptr;
}

row_id view::home_of(const map_info& map, partition_id partition) const {
  const row_id in_its_group{map.kind, partition, map.number};
  if (!map.moves_from) return in_its_group;
  const auto* r = find(in_its_group);
  return r != nullptr && !r->takes_over() ? in_its_group : row_id{map.moves_from->began, partition, map.moves_from->number};
}

durability view::counts_of(const map_info& map) const {
  const auto* table = find(map.group());
  return table != nullptr ? table->counts() : map.kind;
}

bool view::has_group_alone(const map_info& map) const {
  const auto shares = [&](const map_info& m) { return m.id != map.id && (m.group() == map.group() || m.moves_from == map.group()); };
  return std::none_of(maps.begin(), maps.end(), shares);
}

const row* view::find(const row_id& id) const {
  const auto* table = find(id.group());
  return table != nullptr && id.partition.value() < table->rows.size() ? &table->rows[id.partition.value()] : nullptr;
}

bool view::has_lost(const incarnation& id) const {
  return std::any_of(departed.begin(), departed.end(), [&](const departure& d) { return d.id == id; });
}

const map_info* view::find_map(std::string_view map_name) const {
  return pointer_to(maps, [&](const map_info& m) { return m.name == map_name; });
}

const map_info* view::find(map_id id) const {
  auto at = std::lower_bound(maps.begin(), maps.end(), id, [](const map_info& m, map_id i) { return m.id < i; });
  return at != maps.end() && at->id == id ? &*at : nullptr;
}

}  // namespace troupe
