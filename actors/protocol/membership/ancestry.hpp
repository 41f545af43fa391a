/// \file
/// Which views and members came before, so far as this process remembers: what tells a stale message from another branch.
#pragma once

#include <deque>
#include <optional>

#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// Bounded memory of the installed views' names and of the members that they no longer have.
class ancestry {
 public:
  static constexpr std::size_t names_max = 64;
  static constexpr std::size_t departed_max = 256;

  struct departure {
    member who;
    view_number without;  ///< the first view known to lack it
  };

  void installed(const view& now_installed, const view* before);

  /// Where a name that a peer speaks of stands to the installed view.
  enum class standing {
    installed,
    closed,   ///< of an earlier number
    ahead,    ///< of a later one
    foreign,  ///< not of this branch: another digest of a known number, or spoken by a member that had been removed by then
  };
  [[nodiscard]] standing of(const view_name& name, const incarnation& speaker) const;
  [[nodiscard]] const departure* departed(const incarnation&) const;
  [[nodiscard]] const std::deque<departure>& departures() const { return departed_; }

 private:
  std::deque<view_name> names_;  // In order; never empty after the first install.
  std::deque<departure> departed_;
};

}  // namespace troupe::protocol
