/// \file
/// Checks the replicas of rows against each other, from outside (invariants 3 to 6, 9, 10, 12, 14, 19, 20).
///
/// It works on plain facts, so that hand-made ones can show that it finds what it is for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include <troupe/actors/protocol/row/replica.hpp>

#include "tests/sim/participant.hpp"

namespace troupe::sim {

/// What can be seen of one replica from outside.
struct replica_facts {
  endpoint process;
  member_no who;
  protocol::replica_role role = protocol::replica_role::none;
  bool serves = false;  ///< reads, if it holds a lease
  bool leased = false;  ///< its member's lease covers the view that this replica knows, now
  epoch_number epoch;  ///< of the row, as far as this replica knows
  epoch_number sealed;
  seq_number committed;
  seq_number length;
  seq_number begins{};  ///< no record is at this position or before it, as far as this replica knows
  std::uint64_t doubts = 0;  ///< copies that it has found to be wrong, its own or another's
  std::function<std::vector<record>()> tail;      ///< asked only when needed
  std::function<std::uint64_t()> checksum;        ///< of the committed store; likewise
};

class row_checker {
 public:
  /// `tail_bytes_max`: what a replica may keep of its log.
  explicit row_checker(std::size_t tail_bytes_max) : tail_bytes_max_(tail_bytes_max) {}

  /// A replica is about to have made a step: as stepped(), but before its process may stop in the middle. Looks at who, role, epoch and
  /// what has committed only.
  void committed_up_to(const row_id& id, const replica_facts& f);
  /// A primary of this epoch tells somebody of a write.
  void acknowledged(const row_id& id, member_no who, epoch_number epoch) const;
  /// A replica has made a step.
  void stepped(const row_id& id, const replica_facts& f);
  /// Compares all living replicas of a row with each other and with what was ever committed. `now`: the row in the newest view.
  void audit(const row_id& id, const row& now, const std::vector<replica_facts>& living);
  /// Some replicas of the row serve at the same time: does more than one hold a lease? Call it after every step while contested().
  void check_single_server(const row_id& id, const std::vector<replica_facts>& living) const;
  /// The row's data is gone, lawfully, or may have been cut short: a new history begins.
  void emptied(const row_id& id, epoch_number since);
  /// The same, and a quorum of the voters has decided that it is gone: nobody goes on with the former history (invariant 20).
  void declared_lost(const row_id& id, epoch_number since);
  void died(endpoint process);
  /// Some copy is wrong, and will be found out. Until then its sums prove nothing; and what others are compared with may be that copy.
  void corrupted(const row_id& id) { corrupted_.insert(id); }

  /// Rows in which more than one replica takes itself for serving.
  [[nodiscard]] std::vector<row_id> contested() const;
  [[nodiscard]] seq_number committed(const row_id& id) const;
  [[nodiscard]] std::uint64_t records_checked() const { return records_checked_; }

 private:
  struct committed_log {
    std::map<std::uint64_t, std::uint64_t> digests;  ///< by position; a position may be missing when nobody's tail reached it
    seq_number up_to;
    seq_number begins{};  ///< nobody lacks what is up to here
    std::map<seq_number, std::uint64_t> checksums;  ///< of the committed state at each position at which somebody was seen
    epoch_number since;  ///< what replicas hold from earlier epochs is of an earlier history
    std::map<endpoint, epoch_number> seals;
    std::map<endpoint, bool> serving;
    epoch_number lost_before;  ///< earlier epochs were declared lost
    std::map<endpoint, seq_number> reached;  ///< committed by each, when it was last seen
  };
  void take_in(committed_log&, const row_id&, const replica_facts&);
  void check_tails(const committed_log&, const row_id&, const row& now, const std::vector<replica_facts>& living);
  static void check_checksums(committed_log&, const row_id&, const std::vector<replica_facts>& living);

  std::size_t tail_bytes_max_;
  std::map<row_id, committed_log> logs_;
  std::set<row_id> corrupted_;
  std::uint64_t records_checked_ = 0;
};

/// Of all that a record says.
[[nodiscard]] std::uint64_t digest_of(const record&);

}  // namespace troupe::sim
