#include <troupe/actors/protocol/planner/transfers.hpp>

#include <algorithm>
#include <tuple>

#include <troupe/actors/protocol/planner/row_steps.hpp>

namespace troupe::protocol {

void transfers::grant(std::vector<transfer_request> requests) {
  // Rows that nobody is served by; copies that are missing now; then copies that will be missing, because their member leaves.
  const auto urgency = [&](const transfer_request& q) {
    const auto staying =
        std::count_if(q.what->in_sync.begin(), q.what->in_sync.end(), [&](member_no m) { return house_.seat_of(m).has_value(); });
    const auto wanted = static_cast<std::ptrdiff_t>(q.wanted->in_sync.size());
    return std::tuple{q.what->status == row_status::forming, std::max<std::ptrdiff_t>(0, wanted - static_cast<std::ptrdiff_t>(q.what->in_sync.size())), wanted - staying};
  };
  std::stable_sort(requests.begin(), requests.end(), [&](const auto& a, const auto& b) { return urgency(a) > urgency(b); });
  for (const auto& q : requests) keep_fitting(*q.what);
  for (const auto& q : requests) start_new(q);
}

bool transfers::take(member_no source, member_no target) {
  auto& feeds = fed_by_[source];
  auto& learns = learnt_by_[target];
  if (feeds >= per_member_max_ || learns >= per_member_max_) return false;
  ++feeds;
  ++learns;
  return true;
}

void transfers::keep_fitting(row& r) {
  r.learners.erase_if([&](member_no m) { return !take(r.primary, m); });
}

void transfers::start_new(const transfer_request& request) {
  auto& r = *request.what;
  for (auto m : wanted_learners(r, *request.wanted)) {
    if (!take(r.primary, m)) continue;
    r.async_backups.erase(m);
    r.learners.insert(m);
  }
}

void forming_budget::count(const row& r) {
  if (r.learners.empty() && r.status == row_status::forming) ++alone_at_[r.primary];
  fed_by_[r.primary] += r.learners.size();
  for (const auto m : r.learners) ++learnt_by_[m];
}

bool forming_budget::take(member_no primary, const member_set& targets) {
  if (targets.empty()) {
    auto& alone = alone_at_[primary];
    if (alone >= alone_max) return false;
    ++alone;
    return true;
  }
  auto& feeds = fed_by_[primary];
  const bool can_feed = feeds == 0 || feeds + targets.size() <= per_member_max_;
  const bool can_learn = std::all_of(targets.begin(), targets.end(), [&](member_no m) { return learnt_by_[m] < per_member_max_; });
  if (!can_feed || !can_learn) return false;
  feeds += targets.size();
  for (const auto m : targets) ++learnt_by_[m];
  return true;
}

}  // namespace troupe::protocol
