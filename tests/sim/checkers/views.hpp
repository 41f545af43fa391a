/// \file
/// Checks what views are decided, from outside: one a number, each a lawful successor of the one before.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <troupe/messages/types/view.hpp>

namespace troupe::sim {

/// A row of which a view says that its data is gone.
struct lost_row {
  row_id row;
  bool by_reset = false;  ///< an operator gave the row up after its loss had been reported
  friend bool operator==(const lost_row&, const lost_row&) = default;
};

class view_checker {
 public:
  /// Takes in a view that some process has installed; true when it is the first to. Throws `violation` (invariants 1, 8, 9, 13, 16, 17).
  bool installed(const view_ptr& v);
  /// An operator goes on from this number; of views behind it nobody is left who knows them. True when there are such.
  bool forget_after(view_number newest_known);
  /// Rows whose data the view given last, if it was new, declares gone.
  [[nodiscard]] const std::vector<lost_row>& newly_lost() const { return newly_lost_; }
  /// Rows that began anew in that view what they take over of others (ADR 16).
  [[nodiscard]] const std::vector<row_id>& newly_begun() const { return newly_begun_; }
  [[nodiscard]] const view_ptr& newest() const { return newest_; }
  /// The newest before that; null when there was none.
  [[nodiscard]] const view_ptr& before_newest() const { return before_newest_; }
  [[nodiscard]] std::size_t decided() const { return decided_.size(); }
  /// Members that the view given last no longer has.
  [[nodiscard]] std::vector<member> newly_removed() const;

 private:
  void check_successor(const view& before, const view& after);
  void check_members(const view& before, const view& after);
  static void check_moves(const view& before, const view& after);
  void check_row(const view& after, const row_id& id, const row& was, const row& is);

  std::map<view_number, view_ptr> decided_;
  bool is_forked_ = false;  // Views were forgotten.
  std::set<incarnation> removed_;
  view_ptr newest_, before_newest_;
  std::vector<lost_row> newly_lost_;
  std::vector<row_id> newly_begun_;
};

/// May these, of the members of a view, decide the next one by its quorum policy? Counted here as well: the core is under test.
[[nodiscard]] bool may_decide(const view& v, const member_set& there);

/// Is the row itself sound in this view? Throws `violation` (invariant 17 and the shape of rows).
void check_row_shape(const view& v, const row_id& id, const row& r);

}  // namespace troupe::sim
