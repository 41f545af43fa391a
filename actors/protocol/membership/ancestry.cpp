#include <troupe/actors/protocol/membership/ancestry.hpp>

#include <algorithm>

namespace troupe::protocol {

void ancestry::installed(const view& now_installed, const view* before) {
  names_.push_back(now_installed.name);
  if (names_.size() > names_max) names_.pop_front();
  if (before == nullptr) return;
  for (const auto& m : before->members) {
    if (!now_installed.has(m.number)) departed_.push_back({m, now_installed.name.number});
  }
  while (departed_.size() > departed_max) departed_.pop_front();
}

const ancestry::departure* ancestry::departed(const incarnation& id) const {
  const auto at = std::find_if(departed_.begin(), departed_.end(), [&](const departure& d) { return d.who.id == id; });
  return at == departed_.end() ? nullptr : &*at;
}

ancestry::standing ancestry::of(const view_name& name, const incarnation& speaker) const {
  const auto& installed = names_.back();
  if (name == installed) return standing::installed;
  if (name.number > installed.number) {
    const auto* gone = departed(speaker);
    return gone != nullptr ? standing::foreign : standing::ahead;
  }
  const auto known = std::find_if(names_.begin(), names_.end(), [&](const view_name& n) { return n.number == name.number; });
  return known != names_.end() && known->digest != name.digest ? standing::foreign : standing::closed;
}

}  // namespace troupe::protocol
