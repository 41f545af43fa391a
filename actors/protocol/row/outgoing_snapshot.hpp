/// \file
/// A snapshot on its way out: the frozen image of a store, cut into chunks that are sent against credit.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <troupe/actors/protocol/row/base.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe::protocol {

class outgoing_snapshot {
 public:
  /// Freezes the committed state. Entries are shared, not copied: cost is one reference per entry.
  outgoing_snapshot(const replica_base& base, epoch_number epoch, feed_number feed);

  [[nodiscard]] seq_number at() const { return at_; }
  /// The receiver has begun this feed: live records may follow.
  [[nodiscard]] bool has_begun() const { return acknowledged_ > 0; }
  [[nodiscard]] bool is_complete() const { return has_begun() && offsets_.back() == image_.size() && acknowledged_ + 1 == offsets_.size(); }

  /// True: it has made headway.
  bool on(const replication_message::snapshot_ack& a, instant now);
  /// Sends what the credit allows.
  void send_due(const replica_base& base, member_no to, instant now, upkeep_stats& upkeep, replica_effects& out);
  /// Begins again behind the last acknowledged chunk, when nothing moved for too long: with one chunk, until that is answered.
  void resend_if_silent(const replica_base& base, instant now);

 private:
  [[nodiscard]] replication_message::snapshot_chunk next_chunk(const replica_base& base, instant now, upkeep_stats& upkeep);

  epoch_number epoch_;
  feed_number feed_;
  config_number config_;
  seq_number at_;
  epoch_number at_epoch_;
  std::vector<snapshot_entry> image_;
  sessions_image sessions_;
  std::vector<branch_point> branches_;
  std::vector<lock_image> locks_;
  std::vector<std::size_t> offsets_{0};  // offsets_[i]: where chunk i begins. An empty image has one empty chunk.
  std::uint32_t acknowledged_ = 0;       // The receiver has all chunks before this.
  std::uint32_t sent_ = 0;               // Chunks before this are on their way.
  bool is_probing_ = false;
  instant moved_at_{};
};

}  // namespace troupe::protocol
