/// \file
/// Runs written down, a line each, so that a long batch can be stopped and goes on later, or can be run again and compared.
///
/// The first line says the version of the format and the options of all the runs; figures of other options would not add up.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/sim/simulation.hpp"

namespace troupe::sim {

/// Goes up when lines change, and when the same seed and options come to mean another run.
inline constexpr int record_version = 5;

/// Options as `name=value`, separated by spaces: equal texts, equal runs.
[[nodiscard]] std::string options_text(const run_options&);

/// A run without its newline, and back; nothing when the text is no such line. What failed is recorded as failed, without its reason.
[[nodiscard]] std::string record_line(const run_result&);
[[nodiscard]] std::optional<run_result> parse_record_line(std::string_view line);

struct recorded_runs {
  std::vector<run_result> runs;   ///< in the order in which they ended
  std::uintmax_t bytes_good = 0;  ///< what is behind them is the rest of a line that was being written when the program ended
};

/// The file can't be used; the text says why, and begins with its name.
struct record_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reads what was recorded with these options. Throws record_error when the file can't be read, is no record, or one of other options.
[[nodiscard]] recorded_runs read_record(const std::filesystem::path&, const std::string& options);

/// Appends to a record; a file that is not there is begun.
class record_writer {
 public:
  /// Throws record_error, as read_record does, and when the file can't be written.
  record_writer(const std::filesystem::path&, const std::string& options);

  /// What the file already has.
  [[nodiscard]] const std::vector<run_result>& before() const { return before_; }
  /// The line is complete in the file when this returns. Throws record_error.
  void add(const run_result&);

 private:
  std::filesystem::path path_;
  std::vector<run_result> before_;
  std::ofstream out_;
};

}  // namespace troupe::sim
