/// \file
/// A primary on its way: it seals every member of (in_sync ∪ unsealed), itself first, and rolls its log forward to the longest of the
/// in-sync logs. It serves nothing.
///
/// In the history of one cluster these logs are beginnings of one another (invariant 4). After a forced view they may not be: an epoch that only the dead
/// knew has left records in some. Those of the latest epoch count, who contradicts them has to leave the in-sync set, and nothing is truncated but
/// what has not committed here.
#pragma once

#include <optional>
#include <vector>

#include <troupe/actors/protocol/row/base.hpp>

namespace troupe::protocol {

class candidate {
 public:
  /// Requires: base.row names this member as primary, base.sealed is the row's epoch, the copy is whole.
  candidate(replica_base& base, const moment& at, replica_effects& out);

  [[nodiscard]] epoch_number epoch() const { return epoch_; }

  /// The row has changed within the epoch: who is to be sealed, and how.
  void reconfigure(replica_base& base, const moment& at, replica_effects& out);
  void on(replica_base& base, member_no from, const replication_message::sealed& m, const moment& at, replica_effects& out);
  void on(replica_base& base, member_no from, replication_message::pulled& m, const moment& at, replica_effects& out);
  void tick(replica_base& base, const moment& at, replica_effects& out);

  /// All seals are in, and every in-sync log is a beginning of ours.
  [[nodiscard]] bool is_ready(const replica_base& base) const;
  /// What each sealed in-sync backup held as it was sealed.
  [[nodiscard]] seq_number length_of(member_no backup) const;

 private:
  struct order {
    member_no to;
    bool in_sync = false;
    std::optional<seq_number> length{};  // Once sealed.
    epoch_number last{};                 // Of the record at `length`.
    bool is_useless = false;             // Sealed, but it has no copy, or one that lacks what has committed.
  };

  [[nodiscard]] bool all_sealed() const;
  [[nodiscard]] const order* longest() const;
  /// Records that may count are there, and not here.
  [[nodiscard]] static bool is_ahead(const replica_base& base, const order& other);
  /// All seals are in, and this in-sync log is not a beginning of ours.
  [[nodiscard]] bool contradicts(const replica_base& base, const order& other) const;
  /// Our log is not a beginning of that which counts.
  void give_way(replica_base& base, const moment& at, replica_effects& out);
  void exclude_useless(const replica_base& base, replica_effects& out) const;
  void send_seals(const replica_base& base, const moment& at, replica_effects& out);
  void pull(replica_base& base, const moment& at, replica_effects& out);

  epoch_number epoch_;
  std::vector<order> orders_;
  instant asked_at_{};
};

}  // namespace troupe::protocol
