/// \file
/// What a processor's run comes to: the record that carries what it made of the entry, and the reply with what it returned.
#pragma once

#include <troupe/actors/protocol/row/entry_processors.hpp>
#include <troupe/actors/protocol/row/evaluation.hpp>

namespace troupe::protocol {

/// What a run depends on besides the entry.
struct processing_rules {
  const entry_processors* known = nullptr;  ///< null: none
  size_limits sizes;
  lifetime_defaults life;  ///< of the map
  row_time now;
  bool keeps_statistics = false;  ///< of each entry of the map
};

/// For a reply: at most failure_detail_bytes_max of the text, cut between two characters.
[[nodiscard]] blob detail_of(std::string_view text);

/// Runs the processor that `what` names on the newest state. It changes nothing. Requires: runs_processor(what.kind).
[[nodiscard]] evaluation process(const operation& what, const newest_state& state, const processing_rules& rules);

}  // namespace troupe::protocol
