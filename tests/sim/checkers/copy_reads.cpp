#include "tests/sim/checkers/copy_reads.hpp"

#include <algorithm>
#include <string>

#include "tests/sim/world.hpp"

namespace troupe::sim {

void copy_read_checker::is_told(endpoint who, request_number request, seq_number committed) {
  const auto known = asked_.extract({who, request});
  if (!known.empty()) see(who, known.mapped().row, known.mapped().epoch, committed);
}

void copy_read_checker::see(endpoint who, const row_id& row, epoch_number epoch, seq_number position) {
  if (const auto lost = empty_since_.find(row); lost != empty_since_.end() && epoch < lost->second) return;
  auto& seen = seen_[{row, who}];
  seen = std::max(seen, position);
}

void copy_read_checker::reads_copy(endpoint who, const row_id& row, epoch_number epoch, seq_number position) {
  ++reads_;
  if (const auto lost = empty_since_.find(row); lost != empty_since_.end() && epoch < lost->second) return;
  if (const auto seen = seen_.find({row, who}); seen != seen_.end() && position < seen->second) {
    throw violation{"section 4.7: a copy answers with an earlier state than its reader has seen: row=" + to_string(row) +
                    " position=" + std::to_string(position.value()) + " seen=" + std::to_string(seen->second.value())};
  }
  see(who, row, epoch, position);
}

void copy_read_checker::emptied(const row_id& row, epoch_number since) {
  auto& lost = empty_since_[row];
  lost = std::max(lost, since);
  const auto first = seen_.lower_bound({row, endpoint{}});
  const auto last = std::find_if(first, seen_.end(), [&](const auto& s) { return s.first.first != row; });
  seen_.erase(first, last);
}

}  // namespace troupe::sim
