#include <troupe/node/config/xml/source_text.hpp>

#include <algorithm>

#include <troupe/node/config/text.hpp>

namespace troupe::config {

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
    const auto c = first_character(text_.substr(at));
    if (c.bytes == 0 || c.code == 0) return static_cast<std::ptrdiff_t>(at);
    at += c.bytes;
  }
  return std::nullopt;
}

}  // namespace troupe::config
