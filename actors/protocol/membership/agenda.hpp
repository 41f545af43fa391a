/// \file
/// What the next view shall bring: wishes, joins, departures.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <troupe/actors/protocol/membership/applicants.hpp>
#include <troupe/actors/protocol/membership/wish_pool.hpp>
#include <troupe/actors/protocol/planner/planner.hpp>

namespace troupe::protocol {

/// A voter's collection of what waits for a view. The coordinator proposes from it; the others keep theirs in case it does not.
class agenda {
 public:
  void open(const view_ptr& installed, instant now);

  wish_pool& wishes() { return wishes_; }
  applicants& joiners() { return joiners_; }

  /// Leaving members that may go: nothing refers to them, or nobody is left who could take over what they hold, or their time is up.
  /// At least one voter stays.
  [[nodiscard]] member_set leavers(instant now) const;
  /// Leaving members whose time is up although rows still refer to them.
  [[nodiscard]] member_set overdue(instant now) const;
  /// When whoever is ready to join is let in: by the next view, or by one after it.
  enum class joining : std::uint8_t { next, later };
  /// Everything that waits, with these removals (leavers included) beside. The wishes as they are: plan() ignores what doesn't fit.
  [[nodiscard]] plan_input everything(const member_set& removals, joining when) const;
  /// Is there anything that must not wait for another occasion?
  [[nodiscard]] bool is_urgent(instant now, joining when) const;
  /// Is there something at all, however little it matters?
  [[nodiscard]] bool has_waited(duration idle, instant now) const;
  [[nodiscard]] bool planner_has_work() const;
  /// The planner found nothing to do in this view after all.
  void planner_is_done() { planner_has_work_ = false; }

 private:
  [[nodiscard]] bool may_go(const member& m, instant now) const;

  view_ptr view_;
  wish_pool wishes_;
  applicants joiners_;
  std::map<member_no, instant> leaving_since_;
  instant planner_turn_at_{};  // Views that nobody but the planner wants, one after the other, leave time for something else.
  mutable std::optional<bool> planner_has_work_;  // Computed once a view, when first asked for.
};

/// How many rows refer to a member, as a holder or future holder of a copy.
[[nodiscard]] std::size_t rows_with(const view&, member_no);

}  // namespace troupe::protocol
