/// \file
/// The locks of a row in a snapshot. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <cstddef>
#include <vector>

#include <schema/replication.capnp.h>

#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/types/lock.hpp>

namespace troupe::codec {

/// Words that the list takes outside of the struct that points to it.
[[nodiscard]] std::size_t words_of_locks(const std::vector<lock_image>&);
void write_locks(schema::SnapshotChunk::Builder, const std::vector<lock_image>&);
/// Refuses locks that nobody holds, and two of one key.
[[nodiscard]] std::vector<lock_image> read_locks(schema::SnapshotChunk::Reader, allowance&);

}  // namespace troupe::codec
