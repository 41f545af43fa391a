#include <troupe/node/config/xml/setting.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>

#include <troupe/node/config/member_config.hpp>

namespace troupe::config {

namespace {

bool equal_whatever_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  std::string shown = "'";
  auto end = std::min(text.size(), shown_max);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // Never half a character.
  return shown + std::string{text.substr(0, end)} + (end < text.size() ? "...'" : "'");
}

std::string setting::attribute(const std::string& attribute_name) const {
  const auto at = attributes_.find(attribute_name);
  return at == attributes_.end() ? std::string{} : at->second;
}

bool setting::is_one_of(std::initializer_list<std::string_view> texts) const {
  return std::any_of(texts.begin(), texts.end(), [&](std::string_view t) { return equal_whatever_case(text_, t); });
}

std::optional<long long> setting::whole(long long smallest, long long largest) const {
  long long value = 0;
  const auto* end = text_.data() + text_.size();
  const auto [at, failed] = std::from_chars(text_.data(), end, value);
  if (failed == std::errc::result_out_of_range && at == end) {
    const bool negative = text_.starts_with('-');
    error(name_ + " can't be " + (negative ? "smaller than " + std::to_string(smallest) : "larger than " + std::to_string(largest)) +
          " (is " + text_.substr(0, 40) + ')');
    return std::nullopt;
  }
  if (failed != std::errc{} || at != end) {
    error(name_ + " must be a whole number (is " + in_quotes(text_) + ')');
    return std::nullopt;
  }
  if (auto wrong = out_of_range(name_, value, smallest, largest)) {
    error(std::move(*wrong));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> setting::flag() const {
  if (is_one_of({"true", "yes", "on"})) return true;
  if (is_one_of({"false", "no", "off"})) return false;
  error(name_ + " must be true or false (is " + in_quotes(text_) + ')');
  return std::nullopt;
}

std::optional<double> setting::fraction() const {
  double value = 0;
  const auto* end = text_.data() + text_.size();
  const auto [at, failed] = std::from_chars(text_.data(), end, value);
  if (failed == std::errc{} && at == end) return value;
  error(name_ + " must be a number (is " + in_quotes(text_) + ')');
  return std::nullopt;
}

}  // namespace troupe::config
