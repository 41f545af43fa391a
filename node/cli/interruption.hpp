/// \file
/// Ctrl-C, as a command sees it.
#pragma once

namespace troupe::cli {

/// Before a command attends to it, and from the second one on, it ends the process at once, as that of any program.
class interruption {
 public:
  virtual ~interruption() = default;
  /// The next one is for the command.
  virtual void attend() = 0;
  [[nodiscard]] virtual bool came() const = 0;
};

}  // namespace troupe::cli
