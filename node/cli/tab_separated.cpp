#include <troupe/node/cli/tab_separated.hpp>

#include <algorithm>
#include <istream>
#include <optional>
#include <ostream>
#include <vector>

#include <troupe/node/cli/printable.hpp>

namespace troupe::cli {

namespace {

std::string escaped(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    switch (c) {
      case '\t': text += "\\t"; break;
      case '\n': text += "\\n"; break;
      case '\\': text += "\\\\"; break;
      default: text += c;
    }
  }
  return text;
}

/// The bytes that `text` stands for; or what is wrong with it.
std::variant<std::string, line_error> unescaped(std::string_view text, std::uint64_t line) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    if (++i == text.size()) return line_error{line, "a single '\\' at the end of a key or value: a backslash is written '\\\\'"};
    switch (text[i]) {
      case 't': bytes += '\t'; break;
      case 'n': bytes += '\n'; break;
      case '\\': bytes += '\\'; break;
      default: return line_error{line, "unknown escape '\\" + printable(text.substr(i, 1)) + "': there are '\\t', '\\n' and '\\\\'"};
    }
  }
  return bytes;
}

}  // namespace

tab_separated_reader::got tab_separated_reader::read_line() {
  using traits = std::istream::traits_type;
  line_.clear();
  bool too_long = false;
  while (true) {
    const auto c = in_.get();  // Which turns whatever goes wrong in the stream's buffer into badbit.
    if (traits::eq_int_type(c, traits::eof())) {
      if (line_.empty() && !too_long) return got::nothing;
      break;
    }
    ++bytes_;
    if (c == '\n') break;
    if (line_.size() == line_bytes_max) {
      too_long = true;
    } else {
      line_ += traits::to_char_type(c);
    }
  }
  ++number_;
  return too_long ? got::too_long : got::line;
}

std::variant<text_entry, line_error, end_of_text> tab_separated_reader::next() {
  switch (read_line()) {
    case got::nothing: return end_of_text{in_.bad()};
    case got::too_long: return line_error{number_, "longer than " + std::to_string(line_bytes_max) + " bytes"};
    case got::line: break;
  }
  const std::string_view line = line_;
  const auto tab = line.find('\t');
  if (tab == std::string_view::npos) return line_error{number_, "no tab between key and value"};
  if (line.find('\t', tab + 1) != std::string_view::npos)
    return line_error{number_, "more than one tab: a tab within a key or value is written '\\t'"};
  auto key = unescaped(line.substr(0, tab), number_);
  if (auto* wrong = std::get_if<line_error>(&key)) return std::move(*wrong);
  auto value = unescaped(line.substr(tab + 1), number_);
  if (auto* wrong = std::get_if<line_error>(&value)) return std::move(*wrong);
  return text_entry{std::move(std::get<std::string>(key)), std::move(std::get<std::string>(value)), number_};
}

std::uint64_t tab_separated_reader::count_rest() {
  std::uint64_t lines = 0;
  char last = '\n';
  std::vector<char> some(64 * 1024);
  while (in_.read(some.data(), static_cast<std::streamsize>(some.size())) || in_.gcount() > 0) {
    const auto end = some.begin() + in_.gcount();
    lines += static_cast<std::uint64_t>(std::count(some.begin(), end, '\n'));
    last = *(end - 1);
  }
  return lines + (last == '\n' ? 0 : 1);
}

void write_entry(std::ostream& out, std::string_view key, std::string_view value) { out << escaped(key) << '\t' << escaped(value) << '\n'; }

}  // namespace troupe::cli
