/// \file
/// Watches a cluster from outside and feeds the checkers: nothing that it knows comes from a process's word about itself alone.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/checkers/copy_reads.hpp"
#include "tests/sim/checkers/events.hpp"
#include "tests/sim/checkers/lifetimes.hpp"
#include "tests/sim/checkers/locks.hpp"
#include "tests/sim/checkers/memory.hpp"
#include "tests/sim/checkers/rows.hpp"
#include "tests/sim/checkers/views.hpp"
#include "tests/sim/cluster.hpp"
#include "tests/sim/witness.hpp"

namespace troupe::sim {

class auditor final : public witness {
 public:
  auditor(world& around, keyspace& keys, const scenario& what);

  /// Needed before the first process starts: the two know each other.
  void watch(cluster& all) { cluster_ = &all; }
  /// Called when a process's membership ended by itself.
  std::function<void(member_process&, protocol::ending)> on_ended;
  /// Called at the first installation of each view.
  std::function<void(const view&, member_process& first)> on_decided;

  void installed(member_process& who, const view_ptr& what, const std::vector<protocol::membership_event>& events) override;
  void event(member_process& who, const protocol::membership_event& what) override;
  void row_committed(member_process& who, const row_id& row) override;
  void row_stepped(member_process& who, const row_id& row) override;
  void acknowledges(member_process& who, const row_id& row) override;
  void replicates(member_process& who, member_no to, const any_replication_message& what) override;
  void asks(member_process& who, const operation& what) override;
  void is_told(member_process& who, const reply& what) override;
  void reads_copy(member_process& who, const operation& get, const reply& what) override;
  void ended(member_process& who, protocol::ending how, std::optional<view_number> gave_up_after) override;
  /// An operator forces a view. What only the dead knew was not to be saved: it is forgotten, and no longer held against anybody.
  void forced();
  /// A copy of this row was changed behind everybody's back.
  void corrupted(const row_id& row) { rows_.corrupted(row); }
  void died(const member_process& who) { rows_.died(who.at()); }
  /// From now on nothing is checked but what is asked for: the cluster is over, and what is founded in its place has its numbers again.
  void retire() { is_retired_ = true; }

  /// Compares all replicas of all rows.
  void audit_rows();
  /// Judges the histories of all keys; the verdict's violation names the key.
  void check_histories();
  /// What keeps the cluster from having all its copies in sync and served; nothing when it is settled (invariants 17 and 18).
  [[nodiscard]] std::optional<std::string> unsettled() const;
  /// Nobody has asked for anything for `quiet`. Throws where an entry lives on whose time has come.
  void check_lives_at_rest(duration quiet) const;
  /// What still moves although nobody asks for anything; nothing when all is quiet.
  [[nodiscard]] std::optional<std::string> unquiet() const;

  /// Its last member has left, as it was told to.
  [[nodiscard]] bool is_over() const { return is_over_; }
  [[nodiscard]] const view_ptr& newest() const { return views_.newest(); }
  [[nodiscard]] const view_ptr& before_newest() const { return views_.before_newest(); }
  struct totals {
    std::uint64_t views = 0, rows_lost = 0, rows_moved = 0, keys_checked = 0, keys_undecided = 0, operations_checked = 0;
    std::uint64_t halts = 0;   ///< a member reported that no quorum is left
    std::uint64_t forced = 0;  ///< views that an operator forced
    std::uint64_t expired = 0;  ///< entries that their rows let die
    std::uint64_t evicted = 0;  ///< entries that made room for others
    std::uint64_t events_told = 0, gaps_told = 0;  ///< to listeners
    std::uint64_t locks_granted = 0, locks_of_silent = 0;  ///< the latter freed, because their clients were not heard
    std::uint64_t copy_reads = 0;  ///< gets that copies of their callers' own members answered
    std::uint64_t forked = 0;  ///< times that these took the place of a view that only the dead knew
  };
  [[nodiscard]] totals seen() const {
    auto all = totals_;
    all.events_told = events_.events();
    all.gaps_told = events_.gaps();
    all.copy_reads = copy_reads_.reads();
    all.locks_granted = locks_.granted();
    all.locks_of_silent = locks_.freed_for_silence();
    return all;
  }
  [[nodiscard]] const row_checker& rows() const { return rows_; }
  [[nodiscard]] event_checker& events() { return events_; }
  [[nodiscard]] lock_checker& locks() { return locks_; }
  /// A lock that is held although nobody wants one any more; nothing when all are free.
  [[nodiscard]] std::optional<std::string> still_locked() const;
  /// What the listeners have not heard although nobody asks for anything; nothing when they have heard all.
  [[nodiscard]] std::optional<std::string> unheard() const;

 private:
  void check_removed_have_no_lease(const view& decided);
  void check_removed_hold_nothing(const view& decided);
  void note_losses(const view& decided);
  void note_moves(const view& decided);
  [[nodiscard]] std::optional<seq_number> beginning_of(const row_id& id, const row& now) const;
  void check_losses_are_told(const member_process& who, const view& decided, const std::vector<protocol::membership_event>& events);
  [[nodiscard]] replica_facts facts_of(member_process& m, const row_id& id, member_process::hosted_row& hosted) const;
  [[nodiscard]] std::vector<replica_facts> facts_of_all(const row_id& id) const;
  [[nodiscard]] std::optional<std::string> differs_at_rest(member_process& m, const row_id& id) const;
  [[nodiscard]] std::optional<std::string> unsettled_row(const view& v, const row_id& id, const row& r) const;

  world& world_;
  keyspace& keys_;
  scenario scenario_;
  cluster* cluster_ = nullptr;
  view_checker views_;
  row_checker rows_;
  lifetime_checker lives_;
  memory_checker memory_;
  event_checker events_;
  lock_checker locks_;
  copy_read_checker copy_reads_;
  std::map<endpoint, view_number> installed_by_;
  std::map<view_number, std::vector<row_id>> untold_losses_;
  totals totals_;
  bool is_over_ = false;
  bool is_retired_ = false;
};

}  // namespace troupe::sim
