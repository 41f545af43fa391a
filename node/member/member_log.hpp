/// \file
/// The log of a member: a logger of its own, so that its level is the member's and not that of the application around it.
#pragma once

#include <memory>

#include <spdlog/logger.h>

#include <troupe/node/config/member_config.hpp>

namespace troupe {

[[nodiscard]] spdlog::level::level_enum spdlog_level(log_level);

/// Writes where the application's default logger writes, as it is now, and as much as `level` says.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_member_log(log_level level);

}  // namespace troupe
