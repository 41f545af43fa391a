#include <troupe/actors/protocol/row/outgoing_snapshot.hpp>

#include <algorithm>

namespace troupe::protocol {

outgoing_snapshot::outgoing_snapshot(const replica_base& base, epoch_number epoch, feed_number feed)
    : epoch_(epoch),
      feed_(feed),
      config_(base.row->config),
      at_(base.copy.committed()),
      at_epoch_(base.copy.log().epoch_at(at_).value_or(epoch_number{})),
      image_(base.copy.store().image()),
      sessions_(base.copy.sessions().image()),
      branches_(base.copy.branches().begun()),
      locks_(base.copy.locks().image()) {}

bool outgoing_snapshot::on(const replication_message::snapshot_ack& a, instant now) {
  if (a.epoch != epoch_ || a.feed != feed_ || a.next_index <= acknowledged_ || a.next_index >= offsets_.size()) return false;
  acknowledged_ = a.next_index;
  sent_ = std::max(sent_, acknowledged_);
  is_probing_ = false;
  moved_at_ = now;
  return true;
}

void outgoing_snapshot::send_due(const replica_base& base, member_no to, instant now, upkeep_stats& upkeep, replica_effects& out) {
  const auto credit = is_probing_ ? 1 : std::max<std::uint32_t>(1, base.limits.chunks_in_flight_max);
  const auto is_left = [&] { return sent_ == 0 || offsets_[sent_] < image_.size(); };
  while (is_left() && sent_ - acknowledged_ < credit) {
    base.send(to, next_chunk(base, now, upkeep), out);
    moved_at_ = now;
  }
}

void outgoing_snapshot::resend_if_silent(const replica_base& base, instant now) {
  if (is_complete() || sent_ == acknowledged_ || now - moved_at_ < base.limits.resend_after) return;
  sent_ = acknowledged_;
  is_probing_ = true;
}

replication_message::snapshot_chunk outgoing_snapshot::next_chunk(const replica_base& base, instant now, upkeep_stats& upkeep) {
  replication_message::snapshot_chunk chunk;
  chunk.row = base.id;
  chunk.epoch = epoch_;
  chunk.feed = feed_;
  chunk.config = config_;
  chunk.index = sent_;
  chunk.at = at_;
  chunk.at_epoch = at_epoch_;
  chunk.time = base.clock.read(now);
  if (sent_ == 0) {
    chunk.sessions = sessions_;
    chunk.branches = branches_;
    chunk.locks = locks_;
  }
  auto next = offsets_[sent_];
  std::size_t bytes = 0;
  for (; next < image_.size(); ++next) {
    const auto more = image_[next].key.size() + image_[next].value.size() + record_overhead_bytes;
    if (bytes + more > base.limits.chunk_bytes && !chunk.entries.empty()) break;
    bytes += more;
    chunk.entries.push_back(image_[next]);
  }
  upkeep.snapshot_entries += chunk.entries.size();
  upkeep.snapshot_bytes += bytes;
  chunk.last = next == image_.size();
  ++sent_;
  if (offsets_.size() == sent_) offsets_.push_back(next);
  return chunk;
}

}  // namespace troupe::protocol
