/// \file
/// The view: the numbered, agreed state of the cluster; and the change that leads from one view to the next.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <troupe/messages/types/eviction.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/member_set.hpp>
#include <troupe/messages/types/settings.hpp>

namespace troupe {

enum class member_kind : std::uint8_t {
  data,     ///< holds copies and votes
  lite,     ///< holds nothing and does not vote
  witness,  ///< votes and holds nothing
};

struct member {
  member_no number;  ///< nobody in a join request: the view that lets it in gives it
  incarnation id;
  troupe::address address;  ///< where its listener is reached
  std::string host;         ///< copies avoid sharing one; defaults to the address's host
  std::string zone;         ///< copies avoid sharing one; empty: unknown
  member_kind kind = member_kind::data;
  bool leaving = false;  ///< hands its rows over, then goes

  friend bool operator==(const member&, const member&) = default;
};

enum class row_status : std::uint8_t {
  served,
  lost,  ///< no in-sync copy was left; holds until it is reset
};

/// Who holds one partition of one durability, and in which role.
/// Invariants: primary ∈ in_sync unless lost; in_sync, learners and async_backups are disjoint.
struct row {
  epoch_number epoch;    ///< 1 and up; goes up when the primary changes
  config_number config;  ///< 1 and up; goes up with any change
  member_no primary;     ///< nobody: lost
  member_set in_sync;    ///< the primary and the backups that each write awaits
  member_set learners;   ///< catching up to become backups
  member_set async_backups;
  member_set unsealed;  ///< all former primaries since the last completed activation: sealed before the next one completes
  member_no successor;  ///< ∈ in_sync: the primary shall pause and hand over to it; nobody: stay
  row_status status = row_status::served;
  epoch_number empty_since;  ///< whatever a copy holds from earlier epochs is void

  friend bool operator==(const row&, const row&) = default;
};

/// All rows of one durability, indexed by partition.
struct row_table {
  durability kind;
  std::vector<row> rows;  ///< partition_count of them
  friend bool operator==(const row_table&, const row_table&) = default;
};

struct map_info {
  map_id id;
  std::string name;
  durability kind;
  bool read_backup_data = false;
  lifetime_defaults life{};
  eviction_rule eviction{};
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

struct view {
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
  std::vector<row_table> tables;  ///< ordered by durability; a durability is there from its first map on
  cluster_settings settings;
  std::vector<departure> departed;  ///< the latest, in order: none of these incarnations comes back
  view_number departed_since;       ///< all departures after this view are in `departed`; 0: all there ever were
  std::vector<lone_decision> lone{};  ///< the latest on the way to this view, in order

  friend bool operator==(const view&, const view&) = default;

  [[nodiscard]] const member* find(member_no) const;
  [[nodiscard]] const member* find(const incarnation&) const;
  [[nodiscard]] const row* find(const row_id&) const;
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

  [[nodiscard]] bool empty() const {
    return joins.empty() && removals.empty() && leaving.empty() && rows.empty() && maps_created.empty() && maps_destroyed.empty();
  }
  friend bool operator==(const view_change&, const view_change&) = default;
};

}  // namespace troupe
