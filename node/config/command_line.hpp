/// \file
/// The command line of `troupe-node`: from arguments to a configuration that can be started, or to what to print before ending.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <troupe/node/config/member_config.hpp>

namespace troupe {

/// Exit statuses of all executables.
inline constexpr int exit_done = 0;
inline constexpr int exit_no = 1;     ///< the answer is no, or some operation failed
inline constexpr int exit_usage = 2;  ///< wrong usage, wrong configuration, or no connection
inline constexpr int exit_interrupted = 130;  ///< by Ctrl-C: the work is not complete

/// There is nothing to run. The text, complete with its newline, belongs on standard output when the status is 0 (help, version), else on
/// standard error.
struct exit_now {
  int status = exit_done;
  std::string text;
};

struct node_command {
  member_config config;               ///< valid
  std::vector<std::string> warnings;  ///< for the log
};

/// Flags override the file that `--config` names. All problems of file and flags are in one text.
[[nodiscard]] std::variant<node_command, exit_now> parse_node_command_line(int argc, const char* const* argv);

/// `troupe-node 0.1.0`
[[nodiscard]] std::string version_line(std::string_view program);

}  // namespace troupe
