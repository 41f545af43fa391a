/// \file
/// A world of one row: replicas, clients, a network that loses, repeats and reorders, and an oracle that decides views as the rules of the
/// protocol allow. Checkers watch from outside what replicas hold and tell.
///
/// The oracle is wilder than the planner: it hands over without asking, drops and adds whom it likes. It keeps to what safety is built on:
/// who comes in sync was asked for, who leads was in sync, former primaries stay unsealed until an activation is complete, and nobody is
/// removed while its lease lasts.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "scene.hpp"

namespace troupe::protocol::scene {

struct world_options {
  std::uint64_t seed = 1;
  std::uint32_t members = 4;    ///< at the start; others join later
  std::uint32_t backups = 2;    ///< wanted in sync beside the primary
  int percent_lost = 10;        ///< of messages
  int percent_repeated = 10;
  int percent_crash = 1;        ///< of rounds
  int rounds = 400;
  read_mode reads = read_mode::lease;
  replica_limits limits;
};

/// What every replica agrees on, learnt from whatever commits first: the one history of the row (invariant 5).
class history {
 public:
  /// The replica has committed these; contradictions throw.
  void committed(const std::vector<record>& tail, seq_number up_to);
  void sums(seq_number at, std::uint64_t checksum);
  [[nodiscard]] std::uint64_t length() const { return records_.size(); }
  [[nodiscard]] const record& at(std::uint64_t position) const { return records_.at(position - 1); }
  /// The value of `key` once `position` has committed; nothing: not there.
  [[nodiscard]] std::optional<std::string> value_at(const std::string& key, std::uint64_t position) const;
  /// Some state of `key` from `floor` on to the newest is `value`: the position that brought it about (0: the beginning).
  [[nodiscard]] std::optional<std::uint64_t> seen_since(const std::string& key, const std::optional<std::string>& value, std::uint64_t floor) const;

 private:
  std::vector<record> records_;
  std::map<std::uint64_t, std::uint64_t> sums_;
};

class row_world {
 public:
  explicit row_world(const world_options&);

  /// Faults and work, then peace: throws std::logic_error with what went wrong.
  void run();

  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::size_t reads() const { return reads_; }
  [[nodiscard]] std::size_t views() const { return views_.size(); }
  [[nodiscard]] std::size_t promotions() const { return promotions_; }
  [[nodiscard]] std::size_t admissions() const { return admissions_; }

 private:
  struct actor {
    std::unique_ptr<replica> core;
    bool has_lease = true;
    std::size_t view = 0;  // index into views_, + 1; 0: none
  };
  struct letter {
    member_no from, to;
    any_replication_message what;
  };
  struct question {
    operation what;
    member_no to;
    std::uint64_t floor = 0;  // what had become visible of its key when it was asked
  };

  [[nodiscard]] std::uint64_t below(std::uint64_t n) { return dice_() % n; }
  [[nodiscard]] bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }
  [[nodiscard]] actor& pick();

  void join(member_no);
  [[nodiscard]] moment at(const actor&) const;
  template <class Step>
  void step(member_no who, Step take);
  void post(member_no from, replica_effects& effects);
  void deliver_one(bool with_faults);

  void round();
  void ask_something();
  void settle();
  [[nodiscard]] bool is_at_peace();

  // Decisions.
  [[nodiscard]] const row& now() const { return *views_.back()->find(the_row); }
  void decide(row r, std::set<member_no> members);
  void decide_something();
  void remove(member_no who);
  void lead(row& r, member_no next);
  void honour(const membership_message::wish& w);
  void repair();

  // Checks.
  void check(member_no who);
  void check_commits(member_no who, const std::vector<record>& tail);
  void check_answer(const replica_effects::answer& a);
  void check_write(const question& q, const reply& r);
  void check_read(const question& q, const reply& r);
  void check_logs();
  void fail(const std::string& what) const;

  world_options options_;
  std::mt19937_64 dice_;
  instant now_{seconds{10}};
  std::map<member_no, actor> actors_;  // The living, members or not.
  std::set<member_no> members_;        // Of the newest view.
  std::uint32_t next_member_ = 1;
  std::vector<view_ptr> views_;
  std::vector<letter> network_;
  std::vector<membership_message::wish> wishes_;
  std::map<std::uint64_t, question> open_;
  std::uint64_t requests_ = 0;
  history history_;
  std::map<std::string, std::uint64_t> visible_;  // key → the newest position of it that somebody was told of
  std::size_t acknowledged_ = 0, reads_ = 0, promotions_ = 0, admissions_ = 0;
};

}  // namespace troupe::protocol::scene
