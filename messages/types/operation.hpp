/// \file
/// Operations on one row each, and their replies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/boxed.hpp>
#include <troupe/messages/types/entry_facts.hpp>
#include <troupe/messages/types/holders.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/lock.hpp>
#include <troupe/messages/types/operation_kind.hpp>
#include <troupe/messages/types/row_event.hpp>
#include <troupe/messages/types/session.hpp>

namespace troupe {

/// One operation on one row. Ordered so that what most have stands at its beginning.
struct operation {
  request_number request;
  view_number routed_by;  ///< the sender's view: a replica that lags waits for it
  row_id row;
  map_id map;
  operation_kind kind = operation_kind::get;
  bool from_start = false;    ///< scan: ignore `key`. Listen: to what happens from now on, wherever `since` is
  bool asked_before = false;  ///< writes only: what became of an attempt before this one is not known
  std::uint8_t copies_min{};  ///< writes only: ok if at least so many members hold it, the primary included; 0: as the row's rules say
  blob key;
  blob value;
  blob expected;        ///< unlock: see hold_text()
  blob processor{};     ///< execute: its name; `value` is its argument. Listen: the predicate's, likewise; empty: to all events
  write_stamp stamp{};  ///< writes only; keep_locks: its client
  /// Writes: the client knew that the row had committed so far, before it first sent this write. Gets from a copy: their reader has seen this
  /// state. Listen: to what is behind.
  seq_number since{};
  lifetime_choice life{};                 ///< writes only: of what is written; lock: its `ttl` is the lease
  owner_number owner{};                   ///< writes only: on behalf of whom, of the client's; 0: nobody
  std::uint32_t wait_ms{};                ///< writes only: how long it may wait for the lock of its key
  epoch_number epoch{};                   ///< listen: of the record at `since`
  std::uint32_t page_bytes = 256 * 1024;  ///< scan, listen: about how much a page may hold; at least one entry or event
  bool keys_only{};                       ///< scan: the page has no values. Listen: the events have none
  bool by_key{};                          ///< listen: to `key` alone
  bool old_values{};                      ///< listen: the events have the values that were there

  friend bool operator==(const operation&, const operation&) = default;
};

enum class outcome : std::uint8_t {
  ok,             ///< done; on every in-sync replica when it wrote
  not_applied,    ///< definitely not done; `why` says why
  indeterminate,  ///< it may or may not have been done, or still be done
  retry,          ///< definitely not done here; ask again by a newer view (routers only, never an application)
};

enum class failure : std::uint8_t {
  none,
  not_primary,      ///< with retry
  partition_lost,   ///< the row lost its last copy; an operator may reset it
  unknown_map,      ///< it was destroyed
  key_too_large,
  value_too_large,
  too_many_maps,
  bad_name,         ///< of a map
  overloaded,       ///< a bounded queue is full
  deadline,         ///< it passed; with indeterminate, or with not_applied when nothing had been sent
  connection_lost,  ///< with indeterminate: the primary went away with the operation in flight
  no_cluster,       ///< no member of a view could be reached
  closed,           ///< the member or client has been stopped
  bad_cursor,       ///< a scan shall go on from something that no page has said; found by the router, never travels
  wrong_partition,  ///< there is no such partition, or the key belongs to another one
  under_replicated,  ///< fewer copies are in sync than `min-in-sync`, or the write itself, asks for; with indeterminate: it was written, but so many don't hold it
  session_unknown,  ///< the row has forgotten too much to tell whether this write was done before; with retry: it wasn't even sent before
  bad_lifetime,     ///< negative, or beyond all bounds; by a processor, or found by the router
  unknown_processor,  ///< the primary's member has registered none of this name, nor a predicate
  processor_failed,   ///< it threw
  result_too_large,   ///< what it returned is larger than values may be
  out_of_memory,    ///< a member with a copy has passed its memory limit: nothing is written that grows
  locked,           ///< somebody else held the key's lock for as long as the operation could wait
  not_owner,        ///< an unlock by somebody who does not hold the lock
  cancelled,        ///< whoever called has taken it back; found by the router, never travels. With not_applied when nothing had been sent
};

/// Of the text that a failed processor leaves, which replicas keep as they keep results.
inline constexpr std::size_t failure_detail_bytes_max = 512;

[[nodiscard]] TROUPE_API std::string_view to_string(outcome);
[[nodiscard]] TROUPE_API std::string_view to_string(failure);  ///< a sentence for people

struct map_entry {
  blob key;
  blob value;
  friend bool operator==(const map_entry&, const map_entry&) = default;
};

/// Of `page`, `events`, `detail` and `facts` it has one at most.
struct reply {
  request_number request;
  outcome result = outcome::ok;
  failure why = failure::none;
  bool found = false;     ///< a value was there (get, contains, put, replace, remove, put_if_absent, execute); or the comparison held; or the lock was granted, or held
  bool more = false;      ///< scan: there are entries after the last of `page`
  std::uint8_t copies{};  ///< of a write: how many members have it, the primary included,
  holders held_by{};      ///< and which
  blob value;             ///< the value asked for, or the old one; when found. Of execute: what the processor returned. Of lock: see fence_of()
  std::uint64_t number = 0;  ///< count, clear: entries; unlock: holds that are left; keep_locks: locks
  epoch_number epoch;        ///< of a write: which record. With not_applied: the record by which no attempt of this write has an effect
  seq_number seq;
  seq_number committed{};           ///< its row had committed so far, as far as the replica knew. Goes into `operation::since` of later writes, and gets from copies
  std::vector<map_entry> page{};    ///< scan
  std::vector<row_event> events{};  ///< listen, in order; a gap comes first. `epoch` and `seq` are the position behind them
  blob detail{};                    ///< for people: more about `why`; at most failure_detail_bytes_max
  boxed<entry_facts> facts{};       ///< get_entry_view, when found

  friend bool operator==(const reply&, const reply&) = default;
};

}  // namespace troupe
