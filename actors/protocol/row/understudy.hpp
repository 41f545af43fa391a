/// \file
/// A replica that follows: backup, learner, async backup, or a member that merely has to honour its seal. It appends what the primary of
/// its sealed epoch sends, applies what has committed, and acknowledges once per turn.
#pragma once

#include <optional>

#include <troupe/actors/protocol/row/base.hpp>

namespace troupe::protocol {

class understudy {
 public:
  /// Requires of all: the message is of the sealed epoch.
  void on(replica_base& base, member_no from, replication_message::records& m, instant now, replica_effects& out);
  void on(replica_base& base, member_no from, const replication_message::snapshot_chunk& m, instant now);
  void on(replica_base& base, member_no from, const replication_message::resume& m);
  void on(const replica_base& base, member_no from, const replication_message::pull& m, replica_effects& out);

  /// Sends the acknowledgements that are due.
  void flush(replica_base& base, const moment& at, replica_effects& out);

 private:
  /// At its commit mark, as every copy that has committed just that (invariant 14).
  static void compare(replica_base& base, const replication_message::records& m, replica_effects& out);

  struct due_ack {
    member_no to;
    epoch_number epoch;  // The sealed one, as the message came: what it confirms is of that alone.
    bool gap = false;
    confirmation_number confirmed{};
  };
  struct due_snapshot_ack {
    member_no to;
    feed_number feed;
  };

  [[nodiscard]] due_ack& ack_to(member_no from, epoch_number epoch);

  std::optional<due_ack> ack_;
  std::optional<due_snapshot_ack> snapshot_ack_;
};

}  // namespace troupe::protocol
