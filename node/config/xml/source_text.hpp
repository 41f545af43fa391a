/// \file
/// The text of a configuration file: where its lines are, and what can be wrong with it before it is XML.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::config {

class source_text {
 public:
  /// The text must outlive this.
  explicit source_text(std::string_view text);

  [[nodiscard]] std::string_view text() const { return text_; }
  /// The number, from 1 on, of the line that the byte at `offset` is in; an offset past the end is in the last line.
  [[nodiscard]] int line_of(std::ptrdiff_t offset) const;
  /// Where the text stops being UTF-8 or has a zero byte; nothing when it is fine.
  [[nodiscard]] std::optional<std::ptrdiff_t> not_utf8_at() const;

 private:
  std::string_view text_;
  std::vector<std::ptrdiff_t> line_ends_;  // Offsets of the newlines, ascending.
};

}  // namespace troupe::config
