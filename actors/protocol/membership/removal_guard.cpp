#include <troupe/actors/protocol/membership/removal_guard.hpp>

#include <algorithm>

namespace troupe::protocol {

void removal_guard::installed(const view& now_installed, const view* before, instant now) {
  if (before == nullptr || now_installed.voters_since > before->name.number) voters_known_since_ = now;
  std::erase_if(acknowledged_, [&](const auto& entry) { return !now_installed.has(entry.first); });
  std::erase_if(consents_, [&](const auto& entry) { return entry.second <= now_installed.name.number; });
}

void removal_guard::consented(member_no m, view_number removed_in) {
  auto& tag = consents_[m];
  tag = std::max(tag, removed_in);
}

bool removal_guard::has_consent(member_no m, view_number removed_in) const {
  const auto at = consents_.find(m);
  return at != consents_.end() && at->second == removed_in;
}

instant removal_guard::open_from(member_no m, view_number next, duration lease) const {
  if (has_consent(m, next)) return instant::min();
  const auto at = acknowledged_.find(m);
  const auto last = at == acknowledged_.end() ? voters_known_since_ : std::max(voters_known_since_, at->second);
  return last + removal_wait(lease);
}

}  // namespace troupe::protocol
