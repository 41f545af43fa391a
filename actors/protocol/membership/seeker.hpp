/// \file
/// The life of a process before its first view: it looks for a cluster and joins it, or founds one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <troupe/actors/protocol/membership/election.hpp>

namespace troupe::protocol {

/// Founding: at once without seeds; when no seed has answered with a view for bootstrap_wait; or as soon as every seed, and everybody
/// that seeks here, has answered that it seeks too or has refused the connection for some heartbeats. Only if it may found, and of two
/// that may and know of each other only the lower incarnation. Never by majority of a list.
class seeker {
 public:
  explicit seeker(const membership_options&);

  void start(step);
  void tick(step);
  void reached(const incarnation& peer, const address& where, step);
  void unreachable(const address& where, bool refused, step);
  void disconnected(const incarnation& peer);
  /// No longer wants to join.
  void withdraw(step);
  void on(const incarnation& from, const membership_message::seek&, step);
  void on(const incarnation& from, const membership_message::seeking_too&, step);
  void on(const incarnation& from, const membership_message::full_view&, step);
  void on(const incarnation& from, const membership_message::join_refused&);

  [[nodiscard]] bool should_found(instant now) const;
  /// A view with this process in it; null until then.
  [[nodiscard]] const view_ptr& admitted() const { return admitted_; }
  /// What the cluster said when it refused; nothing while it did not.
  [[nodiscard]] const std::optional<membership_message::join_refused>& refusal() const { return refusal_; }
  /// Those that asked this process for a view.
  [[nodiscard]] const std::set<incarnation>& askers() const { return askers_; }

 private:
  struct seed {
    address where;
    std::optional<incarnation> peer;     // Connected to it.
    std::optional<instant> refused_since;
    instant probe_again_at{};
    int failures = 0;  ///< of probes, one after the other
    bool is_self = false;
  };
  struct seeking_peer {
    instant asked_at{};                 // When it was last asked.
    std::optional<instant> answered_at;  // When it last said that it seeks too.
    bool may_found = false;
  };

  [[nodiscard]] bool has_settled(const seed&, instant now) const;
  [[nodiscard]] bool has_answered(const incarnation& peer, instant now) const;
  void seek(const incarnation& peer, step);
  void look(step);
  void apply(step);
  void begin_turn(step);
  [[nodiscard]] const member& at_the_door() const;
  void report(step);
  [[nodiscard]] duration heartbeats(int n) const { return n * options_.settings.times.heartbeat; }

  membership_options options_;
  instant started_at_{};
  std::vector<seed> seeds_;
  std::map<incarnation, seeking_peer> peers_;
  std::set<incarnation> connected_;
  std::set<incarnation> askers_;
  view_ptr cluster_;  // Found, without this process.
  bool a_member_said_so_ = false;  // That there is that cluster: not just somebody who seeks it too.
  std::size_t door_ = 0;  // Which of its voters is being asked: turns, counted.
  instant turn_ends_at_{};
  bool has_knocked_ = false;
  std::map<cluster_id, view_number> first_asked_as_of_;
  instant report_at_{};
  view_ptr admitted_;
  std::optional<membership_message::join_refused> refusal_;
};

}  // namespace troupe::protocol
