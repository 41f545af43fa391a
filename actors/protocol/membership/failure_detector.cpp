#include <troupe/actors/protocol/membership/failure_detector.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

bool failure_detector::awake(const timing& times, instant now) {
  const bool is_first = last_step_ == instant{};
  const auto slept = is_first ? duration{} : now - last_step_;
  last_step_ = now;
  const auto late = TROUPE_MUTATED(late_riser_suspects_at_once) ? duration{} : std::max(duration{}, slept - times.heartbeat / 4);
  if (late >= lateness_ || now - late_at_ > times.suspect_after) {
    lateness_ = late;
    late_at_ = now;
  }
  if (slept <= times.lease / 2 || TROUPE_MUTATED(late_riser_suspects_at_once)) return false;
  last_gap_ = now;
  lateness_ = {};  // The clocks start anew: what was missed is not held against anybody.
  for (auto& [m, at] : heard_) at = now;
  return true;
}

void failure_detector::watch(const member_set& whom, instant now) {
  std::erase_if(heard_, [&](const auto& entry) { return !whom.contains(entry.first); });
  suspects_.erase_if([&](member_no m) { return !whom.contains(m); });
  for (auto m : whom) heard_.try_emplace(m, now);
}

bool failure_detector::heard(member_no m, instant now) {
  const auto at = heard_.find(m);
  if (at == heard_.end()) return false;
  at->second = now;
  return suspects_.erase(m);
}

bool failure_detector::closed(member_no m) { return heard_.contains(m) && suspects_.insert(m); }

std::vector<member_no> failure_detector::newly_silent(const timing& times, instant now) {
  std::vector<member_no> result;
  for (const auto& [m, at] : heard_) {
    if (suspicion(m, times, now) > 1 && suspects_.insert(m)) result.push_back(m);
  }
  return result;
}

duration failure_detector::patience(const timing& times) const { return times.suspect_after + 2 * lateness_; }

double failure_detector::suspicion(member_no m, const timing& times, instant now) const {
  const auto at = heard_.find(m);
  if (at == heard_.end()) return 0;
  return static_cast<double>((now - at->second).count()) / static_cast<double>(patience(times).count());
}

bool failure_detector::will_suspect_within(duration time, const timing& times, instant now) const {
  return std::any_of(heard_.begin(), heard_.end(), [&](const auto& entry) {
    const auto silence = now - entry.second;
    return !suspects(entry.first) && silence > 2 * times.heartbeat && silence + time > patience(times);
  });
}

bool failure_detector::suspects(member_no m) const { return suspects_.contains(m); }

member_set failure_detector::suspects() const { return suspects_; }

}  // namespace troupe::protocol
