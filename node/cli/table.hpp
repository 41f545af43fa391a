/// \file
/// A table for people: aligned columns, a header, and a last line of sums if wanted.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace troupe::cli {

enum class align : std::uint8_t { left, right };

class table {
 public:
  struct column {
    std::string title;
    align side = align::left;
  };
  enum class emphasis : std::uint8_t { none, strong, alarm };

  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// Requires: as many cells as columns. What a terminal could misread in them is made visible.
  void add(std::vector<std::string> cells, emphasis how = emphasis::none);
  [[nodiscard]] bool empty() const { return lines_.empty(); }

  /// Two spaces between columns, none at the ends of lines; colours only if asked for.
  void print(std::ostream& out, bool coloured) const;

 private:
  struct line {
    std::vector<std::string> cells;
    emphasis how;
  };

  [[nodiscard]] std::vector<std::size_t> widths() const;

  std::vector<column> columns_;
  std::vector<line> lines_;
};

}  // namespace troupe::cli
