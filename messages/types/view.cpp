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

const row* view::find(const row_id& id) const {
  const auto* table = pointer_to(tables, [&](const row_table& t) { return t.kind == id.kind; });
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
