/// \file
/// What an operation comes to: the record that it writes, if any, and the reply that it gets once it may.
#pragma once

#include <optional>

#include <troupe/actors/protocol/row/newest_state.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/settings.hpp>

namespace troupe::protocol {

struct evaluation {
  std::optional<record_body> write;  ///< nothing: a read, or a condition that does not hold
  reply answer;                      ///< complete but for epoch and seq of the record
  seq_number depends_on;             ///< pending position that the answer tells of; 0: none
};

/// What an operation needs to know of its row beside the entries.
struct evaluation_rules {
  row_time now;
  row_time reigns_since{};        ///< an entry was asked for then at the latest: what was before, its primary can't know
  lifetime given{};               ///< to what it writes
  bool keeps_statistics = false;  ///< of each entry of its map
};

/// The effect of `what` on the newest state. Pure: it changes nothing. Requires: it runs no processor (processing.hpp), and is not about locks
/// (locking.hpp).
[[nodiscard]] evaluation evaluate(const operation& what, const newest_state& state, const evaluation_rules& rules);

/// When the entry dies, if nobody asks for it after `now`. What is pending was asked for by its write, and is again when that commits; its life may have
/// begun long before, if a processor left it as it was.
[[nodiscard]] row_time end_of(const newest_state::finding& entry, row_time now, row_time reigns_since);

/// What all evaluations of `what` have in common: whose answer it is; and that a write without effect leaves a trace, where an attempt before it
/// may still come.
[[nodiscard]] evaluation completed(evaluation result, const operation& what);

/// Would `write` make a map longer: a new entry, or a longer value than there is?
[[nodiscard]] bool grows(const record_body& write, const newest_state& state);

/// For the record that `what` writes: whose it is, and what `answer` tells of it.
[[nodiscard]] record_cause cause_of(const operation& what, const reply& answer);

/// The size that the cluster's limits forbid; failure::none when all are within.
[[nodiscard]] failure oversize(const operation& what, const size_limits& limits);

}  // namespace troupe::protocol
