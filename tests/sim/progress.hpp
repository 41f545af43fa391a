/// \file
/// How far a batch has come, for somebody who watches it at a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace troupe::sim {

struct progress {
  std::uint64_t done = 0, failed = 0;  ///< seeds, in this program
  std::uint64_t count = 0;             ///< seeds to run in this program
};

/// `[#######-------]  700 of 2000 seeds  0 failed  1:02, 1:55 left`. The rest of the time is a guess once a seed is done.
[[nodiscard]] std::string progress_text(const progress&, std::chrono::duration<double> taken);

/// Writes that line over itself, a few times a second, when standard error is a terminal; nothing otherwise.
class progress_line {
 public:
  explicit progress_line(std::uint64_t count);
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() { clear(); }

  void finished(bool passed);
  /// Takes the line away, before something else is written.
  void clear();

 private:
  using clock = std::chrono::steady_clock;

  progress so_far_;
  bool is_shown_ = false;
  const bool has_terminal_;
  const clock::time_point began_ = clock::now();
  clock::time_point next_ = began_;
};

}  // namespace troupe::sim
