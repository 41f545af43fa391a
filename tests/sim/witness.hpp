/// \file
/// Whom the processes of a simulation report to: whoever checks them. Nothing flows back.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <troupe/actors/protocol/membership/membership.hpp>
#include <troupe/actors/protocol/row/replica.hpp>

#include "tests/sim/participant.hpp"

namespace troupe::sim {

class member_process;

class witness {
 public:
  witness() = default;
  witness(const witness&) = delete;
  witness& operator=(const witness&) = delete;
  virtual ~witness() = default;

  /// The membership of `who` installed a view; `events` are those of the same step.
  virtual void installed(member_process& who, const view_ptr& what, const std::vector<protocol::membership_event>& events) = 0;
  virtual void event(member_process& who, const protocol::membership_event& what) = 0;
  /// A step of this row's replica is nearly over: it has yet to trim its log.
  virtual void row_committed(member_process& who, const row_id& row) = 0;
  /// A step of this row's replica is over.
  virtual void row_stepped(member_process& who, const row_id& row) = 0;
  /// A row's primary tells of a write that is done.
  virtual void acknowledges(member_process& who, const row_id& row) = 0;
  /// A row's replica sends this to another member's.
  virtual void replicates(member_process& who, member_no to, const any_replication_message& what) = 0;
  /// The router of `who` sends this, and gets that reply.
  virtual void asks(member_process& who, const operation& what) = 0;
  virtual void is_told(member_process& who, const reply& what) = 0;
  /// A copy of its own answers it.
  virtual void reads_copy(member_process& who, const operation& get, const reply& what) = 0;
  /// `gave_up_after`: see protocol::membership_effects. The rows are still there.
  virtual void ended(member_process& who, protocol::ending how, std::optional<view_number> gave_up_after) = 0;
};

}  // namespace troupe::sim
