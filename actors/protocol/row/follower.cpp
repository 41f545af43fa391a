#include <troupe/actors/protocol/row/follower.hpp>

#include <algorithm>
#include <utility>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

follower follower::in_sync(member_no who, seq_number length) {
  follower f{who};
  f.is_awaited_ = true;
  f.acked_ = length;
  f.next_ = length.next();
  return f;
}

follower follower::learner(member_no who, const feed_source& from) {
  follower f{who};
  f.kind_ = kind::learner;
  f.begin_snapshot(from);
  return f;
}

follower follower::returning_learner(member_no who, const feed_source& from) {
  follower f{who};
  f.kind_ = kind::learner;
  f.ask_to_resume(from);
  return f;
}

follower follower::async_backup(member_no who) {
  follower f{who};
  f.kind_ = kind::async_backup;
  f.stage_ = stage::asking;
  return f;
}

bool follower::has_caught_up(const feed_source& from) const {
  return kind_ == kind::learner && (is_awaited_ || TROUPE_MUTATED(learner_wanted_before_awaited)) && acked_ >= from.committed() && !is_doubted_;
}

bool follower::lacks_something(const feed_source& from) const {
  return stage_ != stage::following || acked_ < limit(from) || mark_acked_ < from.committed() || needs_proof() || owes_confirmation(from);
}

std::uint64_t follower::lag(const feed_source& from) const {
  const auto held = stage_ == stage::following ? acked_ : seq_number{};
  return from.committed() > held ? from.committed().value() - held.value() : 0;
}

bool follower::is_waited_for(const replica_limits& limits, instant now) const {
  return kind_ == kind::learner && is_fed() && moved_at_ && now - *moved_at_ < limits.learner_patience;
}

std::optional<row_copy::retention> follower::retention(const replica_limits& limits) const {
  if (kind_ == kind::in_sync || !is_fed()) return std::nullopt;
  return row_copy::retention{acked_, window(limits)};
}

seq_number follower::limit(const feed_source& from) const {
  return kind_ == kind::async_backup && !TROUPE_MUTATED(async_backup_fed_uncommitted) ? from.committed() : from.log().end();
}

std::size_t follower::window(const replica_limits& limits) const {
  return kind_ == kind::async_backup ? limits.async_bytes_max : limits.pending_bytes_max;
}

void follower::begin_anew(kind as, const feed_source& from) {
  kind_ = as;
  is_awaited_ = false;
  is_partial_ = is_partial_ || snapshot_.has_value();
  snapshot_.reset();
  sent_at_.reset();
  if (stage_ == stage::set_aside) return;
  if (as == kind::async_backup) {
    stage_ = stage::asking;
  } else if (is_doubted_ || is_partial_) {
    begin_snapshot(from);
  } else {
    ask_to_resume(from);
  }
}

void follower::begin_feed(const feed_source& from) {
  TROUPE_INVARIANT(9, !is_awaited_);
  from.last_feed = from.last_feed.next();
  feed_ = from.last_feed;
  is_proven_ = false;
  sent_at_.reset();
}

void follower::begin_snapshot(const feed_source& from) {
  begin_feed(from);
  snapshot_.emplace(from.base, from.epoch, feed_);
  ++from.upkeep.snapshots;
  stage_ = stage::receiving;
  is_doubted_ = false;
  acked_ = snapshot_->at();
  next_ = acked_.next();
  mark_sent_ = mark_acked_ = {};
  rewound_to_.reset();
}

void follower::ask_to_resume(const feed_source& from) {
  begin_feed(from);
  stage_ = stage::resuming;
}

// A row that took over the entries of another one has a history from before it began. Whoever has a part of that, and no more, is taken for one whose
// copy is void, as soon as it knows of the view by which the row began.
bool follower::ends_before_row(seq_number held, const feed_source& from) {
  const auto known = from.log().epoch_at(held == seq_number{} ? held.next() : held);
  return known && *known < from.base.row->empty_since;
}

// Equal (epoch, seq) means equal logs up to there: who holds that has a beginning of this history, and the log has the rest.
void follower::settle(const replication_message::ack& a, const feed_source& from, instant now) {
  moved_at_ = now;
  // Also where the log does not reach back so far.
  if (from.log().epoch_at(a.held) != a.last || ends_before_row(a.held, from)) {
    begin_snapshot(from);
    return;
  }
  is_partial_ = false;
  complete_feed_ = feed_;
  go_on_from(a.held, from);
  awaited_from_ = from.log().end();
  sent_at_.reset();
}

