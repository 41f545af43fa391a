#include <troupe/actors/protocol/row/understudy.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

/// Are the positions those that the message claims, and the epochs possible? Anything else was never sent by a primary.
bool is_well_formed(const replication_message::records& m) {
  if (m.first == seq_number{} || m.before > m.epoch) return false;
  auto position = m.first;
  auto epoch = m.before;
  for (const auto& r : m.list) {
    if (r.seq != position || r.epoch < epoch || r.epoch > m.epoch) return false;
    position = position.next();
    epoch = r.epoch;
  }
  return true;
}

/// Does the sender's log contain ours up to where its list begins, and agree with it where they overlap?
bool extends(const row_log& log, const replication_message::records& m) {
  const auto differs = [&](seq_number position, epoch_number epoch) {
    const auto ours = log.epoch_at(position);
    return ours && *ours != epoch;
  };
  if (before(m.first) > log.end()) return TROUPE_MUTATED(gap_accepted);
  if (differs(before(m.first), m.before)) return false;
  return std::none_of(m.list.begin(), m.list.end(), [&](const record& r) { return differs(r.seq, r.epoch); });
}

/// Also back: what this member's own clock has gained on the primary's since the last message would add up for ever.
void hear_time(replica_base& base, row_time time, instant now) {
  if (TROUPE_MUTATED(row_time_never_corrected)) return base.clock.reach(time, now);
  base.clock.set(time, now);
}

}  // namespace

understudy::due_ack& understudy::ack_to(member_no from, epoch_number epoch) {
  const auto is_kept = ack_ && ack_->to == from && ack_->epoch == epoch;
  if (!is_kept) ack_ = due_ack{from, epoch};
  return *ack_;
}

void understudy::on(replica_base& base, member_no from, replication_message::records& m, instant now, replica_effects& out) {
  auto& copy = base.copy;
  if (!is_well_formed(m)) {
    base.report("malformed_records", "from=" + std::to_string(from.value()) + " first=" + std::to_string(m.first.value()), out);
    return;
  }
  hear_time(base, m.time, now);
  if (copy.state() == row_copy::completeness::none) {
    // Only the feed of an async backup may begin without a seal or a snapshot: with the first record of all.
    if (!base.row || !base.row->async_backups.contains(base.self)) return;
    if (m.first == seq_number{1}) copy.begin_empty();
  }
  auto& due = ack_to(from, m.epoch);
  due.confirmed = std::max(due.confirmed, m.confirm);
  if (copy.state() == row_copy::completeness::none || !extends(copy.log(), m)) {
    due.gap = true;
    return;
  }
  for (auto& r : m.list) {
    if (r.seq > copy.log().end()) copy.append(std::move(r));
  }
  copy.commit_up_to(m.commit);
  if (copy.committed() >= m.commit) copy.mark_current();
  compare(base, m, out);
}

void understudy::compare(replica_base& base, const replication_message::records& m, replica_effects& out) {
  auto& copy = base.copy;
  if (!m.sum || !copy.is_whole() || copy.committed() != m.commit || TROUPE_MUTATED(copies_not_compared)) return;
  const auto before = copy.with_primary();
  copy.compare(*m.sum);
  ++base.upkeep.comparisons;
  if (copy.with_primary() == before || copy.with_primary() == agreement::equal) return;
  base.report("copy_differs", "epoch=" + std::to_string(m.epoch.value()) + " seq=" + std::to_string(m.commit.value()), out);
}

void understudy::on(replica_base& base, member_no from, const replication_message::snapshot_chunk& m, instant now) {
  auto& copy = base.copy;
  hear_time(base, m.time, now);
  if (m.index == 0 && m.feed > copy.feed_in(m.epoch)) copy.begin_snapshot(m);
  if (copy.feed_in(m.epoch) != m.feed) return;
  copy.take(m);
  snapshot_ack_ = due_snapshot_ack{from, m.feed};
}

void understudy::on(replica_base& base, member_no from, const replication_message::resume& m) {
  auto& copy = base.copy;
  const auto newest = copy.feed_in(m.epoch);
  if (m.feed < newest) return;
  if (m.feed > newest) {
    // Half an image is nothing to go on from. And nothing at all is the beginning of every history.
    const auto is_kept = copy.is_whole() || (copy.state() == row_copy::completeness::arriving && TROUPE_MUTATED(half_a_copy_resumed));
    if (!is_kept) copy.begin_empty();
    copy.follow(m.epoch, m.feed, m.config);
    copy.forget_comparison();
  }
  ack_ = due_ack{from, m.epoch};
}

void understudy::on(const replica_base& base, member_no from, const replication_message::pull& m, replica_effects& out) {
  const auto& log = base.copy.log();
  const auto to = std::min(m.to, log.end());
  if (!base.copy.is_whole() || m.from >= to) return;
  const auto goes_on_from_there = log.epoch_at(m.from) == m.before;
  auto list = goes_on_from_there ? log.batch(m.from, to, base.limits.message_bytes_max) : std::vector<record>{};
  base.send(from, replication_message::pulled{base.id, m.epoch, std::move(list)}, out);
}

void understudy::flush(replica_base& base, const moment& at, replica_effects& out) {
  const auto& copy = base.copy;
  if (snapshot_ack_) {
    if (copy.feed_in(base.sealed) == snapshot_ack_->feed) {
      base.send(snapshot_ack_->to, replication_message::snapshot_ack{base.id, base.sealed, snapshot_ack_->feed, copy.next_chunk()}, out);
    }
    snapshot_ack_.reset();
  }
  if (ack_) {
    if (ack_->epoch != base.sealed) ack_->confirmed = {};  // Sealed anew since: that was said of another reign.
    base.send(ack_->to,
              replication_message::ack{base.id, base.sealed, copy.feed_in(base.sealed), copy.log().end(), ack_->gap, copy.log().last_epoch(),
                                       copy.committed(), copy.with_primary(), at.is_full, ack_->confirmed},
              out);
    ack_.reset();
  }
  base.copy.trim(base.ring_bytes_max(at), base.limits.ring_records_max, {});
}

}  // namespace troupe::protocol
