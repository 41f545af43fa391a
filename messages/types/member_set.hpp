/// \file
/// A small ordered set of members: the in-sync set of a row, its learners, a quorum so far.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <vector>

#include <troupe/messages/types/ids.hpp>

namespace troupe {

class member_set {
 public:
  member_set() = default;
  member_set(std::initializer_list<member_no> members) {
    for (auto m : members) insert(m);
  }

  [[nodiscard]] bool contains(member_no m) const { return std::binary_search(members_.begin(), members_.end(), m); }
  [[nodiscard]] bool empty() const { return members_.empty(); }
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] auto begin() const { return members_.begin(); }
  [[nodiscard]] auto end() const { return members_.end(); }

  /// True when it was not there before.
  bool insert(member_no m) {
    auto at = std::lower_bound(members_.begin(), members_.end(), m);
    if (at != members_.end() && *at == m) return false;
    members_.insert(at, m);
    return true;
  }
  /// True when it was there.
  bool erase(member_no m) {
    auto at = std::lower_bound(members_.begin(), members_.end(), m);
    if (at == members_.end() || *at != m) return false;
    members_.erase(at);
    return true;
  }
  void clear() { members_.clear(); }

  template <class Predicate>
  void erase_if(Predicate unwanted) {
    std::erase_if(members_, unwanted);
  }

  friend bool operator==(const member_set&, const member_set&) = default;

 private:
  std::vector<member_no> members_;  // Sorted, without duplicates: at most a handful.
};

}  // namespace troupe
