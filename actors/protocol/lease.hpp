/// \file
/// The lease: what lets a member serve reads without asking anybody.
#pragma once

#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe::protocol {

/// A quorum of the voters of `view` acknowledged heartbeats of it that were sent less than T before `until`.
/// Read the clock *after* the value that the lease shall vouch for.
struct lease {
  view_name view;
  instant until;  ///< on this member's clock; the lease is over at this instant

  [[nodiscard]] bool covers(const view_name& installed, instant now) const { return installed == view && now < until; }
  friend bool operator==(const lease&, const lease&) = default;
};

/// What is known at the moment of a step.
struct moment {
  instant now;
  lease held;
  bool is_full = false;  ///< this member's copies take more than its memory limit (memory_ceiling.hpp)
};

}  // namespace troupe::protocol
