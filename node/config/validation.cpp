// What validate() checks: one function per part of the configuration, each reporting all that it finds.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <troupe/node/config/client_config.hpp>
#include <troupe/node/config/map_patterns.hpp>
#include <troupe/node/config/member_config.hpp>

namespace troupe {

namespace {

using problems = std::vector<config_problem>;

constexpr std::size_t name_bytes_max = 255;

void check_range(problems& found, std::string where, std::string_view key, long long value, long long smallest, long long largest) {
  if (auto text = out_of_range(key, value, smallest, largest)) found.push_back({std::move(where), std::move(*text)});
}

void check_name_length(problems& found, const std::string& where, std::string_view key, std::string_view name) {
  if (name.empty()) found.push_back({where, std::string{key} + " can't be empty"});
  if (name.size() > name_bytes_max)
    found.push_back({where, std::string{key} + " can't be longer than 255 bytes (has " + std::to_string(name.size()) + ')'});
}

void check_network(const member_config& config, problems& found) {
  check_name_length(found, "cluster-name", "cluster-name", config.cluster_name);
  const std::string where = "network/interfaces";
  if (config.host.empty()) {
    found.push_back({where, "the host to listen at can't be empty"});
  } else if (is_wildcard(config.host)) {
    found.push_back({where, "the host '" + config.host + "' can't be given to other members: name one address of this machine"});
  } else if (!is_loopback(config.host) && !config.insecure) {
    found.push_back({where, "the host '" + config.host +
                                "' is not a loopback address: whoever reaches it could read and change every map; where the network can be "
                                "trusted, allow it with --insecure"});
  }
  check_range(found, "network/port/@port-count", "port-count", config.port_count, 1, std::numeric_limits<std::uint16_t>::max());
  for (const auto& target : config.join) {
    if (target.host.empty()) found.push_back({"network/join/tcp-ip", "a member to join needs a host"});
    if (target.port == 0) found.push_back({"network/join/tcp-ip", "the port of member '" + target.host + "' to join can't be 0"});
  }
}

/// Who holds no data can't be the first: its cluster would have no place for any.
void check_kind(const member_config& config, problems& found) {
  if (!config.lite && !config.witness) return;
  const std::string where = config.witness ? "troupe/witness" : "lite-member/@enabled";
  const std::string who = config.witness ? "a witness" : "a lite member";
  if (config.lite && config.witness) found.push_back({where, "a member can't be both a lite member and a witness"});
  if (config.bootstrap) found.push_back({where, who + " holds no data, and so can't found a cluster: leave out --bootstrap"});
  if (config.join.empty()) found.push_back({where, who + " holds no data, and so needs a cluster to join: name a member of it with --join"});
}

void check_counts(const map_definition& map, const std::string& place, problems& found) {
  const auto backups = map.kind.backups;
  const auto async_backups = map.kind.async_backups;
  const auto before = found.size();
  check_range(found, place + "/backup-count", "backup-count", backups, 0, backup_count_max);
  check_range(found, place + "/async-backup-count", "async-backup-count", async_backups, 0, backup_count_max);
  const bool each_is_fine = found.size() == before;
  if (each_is_fine && !map.kind.is_valid()) {
    found.push_back({place + "/async-backup-count", "the sum of backup-count (" + std::to_string(backups) + ") and async-backup-count (" +
                                                        std::to_string(async_backups) + ") can't be larger than 6 (is " +
                                                        std::to_string(backups + async_backups) + ')'});
  }
  if (map.read_backup_data && backups + async_backups == 0) {
    found.push_back({place + "/read-backup-data", "read-backup-data has no effect: map '" + map.pattern + "' has no backups of either kind",
                     severity::warning});
  }
}

void check_lifespan(const std::string& place, const std::string& what, milliseconds span, problems& found) {
  if (span >= milliseconds{} && span <= lifetime_max) return;
  found.push_back({place + '/' + what, what + " can't be negative, nor longer than " + std::to_string(lifetime_max.count()) + " ms (is " +
                                           std::to_string(span.count()) + " ms)"});
}

void check_eviction(const std::string& place, const eviction_rule& rule, std::uint32_t partitions, problems& found) {
  if (!rule.is_on()) return;
  if (rule.size == 0 || rule.size > eviction_size_max) {
    found.push_back({place + "/eviction", "the size that a map is kept to must be 1 to " + std::to_string(eviction_size_max) + " (is " + std::to_string(rule.size) + ')'});
  } else if (rule.measure == size_measure::entries_per_node && rule.size < partitions) {
    found.push_back({place + "/eviction", "size " + std::to_string(rule.size) + " is less than one entry for each of " + std::to_string(partitions) +
                                              " partitions: with few members more stay, as each partition keeps one at least", severity::warning});
  }
}

void check_pattern(const map_definition& map, const std::string& place, problems& found) {
  const auto& name = map.pattern;
  if (name.empty()) {
    found.push_back({place, "a map needs a name"});
    return;
  }
  check_name_length(found, place, "a map's name", name);
  if (std::count(name.begin(), name.end(), '*') > 1)
    found.push_back({place, "a map's name can't have more than one '*' (is '" + name + "')"});
  if (name.find('@') != std::string::npos)
    found.push_back(
        {place, "the definition of map '" + name + "' has no effect: a map's name counts only up to its '@'", severity::warning});
}

bool is_well_formed_pattern(const std::string& name) { return std::count(name.begin(), name.end(), '*') == 1; }

/// Names given twice, and patterns of which either may govern a map.
void check_pairs(const std::vector<map_definition>& maps, problems& found) {
  const auto place = [](std::size_t i) { return "map[" + std::to_string(i + 1) + ']'; };
  std::vector<std::string> patterns;
  for (const auto& map : maps) {
    if (is_well_formed_pattern(map.pattern)) patterns.push_back(map.pattern);
  }
  for (std::size_t later = 0; later < maps.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const auto& a = maps[earlier].pattern;
      const auto& b = maps[later].pattern;
      if (a == b) {
        if (!a.empty()) found.push_back({place(later), "map '" + b + "' is defined twice", severity::error, place(earlier)});
        break;  // What else the second one clashes with, the first one does too.
      }
      if (!is_well_formed_pattern(a) || !is_well_formed_pattern(b)) continue;
      if (const auto name = contested_name(a, b, patterns)) {
        found.push_back({place(later), "the patterns '" + a + "' and '" + b + "' fit map '" + *name + "' equally well", severity::error,
                         place(earlier)});
      }
    }
  }
}

void check_maps(const cluster_settings& settings, problems& found) {
  for (std::size_t i = 0; i < settings.maps.size(); ++i) {
    const auto place = "map[" + std::to_string(i + 1) + ']';
    check_pattern(settings.maps[i], place, found);
    check_counts(settings.maps[i], place, found);
    check_lifespan(place, "time-to-live-seconds", settings.maps[i].life.ttl, found);
    check_lifespan(place, "max-idle-seconds", settings.maps[i].life.max_idle, found);
    check_eviction(place, settings.maps[i].eviction, settings.partition_count, found);
  }
  // Looking for pairs takes time with the square of their number.
  if (settings.maps.size() <= map_definitions_max) {
    check_pairs(settings.maps, found);
  } else {
    found.push_back({"map[" + std::to_string(map_definitions_max + 1) + ']',
                     "there can't be more than " + std::to_string(map_definitions_max) + " map definitions (are " +
                         std::to_string(settings.maps.size()) + ')'});
  }
}

void check_durabilities(const std::vector<durability_rules>& all, problems& found) {
  std::set<durability> seen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto place = "troupe/durability[" + std::to_string(i + 1) + ']';
    const auto& kind = all[i].kind;
    if (!kind.is_valid()) {
      found.push_back({place, "the sum of backup-count and async-backup-count can't be larger than 6 (is " +
                                  std::to_string(kind.backups + kind.async_backups) + ')'});
      continue;
    }
    if (!seen.insert(kind).second) found.push_back({place, "durability " + to_string(kind) + " is described twice"});
    check_range(found, place + "/min-in-sync", "min-in-sync", all[i].min_in_sync, 1, kind.backups + 1);
  }
}

