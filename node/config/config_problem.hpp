/// \file
/// What can be wrong with a configuration, said so that a person finds the place.
#pragma once

#include <cstdint>
#include <string>

namespace troupe {

enum class severity : std::uint8_t {
  error,    ///< the member does not start
  warning,  ///< it starts, but something does not do what its author may think
};

struct config_problem {
  /// The setting, as the path of its XML element below the root: `network/port`, `map[2]/backup-count` (the second map).
  std::string where;
  std::string text;  ///< one sentence without a full stop; names the value and the limit
  troupe::severity severity = severity::error;
  std::string other = {};  ///< a second place that the problem is about, of the same form; empty: none

  friend bool operator==(const config_problem&, const config_problem&) = default;
};

}  // namespace troupe
