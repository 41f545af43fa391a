/// \file
/// The bounds and times of a router, which are a client's or a member's own.
#pragma once

#include <cstddef>
#include <cstdint>

#include <troupe/messages/types/time.hpp>

namespace troupe::protocol {

struct router_limits {
  std::size_t in_flight_max = 100'000;  ///< calls not answered yet, without those that listen; beyond it: `overloaded`
  std::size_t listens_max = 4096;       ///< those that listen, each to one row: likewise
  /// Bytes of operations, and about those of their answers, that may be under way to one member; more wait here, in order. Half of what a
  /// link holds for a peer (stream_limits), so that no burst is taken for a peer that doesn't read.
  std::size_t window_bytes_max = 32 * 1024 * 1024;
  std::uint32_t walk_page_bytes = 16 * 1024;  ///< execute_entries: of keys, about as many are asked of a row at a time, and run on
  duration keep_locks_after = milliseconds{2500};  ///< so often at least the rows with locks of this client are told that it lives; a quarter of their patience, if that is less
  duration retry_after = milliseconds{20};  ///< after a `retry` without a newer view
  /// Silence after which a read is sent again: no answer to it, and none to anything else by the member asked, as long as that is the
  /// primary (one that answers is busy, and asking again makes it busier). And the time that a former primary has to answer for a write
  /// that it was given before the newest view, after which that is sent to the new one. (On a living connection to a present primary a
  /// write is never sent twice: it would only make that busier.)
  duration reroute_after = milliseconds{500};
};

}  // namespace troupe::protocol
