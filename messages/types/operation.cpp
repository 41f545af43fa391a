#include <troupe/messages/types/operation.hpp>

namespace troupe {

std::string_view to_string(outcome o) {
  switch (o) {
    case outcome::ok: return "ok";
    case outcome::not_applied: return "not applied";
    case outcome::indeterminate: return "indeterminate";
    case outcome::retry: return "retry";
  }
  return "unknown outcome";
}

std::string_view to_string(failure f) {
  switch (f) {
    case failure::none: return "no failure";
    case failure::not_primary: return "the member asked is not the primary of this row";
    case failure::partition_lost: return "the partition lost its last copy (see 'troupe lost' and 'troupe reset-lost')";
    case failure::unknown_map: return "the map was destroyed";
    case failure::key_too_large: return "the key is larger than the cluster allows";
    case failure::value_too_large: return "the value is larger than the cluster allows";
    case failure::too_many_maps: return "the cluster has as many maps as it allows";
    case failure::bad_name: return "a map's name has 1 to 255 bytes";
    case failure::overloaded: return "a queue is full: try again later";
    case failure::deadline: return "the deadline passed";
    case failure::connection_lost: return "the connection to the primary was lost with the operation in flight";
    case failure::no_cluster: return "no member of the cluster could be reached";
    case failure::closed: return "the member or client has been stopped";
    case failure::bad_cursor: return "the cursor does not come from a page of this map";
    case failure::wrong_partition: return "the key does not belong to the partition that was asked";
    case failure::under_replicated: return "fewer copies of the partition are in sync than min-in-sync, or the write itself, asks for: try again when they are restored";
    case failure::out_of_memory:
      return "a member that holds the entry has reached its memory limit: remove something, raise memory-limit, or add members";
    case failure::bad_lifetime: return "a lifetime can't be negative, nor longer than 2^62 milliseconds";
    case failure::unknown_processor: return "the member that leads the partition has no processor or predicate of this name";
    case failure::processor_failed: return "the processor failed";
    case failure::result_too_large: return "the processor's result is larger than the cluster allows values to be";
    case failure::locked: return "somebody else holds the key's lock";
    case failure::not_owner: return "the owner that was named does not hold the key's lock (any more), or is none: see new_owner()";
    case failure::cancelled: return "the call was cancelled";
    case failure::session_unknown: return "the partition no longer knows whether an earlier attempt of this write was done";
  }
  return "unknown failure";
}

}  // namespace troupe
