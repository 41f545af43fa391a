#include <troupe/actors/protocol/row/newest_sessions.hpp>

#include <limits>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

newest_sessions::finding newest_sessions::find(const write_stamp& which, seq_number since) const {
  if (which.number == write_number{}) return {};
  const auto pending = pending_.find({which.client, which.number});
  if (pending != pending_.end() && !TROUPE_MUTATED(pending_write_done_again)) return {standing::pending, pending->second, nullptr};
  if (TROUPE_MUTATED(known_position_ignored)) since = seq_number{std::numeric_limits<seq_number::rep>::max()};
  const auto* known = committed_.find(which.client);
  if (known == nullptr) return {since >= committed_.forgotten_through() ? standing::fresh : standing::unknown, {}, nullptr};
  if (which.number < known->open_from) return {standing::unknown, {}, nullptr};  // Its client has an answer, and waits for no other.
  if (which.number <= known->highest) {
    if (const auto* result = known->find(which.number)) return {result->is_whole ? standing::done : standing::unknown, {}, result};
  }
  return {since >= known->complete_since ? standing::fresh : standing::unknown, {}, nullptr};
}

void newest_sessions::add(const record& r) {
  const auto& stamp = r.cause.stamp;
  if (stamp.number != write_number{}) pending_.insert_or_assign({stamp.client, stamp.number}, r.seq);
}

void newest_sessions::settle(const record& r) {
  const auto& stamp = r.cause.stamp;
  if (stamp.number == write_number{}) return;
  const auto pending = pending_.find({stamp.client, stamp.number});
  TROUPE_INVARIANT(11, pending != pending_.end() && pending->second == r.seq);
  pending_.erase(pending);
}

}  // namespace troupe::protocol
