/// \file
/// What a view says of members and rows, worked out for printing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <troupe/actors/protocol/planner/planner.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::cli {

/// How many rows a member holds, by role.
struct holdings {
  std::uint64_t primaries = 0;
  std::uint64_t backups = 0;
  std::uint64_t async_backups = 0;
  std::uint64_t learning = 0;

  holdings& operator+=(const holdings& other);
  friend bool operator==(const holdings&, const holdings&) = default;
};

struct member_holdings {
  member_no who;
  holdings holds;
};

/// A row that is not as it shall be.
struct troubled_row {
  row_id id;
  member_no primary;  ///< nobody: lost
  bool lost = false;
  protocol::row_shortfall shortfall;
  durability counts{};  ///< of its group

  [[nodiscard]] bool is_under_replicated() const { return shortfall.backups_missing + shortfall.async_backups_missing > 0; }
};

struct cluster_report {
  std::vector<member_holdings> members;  ///< in the order of the view
  std::vector<troubled_row> troubled;    ///< ordered by durability and partition
  std::uint64_t rows = 0;
  std::uint64_t lost = 0;
  std::uint64_t under_replicated = 0;  ///< not counting lost ones
  std::uint64_t catching_up = 0;
  std::uint64_t short_of_members = 0;  ///< rows with fewer copies than configured, because there are too few members

  [[nodiscard]] holdings total() const;
  /// Every row is served and has all the copies that it can have, in sync.
  [[nodiscard]] bool is_safe() const { return troubled.empty(); }
};

[[nodiscard]] cluster_report report_on(const view& v);

[[nodiscard]] std::string to_string(member_kind kind);  ///< `data`, `lite`, `witness`

/// `7 rows under-replicated, 2 catching up`; `all 271 rows have all their copies in sync`;
/// `all 271 rows have the copies in sync that so few members can hold; 271 have fewer than configured`
[[nodiscard]] std::string summary_of(const cluster_report& r);

}  // namespace troupe::cli
