// Which definition governs a map name: HAZELCAST's matching, decided alike by every member.
#include <algorithm>
#include <string_view>

#include <troupe/actors/protocol/membership/view_change.hpp>

namespace troupe::protocol {

namespace {

/// How well a pattern with one `*` fits: the length of prefix + suffix; -1 when it does not.
long fit(std::string_view pattern, std::string_view name) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return -1;
  const auto prefix = pattern.substr(0, star);
  const auto suffix = pattern.substr(star + 1);
  if (prefix.size() + suffix.size() > name.size()) return -1;
  return name.starts_with(prefix) && name.ends_with(suffix) ? static_cast<long>(prefix.size() + suffix.size()) : -1;
}

}  // namespace

map_definition definition_for(const cluster_settings& settings, std::string_view map_name) {
  const auto base = map_name.substr(0, map_name.find('@'));
  const auto& all = settings.maps;
  const auto named = [&](std::string_view wanted) {
    return std::find_if(all.begin(), all.end(), [&](const map_definition& d) { return d.pattern == wanted; });
  };
  if (auto exact = named(base); exact != all.end()) return *exact;
  const map_definition* best = nullptr;
  long best_fit = -1;
  for (const auto& d : all) {
    if (const auto f = fit(d.pattern, base); f > best_fit) {
      best = &d;
      best_fit = f;
    }
  }
  if (best != nullptr) return *best;
  if (auto fallback = named("default"); fallback != all.end()) return *fallback;
  return map_definition{};
}

}  // namespace troupe::protocol
