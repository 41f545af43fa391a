#include <troupe/node/config/memory_limit.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include <troupe/node/config/text.hpp>

namespace troupe {

namespace {

constexpr std::string_view unit_letters = "kmgt";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::optional<memory_limit> parse_memory_limit(std::string_view text) {
  text = trimmed(text);
  std::string low{text};
  std::transform(low.begin(), low.end(), low.begin(), lower);
  if (low == "off") return memory_limit{memory_limit::unit::off, 0};
  memory_limit limit{memory_limit::unit::bytes, 0};
  const auto [end, wrong] = std::from_chars(low.data(), low.data() + low.size(), limit.amount);
  if (wrong != std::errc{}) return std::nullopt;
  const std::string_view unit{end, static_cast<std::size_t>(low.data() + low.size() - end)};
  if (unit.empty()) return limit;
  if (unit == "%") return memory_limit{memory_limit::unit::percent, limit.amount};
  const auto at = unit.size() == 1 ? unit_letters.find(unit.front()) : std::string_view::npos;
  if (at == std::string_view::npos) return std::nullopt;
  const auto shift = 10 * (at + 1);
  if (limit.amount > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
  limit.amount <<= shift;
  return limit;
}

std::string to_string(const memory_limit& limit) {
  if (limit.in == memory_limit::unit::off) return "off";
  if (limit.in == memory_limit::unit::percent) return std::to_string(limit.amount) + '%';
  auto amount = limit.amount;
  std::size_t times = 0;
  for (; amount > 0 && amount % 1024 == 0 && times < unit_letters.size(); ++times) amount /= 1024;
  auto text = std::to_string(amount);
  if (times > 0) text += unit_letters[times - 1];
  return text;
}

std::optional<std::string> objection(const memory_limit& limit) {
  const auto is = " (is " + to_string(limit) + ')';
  switch (limit.in) {
    case memory_limit::unit::off: return std::nullopt;
    case memory_limit::unit::percent:
      return limit.amount >= 1 && limit.amount <= 100 ? std::nullopt : std::optional{"must lie between 1% and 100%" + is};
    case memory_limit::unit::bytes: break;
  }
  const auto fits = limit.amount >= memory_limit_bytes_min && limit.amount <= memory_limit_bytes_max;
  return fits ? std::nullopt : std::optional{"must lie between 1m and 1024t" + is};
}

std::uint64_t bytes_of(const memory_limit& limit, std::uint64_t physical) {
  switch (limit.in) {
    case memory_limit::unit::off: return 0;
    case memory_limit::unit::bytes: return limit.amount;
    case memory_limit::unit::percent: break;
  }
  return physical / 100 * limit.amount;
}

}  // namespace troupe
