/// \file
/// SIGINT of this process, and a standard input that it ends.
#pragma once

#include <array>
#include <streambuf>

#include <troupe/node/cli/interruption.hpp>

namespace troupe::cli {

/// At most one a process. A SIGINT that was ignored when the process started stays so: it belongs to a script's foreground.
class ctrl_c final : public interruption {
 public:
  void attend() override;
  [[nodiscard]] bool came() const override;
};

/// Standard input up to its end, or to the SIGINT that a command attends to: the library's own buffer would go on waiting.
class interruptible_input final : public std::streambuf {
 private:
  int_type underflow() override;

  std::array<char, 64 * 1024> buffer_;
};

}  // namespace troupe::cli
