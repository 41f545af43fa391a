/// \file
/// Processes that ask to join, as a voter sees them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <troupe/actors/protocol/membership/ancestry.hpp>
#include <troupe/actors/protocol/membership/election.hpp>

namespace troupe::protocol {

/// An applicant is admitted once it is known to be reachable both ways: its request came in, and a probe of its address found it.
/// Bounded to `applicants_max` at a time; one that stops asking is forgotten.
class applicants {
 public:
  static constexpr std::size_t applicants_max = 1000;

  /// `as_of` is the newest view that the applicant had seen when it asked.
  void ask(const member& who, view_number as_of, const timing&, step);
  /// A probe of `where` found `peer`. True: a new one may be admitted.
  bool reached(const incarnation& peer, const address& where);
  void unreachable(const address& where, step);
  void disconnected(const incarnation& peer) { waiting_.erase(peer); }
  /// Drops members, and whoever may have been one since it asked (invariant 13): if it was not, it asks again.
  void installed(const view&, const ancestry&);
  /// Drops whoever has not asked for some time; probes again.
  void tick(const timing&, step);

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
