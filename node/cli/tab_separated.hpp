/// \file
/// Entries as text: a line each, the key, a tab, the value; `\t`, `\n` and `\\` within them for tab, newline and backslash. Keys and values
/// are any bytes; what is written reads back as the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::cli {

/// The longest line that is read, in bytes: well above the default limits of a key and a value with every byte escaped.
inline constexpr std::size_t line_bytes_max = 64 * 1024 * 1024;

struct text_entry {
  std::string key;
  std::string value;
  std::uint64_t line = 0;  ///< where it stood, from 1 on
  friend bool operator==(const text_entry&, const text_entry&) = default;
};

/// A line that is no entry.
struct line_error {
  std::uint64_t line = 0;
  std::string text;
  friend bool operator==(const line_error&, const line_error&) = default;
};

struct end_of_text {
  bool failed = false;  ///< the stream broke before its end
  friend bool operator==(const end_of_text&, const end_of_text&) = default;
};

/// Reads entry by entry, holding one line at a time.
class tab_separated_reader {
 public:
  explicit tab_separated_reader(std::istream& in) : in_(in) {}

  /// The next entry, or what is wrong with the next line; the one after it can be read all the same.
  /// A carriage return at the end of a line belongs to the value. An empty line is an error: an entry has a tab.
  [[nodiscard]] std::variant<text_entry, line_error, end_of_text> next();
  /// How many lines are left; reads them without a look at what they say.
  [[nodiscard]] std::uint64_t count_rest();

  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_; }

 private:
  enum class got : std::uint8_t { line, too_long, nothing };
  got read_line();

  std::istream& in_;
  std::string line_;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
};

/// With its newline.
void write_entry(std::ostream& out, std::string_view key, std::string_view value);

}  // namespace troupe::cli
