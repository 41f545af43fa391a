/// \file
/// The voters of views that are not there yet.
#pragma once

#include <vector>

#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// voters_of() a view with these members, which are in order of joining.
[[nodiscard]] member_set voters_among(const std::vector<member>& members);
/// The voters of apply(base, change), without the rest of that view.
[[nodiscard]] member_set voters_after(const view& base, const view_change& change);
[[nodiscard]] bool removes(const view_change& change, member_no m);

}  // namespace troupe::protocol
