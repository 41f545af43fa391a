#include <troupe/actors/protocol/membership/applicants.hpp>

namespace troupe::protocol {

namespace {

constexpr int probes_max = 5;

}  // namespace

void applicants::ask(const member& who, view_number as_of, const timing& times, step s) {
  const auto at = waiting_.find(who.id);
  if (at != waiting_.end()) {
    at->second.asked_at = s.now;
    return;
  }
  if (waiting_.size() >= applicants_max) return;  // It asks again.
  waiting_.emplace(who.id, application{who, as_of, s.now, s.now + 5 * times.heartbeat});
  s.out.probes.push_back(who.address);
}

bool applicants::reached(const incarnation& peer, const address& where) {
  const auto at = waiting_.find(peer);
  if (at == waiting_.end() || at->second.who.address != where || at->second.is_reachable) return false;
  at->second.is_reachable = true;
  return true;
}

void applicants::unreachable(const address& where, step s) {
  for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
    auto& a = at->second;
    if (a.who.address != where || a.is_reachable || ++a.failures < probes_max) continue;
    s.out.sends.push_back({a.who.id, membership_message::join_refused{"this cluster can't reach the joining process at " + to_string(where) +
                                                                      ": check the address that it announces"}});
    waiting_.erase(at);
    return;
  }
}

void applicants::installed(const view& v) {
  std::erase_if(waiting_, [&](const auto& entry) {
    const auto& [id, a] = entry;
    return v.find(id) != nullptr || may_have_been_member(v, id, a.as_of);
  });
}

void applicants::tick(const timing& times, step s) {
  std::erase_if(waiting_, [&](const auto& entry) { return s.now - entry.second.asked_at > 10 * times.suspect_after; });
  for (auto& [id, a] : waiting_) {
    if (a.is_reachable || s.now < a.probe_again_at) continue;
    a.probe_again_at = s.now + 5 * times.heartbeat;
    s.out.probes.push_back(a.who.address);
  }
}

std::vector<member> applicants::ready() const {
  std::vector<member> result;
  for (const auto& [id, a] : waiting_) {
    if (a.is_reachable) result.push_back(a.who);
  }
  return result;
}

}  // namespace troupe::protocol
