/// \file
/// Two views of one cluster that are not of one line: which branch of the cluster goes on, and since when they differ.
#pragma once

#include <optional>

#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// Where another view has left the line of ours (ADR 6), and which of the two branches goes on, whoever is in it by now: the one that an
/// operator forced past the other; else that of the older of the two voters that went on alone.
struct parting {
  view_number after;  ///< the last view that both have
  bool ours_goes_on = true;
  bool by_force = false;  ///< the branch that goes on was forced, and the other was not
  friend bool operator==(const parting&, const parting&) = default;
};

/// Nothing when one of the two may be a predecessor of the other, as far as lone decisions tell. Both sides judge alike:
/// parting_of(a, b) and parting_of(b, a) name the same view and the same branch.
[[nodiscard]] std::optional<parting> parting_of(const view& ours, const view& theirs);

}  // namespace troupe::protocol