void follower::go_on_from(seq_number held, const feed_source& from) {
  stage_ = stage::following;
  acked_ = held;
  next_ = acked_.next();
  mark_sent_ = mark_acked_ = {};
  rewound_to_.reset();
  ++from.upkeep.deltas;
  if (held >= from.committed()) return;
  from.upkeep.delta_records += from.committed().value() - held.value();
  from.upkeep.delta_bytes += from.log().bytes_between(held, from.committed());
}

void follower::on(const replication_message::ack& a, const feed_source& from, instant now) {
  is_full_ = a.full;
  confirmed_ = std::max(confirmed_, std::min(a.confirmed, from.confirm));  // Of whatever feed: it says nothing of the copy.
  if (stage_ == stage::resuming) {
    if (a.feed == feed_) settle(a, from, now);
    if (stage_ != stage::following) return;
  }
  const auto has_moved = stage_ == stage::following && a.gap && (a.feed != feed_ || a.held < acked_);
  if (kind_ == kind::async_backup && (stage_ == stage::asking || has_moved)) place(a, from);
  if (stage_ == stage::asking || stage_ == stage::set_aside || a.feed != feed_ || a.held > from.log().end()) return;
  note(a.with_primary);
  follow_ack(a, from, now);
}

// Once doubted, a copy is made anew, whatever it says afterwards.
void follower::note(agreement told) {
  if (told == agreement::different && !std::exchange(is_doubted_, true)) ++proved_wrong_;
  if (told == agreement::equal && !is_doubted_) proved_wrong_ = 0;
  if (told != agreement::unknown) is_proven_ = told == agreement::equal;
}

duration follower::pause_before_replacement(const replica_limits& limits) const {
  if (proved_wrong_ < 2) return {};
  auto pause = limits.wrong_copy_pause;
  for (auto n = proved_wrong_; n > 2 && pause < limits.wrong_copy_pause_max; --n) pause *= 2;
  return std::min(pause, limits.wrong_copy_pause_max);
}

// A member whose memory fails, or a bug, would have all of the row sent again and again.
void follower::replace_copy(const feed_source& from, instant now) {
  if (stage_ == stage::set_aside) return;
  const auto pause = pause_before_replacement(from.base.limits);
  if (pause == duration{}) return begin_snapshot(from);
  stage_ = stage::set_aside;
  set_aside_until_ = now + pause;
  snapshot_.reset();
}

// Proves nothing, and needn't: an async backup is never awaited, and a wrong idea of where it stands is corrected by its next gap.
void follower::place(const replication_message::ack& a, const feed_source& from) {
  // What it holds may be the beginning of a snapshot (maybe of a feed from before it lost its role and got it back), too old for the log, or
  // of another history.
  const bool is_partial = is_partial_ || a.feed != complete_feed_;
  const bool is_foreign = from.log().epoch_at(a.held) != a.last && !TROUPE_MUTATED(foreign_async_copy_continued);
  if (is_partial || is_foreign || ends_before_row(a.held, from)) {
    begin_snapshot(from);
    return;
  }
  feed_ = a.feed;
  go_on_from(a.held, from);
}

void follower::follow_ack(const replication_message::ack& a, const feed_source& from, instant now) {
  if (a.held > acked_) moved_at_ = now;
  acked_ = std::max(acked_, a.held);
  next_ = std::max(next_, acked_.next());
  mark_acked_ = std::max(mark_acked_, std::min(a.commit, from.committed()));
  if (a.gap && a.held == acked_ && !TROUPE_MUTATED(gap_not_filled)) rewind(a.held, from, now);
  consider_awaiting();
}

// Each message behind a lost one reports the same gap: only the first of them makes the primary send again.
void follower::rewind(seq_number held, const feed_source& from, instant now) {
  if (rewound_to_ == held && now - rewound_at_ < from.base.limits.resend_after) return;
  if (next_ > held.next()) {
    ++from.upkeep.deltas;
    from.upkeep.delta_records += before(next_).value() - held.value();
    from.upkeep.delta_bytes += from.log().bytes_between(held, before(next_));
  }
  next_ = held.next();
  rewound_to_ = held;
  rewound_at_ = now;
}

void follower::on(const replication_message::snapshot_ack& a, const feed_source& from, instant now) {
  if (!snapshot_ || a.feed != feed_) return;
  if (snapshot_->on(a, now)) moved_at_ = now;
  if (!snapshot_->is_complete()) return;
  snapshot_.reset();
  is_partial_ = false;
  complete_feed_ = feed_;
  stage_ = stage::following;
  awaited_from_ = from.log().end();
  sent_at_.reset();  // It is told at once with what to compare its copy.
  consider_awaiting();
}

