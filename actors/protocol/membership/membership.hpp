/// \file
/// The membership of one process, as a pure state machine (DESIGN section 4.1): finding or founding a cluster, views decided by
/// Paxos among the voters of the view before, leases, failure detection, removal and consent, graceful leave.
///
/// It owns what this process knows of the cluster. It knows no clock, no socket, no thread, no randomness.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <troupe/actors/protocol/lease.hpp>
#include <troupe/messages/types/membership.hpp>

namespace troupe::protocol {

struct membership_options {
  member self;                 ///< number is nobody; id, address, host, zone, kind are this process's
  cluster_settings settings;   ///< founds with these; joining requires equal definitions and limits, and adopts the cluster's times
  std::vector<address> seeds;  ///< where to look for a cluster; own address excluded
  bool may_found = false;      ///< `--bootstrap`, or own address is the first of the list, or there is no list
  cluster_id founding_id;      ///< the cluster's id if this process founds it (random bits from outside)
};

/// Why a membership ended. The process may start anew as a fresh incarnation.
enum class ending : std::uint8_t {
  none,
  left,      ///< gracefully: a view without this member was decided at its own wish
  expelled,  ///< a view without this member was decided
  refused,   ///< the cluster refused the join; see the event's text
};

/// A transition worth a log line or an application's attention.
struct membership_event {
  enum class kind : std::uint8_t {
    founded, joined, view_installed, suspected, trusted_again, row_lost, row_lost_data, row_served_again, halted, going_on,
    leave_overdue, foreign_cluster, join_refused, clock_jump, forced,
    rows_moved,  ///< a view with the same members as before
    waiting,    ///< for a seed, for a cluster that lets this process in: said again every few seconds
    objection,  ///< a change was proposed or decided that can't follow its view: a bug of some member
  };
  kind what;
  std::string text;  ///< `key=value …`, complete; for people and logs
  friend bool operator==(const membership_event&, const membership_event&) = default;
};

struct membership_effects {
  struct send {
    incarnation to;  ///< a member of the view, or whoever reached us or was reached by us
    any_membership_message what;
  };
  std::vector<send> sends;
  std::vector<address> probes;  ///< dial these; reached() or unreachable() shall follow
  view_ptr installed;           ///< the newest view, when the step installed one
  std::vector<view_ptr> passed;  ///< views that the same step installed before that one, oldest first: for those who check
  std::vector<membership_event> events;
  ending ended = ending::none;
  /// With `expelled`: another branch of the cluster goes on, and what was written behind this view in the branch of this member, the last
  /// that both have, is given up. Whoever has the rows says which writes that are, before they go.
  std::optional<view_number> gave_up_after;

  void clear() { *this = {}; }
};

/// Requires: `now` never goes back; tick() is called at least every quarter of a heartbeat interval.
class membership {
 public:
  explicit membership(membership_options);
  ~membership();
  membership(membership&&) noexcept;
  membership& operator=(membership&&) noexcept;

  /// Begins to look for a cluster.
  void start(instant now, membership_effects& out);
  void tick(instant now, membership_effects& out);

  /// A probe of `where` succeeded: `peer` listens there.
  void reached(const incarnation& peer, const address& where, instant now, membership_effects& out);
  /// A probe failed: nobody listens there (`refused`), or nothing was heard in time.
  void unreachable(const address& where, bool refused, instant now, membership_effects& out);
  /// The control connection to or from this peer broke.
  void disconnected(const incarnation& peer, instant now, membership_effects& out);
  void receive(const incarnation& from, const any_membership_message& what, instant now, membership_effects& out);

  /// A wish of this member's rows, maps or operator. Repeated by whoever means it until a view shows it.
  void want(const membership_message::wish& what, instant now, membership_effects& out);
  /// Begins a graceful leave: hand everything over, then go. Idempotent.
  void leave(instant now, membership_effects& out);
  /// An operator's way out of a lost quorum: decides, alone, a view without all members that can't be heard now.
  void force_view(instant now, membership_effects& out);

  [[nodiscard]] const view_ptr& installed() const;  ///< null until there is one
  [[nodiscard]] member_no self_number() const;      ///< nobody until joined
  /// The lease as of the last step: until == instant{} when there is none. Never shrinks within a view but to zero (consent).
  [[nodiscard]] lease held_lease() const;
  [[nodiscard]] member_set suspects() const;

 private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace troupe::protocol
