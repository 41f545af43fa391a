/// \file
/// What stands at an end of the simulated network: a member's process or a client's.
#pragma once

#include <cstdint>
#include <optional>

#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/messages/types/link.hpp>
#include <troupe/messages/types/strong.hpp>

namespace troupe::sim {

/// One process, from its start to its death. Never given twice: a restart is another endpoint on the same host.
using endpoint = strong_number<struct endpoint_tag, std::uint32_t>;
/// A machine: what network faults are about, and what outlives its processes.
using host_no = strong_number<struct host_tag, std::uint32_t>;

/// Two members keep a connection for heartbeats and views apart from the one for bulk data.
enum class channel : std::uint8_t { control, data };

/// The world calls these, one at a time, never while the process is paused or dead.
class participant {
 public:
  participant() = default;
  participant(const participant&) = delete;
  participant& operator=(const participant&) = delete;
  virtual ~participant() = default;

  virtual void receive(endpoint from, any_frame&& what) = 0;
  virtual void tick() = 0;
  /// A connection to or from `peer` broke: what was in flight on it may have been lost.
  virtual void disconnected(endpoint peer, channel via) = 0;
  /// The end of a dial that it asked for.
  virtual void probed(const address& where, std::optional<endpoint> found, bool refused) = 0;
  /// The frame with this number could not leave: no connection could be made.
  virtual void not_sent(endpoint peer, const any_frame& what) = 0;
  /// A view reaches the actor of one row, which may be later than it reached the membership.
  virtual void view_reaches_row(const row_id& where, const view_ptr& what) = 0;
  virtual void row_is_told(const protocol::neighbour_message& what) = 0;
  /// A pause is over. Comes before everything that waited for its end.
  virtual void resumed() = 0;
};

}  // namespace troupe::sim
