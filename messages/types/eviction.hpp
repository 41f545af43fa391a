/// \file
/// Which entries a map gives up when it has grown too large. Like lifetimes, evictions are records that the primary of a row writes: an
/// entry is there on every copy, or on none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace troupe {

enum class eviction_policy : std::uint8_t {
  none,    ///< everything stays
  lru,     ///< about those that nobody has asked for the longest
  lfu,     ///< about those that are asked for least often
  random,  ///< any
};

/// What the size of a map is.
enum class size_measure : std::uint8_t {
  entries_per_node,       ///< entries that a member leads; each row has an equal share of those of all members
  entries_per_partition,  ///< entries of one row
  bytes_per_node,         ///< what the copies on a member take: keys, values and what is kept beside them; shared out likewise
};

struct eviction_rule {
  eviction_policy policy = eviction_policy::none;
  size_measure measure = size_measure::entries_per_node;
  std::uint64_t size = 0;  ///< 1 to `eviction_size_max`, where there is a policy

  [[nodiscard]] constexpr bool is_on() const { return policy != eviction_policy::none; }
  friend bool operator==(const eviction_rule&, const eviction_rule&) = default;
};

inline constexpr std::uint64_t eviction_size_max = std::uint64_t{1} << 48;

/// How much of one map one row may hold.
struct row_budget {
  std::uint64_t entries = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
  friend bool operator==(const row_budget&, const row_budget&) = default;
};

/// `members`: those that hold data. `copies`: of each entry. At least one entry may stay.
[[nodiscard]] constexpr row_budget budget_of(const eviction_rule& rule, std::uint64_t members, std::uint64_t partitions, std::uint64_t copies) {
  const auto share = [&](std::uint64_t parts) { return std::max<std::uint64_t>(rule.size * members / parts, 1); };
  switch (rule.measure) {
    case size_measure::entries_per_node: return {share(partitions), row_budget{}.bytes};
    case size_measure::entries_per_partition: return {std::max<std::uint64_t>(rule.size, 1), row_budget{}.bytes};
    case size_measure::bytes_per_node: return {row_budget{}.entries, share(partitions * copies)};
  }
  return {};
}

}  // namespace troupe
