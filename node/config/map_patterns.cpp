#include <troupe/node/config/map_patterns.hpp>

#include <algorithm>

namespace troupe {

namespace {

struct ends {
  std::string_view prefix;
  std::string_view suffix;

  explicit ends(std::string_view pattern) : prefix(pattern.substr(0, pattern.find('*'))), suffix(pattern.substr(pattern.find('*') + 1)) {}
  [[nodiscard]] std::size_t length() const { return prefix.size() + suffix.size(); }
  [[nodiscard]] bool fits(std::string_view name) const {
    return name.size() >= length() && name.starts_with(prefix) && name.ends_with(suffix);
  }
};

/// The shortest text of at least `length` characters that starts with `prefix` and ends with `suffix`; they may overlap in it.
std::string shortest_with(std::string_view prefix, std::string_view suffix, std::size_t length) {
  for (auto overlap = std::min(prefix.size(), suffix.size()); overlap > 0; --overlap) {
    if (prefix.size() + suffix.size() - overlap < length) continue;
    if (prefix.ends_with(suffix.substr(0, overlap))) return std::string{prefix} + std::string{suffix.substr(overlap)};
  }
  return std::string{prefix} + std::string{suffix};
}

}  // namespace

bool is_pattern(std::string_view map_name) { return map_name.find('*') != std::string_view::npos; }

std::optional<std::string> contested_name(std::string_view a, std::string_view b, const std::vector<std::string>& all) {
  const ends first{a};
  const ends second{b};
  if (a == b || first.length() != second.length()) return std::nullopt;
  const auto prefix = std::max(first.prefix, second.prefix, [](auto x, auto y) { return x.size() < y.size(); });
  const auto suffix = std::max(first.suffix, second.suffix, [](auto x, auto y) { return x.size() < y.size(); });
  const bool compatible = prefix.starts_with(first.prefix) && prefix.starts_with(second.prefix) && suffix.ends_with(first.suffix) &&
                          suffix.ends_with(second.suffix);
  if (!compatible) return std::nullopt;
  auto name = shortest_with(prefix, suffix, first.length());
  // Whatever both fit starts with `prefix`, ends with `suffix` and is at least as long as `name`: a longer pattern whose ends lie within
  // these and that fits `name` fits all of it, and settles the contest.
  const bool settled = std::any_of(all.begin(), all.end(), [&](const std::string& other) {
    if (!is_pattern(other)) return false;
    const ends third{other};
    return third.length() > first.length() && prefix.starts_with(third.prefix) && suffix.ends_with(third.suffix) && third.fits(name);
  });
  if (settled) return std::nullopt;
  return name.empty() ? "any" : name;
}

}  // namespace troupe
