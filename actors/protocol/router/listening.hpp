/// \file
/// What a listener wants to hear, and what it hears: bytes. (Of C++ types: actors/entry_listener.hpp.)
#pragma once

#include <vector>

#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/row_event.hpp>

namespace troupe::protocol {

/// To what.
struct listening_wish {
  bool by_key = false;  ///< to events of `key`, and of the whole map
  blob key;
  blob predicate, argument;  ///< to events of single entries of which it says so; empty: to all
  bool values = true;
  bool old_values = false;
  friend bool operator==(const listening_wish&, const listening_wish&) = default;
};

/// What one row said, in order.
struct row_events {
  partition_id partition;
  std::vector<row_event> events;
  friend bool operator==(const row_events&, const row_events&) = default;
};

}  // namespace troupe::protocol
