/// \file
/// The log of a member or a client: a logger of its own, so that its level is its configuration's and not that of the application around it.
#pragma once

#include <memory>
#include <string>

#include <spdlog/logger.h>

#include <troupe/node/config/log_level.hpp>

namespace troupe {

[[nodiscard]] spdlog::level::level_enum spdlog_level(log_level);

/// Writes where the application's default logger writes, as it is now, and as much as `level` says. `name`: of the logger, which its lines show.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_own_log(const std::string& name, log_level level);

}  // namespace troupe