void check_limits(const size_limits& limits, problems& found) {
  const std::string place = "troupe/limits/";
  const auto before = found.size();
  check_range(found, place + "key-bytes-max", "key-bytes-max", limits.key_bytes_max, 1, frame_bytes_limit);
  check_range(found, place + "value-bytes-max", "value-bytes-max", limits.value_bytes_max, 1, frame_bytes_limit);
  check_range(found, place + "frame-bytes-max", "frame-bytes-max", limits.frame_bytes_max, 1, frame_bytes_limit);
  check_range(found, place + "maps-max", "maps-max", limits.maps_max, 1, 1'000'000);
  if (found.size() != before) return;
  // The largest operation carries two values: the new one, and the one that it compares with or replaces.
  const auto needed = 2 * std::uint64_t{limits.value_bytes_max} + limits.key_bytes_max + frame_overhead_bytes;
  if (limits.frame_bytes_max < needed) {
    found.push_back({place + "frame-bytes-max", "frame-bytes-max must be at least 2 * value-bytes-max + key-bytes-max + 65536 = " +
                                                    std::to_string(needed) + " (is " + std::to_string(limits.frame_bytes_max) + ')'});
  }
}

/// The largest view that these settings allow, as it travels: to joiners and to clients, in one frame. Rounded up generously.
std::uint64_t view_bytes_max(const cluster_settings& settings) {
  constexpr std::uint64_t row_bytes = 256;            // four lists of up to seven members each, and as much again
  constexpr std::uint64_t named_bytes = 288;          // a map, or its definition, with the longest name
  constexpr std::uint64_t members_bytes = 64 * 1024;  // of two hundred
  std::set<durability> kinds{durability{}};           // Maps that nothing is said about have this one.
  for (const auto& map : settings.maps) kinds.insert(map.kind);
  return kinds.size() * settings.partition_count * row_bytes +
         (std::uint64_t{settings.limits.maps_max} + settings.maps.size()) * named_bytes + members_bytes;
}

