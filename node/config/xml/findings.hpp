/// \file
/// What was found wrong in a file, and where each setting was written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <troupe/node/config/config_problem.hpp>

namespace troupe::config {

/// Where the value of a setting came from.
struct origin {
  std::string flag;  ///< of the command line; empty: the file
  int line = 0;      ///< of the file; 0: none
};

/// Settings by path (see config_problem::where), with their origins.
class origins {
 public:
  void note(const std::string& path, origin from) { by_path_[path] = std::move(from); }
  /// Of the setting, else of the nearest element around it, else nothing known.
  [[nodiscard]] origin find(std::string path) const;

 private:
  std::map<std::string, origin> by_path_;
};

class findings {
 public:
  /// An empty name: there is no file.
  explicit findings(std::string file_name) : file_name_(std::move(file_name)) {}

  void error(int line, std::string text) { add({{}, line}, std::move(text), severity::error); }
  void warning(int line, std::string text) { add({{}, line}, std::move(text), severity::warning); }
  void add(const config_problem& problem, const origins& from);

  /// Adds what was found, in the order of lines.
  void deliver(std::vector<std::string>& errors, std::vector<std::string>& warnings) const;

 private:
  struct finding {
    origin from;
    std::string text;
    troupe::severity severity;
  };

  void add(origin from, std::string text, severity how) { all_.push_back({std::move(from), std::move(text), how}); }
  [[nodiscard]] std::string place(const origin& from) const;

  std::string file_name_;
  std::vector<finding> all_;
};

}  // namespace troupe::config
