/// \file
/// Sessions: the numbered writes of one client to one row. A row remembers what became of those that their client may still ask for, so
/// that a write takes effect once however often it is sent (invariant 11).
#pragma once

#include <cstdint>
#include <vector>

#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/operation_kind.hpp>

namespace troupe {

enum class failure : std::uint8_t;  // operation.hpp

/// Which write this is. The same in all attempts, but for `open_from`.
struct write_stamp {
  client_id client;
  write_number number;     ///< 0: of no session; it is done as often as it is sent
  write_number open_from;  ///< the client has done with all its writes to this row below this one
  friend bool operator==(const write_stamp&, const write_stamp&) = default;
};

/// Whose write a record carries out, and what that client is told. With the state before the record it makes up the whole answer.
struct record_cause {
  write_stamp stamp;  ///< number 0: of no session, or the row's own record
  operation_kind kind = operation_kind::set;
  bool found = false;      ///< as in `reply`
  std::uint64_t told = 0;  ///< of a clear: entries that were there; of an unlock: holds that are left; else bytes of the value told, where it is that of an entry
  blob result{};           ///< of a processor: what it returned, or what is told of its failure. Follows from no state, and so travels. Of a lock: its fence
  failure why{};           ///< of a processor or an unlock that failed: the write is over, without effect
  friend bool operator==(const record_cause&, const record_cause&) = default;
};

/// What became of one write.
struct write_result {
  write_number number;
  epoch_number epoch;  ///< of its record
  seq_number seq;
  bool found = false;       ///< as in `reply`
  bool is_whole = true;     ///< false: the value is missing, because the copy was promoted before all of it had arrived
  std::uint64_t count = 0;  ///< of a clear: entries that were there; of an unlock: holds that are left
  std::uint64_t bytes = 0;  ///< that it counts, whether the value is here or not
  blob value;               ///< told to the client; shared with the entry that had it, or the processor's result, or the lock's fence
  failure why{};            ///< of a processor or an unlock that failed; then `value` is a text
  friend bool operator==(const write_result&, const write_result&) = default;
};

/// One client's session, as a snapshot carries it.
struct session_image {
  client_id client;
  write_number open_from;     ///< the client waits for nothing below
  write_number highest;       ///< of all its writes
  seq_number complete_since;  ///< of its writes behind this position, those from open_from on are all in `results`
  seq_number last;            ///< position of its latest write
  std::vector<write_result> results;  ///< in order of position
  friend bool operator==(const session_image&, const session_image&) = default;
};

/// All sessions of a row.
struct sessions_image {
  seq_number forgotten_through;     ///< of clients that are not in the list nothing behind this position was done
  std::vector<session_image> list;  ///< whose latest write is oldest comes first
  friend bool operator==(const sessions_image&, const sessions_image&) = default;
};

}  // namespace troupe
