#include <troupe/node/client/own_log.hpp>

#include <spdlog/spdlog.h>

namespace troupe {

spdlog::level::level_enum spdlog_level(log_level l) {
  switch (l) {
    case log_level::trace: return spdlog::level::trace;
    case log_level::debug: return spdlog::level::debug;
    case log_level::info: return spdlog::level::info;
    case log_level::warn: return spdlog::level::warn;
    case log_level::error: return spdlog::level::err;
    case log_level::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

std::shared_ptr<spdlog::logger> make_own_log(const std::string& name, log_level level) {
  auto log = spdlog::default_logger()->clone(name);
  log->set_level(spdlog_level(level));
  return log;
}

}  // namespace troupe
