// How a change leads from one view to the next.
#include <troupe/actors/protocol/membership/view_change.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/digest.hpp>
#include <troupe/actors/protocol/membership/voters.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

/// Requires: v still has the members that the change removes, and its own name already.
void note_departures(view& v, const view_change& change) {
  for (const auto& m : v.members) {
    if (removes(change, m.number)) v.departed.push_back({m.id, v.name.number, m.leaving && TROUPE_MUTATED(leavers_not_looked_for) ? address{} : m.address});
  }
  if (v.departed.size() <= view::departures_max) return;
  const auto kept = v.departed.end() - static_cast<std::ptrdiff_t>(view::departures_max);
  v.departed_since = std::prev(kept)->without;
  v.departed.erase(v.departed.begin(), kept);
}

void change_members(view& v, const view_change& change) {
  std::erase_if(v.members, [&](const member& m) { return removes(change, m.number); });
  for (auto& m : v.members) {
    if (std::find(change.leaving.begin(), change.leaving.end(), m.number) != change.leaving.end()) m.leaving = true;
  }
  v.members.insert(v.members.end(), change.joins.begin(), change.joins.end());
  v.next_member = member_no{v.next_member.value() + static_cast<std::uint32_t>(change.joins.size())};
}

/// Whom the one that decided alone left behind.
member_no left_behind(const view& base, const view_change& change) {
  if (change.forced) return *std::min_element(change.removals.begin(), change.removals.end());
  auto others = voters_of(base);
  others.erase(change.alone);
  return *others.begin();
}

/// Requires: v still has the voters of its predecessor, and its predecessor's name.
void note_lone_decision(view& v, const view_change& change) {
  if (change.alone == nobody) return;
  v.lone.push_back({v.name, change.alone, left_behind(v, change), change.forced});
  if (v.lone.size() > view::lone_max) v.lone.erase(v.lone.begin());
}

void change_maps(view& v, const view_change& change) {
  std::erase_if(v.maps, [&](const map_info& m) {
    return std::find(change.maps_destroyed.begin(), change.maps_destroyed.end(), m.id) != change.maps_destroyed.end();
  });
  v.maps.insert(v.maps.end(), change.maps_created.begin(), change.maps_created.end());
  v.next_map = map_id{v.next_map.value() + static_cast<std::uint32_t>(change.maps_created.size())};
}

row_table& table_for(view& v, const row_group& group) {
  auto at = std::lower_bound(v.tables.begin(), v.tables.end(), group, [](const row_table& t, const row_group& g) { return t.group() < g; });
  if (at == v.tables.end() || at->group() != group) {
    at = v.tables.insert(at, row_table{group.began, std::vector<row>(v.settings.partition_count), group.number});
    v.next_group = std::max(v.next_group, group.number.next());
  }
  return *at;
}

/// The rows of a group that this begins come with the change.
void change_counts(view& v, const view_change& change) {
  if (!change.counts) return;
  auto& map = *std::find_if(v.maps.begin(), v.maps.end(), [&](const map_info& m) { return m.id == change.counts->map; });
  if (v.has_group_alone(map)) {
    table_for(v, map.group()).changed = change.counts->to;
    return;
  }
  map.moves_from = map.group();
  map.kind = change.counts->to;
  map.number = v.next_group;
}

void end_moves(view& v) {
  for (auto& m : v.maps) {
    if (m.moves_from && v.find(m.group())->is_settled()) m.moves_from.reset();
  }
}

/// Only those that came later: the rows of the others are what new maps are put into.
void drop_empty_groups(view& v) {
  const auto is_of = [](const row_group& g) { return [g](const map_info& m) { return m.group() == g || m.moves_from == g; }; };
  std::erase_if(v.tables, [&](const row_table& t) { return t.number != group_number{} && std::none_of(v.maps.begin(), v.maps.end(), is_of(t.group())); });
}

void change_rows(view& v, const view_change& change) {
  for (const auto& update : change.rows) table_for(v, update.id.group()).rows[update.id.partition.value()] = update.now;
  if (change.removals.empty()) return;
  for (auto& table : v.tables) {
    for (auto& r : table.rows) r.unsealed.erase_if([&](member_no m) { return removes(change, m); });
  }
}

}  // namespace

row_group group_for(const view& v, const durability& counts) {
  const auto fits = [&](const row_table& t) { return t.counts() == counts && t.is_settled(); };
  const auto at = std::find_if(v.tables.begin(), v.tables.end(), fits);
  if (at != v.tables.end()) return at->group();
  const row_group usual{counts};
  return v.find(usual) == nullptr ? usual : row_group{counts, v.next_group};
}

view_ptr apply(const view& base, const view_change& change) {
  auto next = std::make_shared<view>(base);
  note_lone_decision(*next, change);
  next->name = {base.name.number.next(), digest_after(base.name.digest, change)};
  note_departures(*next, change);
  change_members(*next, change);
  change_counts(*next, change);
  change_maps(*next, change);
  change_rows(*next, change);
  end_moves(*next);
  drop_empty_groups(*next);
  if (voters_of(*next) != voters_of(base)) next->voters_since = next->name.number;
  return next;
}

view_ptr founding_view(const cluster_id& cluster, member founder, const cluster_settings& settings) {
  founder.number = member_no{1};
  founder.leaving = false;
  auto first = std::make_shared<view>();
  first->cluster = cluster;
  first->name = {view_number{1}, founding_digest(cluster, founder, settings)};
  first->voters_since = first->name.number;
  first->members = {founder};
  first->next_member = founder.number.next();
  first->settings = settings;
  return first;
}

}  // namespace troupe::protocol
