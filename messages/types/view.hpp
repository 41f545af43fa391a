/// \file
/// The view: the numbered, agreed state of the cluster; and the change that leads from one view to the next.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/eviction.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/member.hpp>
#include <troupe/messages/types/member_set.hpp>
#include <troupe/messages/types/settings.hpp>

namespace troupe {

enum class row_status : std::uint8_t {
  served,
  lost,     ///< no in-sync copy was left; holds until it is reset
  unborn,   ///< of a group that a map moves into: its entries are in the other group's row still, and nobody holds this one
  forming,  ///< likewise, and this row's holders are taking them over; nobody is served by either
};

/// Who holds one partition of one group, and in which role.
/// Invariants: primary ∈ in_sync unless lost or unborn; in_sync, learners and async_backups are disjoint.
struct row {
  epoch_number epoch;    ///< 1 and up; goes up when the primary changes
  config_number config;  ///< 1 and up; goes up with any change
  member_no primary;     ///< nobody: lost, or unborn
  member_set in_sync;    ///< the primary and the backups that each write awaits
  member_set learners;   ///< catching up to become backups
  member_set async_backups;
  member_set unsealed;  ///< all former primaries since the last completed activation: sealed before the next one completes
  member_no successor;  ///< ∈ in_sync: the primary shall pause and hand over to it; nobody: stay
  row_status status = row_status::served;
  epoch_number empty_since;  ///< whatever a copy holds from earlier epochs is void

  /// Somebody leads it.
  [[nodiscard]] bool is_held() const { return status == row_status::served || status == row_status::forming; }
  /// It is no row of its own yet: the entries are in another group's.
  [[nodiscard]] bool takes_over() const { return status == row_status::unborn || status == row_status::forming; }
  friend bool operator==(const row&, const row&) = default;
};

/// All rows of one group, indexed by partition.
struct TROUPE_API row_table {
  durability kind;        ///< that the group began with
  std::vector<row> rows;  ///< partition_count of them
  group_number number{};
  std::optional<durability> changed{};  ///< what it was changed to since; nothing: it is as it began

  [[nodiscard]] row_group group() const { return {kind, number}; }
  /// How many copies its rows shall have.
  [[nodiscard]] const durability& counts() const { return changed ? *changed : kind; }
  [[nodiscard]] row_id id_of(std::uint32_t partition) const { return {kind, partition_id{partition}, number}; }
  /// No map is moving into it.
  [[nodiscard]] bool is_settled() const;
  friend bool operator==(const row_table&, const row_table&) = default;
};

struct map_info {
  map_id id;
  std::string name;
  durability kind;  ///< that its group began with
  bool read_backup_data = false;
  lifetime_defaults life{};
  eviction_rule eviction{};
  group_number number{};  ///< of its group
  std::optional<row_group> moves_from{};  ///< rows of its group that are unborn or forming take their entries from there
  bool entry_statistics = false;          ///< its rows know since when each entry is there, and how often it was asked for

  [[nodiscard]] row_group group() const { return {kind, number}; }
  friend bool operator==(const map_info&, const map_info&) = default;
};

/// A member that a view no longer has.
struct departure {
  incarnation id;
  view_number without;  ///< the first view that lacks it
  address where{};      ///< of one that was removed: it may not know, and is looked for. Nowhere (no host): it left
  friend bool operator==(const departure&, const departure&) = default;
};

/// One voter decided a view's successor outside of any quorum: of exactly two without the other, which was silent, or because an operator
/// forced it. Where those others live on, the cluster has two branches, and this tells them apart.
struct lone_decision {
  view_name after;      ///< the last view that both have
  member_no survivor;   ///< who decided
  member_no without;    ///< the other voter; of a forced view the oldest of those that it removed
  bool forced = false;  ///< by an operator's force-view
  friend bool operator==(const lone_decision&, const lone_decision&) = default;
};

struct TROUPE_API view {
  /// How many departures a view remembers.
  static constexpr std::size_t departures_max = 256;
  /// How many lone decisions a view remembers.
  static constexpr std::size_t lone_max = 16;

  cluster_id cluster;
  view_name name;
  view_number voters_since;      ///< c: the last number whose voters differ from its predecessor's
  std::vector<member> members;   ///< in order of joining, which is the order of their numbers
  member_no next_member{1};      ///< the number that the next joiner gets
  std::vector<map_info> maps;    ///< ordered by id
  map_id next_map{1};
  std::vector<row_table> tables;  ///< ordered by group; a group is there from its first map on
  cluster_settings settings;
  std::vector<departure> departed;  ///< the latest, in order: none of these incarnations comes back
  view_number departed_since;       ///< all departures after this view are in `departed`; 0: all there ever were
  std::vector<lone_decision> lone{};  ///< the latest on the way to this view, in order
  group_number next_group{1};         ///< the number that the next group gets which is not 0

  friend bool operator==(const view&, const view&) = default;

  [[nodiscard]] const member* find(member_no) const;
  [[nodiscard]] const member* find(const incarnation&) const;
  [[nodiscard]] const row* find(const row_id&) const;
  [[nodiscard]] const row_table* find(const row_group&) const;
  /// The row that has the map's entries of this partition now. Requires: the map is of this view.
  [[nodiscard]] row_id home_of(const map_info& map, partition_id partition) const;
  /// How many copies the map shall have, and has once it has moved.
  [[nodiscard]] durability counts_of(const map_info& map) const;
  /// No other map shares its rows, or moves out of its group.
  [[nodiscard]] bool has_group_alone(const map_info& map) const;
  [[nodiscard]] const map_info* find_map(std::string_view map_name) const;
  [[nodiscard]] const map_info* find(map_id) const;
  [[nodiscard]] bool has(member_no m) const { return find(m) != nullptr; }
  [[nodiscard]] bool has_lost(const incarnation&) const;  ///< is it in `departed`?
};

using view_ptr = std::shared_ptr<const view>;

struct row_update {
  row_id id;
  row now;  ///< config is the successor of the replaced row's; a row that did not exist has 1
  friend bool operator==(const row_update&, const row_update&) = default;
};

/// Other backup counts for a map (ADR 16). Alone in its group, it takes the group along; otherwise it moves into a group of its own, which the
/// change brings, all rows unborn.
struct counts_change {
  map_id map;
  durability to;
  friend bool operator==(const counts_change&, const counts_change&) = default;
};

/// What leads from a view to its successor. Its meaning is apply() in `actors/protocol/membership`.
struct view_change {
  std::vector<member> joins;          ///< with their numbers, consecutive from next_member on
  std::vector<member_no> removals;
  std::vector<member_no> leaving;     ///< become `leaving`
  std::vector<row_update> rows;
  std::vector<map_info> maps_created;  ///< with their ids, consecutive from next_map on
  std::vector<map_id> maps_destroyed;
  bool forced = false;  ///< decided by an operator's force-view, outside of any quorum
  member_no alone{};    ///< decided by this one of exactly two voters, without the other, or by the one that was forced; nobody: by a quorum
  std::optional<counts_change> counts{};  ///< not with a map that is created

  [[nodiscard]] bool empty() const {
    return joins.empty() && removals.empty() && leaving.empty() && rows.empty() && maps_created.empty() && maps_destroyed.empty() && !counts;
  }
  friend bool operator==(const view_change&, const view_change&) = default;
};

}  // namespace troupe
