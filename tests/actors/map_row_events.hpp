/// \file
/// What a listener to a whole bounded map heard of one partition, in its order: whether entries made room only where there was none, and no more than
/// were in the way.
///
/// By docs/api.md: "Each row keeps to its share: before a write that would be too much, others go, by records". So an entry goes only where the row
/// is full, and where shares stay as they are the write that it made room for is the next record.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/actors/map_knowledge.hpp"
#include "tests/actors/map_stage.hpp"

namespace troupe::test::model {

class row_events {
 public:
  explicit row_events(std::set<std::string> present) : present_{std::move(present)} {}

  /// `heard`: of this partition, in order, without a gap. `was_locked`: some of the keys were, for a time: those stay, however many there are.
  [[nodiscard]] difference replay(const std::vector<texts::event>& heard, const row_bound& bound, bool was_locked);
  /// Nobody knows any more what is there.
  [[nodiscard]] bool is_lost_track() const { return is_lost_track_; }
  std::uint64_t evicted = 0;

 private:
  std::set<std::string> present_;
  bool is_lost_track_ = false;
};

}  // namespace troupe::test::model
