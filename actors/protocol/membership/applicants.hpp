/// \file
/// Processes that ask to join, as a voter sees them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <troupe/actors/protocol/membership/election.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

/// An applicant is admitted once it is known to be reachable both ways: its request came in, and a probe of its address found it.
/// Bounded to `applicants_max` at a time; one that stops asking is forgotten.
class applicants {
 public:
  static constexpr std::size_t applicants_max = 1000;

  /// `as_of` is of the newest view that the applicant had seen when it first asked.
  void ask(const member& who, view_number as_of, const timing&, step);
  /// A probe of `where` found `peer`. True: a new one may be admitted.
  bool reached(const incarnation& peer, const address& where);
  void unreachable(const address& where, step);
  void disconnected(const incarnation& peer) { waiting_.erase(peer); }
  /// Drops members, and whoever may have been one since it first asked.
  void installed(const view&);
  /// Drops whoever has not asked for some time; probes again.
  void tick(const timing&, step);

  /// Has this process been a member, or may it have been: was it let in after it first asked, and has gone again? (Invariant 13. It need
  /// not know: the view that let it in may never have reached it.)
  [[nodiscard]] static bool may_have_been_member(const view& v, const incarnation& id, view_number as_of) {
    return (v.has_lost(id) || as_of < v.departed_since) && !TROUPE_MUTATED(departed_come_back);
  }

  /// In the order of their incarnations, without numbers.
  [[nodiscard]] std::vector<member> ready() const;

 private:
  struct application {
    member who;
    view_number as_of;
    instant asked_at;
    instant probe_again_at;
    bool is_reachable = false;
    int failures = 0;
  };
  std::map<incarnation, application> waiting_;
};

}  // namespace troupe::protocol
