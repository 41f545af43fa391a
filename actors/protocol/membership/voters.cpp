// Who votes.
#include <algorithm>
#include <tuple>

#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/membership/voters.hpp>

namespace troupe::protocol {

namespace {

/// How many of `taken` share a place with `m`: fewer is better, so that one zone or host seldom takes a majority with it.
auto crowding(const member& m, const std::vector<const member*>& taken) {
  const auto sharing = [&](auto place) { return std::count_if(taken.begin(), taken.end(), [&](const member* t) { return t->*place == m.*place; }); };
  return std::tuple{sharing(&member::zone), sharing(&member::host), m.number};
}

}  // namespace

member_set voters_among(const std::vector<member>& members) {
  std::vector<const member*> candidates;
  for (const auto& m : members) {
    if (m.kind != member_kind::lite) candidates.push_back(&m);
  }
  std::vector<const member*> taken;
  while (!candidates.empty() && taken.size() < voters_max) {
    auto next = candidates.begin();
    if (candidates.size() + taken.size() > voters_max) {
      next = std::min_element(candidates.begin(), candidates.end(),
                              [&](const member* a, const member* b) { return crowding(*a, taken) < crowding(*b, taken); });
    }
    taken.push_back(*next);
    candidates.erase(next);
  }
  member_set voters;
  for (const auto* m : taken) voters.insert(m->number);
  return voters;
}

member_set voters_of(const view& v) { return voters_among(v.members); }

member_set voters_after(const view& base, const view_change& change) {
  auto members = base.members;
  std::erase_if(members, [&](const member& m) { return removes(change, m.number); });
  members.insert(members.end(), change.joins.begin(), change.joins.end());
  return voters_among(members);
}

member_no oldest_voter(const view& v) {
  const auto voters = voters_of(v);
  return voters.empty() ? nobody : *voters.begin();
}

bool removes(const view_change& change, member_no m) {
  return std::find(change.removals.begin(), change.removals.end(), m) != change.removals.end();
}

}  // namespace troupe::protocol
