/// \file
/// What a member says of the writes that go when its branch of the cluster is given up (ADR 6).
#pragma once

#include <string>
#include <vector>

#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe {

/// So many keys are named in one line, and of one row in all; the rest is counted.
inline constexpr std::size_t keys_in_line = 20;
inline constexpr std::size_t keys_named_max = 1000;

/// `row=1+0/17 positions=13-31 put=people/alice erased=people/bob`: one line or more, by position. Names are percent-encoded where they are
/// not plain, and cut at 64 bytes. `unlisted` counts keys beyond the bound; `removals_from` says behind which position removals are known
/// where that is not all.
[[nodiscard]] std::vector<std::string> lines_of(const row_id& row, const protocol::discarded_writes& what, const view& maps);

}  // namespace troupe
