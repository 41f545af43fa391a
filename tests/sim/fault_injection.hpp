/// \file
/// Makes things go wrong, at random, within the limits of what the cluster promises to survive: a quorum of the voters stays alive, and
/// (unless the scenario says otherwise) a copy of every row.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "tests/sim/auditor.hpp"
#include "tests/sim/cluster.hpp"

namespace troupe::sim {

class fault_injection {
 public:
  fault_injection(cluster& all, auditor& checks, const scenario& what);

  /// Faults happen until stop(), which also undoes what can be undone: cuts, losses, pauses.
  void start();
  void stop();
  /// A process ended by itself: whoever was expelled is started anew.
  void process_ended(member_process& m, protocol::ending how);
  /// A view was decided, and `first` is the first to have it. Between the only two voters there shall be no cut where either may go
  /// on alone: that is the split which the policy `majority` does not promise to survive.
  void view_decided(const view& v, member_process& first);

  /// How often each kind happened; 1 for the weather of the run.
  [[nodiscard]] const std::array<std::uint64_t, fault_kinds>& fired() const { return fired_; }

 private:
  void turn();
  bool inject(fault f);
  void note(fault f);
  bool crash_somebody();
  bool leave_somebody();
  bool restart_somebody();
  bool join_somebody();
  bool pause_somebody(duration shortest, duration longest);
  bool pause_in_mid_step();
  bool cut_groups(bool both_ways);
  bool isolate_somebody();
  bool slow_path();
  bool reset_connection();
  bool storm();
  bool die_silently();
  bool crash_in_transfer();
  bool bridge_groups();
  bool flap_links();
  void flap(host_no from, host_no to, int times, duration each);
  bool lose_zone();
  bool change_drift();
  bool slow_somebody();
  bool restart_in_turn();
  void leave_and_come_back(host_no);
  bool pause_several();
  bool corrupt_copy();
  void await_view_to_cut();
  void crash_as_view_spreads(member_process& first);
  void crash_in_handover(const view& v);
  void cut_as_view_spreads(const view& v, const member_process& first);
  [[nodiscard]] member_set cut_off_by_view(const view& v, const member_process& first);

  [[nodiscard]] member_process* anybody();
  /// May this process go for good, now, without taking more than the cluster can spare?
  [[nodiscard]] bool expendable(const member_process& m) const;
  using processes = std::vector<const member_process*>;
  [[nodiscard]] bool expendable(const processes&) const;
  [[nodiscard]] bool spares(const view& v, const processes& without) const;
  void cut(host_no from, host_no to);
  void heal_later(host_no from, host_no to, duration after);
  void forbid_cuts_between_two_voters();

  cluster& cluster_;
  auditor& auditor_;
  scenario scenario_;
  dice rng_;
  bool stopped_ = false;
  bool awaits_view_to_crash_ = false;
  bool awaits_handover_ = false;
  std::set<host_no> coming_back_;  // Whoever leaves there is followed by a new process.
  std::uint64_t views_until_cut_ = 0;  // 0: none is awaited.
  std::array<std::uint64_t, fault_kinds> fired_{};
};

}  // namespace troupe::sim
