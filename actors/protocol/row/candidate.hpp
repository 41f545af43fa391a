/// \file
/// A primary on its way: it seals every member of (in_sync ∪ unsealed), itself first, and rolls its log forward to the longest of the
/// in-sync logs. It never truncates, and serves nothing.
#pragma once

#include <optional>
#include <vector>

#include <troupe/actors/protocol/row/base.hpp>

namespace troupe::protocol {

class candidate {
 public:
  /// Requires: base.row names this member as primary, base.sealed is the row's epoch, the copy is whole.
  candidate(const replica_base& base, const moment& at, replica_effects& out);

  [[nodiscard]] epoch_number epoch() const { return epoch_; }

  /// The row has changed within the epoch: who is to be sealed, and how.
  void reconfigure(const replica_base& base, const moment& at, replica_effects& out);
  void on(replica_base& base, member_no from, const replication_message::sealed& m, const moment& at, replica_effects& out);
  void on(replica_base& base, member_no from, replication_message::pulled& m, const moment& at, replica_effects& out);
  void tick(const replica_base& base, const moment& at, replica_effects& out);

  /// All seals are in, and no in-sync log is longer than ours.
  [[nodiscard]] bool is_ready(const replica_base& base) const;
  /// What each sealed in-sync backup held as it was sealed.
  [[nodiscard]] seq_number length_of(member_no backup) const;

 private:
  struct order {
    member_no to;
    bool in_sync = false;
    std::optional<seq_number> length;  // Once sealed.
  };

  [[nodiscard]] bool all_sealed() const;
  [[nodiscard]] const order* longest() const;
  void send_seals(const replica_base& base, const moment& at, replica_effects& out);
  void pull(const replica_base& base, const moment& at, replica_effects& out);

  epoch_number epoch_;
  std::vector<order> orders_;
  instant asked_at_{};
};

}  // namespace troupe::protocol
