/// \file
/// How much a member or a client logs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <troupe/messages/types/api.hpp>

namespace troupe {

enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };

[[nodiscard]] TROUPE_API std::string_view to_string(log_level);
[[nodiscard]] TROUPE_API std::optional<log_level> parse_log_level(std::string_view name);

}  // namespace troupe
