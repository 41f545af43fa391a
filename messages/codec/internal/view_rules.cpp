#include <troupe/messages/codec/internal/view_rules.hpp>

#include <algorithm>
#include <functional>
#include <type_traits>
#include <vector>

#include <troupe/messages/codec/internal/reading.hpp>

namespace troupe::codec {

namespace {

constexpr std::size_t map_name_bytes_max = 255;

/// Each projection is greater than the one before.
template <class List, class Projection>
bool is_strictly_ascending(const List& list, Projection of) {
  return std::ranges::adjacent_find(list, std::ranges::greater_equal{}, of) == list.end();
}

template <class List, class Projection>
bool is_distinct(const List& list, Projection of) {
  std::vector<std::reference_wrapper<const std::remove_cvref_t<decltype(std::invoke(of, list.front()))>>> sorted;
  for (const auto& element : list) sorted.push_back(std::cref(std::invoke(of, element)));
  const auto by_value = [](const auto& reference) -> const auto& { return reference.get(); };
  std::ranges::sort(sorted, {}, by_value);
  return std::ranges::adjacent_find(sorted, {}, by_value) == sorted.end();
}

template <class List, class Projection>
bool is_numbered_without_holes(const List& list, Projection of) {
  const auto follows = [&](const auto& a, const auto& b) { return std::invoke(of, b) != std::invoke(of, a).next(); };
  return std::ranges::adjacent_find(list, follows) == list.end();
}

bool are_disjoint(const member_set& a, const member_set& b) {
  return std::ranges::none_of(a, [&](member_no m) { return b.contains(m); });
}

bool are_members(const member_set& set, const view& v) {
  return std::ranges::all_of(set, [&](member_no m) { return v.has(m); });
}

void check_members(const view& v) {
  must(is_strictly_ascending(v.members, &member::number), "a view's members are not in order");
  must(is_distinct(v.members, &member::id), "two members of a view have one incarnation");
  must(v.members.empty() || v.members.front().number != nobody, "a member of a view has no number");
  must(v.members.empty() || v.members.back().number < v.next_member, "a member's number is above the next one's");
  must(v.next_member != nobody, "the next member of a view would have no number");
}

void check_departures(const view& v) {
  must(v.departed.size() <= view::departures_max, "a view remembers too many departures");
  must(std::ranges::is_sorted(v.departed, {}, &departure::without), "a view's departures are not in order");
  must(v.departed.empty() || v.departed.back().without <= v.name.number, "a departure dates from a view's future");
  must(v.departed_since <= v.name.number, "a view remembers departures from its future on");
  must(std::ranges::none_of(v.members, [&](const member& m) { return v.has_lost(m.id); }), "a member of a view has departed");
}

void check_lone_decisions(const view& v) {
  must(v.lone.size() <= view::lone_max, "a view remembers too many lone decisions");
  const auto number_of = [](const lone_decision& d) { return d.after.number; };
  must(is_strictly_ascending(v.lone, number_of), "a view's lone decisions are not in order");
  must(v.lone.empty() || v.lone.back().after.number < v.name.number, "a lone decision dates from a view's future");
  must(std::ranges::all_of(v.lone, [](const lone_decision& d) { return d.survivor != nobody && d.without != nobody && d.survivor != d.without; }),
       "a lone decision is not of two members");
}

void check_maps(const view& v) {
  must(is_strictly_ascending(v.maps, &map_info::id), "a view's maps are not in order");
  must(is_distinct(v.maps, &map_info::name), "two maps of a view have one name");
  must(v.maps.empty() || v.maps.back().id < v.next_map, "a map's id is above the next one's");
  must(v.next_map != map_id{}, "the next map of a view would have no id");
  const auto has_table = [&](const map_info& m) { return v.find(m.group()) != nullptr && (!m.moves_from || v.find(*m.moves_from) != nullptr); };
  must(std::ranges::all_of(v.maps, has_table), "a map has no rows");
  must(std::ranges::none_of(v.maps, [](const map_info& m) { return m.moves_from == m.group(); }), "a map moves from where it is");
  for (const auto& table : v.tables) {
    const auto arrives = [&](const map_info& m) { return m.moves_from && m.group() == table.group(); };
    must(table.is_settled() || std::ranges::count_if(v.maps, arrives) == 1, "rows form that no map moves to");
  }
}

void check_tables(const view& v) {
  must(is_strictly_ascending(v.tables, [](const row_table& t) { return t.group(); }), "a view's tables are not in order");
  must(v.next_group != group_number{}, "the next group of a view would have no number");
  for (const auto& table : v.tables) {
    must(table.number < v.next_group, "a group's number is above the next one's");
    must(table.rows.size() == v.settings.partition_count, "a table has not one row for each partition");
    for (const auto& r : table.rows)
      must(are_members(r.in_sync, v) && are_members(r.learners, v) && are_members(r.async_backups, v) && are_members(r.unsealed, v),
           "a row names somebody who is not a member");
  }
}

}  // namespace

void check(const row& r) {
  must(r.epoch >= epoch_number{1} && r.config >= config_number{1}, "a row has no epoch or config");
  must(r.status != row_status::unborn || (r.in_sync.empty() && r.learners.empty() && r.async_backups.empty()), "an unborn row has copies");
  must(r.is_held() ? r.in_sync.contains(r.primary) : r.primary == nobody, "a row's primary does not fit its status");
  must(r.successor == nobody || r.in_sync.contains(r.successor), "a row's successor is not in sync");
  must(are_disjoint(r.in_sync, r.learners) && are_disjoint(r.in_sync, r.async_backups) && are_disjoint(r.learners, r.async_backups),
       "a member has two roles in a row");
}

void check_map_name(std::string_view name) {
  must(!name.empty() && name.size() <= map_name_bytes_max, "a map's name has not 1 to 255 bytes");
}

void check(const map_info& m) {
  must(m.id != map_id{}, "a map has no id");
  check_map_name(m.name);
}

void check(const view& v) {
  must(v.name.number >= view_number{1}, "a view has no number");
  must(v.voters_since <= v.name.number, "a view's voters date from its future");
  check_members(v);
  check_departures(v);
  check_lone_decisions(v);
  check_tables(v);
  check_maps(v);
}

void check(const view_change& change) {
  must(change.joins.empty() || change.joins.front().number != nobody, "a member that joins has no number");
  must(is_numbered_without_holes(change.joins, &member::number), "the numbers of those who join have holes");
  must(is_numbered_without_holes(change.maps_created, &map_info::id), "the ids of the maps created have holes");
}

}  // namespace troupe::codec
