#include <troupe/actors/protocol/router/session_book.hpp>

#include <algorithm>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

session_book::session& session_book::session_of(const row_id& where) {
  const auto [at, is_new] = sessions_.try_emplace(where);
  if (!is_new) return at->second;
  const auto used = begins_at_.find(where.partition);
  if (used != begins_at_.end()) at->second.open_from = used->second;
  return at->second;
}

write_number session_book::open(const row_id& where) {
  auto& s = session_of(where);
  s.open.push_back(true);
  const write_number number{s.open_from.value() + s.open.size() - 1};
  auto& next = begins_at_[where.partition];
  next = std::max(next, number.next());
  return number;
}

void session_book::close(const row_id& where, write_number which) {
  auto& s = sessions_.at(where);
  const auto index = which.value() - s.open_from.value();
  TROUPE_INVARIANT(11, which >= s.open_from && index < s.open.size() && s.open[index]);
  s.open[index] = false;
  for (; !s.open.empty() && !s.open.front(); s.open_from = s.open_from.next()) s.open.pop_front();
}

// How far the other row has committed it says itself: the first one may have gone on since.
void session_book::split(const row_id& where, const row_id& into) {
  const auto at = sessions_.find(where);
  if (at == sessions_.end()) return;
  session part;
  part.open_from = at->second.open_from;
  part.open = at->second.open;
  sessions_[into] = std::move(part);
}

write_stamp session_book::stamp(const row_id& where, write_number which) const {
  return {self_, which, TROUPE_MUTATED(results_dropped_too_early) ? which : sessions_.at(where).open_from};
}

void session_book::learn(const row_id& where, epoch_number epoch, seq_number committed) {
  auto& s = session_of(where);
  if (epoch < s.epoch) return;
  s.committed = epoch > s.epoch ? committed : std::max(s.committed, committed);
  s.epoch = epoch;
}

/// The largest, in whatever order answers come; but positions of a history that was lost are no measure for the next one.
void session_book::see(const row_id& where, epoch_number epoch, seq_number position, const row& now) {
  if (epoch < now.empty_since) return;
  auto& s = session_of(where);
  if (s.seen_in < now.empty_since) s.seen = {};
  s.seen = std::max(s.seen, position);
  s.seen_in = std::max(s.seen_in, epoch);
}

seq_number session_book::seen(const row_id& where, const row& now) const {
  const auto at = sessions_.find(where);
  return at == sessions_.end() || at->second.seen_in < now.empty_since ? seq_number{} : at->second.seen;
}

seq_number session_book::known(const row_id& where, const row& now) const {
  const auto at = sessions_.find(where);
  return at == sessions_.end() || at->second.epoch < now.empty_since ? seq_number{} : at->second.committed;
}

}  // namespace troupe::protocol
