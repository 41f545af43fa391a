/// \file
/// A cluster of views only: members come and go, the planner answers, and all that it orders is done at once or piece by piece.
/// After each plan the rules for one step of a row are checked, independently of the planner.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <troupe/actors/protocol/planner/planner.hpp>

namespace troupe::protocol::test {

class planned_cluster {
 public:
  explicit planned_cluster(std::uint32_t partition_count = 64);

  planned_cluster& with_members(std::size_t count);
  member_no join(std::string host = {}, std::string zone = {}, member_kind kind = member_kind::data);
  /// A map of this durability; its name is irrelevant.
  planned_cluster& with_map(const durability& kind);
  planned_cluster& with_rules(const durability_rules& rules);
  void crash(const member_set& who);
  void leave(member_no who);
  void want(std::vector<membership_message::wish> wishes);
  /// All of it in one view.
  void change(plan_input input);

  /// Everything that the rows wait for comes true: learners catch up, primaries hand over, new ones activate.
  [[nodiscard]] std::vector<membership_message::wish> all_due() const;
  /// Steps until nothing is left to do. Fails when that takes too long.
  planned_cluster& settle();

  [[nodiscard]] const view& now() const { return view_; }
  [[nodiscard]] const view_change& last_change() const { return last_change_; }
  [[nodiscard]] const row& row_at(const durability& kind, std::uint32_t partition) const;
  /// For a state that no history of this test leads to.
  row& edit(const durability& kind, std::uint32_t partition);
  [[nodiscard]] member_set data_members() const;

 private:
  view view_;
  view_change last_change_;
};

/// How many rows name this member, counted by `role`.
using role_of = std::function<bool(const row&, member_no)>;
[[nodiscard]] std::size_t rows_where(const view& v, const durability& kind, member_no who, const role_of& role);
[[nodiscard]] bool leads(const row& r, member_no m);
[[nodiscard]] bool holds(const row& r, member_no m);  ///< in sync, learning or async

/// Largest minus smallest number of rows in that role, over the data members.
[[nodiscard]] std::size_t imbalance(const planned_cluster& c, const durability& kind, const role_of& role);

/// Fails the test where a view breaks an invariant of its rows.
void check_rows(const view& v);
/// Fails the test where a change breaks a rule for the step from one view to the next.
void check_step(const view& before, const plan_input& input, const view_change& change, const view& after);
/// Fails the test where a settled cluster lacks copies that it could have, or is unevenly filled though all members are equal.
void check_settled(const planned_cluster& c, bool all_apart);

}  // namespace troupe::protocol::test