// From here on commits wait for the learner; it is asked for only afterwards (invariant 9). A copy that has not been compared is not
// awaited: none shall come in sync that is not the primary's equal (invariant 14).
void follower::consider_awaiting() {
  if (kind_ == kind::learner && stage_ == stage::following && acked_ >= awaited_from_ && is_proven_ && !is_doubted_) is_awaited_ = true;
}

void follower::send_due(const feed_source& from, instant now, replica_effects& out) {
  if (stage_ == stage::set_aside) return;
  if (!moved_at_) moved_at_ = now;
  if (stage_ == stage::asking) {
    if (!sent_at_) nudge(from, now, out);
    return;
  }
  if (stage_ == stage::resuming) {
    if (!sent_at_) send_resume(from, now, out);
    return;
  }
  if (snapshot_) snapshot_->send_due(from.base, who_, now, from.upkeep, out);
  // Records that overtook chunk 0 would meet a copy of another history.
  if (!snapshot_ || snapshot_->has_begun()) send_records(from, now, out);
  if (needs_proof() && !sent_at_) nudge(from, now, out);
  if (owes_confirmation(from) && confirm_sent_ < from.confirm) nudge(from, now, out);
}

void follower::send_resume(const feed_source& from, instant now, replica_effects& out) {
  sent_at_ = now;
  from.base.send(who_, replication_message::resume{from.base.id, from.epoch, feed_, from.base.row->config}, out);
}

void follower::send_records(const feed_source& from, instant now, replica_effects& out) {
  const auto& log = from.log();
  const auto room_for = [&](seq_number position) {
    const auto in_flight = log.bytes_between(acked_, before(next_));
    return in_flight == 0 || in_flight + log.bytes_between(before(position), position) <= window(from.base.limits);
  };
  for (const auto last = limit(from); next_ <= last && room_for(next_);) {
    const auto in_flight = log.bytes_between(acked_, before(next_));
    const auto room = std::min(from.base.limits.message_bytes_max, window(from.base.limits) - std::min(in_flight, window(from.base.limits)));
    auto list = log.batch(before(next_), last, room);
    const auto first = next_;
    next_ = list.back().seq.next();
    emit(from, first, std::move(list), now, out);
  }
}

void follower::nudge(const feed_source& from, instant now, replica_effects& out) {
  const auto first = stage_ == stage::asking ? from.committed().next() : next_;
  emit(from, first, {}, now, out);
}

void follower::emit(const feed_source& from, seq_number first, std::vector<record> list, instant now, replica_effects& out) {
  replication_message::records m;
  m.row = from.base.id;
  m.epoch = from.epoch;
  m.first = first;
  m.before = from.log().epoch_at(before(first)).value_or(epoch_number{});
  m.commit = TROUPE_MUTATED(commit_mark_too_early) ? from.log().end() : from.committed();
  m.list = std::move(list);
  m.time = from.base.clock.read(now);
  m.sum = from.base.copy.checksum();
  m.confirm = from.confirm;
  confirm_sent_ = from.confirm;
  mark_sent_ = m.commit;
  sent_at_ = now;
  from.base.send(who_, std::move(m), out);
}

void follower::tick(const feed_source& from, instant now, replica_effects& out) {
  if (stage_ == stage::set_aside) {
    if (now >= set_aside_until_) begin_snapshot(from);
    return;
  }
  if (snapshot_) snapshot_->resend_if_silent(from.base, now);
  if (!lacks_something(from) || (snapshot_ && !snapshot_->has_begun())) return;
  const auto& limits = from.base.limits;
  if (stage_ == stage::resuming) {
    if (!sent_at_ || now - *sent_at_ >= limits.resend_after) send_resume(from, now, out);
    return;
  }
  const auto patience = mark_sent_ < from.committed() ? std::min(limits.commit_mark_after, limits.resend_after) : limits.resend_after;
  if (TROUPE_MUTATED(idle_follower_not_nudged)) return;
  if (!sent_at_ || now - *sent_at_ >= patience) nudge(from, now, out);
}

void follower::check(const feed_source& from, instant now, replica_effects& out) {
  if (!lacks_something(from)) nudge(from, now, out);
}

void follower::after_trim(const feed_source& from) {
  if (!is_fed() || from.log().reaches(acked_)) return;
  TROUPE_INVARIANT(6, kind_ != kind::in_sync);
  begin_anew(kind_, from);
}

}  // namespace troupe::protocol
