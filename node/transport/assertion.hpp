/// \file
/// Assertions that stay on in release builds: a broken invariant ends the process rather than the promise.
#pragma once

#include <cstdlib>
#include <source_location>
#include <string_view>

#include <spdlog/spdlog.h>

namespace troupe {

/// Requires `holds`; otherwise there is a bug in this program: it is logged with its place, and the process aborts.
inline void expect(bool holds, std::string_view what, std::source_location at = std::source_location::current()) {
  if (holds) [[likely]]
    return;
  spdlog::critical("bug expectation=\"{}\" at={}:{}", what, at.file_name(), at.line());
  spdlog::default_logger_raw()->flush();
  std::abort();
}

}  // namespace troupe
