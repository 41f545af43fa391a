/// \file
/// Where to look for members of a cluster: the entries of `tcp-ip` lists and of `--join`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/ids.hpp>

namespace troupe {

/// How many consecutive ports an entry without a port stands for, as Hazelcast's users know it.
inline constexpr std::uint16_t ports_tried_per_host = 3;

/// A host, and a port unless it was left out.
struct join_target {
  std::string host;
  std::optional<std::uint16_t> port;
  friend bool operator==(const join_target&, const join_target&) = default;
};

/// Why a text is no list of join targets.
struct join_syntax_error {
  std::string text;
};

/// Reads `host`, `host:port`, `[v6]:port`, a bare IPv6 address, and ranges in the last part of an IPv4 address (`10.0.0.1-7`); several are
/// separated by commas. An empty text is an empty list.
[[nodiscard]] TROUPE_API std::variant<std::vector<join_target>, join_syntax_error> parse_join_targets(std::string_view text);

/// The addresses that targets stand for, in their order and without duplicates: an entry without a port stands for `port`, `port + 1` and
/// `port + 2`.
[[nodiscard]] TROUPE_API std::vector<address> addresses_of(const std::vector<join_target>& targets, std::uint16_t port);

}  // namespace troupe
