/// \file
/// Who is suspected to have failed, by silence or by a closed connection, as one member sees it.
#pragma once

#include <map>
#include <vector>

#include <troupe/messages/types/member_set.hpp>
#include <troupe/messages/types/settings.hpp>

namespace troupe::protocol {

/// Silence counts only while this process was awake to hear: a late wake starts all clocks anew, and smaller lateness stretches them.
class failure_detector {
 public:
  /// To be called first in every step. True: this process slept for longer than half a lease.
  bool awake(const timing&, instant now);
  /// Watches these from now on; those that were not watched before count as heard now.
  void watch(const member_set& whom, instant now);

  /// True when that ends a suspicion.
  bool heard(member_no, instant now);
  /// The connection broke, or a goodbye came: suspicion at once. True when it is new.
  bool closed(member_no);
  /// Those newly suspected for their silence.
  [[nodiscard]] std::vector<member_no> newly_silent(const timing&, instant now);

  /// Silence as a share of what is borne: above 1 is suspect. 0 for members that are not watched.
  [[nodiscard]] double suspicion(member_no, const timing&, instant now) const;
  /// Somebody has missed heartbeats, and will be suspected within that time unless it is heard.
  [[nodiscard]] bool will_suspect_within(duration, const timing&, instant now) const;
  [[nodiscard]] bool suspects(member_no) const;
  [[nodiscard]] member_set suspects() const;
  [[nodiscard]] const std::map<member_no, instant>& last_heard() const { return heard_; }
  /// When this process last woke late.
  [[nodiscard]] instant last_gap() const { return last_gap_; }
  /// Silence that is borne, with the present lateness of this process.
  [[nodiscard]] duration patience(const timing&) const;

 private:
  std::map<member_no, instant> heard_;  // Of everybody watched; clocks start anew after a gap.
  member_set suspects_;
  instant last_step_{};
  instant last_gap_{};
  duration lateness_{};
  instant late_at_{};
};

}  // namespace troupe::protocol