void check_view_fits(const cluster_settings& settings, problems& found) {
  const auto needed = view_bytes_max(settings);
  if (settings.limits.frame_bytes_max >= needed) return;
  found.push_back({"troupe/limits/frame-bytes-max",
                   "frame-bytes-max must be at least " + std::to_string(needed) + ", so that a frame holds the largest view that " +
                       std::to_string(settings.partition_count) + " partitions and maps-max of " +
                       std::to_string(settings.limits.maps_max) + " allow (is " + std::to_string(settings.limits.frame_bytes_max) + ')'});
}

std::string in_millis(duration d) { return std::to_string(std::chrono::duration_cast<milliseconds>(d).count()); }

void check_timing(const timing& times, problems& found) {
  const std::string place = "troupe/timing/";
  const auto check = [&](const char* key, duration value, duration smallest, const std::string& why) {
    const auto is = " (is " + in_millis(value) + ')';
    if (value < smallest) found.push_back({place + key, std::string{key} + " can't be smaller than " + in_millis(smallest) + why + is});
    if (value > duration_max) found.push_back({place + key, std::string{key} + " can't be larger than " + in_millis(duration_max) + is});
  };
  const auto heartbeat = std::clamp<duration>(times.heartbeat, milliseconds{1}, duration_max / 3);
  check("heartbeat-millis", times.heartbeat, milliseconds{1}, "");
  // A lease, and the patience with a silent member, must outlive a lost heartbeat or two.
  check("lease-millis", times.lease, 3 * heartbeat, ", three times heartbeat-millis,");
  check("suspect-after-millis", times.suspect_after, 3 * heartbeat, ", three times heartbeat-millis,");
  check("bootstrap-wait-millis", times.bootstrap_wait, heartbeat, ", which is heartbeat-millis,");
  const auto leave = std::chrono::floor<seconds>(times.leave_deadline).count();
  check_range(found, place + "leave-deadline-seconds", "leave-deadline-seconds", leave, 0,
              std::chrono::floor<seconds>(duration_max).count());
}

void check_rest(const member_config& config, problems& found) {
  check_range(found, "properties/hazelcast.partition.count", "hazelcast.partition.count", config.settings.partition_count, 1,
              partition_count_max);
  if (const auto why = objection(config.memory)) found.push_back({"troupe/memory-limit", "memory-limit " + *why});
  check_range(found, "troupe/shards", "shards", config.shards, 0, shards_max);
  if (config.settings.split_brain == quorum_policy::availability)
    found.push_back({"troupe/split-brain", "split-brain can only be 'majority' or 'strict' in this version"});
  // Written so that a NaN fails.
  if (!(config.timing_scale >= timing_scale_min && config.timing_scale <= timing_scale_max))
    found.push_back({"troupe/timing-scale", "timing-scale must lie between 0.01 and 1000"});
}

}  // namespace

std::vector<config_problem> validate(const member_config& config) {
  problems found;
  check_network(config, found);
  check_kind(config, found);
  check_maps(config.settings, found);
  check_durabilities(config.settings.durabilities, found);
  check_limits(config.settings.limits, found);
  check_timing(config.settings.times, found);
  check_rest(config, found);
  if (!has_error(found)) check_view_fits(config.settings, found);  // Else its numbers mean nothing.
  return found;
}

problems validate(const client_config& config) {
  problems found;
  check_name_length(found, "cluster-name", "cluster-name", config.cluster_name);
  const std::string where = "network/cluster-members";
  for (const auto& member : config.connect) {
    if (member.host.empty()) found.push_back({where, "a member to connect to needs a host"});
    if (member.port == 0) found.push_back({where, "the port of member '" + member.host + "' to connect to can't be 0"});
  }
  return found;
}

bool has_error(const std::vector<config_problem>& all) {
  return std::any_of(all.begin(), all.end(), [](const config_problem& p) { return p.severity == severity::error; });
}

}  // namespace troupe
