/// \file
/// When an acceptor may vote for a view that removes a member: not before that member's lease has ended (invariant 2).
#pragma once

#include <map>

#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// How long a removal waits: a lease, on a clock that runs up to 5% apart from the lease holder's.
[[nodiscard]] constexpr duration removal_wait(duration lease) { return lease + lease / 20; }

/// What one acceptor remembers of the leases that it helped to grant, or may have helped to grant without knowing.
class removal_guard {
 public:
  /// `before` is the view installed until now; null for a first install, which always counts: whoever joins doesn't know what those
  /// granted whose place it takes. Later only the first install of a view whose voters are not those known before counts.
  void installed(const view& now_installed, const view* before, instant now);
  /// This acceptor acknowledged a heartbeat of `m`.
  void acknowledged(member_no m, instant now) { acknowledged_[m] = now; }
  /// `m` has given up its lease for good and agrees to its removal by view `removed_in`, and by no other.
  void consented(member_no m, view_number removed_in);

  [[nodiscard]] bool has_consent(member_no m, view_number removed_in) const;
  /// From when on view `next` may be voted for though it removes `m`.
  [[nodiscard]] instant open_from(member_no m, view_number next, duration lease) const;

 private:
  instant voters_known_since_{};
  std::map<member_no, instant> acknowledged_;
  std::map<member_no, view_number> consents_;
};

}  // namespace troupe::protocol
