#include "planned_cluster.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace troupe::protocol::test {

namespace {

using wish = membership_message::wish;

void apply_rows(view& v, const view_change& change) {
  for (const auto& update : change.rows) {
    auto table = std::find_if(v.tables.begin(), v.tables.end(), [&](const row_table& t) { return t.kind == update.id.kind; });
    REQUIRE(table != v.tables.end());
    table->rows.at(update.id.partition.value()) = update.now;
  }
}

void add_tables(view& v, const view_change& change) {
  for (const auto& m : change.maps_created) {
    v.maps.push_back(m);
    v.next_map = m.id.next();
    const auto same = [&](const row_table& t) { return t.kind == m.kind; };
    if (std::none_of(v.tables.begin(), v.tables.end(), same)) v.tables.push_back({m.kind, std::vector<row>(v.settings.partition_count)});
  }
  std::sort(v.tables.begin(), v.tables.end(), [](const row_table& a, const row_table& b) { return a.kind < b.kind; });
}

/// What a change means, written down a second time.
view successor(const view& base, const view_change& change) {
  view v = base;
  v.name.number = base.name.number.next();
  const member_set removed = [&] {
    member_set set;
    for (auto m : change.removals) set.insert(m);
    return set;
  }();
  std::erase_if(v.members, [&](const member& m) { return removed.contains(m.number); });
  for (const auto& m : change.joins) v.members.push_back(m);
  for (auto& m : v.members) m.leaving = m.leaving || std::count(change.leaving.begin(), change.leaving.end(), m.number) > 0;
  for (const auto& m : change.joins) v.next_member = m.number.next();
  for (auto& t : v.tables) {
    for (auto& r : t.rows) r.unsealed.erase_if([&](member_no m) { return removed.contains(m); });
  }
  add_tables(v, change);
  apply_rows(v, change);
  return v;
}

}  // namespace

planned_cluster::planned_cluster(std::uint32_t partition_count) {
  view_.name.number = view_number{1};
  view_.settings.partition_count = partition_count;
  view_.lone = {{view_name{}, member_no{1}, member_no{2}, true}};  // Copies may be gone, by seals of the dead.
}

planned_cluster& planned_cluster::with_members(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) join();
  return *this;
}

member_no planned_cluster::join(std::string host, std::string zone, member_kind kind) {
  member m;
  m.number = view_.next_member;
  m.host = host.empty() ? "host-" + std::to_string(m.number.value()) : std::move(host);
  m.zone = std::move(zone);
  m.kind = kind;
  plan_input input;
  input.joins = {m};
  change(std::move(input));
  return m.number;
}

planned_cluster& planned_cluster::with_rules(const durability_rules& rules) {
  view_.settings.durabilities.push_back(rules);
  return *this;
}

planned_cluster& planned_cluster::with_map(const durability& kind) {
  plan_input input;
  input.maps_created = {{view_.next_map, "map-" + std::to_string(view_.next_map.value()), kind, false}};
  change(std::move(input));
  return *this;
}

void planned_cluster::crash(const member_set& who) {
  plan_input input;
  input.removals = who;
  change(std::move(input));
}

void planned_cluster::leave(member_no who) {
  plan_input input;
  input.leaving = {who};
  change(std::move(input));
}

void planned_cluster::want(std::vector<wish> wishes) {
  plan_input input;
  input.wishes = std::move(wishes);
  change(std::move(input));
}

void planned_cluster::change(plan_input input) {
  last_change_ = plan(view_, input);
  auto next = successor(view_, last_change_);
  check_rows(next);
  check_step(view_, input, last_change_, next);
  view_ = std::move(next);
}

std::vector<wish> planned_cluster::all_due() const {
  std::vector<wish> due;
  for (const auto& t : view_.tables) {
    for (std::uint32_t p = 0; p < t.rows.size(); ++p) {
      const auto& r = t.rows[p];
      const row_id id{t.kind, partition_id{p}};
      for (auto m : r.learners) due.push_back({wish::caught_up{id, r.config, m}});
      if (r.successor != nobody) due.push_back({wish::handed_over{id, r.config, r.successor}});
      if (!r.unsealed.empty()) due.push_back({wish::activated{id, r.epoch}});
    }
  }
  return due;
}

planned_cluster& planned_cluster::settle() {
  const auto rows = view_.tables.size() * view_.settings.partition_count;
  const auto steps_max = 8 * rows + 16;  // Every row may move all of its copies, one at a time, and that is far from needed.
  std::size_t steps = 0;
  for (auto due = all_due(); !due.empty() || has_work(view_); due = all_due()) {
    INFO("steps " << steps);
    REQUIRE(steps++ < steps_max);
    want(std::move(due));
  }
  return *this;
}

const row& planned_cluster::row_at(const durability& kind, std::uint32_t partition) const {
  const auto* r = view_.find(row_id{kind, partition_id{partition}});
  REQUIRE(r != nullptr);
  return *r;
}

row& planned_cluster::edit(const durability& kind, std::uint32_t partition) { return const_cast<row&>(row_at(kind, partition)); }

member_set planned_cluster::data_members() const {
  member_set all;
  for (const auto& m : view_.members) {
    if (m.kind == member_kind::data && !m.leaving) all.insert(m.number);
  }
  return all;
}

std::size_t rows_where(const view& v, const durability& kind, member_no who, const role_of& role) {
  std::size_t count = 0;
  for (const auto& t : v.tables) {
    if (t.kind != kind) continue;
    for (const auto& r : t.rows) count += role(r, who) ? 1 : 0;
  }
  return count;
}

bool leads(const row& r, member_no m) { return r.primary == m; }
bool holds(const row& r, member_no m) { return r.in_sync.contains(m) || r.learners.contains(m) || r.async_backups.contains(m); }

std::size_t imbalance(const planned_cluster& c, const durability& kind, const role_of& role) {
  std::vector<std::size_t> counts;
  for (auto m : c.data_members()) counts.push_back(rows_where(c.now(), kind, m, role));
  const auto [low, high] = std::minmax_element(counts.begin(), counts.end());
  return *high - *low;
}

}  // namespace troupe::protocol::test
