/// \file
/// Who hears whom: from the reports in heartbeats, and what one hears oneself, to the members that have to go.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <troupe/actors/protocol/membership/electorate.hpp>
#include <troupe/messages/types/member_set.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// In clusters up to this size everybody sends heartbeats to everybody.
inline constexpr std::size_t full_mesh_max = 16;

/// To whom `m` sends heartbeats: the voters, those that hold copies of the same rows, two neighbours to either side; never itself.
[[nodiscard]] member_set heartbeat_peers(const view&, member_no m);

/// An unordered pair of members.
struct broken_link {
  member_no a;
  member_no b;
  friend bool operator==(const broken_link&, const broken_link&) = default;
};

/// The smallest set without which no broken link is left among the rest, and the rest has a quorum of `voters`; of several the one that
/// keeps the oldest members. Nothing when there is none. (Without the quorum, a majority that died would be kept, and the living be sent
/// away.) Exact up to 12 members beyond those that have to go in any case; then the member with the most broken links goes first.
[[nodiscard]] std::optional<member_set> smallest_removal(const std::vector<broken_link>&, const electorate& voters);

/// The same, remembered: the question is asked in every step, and its answer changes seldom.
class removal_choice {
 public:
  [[nodiscard]] const std::optional<member_set>& of(std::vector<broken_link> links, const electorate& voters);

 private:
  std::vector<broken_link> links_;
  electorate voters_;
  std::optional<member_set> chosen_ = member_set{};
};

/// What heartbeats of the installed view reported.
class hearing {
 public:
  void open(const view& installed, member_no self);
  /// `who` hears these. A report against somebody counts from when it is first made.
  void report(member_no who, const std::vector<member_no>& hears, instant now);
  /// Whom this member shall hear from.
  [[nodiscard]] const member_set& watched() const { return watched_; }
  /// Links to `suspects` of this member are broken; those that others report too, either at once when they lead to a suspect, or
  /// after they have been reported for `settling`: two others may be reconnecting.
  [[nodiscard]] std::vector<broken_link> broken_links(const member_set& suspects, duration settling, instant now) const;

 private:
  member_no self_;
  member_set watched_;
  std::map<member_no, member_set> expected_;  // Whom each member shall hear from.
  std::map<std::pair<member_no, member_no>, instant> missed_;  // (who, whom it does not hear) since when.
};

}  // namespace troupe::protocol
