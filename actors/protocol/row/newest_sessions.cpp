#include <troupe/actors/protocol/row/newest_sessions.hpp>

#include <algorithm>
#include <limits>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

newest_sessions::finding newest_sessions::find(const write_stamp& which, seq_number since) const {
  if (which.number == write_number{}) return {};
  if (const auto at = pending_at(which); at != seq_number{} && !TROUPE_MUTATED(pending_write_done_again)) return {standing::pending, at, nullptr};
  if (TROUPE_MUTATED(known_position_ignored)) since = seq_number{std::numeric_limits<seq_number::rep>::max()};
  const auto* known = committed_.find(which.client);
  if (known == nullptr) return {since >= committed_.forgotten_through() ? standing::fresh : standing::unknown, {}, nullptr};
  if (which.number < known->open_from) return {standing::unknown, {}, nullptr};  // Its client has an answer, and waits for no other.
  if (which.number <= known->highest) {
    if (const auto* result = known->find(which.number)) return {result->is_whole ? standing::done : standing::unknown, {}, result};
  }
  return {since >= known->complete_since ? standing::fresh : standing::unknown, {}, nullptr};
}

seq_number newest_sessions::pending_at(const write_stamp& which) const {
  if (pending_.empty()) return {};
  const auto client = pending_.find(which.client);
  if (client == pending_.end() || which.number > client->second.highest) return {};
  for (const auto& w : client->second.writes) {
    if (w.number == which.number) return w.at;
  }
  return {};
}

void newest_sessions::add(const record& r) {
  const auto& stamp = r.cause.stamp;
  if (stamp.number == write_number{}) return;
  auto& session = pending_.try_emplace(stamp.client, pool_.get()).first->second;
  session.writes.push_back({stamp.number, r.seq});
  session.highest = std::max(session.highest, stamp.number);
}

void newest_sessions::settle(const record& r) {
  const auto& stamp = r.cause.stamp;
  if (stamp.number == write_number{}) return;
  const auto client = pending_.find(stamp.client);
  TROUPE_INVARIANT(11, client != pending_.end() && client->second.writes.front().at == r.seq);
  client->second.writes.pop_front();
  if (client->second.writes.empty()) pending_.erase(client);
}

}  // namespace troupe::protocol
