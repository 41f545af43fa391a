/// \file
/// The names of things: members, views, rows, records, maps. Plain values, no behaviour beyond comparison and text.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/strong.hpp>

namespace troupe {

/// 128 random bits. Made in `node/` only: nothing below has a random device.
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] bool is_nil() const { return *this == uuid{}; }
  friend auto operator<=>(const uuid&, const uuid&) = default;
};

/// Lower-case text, 8-4-4-4-12.
[[nodiscard]] TROUPE_API std::string to_string(const uuid&);
/// The value of such a text; nothing when it is anything else.
[[nodiscard]] TROUPE_API std::optional<uuid> parse_uuid(std::string_view text);

/// A member's identity: fresh at each start of its process, and never seen again after it ends.
struct incarnation : uuid {
  friend auto operator<=>(const incarnation&, const incarnation&) = default;
};

/// Which cluster a view belongs to: drawn by the member that bootstraps it.
struct cluster_id : uuid {
  friend auto operator<=>(const cluster_id&, const cluster_id&) = default;
};

/// A client's identity, fresh for each client object.
struct client_id : uuid {
  friend auto operator<=>(const client_id&, const client_id&) = default;
};

/// A member's place in the order of joining, given by the view that lets it in: 1 for the founder, and then up. Unique within a
/// cluster and never given twice, so that it stands for the incarnation wherever 16 bytes would be too long.
using member_no = strong_number<struct member_no_tag, std::uint32_t>;
inline constexpr member_no nobody{};

/// The number of a view. 0: no view yet; a cluster's first view is 1.
using view_number = strong_number<struct view_number_tag, std::uint64_t>;

/// A view, named by its number and the digest of it and all its predecessors, so that two branches can't be mixed up.
struct view_name {
  view_number number;
  std::uint64_t digest = 0;
  friend auto operator<=>(const view_name&, const view_name&) = default;
};

/// Of a row: goes up when its primary changes. A fresh row starts with 1.
using epoch_number = strong_number<struct epoch_tag, std::uint64_t>;
/// Of a row: goes up with any change of it.
using config_number = strong_number<struct config_tag, std::uint64_t>;
/// The position of a record in the log of a row. The first record has 1; 0 means before all.
using seq_number = strong_number<struct seq_tag, std::uint64_t>;
/// Distinguishes a primary's consecutive feeds of one replica within an epoch, so that an acknowledgement of an earlier feed
/// (before the replica threw its copy away) proves nothing. 0 is the feed that starts with the seal.
using feed_number = strong_number<struct feed_tag, std::uint32_t>;

/// Counts, within an epoch, a primary's questions whether its replicas still follow it (`read_mode::confirm`). 0 is before all.
using confirmation_number = strong_number<struct confirmation_tag, std::uint64_t>;

/// One of `partition-count` slices of the key space, 0-based.
using partition_id = strong_number<struct partition_tag, std::uint32_t>;
/// A map of the cluster, numbered by the view that created it; 1 and up, never given twice.
using map_id = strong_number<struct map_tag, std::uint32_t>;
/// Counts the writes of one client to one row; 1 and up. Unlike a request, a write keeps its number through all attempts.
using write_number = strong_number<struct write_tag, std::uint64_t>;
/// Correlates an operation with its reply, within one origin.
using request_number = strong_number<struct request_tag, std::uint64_t>;

inline constexpr std::uint8_t backup_count_max = 6;

/// How many copies an entry has beside the primary's: awaited and not. Maps of equal durability share rows.
struct durability {
  std::uint8_t backups = 1;        ///< 0 to 6, awaited by each write
  std::uint8_t async_backups = 0;  ///< 0 to 6, fed after the commit; the sum of both is at most 6

  [[nodiscard]] bool is_valid() const { return backups + async_backups <= backup_count_max; }
  friend auto operator<=>(const durability&, const durability&) = default;
};

/// Tells groups of rows apart that began with the same durability. 0: the one that maps are put into by their definitions.
using group_number = strong_number<struct group_tag, std::uint16_t>;

/// Maps of one group share its rows. It is named by the durability that it began with; what it has now, its table says (ADR 16).
struct row_group {
  durability began;
  group_number number{};
  friend auto operator<=>(const row_group&, const row_group&) = default;
};

/// One row of the partition table: a partition of a group.
struct row_id {
  durability kind;        ///< that its group began with
  group_number number{};  ///< of its group
  partition_id partition;

  row_id() = default;
  row_id(const durability& began, partition_id p, group_number n = {}) : kind(began), number(n), partition(p) {}

  [[nodiscard]] row_group group() const { return {kind, number}; }
  /// In the order of tables, and within one by partition.
  friend auto operator<=>(const row_id& a, const row_id& b) {
    if (const auto c = a.group() <=> b.group(); c != 0) return c;
    return a.partition <=> b.partition;
  }
  friend bool operator==(const row_id&, const row_id&) = default;
};

/// Where a member listens. The host is an IP address or a name, without brackets.
struct address {
  std::string host;
  std::uint16_t port = 0;
  friend auto operator<=>(const address&, const address&) = default;
};

[[nodiscard]] TROUPE_API std::string to_string(const address&);   ///< `host:port`, `[v6]:port`
[[nodiscard]] TROUPE_API std::string to_string(const durability&); ///< `2+1`: two backups, one async backup
[[nodiscard]] TROUPE_API std::string to_string(const row_group&);  ///< `1+0`; of a later group that began like this one `1+0.2`
[[nodiscard]] TROUPE_API std::string to_string(const row_id&);     ///< `1+0/17`, `1+0.2/17`

}  // namespace troupe

template <>
struct std::hash<troupe::uuid> {
  std::size_t operator()(const troupe::uuid& u) const noexcept {
    std::uint64_t halves[2];  // Random already: see fresh_id().
    std::memcpy(halves, u.bytes.data(), sizeof halves);
    return halves[0] ^ halves[1] * 0x9e3779b97f4a7c15ULL;
  }
};
template <>
struct std::hash<troupe::incarnation> : std::hash<troupe::uuid> {};
template <>
struct std::hash<troupe::client_id> : std::hash<troupe::uuid> {};
template <>
struct std::hash<troupe::row_id> {
  std::size_t operator()(const troupe::row_id& r) const noexcept {
    return (std::size_t{r.number.value()} << 40) ^ (std::size_t{r.partition.value()} << 8) ^ (std::size_t{r.kind.backups} << 4) ^ r.kind.async_backups;
  }
};
