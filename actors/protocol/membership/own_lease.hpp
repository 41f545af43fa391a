/// \file
/// A member's own lease, counted from the acknowledgements of its heartbeats.
#pragma once

#include <map>
#include <optional>

#include <troupe/actors/protocol/lease.hpp>
#include <troupe/actors/protocol/membership/electorate.hpp>

namespace troupe::protocol {

/// The grants for one view at a time: a grant of one view never counts for another.
class own_lease {
 public:
  void open(const view_name& of, const electorate& grantors);
  /// `voter` acknowledged a heartbeat of this view. It counts from when that was sent, not from when the answer came.
  void granted(member_no voter, instant sent_at);
  /// Gone for good in this view, whatever is granted from now on.
  void give_up() { given_up_ = true; }

  [[nodiscard]] bool is_given_up() const { return given_up_; }
  /// When the latest heartbeat that `voter` acknowledged was sent.
  [[nodiscard]] std::optional<instant> latest_grant(member_no voter) const;
  /// until == instant{} when there is none.
  [[nodiscard]] lease held(duration length) const;

 private:
  view_name of_;
  electorate grantors_;
  std::map<member_no, instant> granted_;
  bool given_up_ = false;
};

}  // namespace troupe::protocol
