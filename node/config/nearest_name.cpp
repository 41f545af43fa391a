#include <troupe/node/config/nearest_name.hpp>

#include <algorithm>

namespace troupe {

namespace {

/// Optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({replaced, last[j] + 1, current[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = current;
  }
  return last[b.size()];
}

/// Nobody mistypes a name of this length; the bound keeps hostile input cheap.
constexpr std::size_t name_bytes_max = 100;

}  // namespace

std::optional<std::string> nearest_name(std::string_view wrong, const std::vector<std::string>& known) {
  if (wrong.size() > name_bytes_max) return std::nullopt;
  const std::string* best = nullptr;
  std::size_t best_distance = 0;
  for (const auto& name : known) {
    const auto d = distance(wrong, name);
    if (d > std::max<std::size_t>(2, std::max(wrong.size(), name.size()) / 3)) continue;
    if (best == nullptr || d < best_distance) {
      best = &name;
      best_distance = d;
    }
  }
  return best == nullptr ? std::nullopt : std::optional{*best};
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& known, std::string_view open, std::string_view close) {
  const auto name = nearest_name(wrong, known);
  return name ? "; did you mean " + std::string{open} + *name + std::string{close} + '?' : std::string{};
}

}  // namespace troupe
