#include <troupe/node/cli/printable.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <troupe/node/config/text.hpp>

namespace troupe::cli {

namespace {

template <std::size_t N>
bool within(char32_t code, const std::array<std::pair<char32_t, char32_t>, N>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const auto& r) { return code >= r.first && code <= r.second; });
}

/// Controls, and marks that change the direction of what follows.
bool is_dangerous(char32_t code) {
  constexpr std::array<std::pair<char32_t, char32_t>, 5> ranges{
      {{0, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}}};
  return within(code, ranges);
}

std::size_t columns_of(char32_t code) {
  constexpr std::array<std::pair<char32_t, char32_t>, 6> combining{
      {{0x300, 0x36F}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0x1AB0, 0x1AFF}}};
  constexpr std::array<std::pair<char32_t, char32_t>, 8> wide{{{0x1100, 0x115F},
                                                               {0x2E80, 0xA4CF},
                                                               {0xAC00, 0xD7A3},
                                                               {0xF900, 0xFAFF},
                                                               {0xFE30, 0xFE6F},
                                                               {0xFF00, 0xFF60},
                                                               {0x1F300, 0x1FAFF},
                                                               {0x20000, 0x3FFFD}}};
  if (within(code, combining)) return 0;
  return within(code, wide) ? 2 : 1;
}

std::string escaped(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    std::array<char, 5> hex{};
    std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += hex.data();
  }
  return text;
}

/// Calls `take(piece, columns)` for each printable piece until it returns false.
template <class Take>
void for_each_piece(std::string_view text, Take take) {
  while (!text.empty()) {
    const auto c = first_character(text);
    const auto bytes = std::max<std::size_t>(c.bytes, 1);
    const bool shown = c.bytes > 0 && !is_dangerous(c.code);
    const auto piece = shown ? std::string{text.substr(0, bytes)} : escaped(text.substr(0, bytes));
    if (!take(piece, shown ? columns_of(c.code) : piece.size())) return;
    text.remove_prefix(bytes);
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  for_each_piece(text, [&](const std::string& piece, std::size_t) {
    shown += piece;
    return true;
  });
  return shown;
}

std::string printable(std::string_view text, std::size_t columns) {
  std::string shown;
  std::string shorter;  // What fits beside the ellipsis.
  std::size_t used = 0;
  bool cut = false;
  for_each_piece(text, [&](const std::string& piece, std::size_t width) {
    if (used + width > columns) {
      cut = true;
      return false;
    }
    used += width;
    shown += piece;
    if (used + 1 <= columns) shorter = shown;
    return true;
  });
  return cut ? shorter + "…" : shown;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto c = first_character(text);
    columns += c.bytes == 0 ? 1 : columns_of(c.code);
    text.remove_prefix(std::max<std::size_t>(c.bytes, 1));
  }
  return columns;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto c = first_character(text);
    if (c.bytes == 0) return false;
    text.remove_prefix(c.bytes);
  }
  return true;
}

std::string in_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 7> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text.data();
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + ' ' + std::string{number == 1 ? one : many};
}

}  // namespace troupe::cli
