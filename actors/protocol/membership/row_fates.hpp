/// \file
/// What a new view means for the rows' data.
#pragma once

#include <string>
#include <vector>

#include <troupe/actors/protocol/membership/membership.hpp>

namespace troupe::protocol {

/// Rows, each with its full name, so that a log can be searched for one: `1+0/3 1+0/4 2+1/0`.
[[nodiscard]] std::string names(const std::vector<row_id>&);

/// What became of the rows from one view to a later one, each list in order.
struct row_changes {
  std::vector<row_id> lost;        ///< no in-sync copy is left
  std::vector<row_id> incomplete;  ///< goes on without all that was acknowledged
  std::vector<row_id> back;        ///< was lost, and is served again
};
[[nodiscard]] row_changes fates_of_rows(const view& before, const view& now);

/// Events, for people, for rows that were lost, went on with data missing, or are served again (invariant 16: loss if and only if an event).
[[nodiscard]] std::vector<membership_event> row_fates(const view& before, const view& now);

}  // namespace troupe::protocol
