#include <troupe/actors/protocol/membership/branches.hpp>

#include <algorithm>
#include <iterator>
#include <vector>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

using decisions = std::vector<lone_decision>;

/// What comes before this has been forgotten, or may have been.
view_number known_from(const view& v) { return v.lone.size() < view::lone_max ? view_number{} : v.lone.front().after.number; }

/// The decisions on the way to `v` that `other` lacks; of those behind `from`.
decisions missing_in(const view& other, const view& v, view_number from) {
  decisions missing;
  std::copy_if(v.lone.begin(), v.lone.end(), std::back_inserter(missing), [&](const lone_decision& d) {
    return d.after.number >= from && std::find(other.lone.begin(), other.lone.end(), d) == other.lone.end();
  });
  return missing;
}

/// A view that came before a decision lacks it, too: then it is no branch.
bool went_on_without(const view& other, const decisions& missing) {
  return !missing.empty() && missing.front().after.number < other.name.number;
}

bool was_forced(const decisions& of) {
  return std::any_of(of.begin(), of.end(), [](const lone_decision& d) { return d.forced; });
}

bool is_older(member_no a, member_no b) { return (a < b) != TROUPE_MUTATED(younger_branch_goes_on); }

}  // namespace

std::optional<parting> parting_of(const view& ours, const view& theirs) {
  const auto from = std::max(known_from(ours), known_from(theirs));
  const auto here = missing_in(theirs, ours, from);
  const auto there = missing_in(ours, theirs, from);
  if (!went_on_without(theirs, here) && !went_on_without(ours, there)) return std::nullopt;
  const auto began_here = there.empty() || (!here.empty() && here.front().after.number <= there.front().after.number);
  const auto& first = began_here ? here.front() : there.front();
  const auto after = first.after.number;
  if (was_forced(here) != was_forced(there)) return parting{after, was_forced(here), true};
  const auto both_began = !here.empty() && !there.empty() && here.front().after.number == there.front().after.number;
  if (both_began) return parting{after, is_older(here.front().survivor, there.front().survivor)};
  return parting{after, is_older(first.survivor, first.without) == began_here};
}

}  // namespace troupe::protocol
