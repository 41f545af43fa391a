#include <troupe/actors/protocol/membership/own_lease.hpp>

#include <algorithm>
#include <vector>

#include <troupe/actors/protocol/membership/view_change.hpp>

namespace troupe::protocol {

void own_lease::open(const view_name& of, const member_set& voters) {
  of_ = of;
  voters_ = voters;
  granted_.clear();
  given_up_ = false;
}

void own_lease::granted(member_no voter, instant sent_at) {
  if (!voters_.contains(voter)) return;
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
  member_set grantors;
  for (const auto& [sent_at, voter] : latest_first) {
    grantors.insert(voter);
    if (is_quorum(grantors, voters_)) return {of_, sent_at + length};
  }
  return {of_, instant{}};
}

}  // namespace troupe::protocol
