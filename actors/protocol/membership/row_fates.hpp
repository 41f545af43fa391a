/// \file
/// What a new view means for the rows' data, for people.
#pragma once

#include <string>
#include <vector>

#include <troupe/actors/protocol/membership/membership.hpp>

namespace troupe::protocol {

/// Rows, each with its full name, so that a log can be searched for one: `1+0/3 1+0/4 2+1/0`.
[[nodiscard]] std::string names(const std::vector<row_id>&);

/// Events for rows that were lost, went on with data missing, or are served again (invariant 16: loss if and only if an event).
[[nodiscard]] std::vector<membership_event> row_fates(const view& before, const view& now);

}  // namespace troupe::protocol
