/// \file
/// Where a command reads and prints: results on `out`, all other words on `err`.
#pragma once

#include <cstddef>
#include <iosfwd>

#include <troupe/node/cli/interruption.hpp>

namespace troupe::cli {

struct console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  interruption& interrupt;
  bool out_is_terminal = false;  ///< allows colours
  bool err_is_terminal = false;  ///< allows a progress bar
  std::size_t columns = 80;      ///< of the terminal
};

}  // namespace troupe::cli
