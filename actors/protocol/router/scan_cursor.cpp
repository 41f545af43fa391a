#include <troupe/actors/protocol/router/scan_cursor.hpp>

#include <algorithm>
#include <charconv>

namespace troupe::protocol {

namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr char separator = ':';

std::optional<blob> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = digits.find(text[i]);
    const auto low = digits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return blob{bytes};
}

}  // namespace

std::string to_string(const scan_cursor& c) {
  auto text = std::to_string(c.partition.value());
  if (!c.after) return text;
  text.push_back(separator);
  for (const char byte : c.after->view()) {
    const auto bits = static_cast<unsigned char>(byte);
    text.push_back(digits[bits / 16]);
    text.push_back(digits[bits % 16]);
  }
  return text;
}

std::optional<scan_cursor> parse_cursor(std::string_view text, std::uint32_t partition_count) {
  if (text.empty()) return scan_cursor{};
  const auto end_of_number = std::min(text.find(separator), text.size());
  std::uint32_t partition = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + end_of_number, partition);
  if (error != std::errc{} || end != text.data() + end_of_number || partition >= partition_count) return std::nullopt;
  scan_cursor cursor{partition_id{partition}, std::nullopt};
  if (end_of_number == text.size()) return cursor;
  cursor.after = parse_hex(text.substr(end_of_number + 1));
  if (!cursor.after) return std::nullopt;
  return cursor;
}

}  // namespace troupe::protocol
