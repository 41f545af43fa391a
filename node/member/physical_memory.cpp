#include <troupe/node/member/physical_memory.hpp>

#include <algorithm>
#include <fstream>
#include <limits>

#include <unistd.h>

namespace troupe {

namespace {

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

/// What a control group allows, seen from inside of it. No such file, or a word instead of a number (`max`): nothing is forbidden.
std::uint64_t allowed_by(const char* file) {
  std::ifstream in{file};
  std::uint64_t bytes = 0;
  return in >> bytes && bytes > 0 ? bytes : unlimited;
}

}  // namespace

std::uint64_t physical_memory_bytes() {
  const auto pages = sysconf(_SC_PHYS_PAGES);
  const auto page_bytes = sysconf(_SC_PAGE_SIZE);
  const auto of_machine = pages > 0 && page_bytes > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes) : unlimited;
  const auto bytes = std::min({of_machine, allowed_by("/sys/fs/cgroup/memory.max"), allowed_by("/sys/fs/cgroup/memory/memory.limit_in_bytes")});
  return bytes == unlimited ? 0 : bytes;
}

}  // namespace troupe
