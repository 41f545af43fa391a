/// \file
/// The inside of a replica: its base, its role, and what decides which role that is. Views and seals change the role; nothing else does.
#pragma once

#include <variant>

#include <troupe/actors/protocol/row/candidate.hpp>
#include <troupe/actors/protocol/row/primary.hpp>
#include <troupe/actors/protocol/row/understudy.hpp>
#include <troupe/actors/protocol/row/waiting_room.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe::protocol {

struct moved_entries {
  row_copy copy;
  row_time time;
};

class replica::state {
 public:
  state(row_id id, member_no self, const replica_limits& limits, std::shared_ptr<const entry_processors> processors);

  void install(const view_ptr& v, const moment& at, replica_effects& out);
  void operate(waiting_operation w, const moment& at, replica_effects& out);
  void forget(origin_id from);
  void flush(const moment& at, replica_effects& out);
  void tick(const moment& at, replica_effects& out);
  void check(const moment& at, replica_effects& out);

  void on(member_no from, replication_message::records& m, const moment& at, replica_effects& out);
  void on(member_no from, replication_message::ack& m, const moment& at, replica_effects& out);
  void on(member_no from, replication_message::seal& m, const moment& at, replica_effects& out);
  void on(member_no from, replication_message::sealed& m, const moment& at, replica_effects& out);
  void on(member_no from, replication_message::sealed_above& m, const moment& at, replica_effects& out);
  void on(member_no from, replication_message::pull& m, const moment& at, replica_effects& out);
  void on(member_no from, replication_message::pulled& m, const moment& at, replica_effects& out);
  void on(member_no from, replication_message::snapshot_chunk& m, const moment& at, replica_effects& out);
  void on(member_no from, replication_message::snapshot_ack& m, const moment& at, replica_effects& out);
  void on(member_no from, replication_message::resume& m, const moment& at, replica_effects& out);

  void on(neighbour_message::ask& m, const moment& at, replica_effects& out);
  void on(neighbour_message::entries& m, const moment& at, replica_effects& out);

  [[nodiscard]] const replica_base& base() const { return base_; }
  [[nodiscard]] const primary* as_primary() const { return std::get_if<primary>(&role_); }
  [[nodiscard]] replica_role role() const;
  [[nodiscard]] bool wants_tick() const;
  [[nodiscard]] std::optional<reply> read_backup(const operation& get);
  [[nodiscard]] std::vector<replica_map_stats> map_stats() const;
  [[nodiscard]] std::uint64_t unasked_removals() const;

 private:
  /// What to do with an operation now.
  enum class admission : std::uint8_t { serve, wait, refuse };
  struct verdict {
    admission what = admission::serve;
    outcome result = outcome::retry;
    failure why = failure::not_primary;
  };
  [[nodiscard]] verdict judge(const operation& what) const;
  /// This row has the map's entries, and no other one.
  [[nodiscard]] bool is_at_home(map_id map) const;
  void serve_waiting(const moment& at, replica_effects& out);

  /// Refuses what is of an epoch below the seal, or of the sealed one and not of its primary: the sender learns it. True: it was refused.
  [[nodiscard]] bool is_fenced(member_no from, epoch_number epoch, replica_effects& out);
  /// Of a transfer that began with that config: a view behind it gives this member no role any more.
  [[nodiscard]] bool is_outlived(config_number config) const;
  /// The row went on empty behind that epoch, or began to form anew.
  [[nodiscard]] bool is_void(epoch_number epoch) const;
  /// Is this member itself the primary of that epoch, or about to be?
  [[nodiscard]] bool leads(epoch_number epoch) const;
  void raise_seal(epoch_number epoch, member_no primary, replica_effects& out);
  /// Ends whatever leading role there is.
  void step_down(replica_effects& out);

  void note_branches(view_number known);
  /// \name Maps that move between groups: replica_moves.cpp
  /// @{
  void note_leaving();
  /// This row forms here, in this epoch, and what it is to take over has not come yet.
  [[nodiscard]] bool lacks_entries() const;
  void ask_for_entries(replica_effects& out) const;
  void hand_out(map_id map, const neighbour_message::ask& to, const moment& at, replica_effects& out);
  /// @}
  void drop_void_copy(replica_effects& out);
  void drop_copy_of_nothing(replica_effects& out);
  /// \name Named primary, but what is sealed forbids it: a later epoch is asked for
  /// @{
  [[nodiscard]] bool is_named() const;  ///< primary, by the view
  [[nodiscard]] bool may_lead() const;  ///< what is sealed here allows it. Requires: base_.row
  void note_outgrown(epoch_number sealed);
  void ask_for_later_epoch(const moment& at, replica_effects& out);
  /// @}
  void take_role(const row* before, const moment& at, replica_effects& out);
  void stand(const moment& at, replica_effects& out);
  void activate_when_ready(const moment& at, replica_effects& out);

  replica_base base_;
  row_activity activity_;
  waiting_room waiting_;
  std::variant<understudy, candidate, primary> role_;
  struct handing_out {
    row_id by;
    epoch_number epoch;
    instant at{};
  };
  handing_out handed_out_;  // The latest.
  struct outgrowing {
    epoch_number by;  // The highest that is known to be sealed, here or by somebody who has to follow.
    std::optional<instant> since{};  // When it was found, or asked for last.
  };
  std::optional<outgrowing> outgrown_;
  epoch_number copy_ended_in_{};  // Of the row, as this member knew it, when a seal ended the copy; 0: none has.
};

}  // namespace troupe::protocol
