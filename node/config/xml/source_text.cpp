#include <troupe/node/config/xml/source_text.hpp>

#include <algorithm>

namespace troupe::config {

namespace {

/// The length of the UTF-8 sequence at the start of `text`; 0 when there is none (overlong, surrogate, truncated, zero byte).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

}  // namespace

source_text::source_text(std::string_view text) : text_(text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_ends_.push_back(static_cast<std::ptrdiff_t>(i));
  }
}

int source_text::line_of(std::ptrdiff_t offset) const {
  const auto before_end = std::min(offset, static_cast<std::ptrdiff_t>(text_.size()));
  return static_cast<int>(std::lower_bound(line_ends_.begin(), line_ends_.end(), before_end) - line_ends_.begin()) + 1;
}

std::optional<std::ptrdiff_t> source_text::not_utf8_at() const {
  for (std::size_t at = 0; at < text_.size();) {
    const auto length = sequence_length(text_.substr(at));
    if (length == 0) return static_cast<std::ptrdiff_t>(at);
    at += length;
  }
  return std::nullopt;
}

}  // namespace troupe::config
