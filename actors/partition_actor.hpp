/// \file
/// The partition actor: one replica of one row. A thin shell: it hands messages to the replica core and carries out what that orders.
///
/// It owns the core. It must not know transports, threads or the membership's inside.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <troupe/actors/local_messages.hpp>
#include <troupe/actors/protocol/row/replica.hpp>

namespace troupe {

/// What a partition actor needs of the place it lives in. Called from whatever thread runs the actor.
class partition_environment {
 public:
  virtual ~partition_environment() = default;
  /// The clock and the lease, read now, the clock first.
  [[nodiscard]] virtual protocol::moment now() const = 0;
  /// Leaves with the next frame to that member; may get lost.
  virtual void send(member_no to, any_replication_message what) = 0;
  virtual void answer(protocol::origin_id to, reply what) = 0;
  /// To another row of this place; may get lost.
  virtual void tell_neighbour(protocol::neighbour_message what) = 0;
  virtual void wish(membership_message::wish what) = 0;
  /// This row wants local::tick about every 20 ms from this instant on, until it says something else. Nothing: none.
  virtual void want_ticks(const row_id& row, std::optional<instant> from) = 0;
  virtual void report(const row_id& row, const protocol::replica_event& what) = 0;
  /// What this row takes of the member's memory limit has become more, or less, by so much.
  virtual void memory_changed(std::int64_t bytes) = 0;
  /// All orders of one step have been given.
  virtual void step_done() = 0;
};

/// Behaviour: local::view_installed, operations, replication, neighbour, backup_read, origin_gone, take_census, take_discarded, tick.
struct partition_settings {
  row_id row;
  member_no self;
  protocol::replica_limits limits;
  std::shared_ptr<const protocol::entry_processors> processors{};  ///< null: none
};

[[nodiscard]] caf::actor spawn_partition(caf::actor_system& system, const partition_settings& settings, std::shared_ptr<partition_environment> environment);

}  // namespace troupe
