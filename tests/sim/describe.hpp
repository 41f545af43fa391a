/// \file
/// Frames as text, for the trace.
#pragma once

#include <string>

#include <troupe/messages/types/link.hpp>

namespace troupe::sim {

[[nodiscard]] std::string describe(const any_frame&);

}  // namespace troupe::sim
