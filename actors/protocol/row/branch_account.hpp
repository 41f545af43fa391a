/// \file
/// What one copy of a row has from a branch of its cluster alone: where each branch began, and what was removed since.
#pragma once

#include <deque>
#include <vector>

#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/actors/protocol/row/store.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// Positions are exact. So are the keys that were put, because the store has the position of each. Removals leave nothing in the store: they
/// are remembered here, the latest `removals_bytes_max` of them, and the account says from where on it knows them.
class branch_account {
 public:
  static constexpr std::size_t removals_bytes_max = 16 * 1024;

  /// A branch begins with the successor of view `after`; the records of this copy behind `held` are of it alone. For a copy that begins later,
  /// within the branch, nothing need be said: all that it has is of the branch.
  void begin(view_number after, seq_number held);
  /// The copy comes from another one, as a snapshot at this position.
  void adopt(const std::vector<branch_point>& begun, seq_number at);
  /// `r` has been committed.
  void note(const record& r);

  [[nodiscard]] const std::vector<branch_point>& begun() const { return begun_; }
  /// What is of the branch behind `after` alone, in order of position. `committed` and `store` are the copy's.
  [[nodiscard]] discarded_writes discarded(view_number after, seq_number committed, const row_store& store) const;

 private:
  std::vector<branch_point> begun_;  // As many as a view remembers.
  std::deque<discarded_writes::write> removed_;
  std::size_t removed_bytes_ = 0;
  seq_number removals_from_;  // Removals up to here are not known.
};

}  // namespace troupe::protocol
