/// \file
/// Views made by hand.
#pragma once

#include <troupe/actors/protocol/membership/view_change.hpp>

#include "tests/protocol/membership/cluster_of.hpp"

namespace troupe::test {

/// Members 1 to n, founded by 1, the others joined in one view.
[[nodiscard]] inline view_ptr view_with(std::size_t n, const cluster_settings& settings = small_settings()) {
  auto founder = process_named(0);
  auto v = protocol::founding_view(cluster_id{}, founder, settings);
  if (n == 1) return v;
  view_change joins;
  for (std::size_t i = 1; i < n; ++i) {
    auto m = process_named(i);
    m.number = member_no{static_cast<std::uint32_t>(i + 1)};
    joins.joins.push_back(m);
  }
  return protocol::apply(*v, joins);
}

[[nodiscard]] inline member_no no(std::uint32_t n) { return member_no{n}; }

[[nodiscard]] inline view_change removal_of(std::initializer_list<std::uint32_t> members) {
  view_change change;
  for (auto m : members) change.removals.push_back(member_no{m});
  return change;
}

[[nodiscard]] inline view_change creation_of(const std::string& map, const view& base) {
  view_change change;
  const durability kind{0, 0};
  change.maps_created.push_back({base.next_map, map, kind, false});
  if (base.tables.empty()) {
    for (std::uint32_t p = 0; p < base.settings.partition_count; ++p) {
      row r;
      r.epoch = epoch_number{1};
      r.config = config_number{1};
      r.primary = base.members.front().number;
      r.in_sync = {r.primary};
      change.rows.push_back({{kind, partition_id{p}}, r});
    }
  }
  return change;
}

/// A change that touches no member: `m` begins to leave.
[[nodiscard]] inline view_change leave_of(std::uint32_t m) {
  view_change change;
  change.leaving.push_back(member_no{m});
  return change;
}

}  // namespace troupe::test
