#include <troupe/actors/protocol/membership/branches.hpp>

#include <algorithm>
#include <vector>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

using decisions = std::vector<lone_decision>;

/// What comes before this has been forgotten, or may have been.
view_number known_from(const view& v) { return v.lone.size() < view::lone_max ? view_number{} : v.lone.front().after.number; }

/// The first of `some` that `others` lacks.
const lone_decision* first_missing(const decisions& some, const decisions& others, view_number from) {
  const auto at = std::find_if(some.begin(), some.end(), [&](const lone_decision& d) {
    return d.after.number >= from && std::find(others.begin(), others.end(), d) == others.end();
  });
  return at == some.end() ? nullptr : &*at;
}

bool is_older_side(const lone_decision& d) { return (d.survivor < d.without) != TROUPE_MUTATED(younger_branch_goes_on); }

}  // namespace

std::optional<parting> parting_of(const view& ours, const view& theirs) {
  const auto from = std::max(known_from(ours), known_from(theirs));
  const auto* here = first_missing(ours.lone, theirs.lone, from);
  const auto* there = first_missing(theirs.lone, ours.lone, from);
  // A view that came before a lone decision lacks it, too: then it is no branch.
  if (here != nullptr && theirs.name.number <= here->after.number) here = nullptr;
  if (there != nullptr && ours.name.number <= there->after.number) there = nullptr;
  if (here == nullptr && there == nullptr) return std::nullopt;
  if (there == nullptr || (here != nullptr && here->after.number <= there->after.number)) {
    return parting{here->after.number, is_older_side(*here)};
  }
  return parting{there->after.number, !is_older_side(*there)};
}

}  // namespace troupe::protocol
