/// \file
/// How much memory this process may use at all.
#pragma once

#include <cstdint>

namespace troupe {

/// Bytes of the machine, or of the container (cgroup) where that has fewer; 0: unknown.
[[nodiscard]] std::uint64_t physical_memory_bytes();

}  // namespace troupe
