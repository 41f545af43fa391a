/// \file
/// What a member needs to know before it starts. A plain struct with defaults: fill it in by hand in an application, read it from XML
/// (xml_config.hpp), or from a command line (command_line.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/settings.hpp>
#include <troupe/node/config/config_problem.hpp>
#include <troupe/node/config/join_target.hpp>
#include <troupe/node/config/log_level.hpp>
#include <troupe/node/config/memory_limit.hpp>

namespace troupe {

namespace protocol {
class entry_processors;
}

/// How far `--timing-scale` may stretch or shrink the durations of the failure handling.
inline constexpr double timing_scale_min = 0.01;
inline constexpr double timing_scale_max = 1000;
inline constexpr duration duration_max = seconds{7 * 24 * 3600};  ///< of each of the times, before they are scaled
inline constexpr std::uint32_t partition_count_max = 10'000;
inline constexpr std::uint32_t frame_bytes_limit = 1024 * 1024 * 1024;  ///< the largest frame that can be configured
inline constexpr std::uint32_t frame_overhead_bytes = 64 * 1024;        ///< what a frame needs beside the values and the key in it
inline constexpr std::uint32_t shards_max = 64;
inline constexpr std::size_t map_definitions_max = 1000;

struct member_config {
  std::string cluster_name = "dev";  ///< members and clients of another name are refused; 1 to 255 bytes
  std::string host = "127.0.0.1";    ///< the address to listen at, which is also the one that others are told
  std::uint16_t port = 5701;         ///< 0: any free port
  bool port_auto_increment = true;   ///< a taken port means the next one …
  std::uint16_t port_count = 100;    ///< … for so many ports in all, 1 and up

  std::vector<join_target> join;  ///< where to look for the cluster; empty: found one
  bool bootstrap = false;         ///< found the cluster when none answers
  bool lite = false;              ///< holds no data, has no vote, founds no cluster: needs somebody to join
  bool witness = false;           ///< holds no data, founds no cluster, but votes: the third of two
  bool insecure = false;          ///< allows a host other than loopback, although nothing is encrypted or authenticated yet

  std::string host_label;    ///< copies avoid sharing one; empty: `host`
  std::string zone;          ///< copies avoid sharing one; empty: unknown
  std::uint32_t shards = 0;  ///< I/O threads, at most 64; 0: one for every two cores
  memory_limit memory;       ///< how much this member's copies may take; beyond it nothing is written that grows
  troupe::log_level log_level = log_level::info;

  cluster_settings settings;  ///< what all members agree on; `times` as written, not scaled
  double timing_scale = 1;    ///< multiplies all of `settings.times`; 0.01 to 1000

  /// A processor_registry, unchanged from the start of the member on; null: no processors. Only an application can have some: neither a file nor a
  /// command line names any.
  std::shared_ptr<const protocol::entry_processors> processors{};

  friend bool operator==(const member_config&, const member_config&) = default;
};

/// Everything that is wrong or suspicious, at once. A configuration without a problem of severity `error` can be started.
[[nodiscard]] TROUPE_API std::vector<config_problem> validate(const member_config&);
[[nodiscard]] TROUPE_API bool has_error(const std::vector<config_problem>&);

/// `settings` with `timing_scale` applied to all of its times, and its lists in order: what the protocol runs on.
[[nodiscard]] TROUPE_API cluster_settings scaled_settings(const member_config&);

/// 127.0.0.0/8, ::1 or `localhost`. Another name is taken for a foreign one: what it resolves to may change.
[[nodiscard]] TROUPE_API bool is_loopback(std::string_view host);

/// 0.0.0.0 or ::, which a listener may use and nobody can dial.
[[nodiscard]] TROUPE_API bool is_wildcard(std::string_view host);

/// `key can't be larger than 6 (is 7)`, `key can't be smaller than 0 (is -1)`; nothing when `value` lies within.
[[nodiscard]] TROUPE_API std::optional<std::string> out_of_range(std::string_view key, long long value, long long smallest, long long largest);

}  // namespace troupe
