#include <troupe/node/cli/cluster_report.hpp>

#include <algorithm>

#include <troupe/node/cli/printable.hpp>

namespace troupe::cli {

namespace {

void count_holdings(const row& r, std::vector<member_holdings>& members) {
  for (auto& m : members) {
    auto& holds = m.holds;
    if (r.primary == m.who) {
      ++holds.primaries;
    } else if (r.in_sync.contains(m.who)) {
      ++holds.backups;
    }
    if (r.learners.contains(m.who)) ++holds.learning;
    if (r.async_backups.contains(m.who)) ++holds.async_backups;
  }
}

void count_trouble(const view& v, const row_id& id, const row& r, cluster_report& report) {
  troubled_row trouble{id, r.primary, r.status == row_status::lost, protocol::shortfall_of(v, id), v.find(id.group())->counts()};
  if (trouble.lost) {
    ++report.lost;
  } else if (trouble.is_under_replicated()) {
    ++report.under_replicated;
  }
  if (trouble.shortfall.catching_up) ++report.catching_up;
  if (trouble.shortfall.beyond_members > 0) ++report.short_of_members;
  if (trouble.lost || trouble.is_under_replicated() || trouble.shortfall.catching_up) report.troubled.push_back(trouble);
}

}  // namespace

holdings& holdings::operator+=(const holdings& other) {
  primaries += other.primaries;
  backups += other.backups;
  async_backups += other.async_backups;
  learning += other.learning;
  return *this;
}

holdings cluster_report::total() const {
  holdings sum;
  for (const auto& m : members) sum += m.holds;
  return sum;
}

cluster_report report_on(const view& v) {
  cluster_report report;
  for (const auto& m : v.members) report.members.push_back({m.number, {}});
  for (const auto& table : v.tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto& r = table.rows[p];
      ++report.rows;
      count_holdings(r, report.members);
      count_trouble(v, table.id_of(p), r, report);
    }
  }
  return report;
}

std::string to_string(member_kind kind) {
  switch (kind) {
    case member_kind::data: return "data";
    case member_kind::lite: return "lite";
    case member_kind::witness: return "witness";
  }
  return "unknown";
}

std::string summary_of(const cluster_report& r) {
  if (r.rows == 0) return "no rows yet: there are no maps";
  if (r.is_safe()) {
    const auto all = "all " + counted(r.rows, "row has", "rows have");
    if (r.short_of_members == 0) return all + " all their copies in sync";
    return all + " the copies in sync that so few members can hold; " + counted(r.short_of_members, "has", "have") + " fewer than configured";
  }
  std::string text = "of " + counted(r.rows, "row", "rows") + ": ";
  if (r.lost > 0) text += std::to_string(r.lost) + " lost, ";
  return text + std::to_string(r.under_replicated) + " under-replicated, " + std::to_string(r.catching_up) + " catching up";
}

}  // namespace troupe::cli
