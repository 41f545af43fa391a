#include <troupe/actors/protocol/membership/settings_difference.hpp>

#include <algorithm>
#include <map>
#include <string_view>

#include <troupe/messages/types/ids.hpp>

namespace troupe::protocol {

namespace {

class differences {
 public:
  void compare(std::string_view what, const std::string& cluster, const std::string& joiner) {
    if (cluster == joiner) return;
    if (!text_.empty()) text_ += "; ";
    text_.append(what).append(" is ").append(cluster).append(" in the cluster, ").append(joiner).append(" here");
  }
  void compare(std::string_view what, std::uint32_t cluster, std::uint32_t joiner) {
    compare(what, std::to_string(cluster), std::to_string(joiner));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string_view text(quorum_policy p) {
  switch (p) {
    case quorum_policy::majority: return "majority";
    case quorum_policy::strict: return "strict";
    case quorum_policy::availability: return "availability";
  }
  return "unknown";
}

std::string_view text(read_mode m) { return m == read_mode::confirm ? "confirm" : "lease"; }

std::string text(const lifetime_defaults& life) {
  std::string limits;
  if (life.ttl > milliseconds{}) limits += ", time to live " + std::to_string(life.ttl.count()) + " ms";
  if (life.max_idle > milliseconds{}) limits += ", idle time " + std::to_string(life.max_idle.count()) + " ms";
  return limits;
}

std::string text(const eviction_rule& rule) {
  if (!rule.is_on()) return {};
  const auto measure = rule.measure == size_measure::entries_per_node        ? " entries per node"
                       : rule.measure == size_measure::entries_per_partition ? " entries per partition"
                                                                             : " bytes per node";
  const auto policy = rule.policy == eviction_policy::lru ? "LRU" : rule.policy == eviction_policy::lfu ? "LFU" : "RANDOM";
  return std::string{", eviction "} + policy + " at " + std::to_string(rule.size) + measure;
}

std::string text(const map_definition& d) {
  return "backup-count " + std::to_string(d.kind.backups) + ", async-backup-count " + std::to_string(d.kind.async_backups) +
         ", read-backup-data " + (d.read_backup_data ? "true" : "false") + text(d.life) + text(d.eviction) +
         (d.entry_statistics ? ", per-entry-stats-enabled true" : "");
}

std::string_view text(loss_policy p) {
  switch (p) {
    case loss_policy::hold: return "hold";
    case loss_policy::best_effort: return "best-effort";
    case loss_policy::empty: return "empty";
  }
  return "unknown";
}

std::string text(const durability_rules& r) { return "on-loss " + std::string{text(r.on_loss)} + ", min-in-sync " + std::to_string(r.min_in_sync); }

std::map<std::string, std::string> definitions(const cluster_settings& s) {
  std::map<std::string, std::string> result;
  for (const auto& d : s.maps) result[d.pattern] = text(d);
  return result;
}

}  // namespace

std::string difference(const cluster_settings& cluster, const cluster_settings& joiner) {
  differences found;
  found.compare("partition-count", cluster.partition_count, joiner.partition_count);
  found.compare("split-brain", std::string{text(cluster.split_brain)}, std::string{text(joiner.split_brain)});
  found.compare("read-mode", std::string{text(cluster.reads)}, std::string{text(joiner.reads)});
  found.compare("the key limit", cluster.limits.key_bytes_max, joiner.limits.key_bytes_max);
  found.compare("the value limit", cluster.limits.value_bytes_max, joiner.limits.value_bytes_max);
  found.compare("the frame limit", cluster.limits.frame_bytes_max, joiner.limits.frame_bytes_max);
  found.compare("the limit of maps", cluster.limits.maps_max, joiner.limits.maps_max);
  auto theirs = definitions(cluster);
  auto ours = definitions(joiner);
  for (const auto& entry : theirs) ours.try_emplace(entry.first, "not defined");
  for (const auto& [pattern, definition] : ours) {
    const auto at = theirs.find(pattern);
    found.compare("map \"" + pattern + '"', at == theirs.end() ? "not defined" : at->second, definition);
  }
  for (const auto& list : {cluster.durabilities, joiner.durabilities}) {
    for (const auto& d : list) {
      const auto what = "durability " + to_string(d.kind);
      if (found.text().find(what) == std::string::npos) found.compare(what, text(cluster.rules_of(d.kind)), text(joiner.rules_of(d.kind)));
    }
  }
  return found.text();
}

}  // namespace troupe::protocol
