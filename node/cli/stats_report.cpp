#include <troupe/node/cli/stats_report.hpp>

#include <map>

namespace troupe::cli {

namespace {

member_sums sums_of(const member_stats& stats, member_no who, const std::optional<std::string>& only_map) {
  member_sums member{who, {}, {}};
  for (const auto& m : stats.maps) {
    if (only_map && m.name != *only_map) continue;
    member.sums += m;
    stats_sums of_map;
    of_map += m;
    member.maps.push_back({m.name, of_map});
  }
  member.sums.rows_not_serving = stats.rows_not_serving;
  member.sums.uncommitted_records = stats.uncommitted_records;
  member.sums.async_lag_records = stats.async_lag_records;
  member.sums.async_behind = stats.async_behind;
  member.sums.upkeep = stats.upkeep;
  member.sums.memory_used = stats.memory_used;
  member.sums.memory_limit = stats.memory_limit;
  return member;
}

}  // namespace

stats_sums& stats_sums::operator+=(const map_stats& one) {
  owned_entries += one.owned_entries;
  owned_bytes += one.owned_bytes;
  backup_entries += one.backup_entries;
  backup_bytes += one.backup_bytes;
  async_backup_entries += one.async_backup_entries;
  async_backup_bytes += one.async_backup_bytes;
  reads += one.reads;
  writes += one.writes;
  backup_reads += one.backup_reads;
  expired += one.expired;
  evicted += one.evicted;
  hits += one.hits;
  locked_entries += one.locked_entries;
  read_wait += one.read_wait;
  write_wait += one.write_wait;
  return *this;
}

stats_sums& stats_sums::operator+=(const stats_sums& other) {
  owned_entries += other.owned_entries;
  owned_bytes += other.owned_bytes;
  backup_entries += other.backup_entries;
  backup_bytes += other.backup_bytes;
  async_backup_entries += other.async_backup_entries;
  async_backup_bytes += other.async_backup_bytes;
  reads += other.reads;
  writes += other.writes;
  backup_reads += other.backup_reads;
  expired += other.expired;
  evicted += other.evicted;
  hits += other.hits;
  locked_entries += other.locked_entries;
  read_wait += other.read_wait;
  write_wait += other.write_wait;
  rows_not_serving += other.rows_not_serving;
  uncommitted_records += other.uncommitted_records;
  async_lag_records += other.async_lag_records;
  async_behind += other.async_behind;
  upkeep += other.upkeep;
  memory_used += other.memory_used;
  memory_limit += other.memory_limit;
  return *this;
}

stats_report report_on(const std::vector<member_no>& whom, const std::vector<client_message::command_result>& answers,
                       const std::optional<std::string>& only_map) {
  stats_report report;
  std::map<std::string, stats_sums> by_map;
  for (std::size_t i = 0; i < whom.size(); ++i) {
    if (!answers[i].error.empty()) {
      report.unanswered.push_back(whom[i]);
      continue;
    }
    auto member = sums_of(answers[i].stats, whom[i], only_map);
    report.totals += member.sums;
    for (const auto& m : member.maps) by_map[m.name] += m.sums;
    report.members.push_back(std::move(member));
  }
  for (auto& [name, sums] : by_map) report.maps.push_back({name, sums});
  return report;
}

}  // namespace troupe::cli
