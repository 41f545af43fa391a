/// \file
/// What the command lines of all executables share, on top of CLI11: the layout of errors, and a guess at what was meant.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <troupe/node/config/command_line.hpp>

namespace troupe {

/// Parses, and says what to print when the program shall not go on: help and version with status 0, usage errors with status 2.
[[nodiscard]] std::optional<exit_now> parse_arguments(CLI::App& app, int argc, const char* const* argv);

/// The text of a usage error: `program: problem` for each, and where help is to be had.
[[nodiscard]] exit_now usage_error(const std::string& program, const std::vector<std::string>& problems, const std::string& help_command);

}  // namespace troupe
