/// \file
/// Checks what copies answer (section 4.7 of the design): nobody reads from one an earlier state of a row than it has seen.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include <troupe/messages/types/operation.hpp>

#include "tests/sim/participant.hpp"

namespace troupe::sim {

/// It knows what each process was told, from outside. Positions of rows that lost their data are no measure any more.
class copy_read_checker {
 public:
  /// A process asks a primary, by a view in which the row has this epoch.
  void asks(endpoint who, request_number request, const row_id& row, epoch_number epoch) { asked_[{who, request}] = {row, epoch}; }
  /// It is answered that the row has committed so far.
  void is_told(endpoint who, request_number request, seq_number committed);
  /// A copy of its own, whose row has this epoch, answers as of this position.
  void reads_copy(endpoint who, const row_id& row, epoch_number epoch, seq_number position);
  /// The row's data is gone, or may be.
  void emptied(const row_id& row, epoch_number since);

  [[nodiscard]] std::uint64_t reads() const { return reads_; }

 private:
  void see(endpoint who, const row_id& row, epoch_number epoch, seq_number position);

  struct question {
    row_id row;
    epoch_number epoch;
  };
  std::map<std::pair<endpoint, request_number>, question> asked_;
  std::map<std::pair<row_id, endpoint>, seq_number> seen_;
  std::map<row_id, epoch_number> empty_since_;
  std::uint64_t reads_ = 0;
};

}  // namespace troupe::sim
