/// \file
/// Which copies are on their way: grants a bounded number of transfers per member, the most urgent rows first.
#pragma once

#include <map>
#include <vector>

#include <troupe/actors/protocol/planner/placement.hpp>

namespace troupe::protocol {

/// A row that has learners, or wants some.
struct transfer_request {
  row* what;
  const wanted_row* wanted;
};

/// Grants what fits: at most `per_member_max` learners for each primary to feed, and as many for each member to be. Transfers that are
/// under way go before new ones; one that no longer fits (its row has a new primary, which is busy) is withdrawn.
/// A row that has fewer copies than it shall have goes before one that only moves.
class transfers {
 public:
  transfers(const seating& house, std::size_t per_member_max) : house_(house), per_member_max_(per_member_max) {}

  void grant(std::vector<transfer_request> requests);

 private:
  bool take(member_no source, member_no target);
  void keep_fitting(row& r);
  void start_new(const transfer_request& request);

  const seating& house_;
  std::size_t per_member_max_;
  std::map<member_no, std::size_t> fed_by_;
  std::map<member_no, std::size_t> learnt_by_;
};

/// How many rows may begin to form beside the transfers that there are (ADR 16). A row that forms is served by nobody: it begins when all of its copies
/// can be made at once.
class forming_budget {
 public:
  /// Of one primary, rows that need no copy elsewhere.
  static constexpr std::size_t alone_max = 8;

  explicit forming_budget(std::size_t per_member_max) : per_member_max_(per_member_max) {}

  /// What is under way.
  void count(const row& r);
  /// A row at this primary, with copies to be made at `targets`. False: not now.
  bool take(member_no primary, const member_set& targets);

 private:
  std::size_t per_member_max_;
  std::map<member_no, std::size_t> fed_by_, learnt_by_, alone_at_;
};

}  // namespace troupe::protocol
