#include <troupe/node/config/log_level.hpp>

#include <algorithm>
#include <array>

namespace troupe {

namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warn", "error", "off"};

}  // namespace

std::string_view to_string(log_level level) { return level_names[static_cast<std::size_t>(level)]; }

std::optional<log_level> parse_log_level(std::string_view name) {
  const auto at = std::find(level_names.begin(), level_names.end(), name);
  if (at == level_names.end()) return std::nullopt;
  return static_cast<log_level>(at - level_names.begin());
}

}  // namespace troupe
