/// \file
/// The one fault that the policy `majority` excepts from its promises: a split between exactly two voters, in which both go on. A run of its
/// own, because its checker knows what the others must not: that the younger side's writes since may go, and that all of them, and no
/// others, have to be in its account.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/directory.hpp"
#include "tests/sim/member_process.hpp"
#include "tests/sim/simulation.hpp"
#include "tests/sim/witness.hpp"

namespace troupe::sim {

class pair_split final : public witness {
 public:
  pair_split(const scenario& what, trace& log);

  /// Two members form a cluster, are split, take in others meanwhile (or not), and meet again. Never throws: a violation is a result.
  [[nodiscard]] run_result run();

  void installed(member_process& who, const view_ptr& what, const std::vector<protocol::membership_event>& events) override;
  void event(member_process& who, const protocol::membership_event& what) override;
  void row_committed(member_process&, const row_id&) override {}
  void row_stepped(member_process&, const row_id&) override {}
  void acknowledges(member_process&, const row_id&) override {}
  void replicates(member_process&, member_no, const any_replication_message&) override {}
  void asks(member_process&, const operation&) override {}
  void is_told(member_process&, const reply&) override {}
  void reads_copy(member_process&, const operation&, const reply&) override {}
  void ended(member_process& who, protocol::ending how, std::optional<view_number> gave_up_after) override;

 private:
  enum class side : std::uint8_t { older, younger };
  struct process {
    std::unique_ptr<member_process> runs;
    side on;
    bool has_ended = false;
  };
  /// A write that was asked for, and what came of it.
  struct write {
    side by;
    std::string key, value;  ///< an empty value: removed
    row_id row;
    virtual_time called;
    std::optional<virtual_time> returned{};
    bool ok = false;
    bool changed = false;  ///< ok, and not the removal of what was not there
    bool not_applied = false;
    epoch_number epoch{};
    seq_number seq{};
  };
  struct account {
    row_id row;
    protocol::discarded_writes what;
  };

  void start(host_no host, side on);
  void work(std::size_t process, bool for_ever);
  void ask(std::size_t process);
  void form();
  /// False: one of the two had voted for a view that it does not know the outcome of, and halts, lawfully: so there are no branches.
  [[nodiscard]] bool split();
  void meet();
  void cut_between_sides();
  void judge();
  void check_accounted(const write& w) const;
  void check_written(const account& a) const;
  void check_kept(const std::string& key);
  [[nodiscard]] bool is_open_at_split(const write& w) const { return w.called < split_at_ && (!w.returned || *w.returned >= split_at_); }
  [[nodiscard]] bool is_given_up(const write& w) const;
  [[nodiscard]] std::string read(const std::string& key);
  void pass(duration how_long);
  template <class Condition>
  void await(Condition condition, duration at_most, const std::string& what);
  [[nodiscard]] bool agree(const std::vector<host_no>& hosts) const;

  scenario scenario_;
  trace& log_;
  world world_;
  directory names_;
  dice rng_;
  std::vector<process> processes_;
  std::vector<write> writes_;
  std::vector<account> accounts_;
  virtual_time split_at_ = virtual_time::max();
  bool is_cut_ = false;
  bool has_split_ = false;
  bool is_quiet_ = false;
  std::uint64_t values_ = 0;
  duration healed_after_{};
  auditor::totals seen_;
};

}  // namespace troupe::sim
