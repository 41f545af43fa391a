#include <troupe/actors/protocol/membership/removal_guard.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

void removal_guard::installed(const view& now_installed, const view* before, instant now) {
  if (before == nullptr || now_installed.voters_since > before->name.number) voters_known_since_ = now;
  std::erase_if(acknowledged_, [&](const auto& entry) { return !now_installed.has(entry.first); });
  std::erase_if(consents_, [&](const auto& entry) {
    return entry.second <= now_installed.name.number;
  });
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
  if (has_consent(m, next) || TROUPE_MUTATED(no_removal_wait)) return instant::min();
  const auto at = acknowledged_.find(m);
  const auto installed = TROUPE_MUTATED(removal_wait_from_last_grant_only) ? instant{} : voters_known_since_;
  const bool has_granted = at != acknowledged_.end() && !TROUPE_MUTATED(removal_wait_from_install_only);
  const auto last = has_granted ? std::max(installed, at->second) : installed;
  return last + (TROUPE_MUTATED(removal_wait_without_drift) ? lease * 19 / 20 : removal_wait(lease));
}

}  // namespace troupe::protocol
