/// \file
/// The command line of `troupe`.
#pragma once

#include <variant>

#include <troupe/node/cli/request.hpp>
#include <troupe/node/config/command_line.hpp>

namespace troupe::cli {

/// What the arguments ask for; or what to print and the status to end with: help and version (0), wrong usage (2).
[[nodiscard]] std::variant<request, exit_now> parse_arguments(int argc, const char* const* argv);

}  // namespace troupe::cli
