#include <troupe/actors/protocol/membership/own_lease.hpp>

#include <algorithm>
#include <vector>

namespace troupe::protocol {

void own_lease::open(const view_name& of, const electorate& grantors) {
  of_ = of;
  grantors_ = grantors;
  granted_.clear();
  given_up_ = false;
}

void own_lease::granted(member_no voter, instant sent_at) {
  if (!grantors_.contains(voter)) return;
  auto [at, is_first] = granted_.try_emplace(voter, sent_at);
  if (!is_first) at->second = std::max(at->second, sent_at);
}

std::optional<instant> own_lease::latest_grant(member_no voter) const {
  const auto at = granted_.find(voter);
  return at == granted_.end() ? std::nullopt : std::optional{at->second};
}

lease own_lease::held(duration length) const {
  if (given_up_) return {of_, instant{}};
  std::vector<std::pair<instant, member_no>> latest_first;
  for (const auto& [voter, sent_at] : granted_) latest_first.emplace_back(sent_at, voter);
  std::sort(latest_first.rbegin(), latest_first.rend());
  member_set so_far;
  for (const auto& [sent_at, voter] : latest_first) {
    so_far.insert(voter);
    if (grantors_.is_quorum(so_far)) return {of_, sent_at + length};
  }
  return {of_, instant{}};
}

}  // namespace troupe::protocol
