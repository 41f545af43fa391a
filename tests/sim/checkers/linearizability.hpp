/// \file
/// Is the history of one key explained by one order of its operations that respects real time?
///
/// The search is "just-in-time linearization" (Lowe, Testing for linearizability, 2017), a form of Wing & Gong's with memoisation: it
/// walks through calls and returns in real-time order and keeps every (value, set of open operations that took effect already) that
/// explains what has returned so far. An operation is placed only when its return demands it. Memory is bounded by the concurrency, not
/// by the length of the history.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <troupe/messages/types/operation.hpp>

namespace troupe::sim {

/// A value, by number. Every write of a run stores a number of its own; 0: the key is absent.
using value_no = std::uint64_t;
inline constexpr value_no absent = 0;

/// Places in the real-time order of all calls and returns of a run.
using real_time_order = std::uint64_t;
inline constexpr real_time_order never = std::numeric_limits<real_time_order>::max();

/// One operation on one key, or on its lock, and what came of it. Entries and locks have histories of their own.
/// An operation that definitely was not applied does not belong in a history.
struct key_operation {
  operation_kind kind = operation_kind::get;
  value_no argument = absent;  ///< of those that store; of those on locks: their owner
  value_no expected = absent;  ///< of those that compare
  real_time_order called = 0;
  real_time_order returned = never;  ///< never: indeterminate; it may take effect at any time after the call, or not at all
  bool found = false;                ///< as in `reply`
  value_no seen = absent;            ///< the value of the reply, when found
  bool may_pass = false;             ///< it may also leave the key as it is: a clear spares what is locked
};

struct verdict {
  enum class kind : std::uint8_t {
    linearizable,
    violated,
    undecided,  ///< the search grew beyond its bound: nothing is known. Counted, never taken for success
  };
  kind what = kind::linearizable;
  std::size_t culprit = 0;  ///< violated: index of the operation whose return no order explains
};

struct search_limits {
  std::size_t states_max = 200'000;  ///< distinct explanations considered for one return
};

/// Requires: `calls` and `returns` of the history are distinct places.
[[nodiscard]] verdict check_key(const std::vector<key_operation>& history, const search_limits& = {});

/// For people: the history in order of the calls, the culprit marked.
[[nodiscard]] std::string describe(const std::vector<key_operation>& history, const verdict&);

}  // namespace troupe::sim
