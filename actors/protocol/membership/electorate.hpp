/// \file
/// Who decides the successor of a view, and how many of them are enough. Whatever counts votes, grants or those that are still there
/// (elections, leases, removals, the word that a quorum is lost) asks here, so that all count alike.
#pragma once

#include <troupe/messages/types/member_set.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// The voters of one view under its quorum policy (DESIGN section 4.1). Any two quorums of it share a voter.
class electorate {
 public:
  electorate() = default;  ///< nobody: nothing is a quorum
  electorate(member_set voters, quorum_policy policy) : voters_(std::move(voters)), policy_(policy) {}

  [[nodiscard]] const member_set& voters() const { return voters_; }
  [[nodiscard]] bool contains(member_no m) const { return voters_.contains(m); }
  /// More than half of the voters; others among `who` don't count. Under `strict`, of an even number the oldest, alive or not, weighs one
  /// and a half: so half of them suffice if it is among them, and no other half does.
  [[nodiscard]] bool is_quorum(const member_set& who) const;
  /// Of exactly two voters, may either go on alone when the other has crashed? (`majority`; then a split between the two makes branches.)
  [[nodiscard]] bool lets_one_survive() const { return policy_ == quorum_policy::majority && voters_.size() == 2; }
  /// The same policy among those of the voters that are not in `gone`.
  [[nodiscard]] electorate without(const member_set& gone) const;

  friend bool operator==(const electorate&, const electorate&) = default;

 private:
  member_set voters_;
  quorum_policy policy_ = quorum_policy::majority;
};

[[nodiscard]] electorate electorate_of(const view&);

}  // namespace troupe::protocol
