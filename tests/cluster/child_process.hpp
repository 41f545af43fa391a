/// \file
/// A process that a test started: its signals, its output, its end. It never outlives the test: the object's end kills it, and so does
/// the kernel when the test itself is killed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/cluster/patience.hpp"

namespace troupe::cluster {

/// An open file, closed at the end.
class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept;
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

class child_process {
 public:
  /// Runs `command`; its first word is the path of the program. Throws std::system_error when that can't be done.
  /// \param network a network namespace; null: that of the calling thread
  explicit child_process(const std::vector<std::string>& command, const std::string& input = {}, const descriptor* network = nullptr);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Does nothing when it has ended.
  void signal(int which) const;
  [[nodiscard]] bool has_ended();
  /// The exit status, or 128 + the signal that ended it; nothing: it still runs.
  [[nodiscard]] std::optional<int> wait_ended(clock::duration within = patience);

  /// The next line on its standard output, without the newline; nothing: the time passed, or it closed its output before.
  [[nodiscard]] std::optional<std::string> read_line(clock::duration within = patience);
  /// What is left of its standard output, up to its end.
  [[nodiscard]] std::string read_rest(clock::duration within = patience);
  /// All that it wrote to its standard error so far.
  [[nodiscard]] std::string error_output() const;
  /// Memory that it has resident, in KiB.
  [[nodiscard]] std::size_t resident_kib() const;

 private:
  void start(const std::vector<std::string>& command, int in, int out, const descriptor* network);
  /// False: the end of the output, or the deadline.
  bool read_more(clock::time_point deadline);

  pid_t pid_ = -1;
  descriptor ended_;   // Readable once it has ended.
  descriptor output_;  // What it writes to its standard output.
  descriptor errors_;  // The file that is its standard error.
  std::string unread_;
  std::optional<int> status_;
};

/// What a program that ran to its end said.
struct program_result {
  int status = -1;
  std::string output;
  std::string errors;
};

/// Runs a program to its end. Throws std::runtime_error when that takes longer than all patience.
[[nodiscard]] program_result run_program(const std::vector<std::string>& command, const std::string& input = {},
                                         const descriptor* network = nullptr);

}  // namespace troupe::cluster
