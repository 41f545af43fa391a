/// \file
/// Log records in both directions: `list` of consecutive records, of which only the first position travels. Internal to the codec:
/// includes Cap'n Proto.
#pragma once

#include <cstddef>
#include <vector>

#include <schema/replication.capnp.h>

#include <troupe/messages/codec/internal/building.hpp>
#include <troupe/messages/codec/internal/reading.hpp>
#include <troupe/messages/types/replication.hpp>

namespace troupe::codec {

/// Words that the list takes outside of the struct that points to it.
[[nodiscard]] std::size_t words_of_records(const std::vector<record>&);

/// Requires: the positions are first, first + 1, …
void write_records(capnp::List<schema::Record>::Builder, seq_number first, const std::vector<record>&);
/// The first position becomes `first`. Refuses position 0, and positions beyond the last number.
[[nodiscard]] std::vector<record> read_records(capnp::List<schema::Record>::Reader, seq_number first, allowance&);

}  // namespace troupe::codec
