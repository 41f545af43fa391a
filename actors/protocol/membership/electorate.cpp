#include <troupe/actors/protocol/membership/electorate.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

bool electorate::is_quorum(const member_set& who) const {
  member_set votes = who;
  votes.erase_if([&](member_no m) { return !voters_.contains(m); });
  auto doubled = 2 * votes.size();  // In half votes, as all here: the surplus of the oldest is half a vote.
  auto total = 2 * voters_.size();
  if (policy_ == quorum_policy::strict && voters_.size() % 2 == 0 && !voters_.empty()) {
    const auto favoured = TROUPE_MUTATED(oldest_present_weighs_more) && !votes.empty() ? *votes.begin() : *voters_.begin();
    if (votes.contains(favoured) && !TROUPE_MUTATED(oldest_weighs_no_more)) ++doubled;
    ++total;
  }
  return 2 * doubled + (TROUPE_MUTATED(half_is_a_quorum) ? 1 : 0) > total;
}

electorate electorate::without(const member_set& gone) const {
  auto rest = *this;
  rest.voters_.erase_if([&](member_no m) { return gone.contains(m); });
  return rest;
}

electorate electorate_of(const view& v) { return {voters_of(v), v.settings.split_brain}; }

}  // namespace troupe::protocol
