/// \file
/// What an application asks of one map, and what became of it: in bytes. (Of C++ types: actors/map_call.hpp.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/boxed.hpp>
#include <troupe/messages/types/entry_facts.hpp>
#include <troupe/messages/types/holders.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/lock.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/operation_kind.hpp>
#include <troupe/messages/types/row_event.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe::protocol {

/// What is asked for by a call that listens to one row of a map, and from where on: see subscription.hpp.
struct row_listening {
  map_id map;                        ///< ends as `unknown_map` where the map of this name is another one, or gone; 0: whichever there is, or will be
  partition_id partition;            ///< without a key
  bool by_key = false;               ///< events of `map_call::key` alone
  std::optional<log_position> told;  ///< what is behind it; nothing: what happens from now on
  bool values = true;                ///< the events have them,
  bool old_values = false;           ///< and those that were there before
  cluster_id cluster{};              ///< of `map` and `told`: ends as `connection_lost` in another one; nil: in whichever
};

/// Of a scan.
inline constexpr std::uint32_t page_bytes_max = 1024 * 1024;

/// What an application asks of one map. Bytes in and out.
struct map_call {
  enum class kind : std::uint8_t {
    single,   ///< one operation on one key
    get_all,  ///< `keys`
    put_all,  ///< `entries`
    size,
    clear,
    scan,  ///< a page of entries, partition by partition
    execute_keys,     ///< `processor` on each of `keys`; in any order, a key that is named twice once
    execute_entries,  ///< `processor` on each entry: one that is there all the time once, one that comes or goes meanwhile once or not at all
    listen,  ///< `listening`, to one row, until there is something to tell; with a predicate: `processor`, and its argument in `value`
  };
  kind what = kind::single;
  operation_kind operation = operation_kind::get;  ///< single
  blob key, value, expected;                       ///< single; execute_keys, execute_entries: `value` is the argument
  lifetime_choice life{};                          ///< single, put_all: of what is written
  std::vector<blob> keys;                          ///< get_all, execute_keys
  std::vector<map_entry> entries;                  ///< put_all
  std::string cursor;                              ///< scan: empty at the start, else from the page before; printable
  std::uint32_t page_bytes = 256 * 1024;           ///< scan
  bool keys_only = false;                          ///< scan: of entries only the keys, which alone count then
  blob processor{};                                ///< single execute, execute_keys, execute_entries: its name
  row_listening listening{};                       ///< listen
  std::uint8_t copies_min = 0;                     ///< what is written is ok if at least so many members hold it; 0: as the map's durability says
  owner_number owner{};                            ///< on behalf of whom it writes, locks or unlocks; 0: nobody
  /// How long what is written, or the lock, may wait while somebody else holds the key's lock. Never beyond the deadline: a little less, so that the
  /// answer arrives.
  milliseconds wait = milliseconds::max();
  bool may_find_locked = false;  ///< single: that it has waited in vain is an answer, with nothing found or written, and no failure
};

/// What became of a call. Bulk calls are not atomic: the worst outcome of the parts (indeterminate, then not_applied, then ok), with what
/// the others achieved; the first failure of execute_entries ends it. A call that only reads is never indeterminate.
struct TROUPE_API map_result {
  outcome result = outcome::ok;
  failure why = failure::none;
  bool found = false;
  blob value;                      ///< of a lock that was granted: see fence_of()
  std::uint64_t number = 0;        ///< size, clear: entries; unlock: holds that are left; put_all: entries acknowledged; execute_keys, execute_entries: runs
  boxed<entry_facts> facts{};      ///< of a get_entry_view that found the entry
  std::vector<map_entry> entries;  ///< get_all (those found), scan; execute_keys, execute_entries: keys and what their processor returned
  std::string cursor;              ///< scan: empty when there is no more
  epoch_number epoch;              ///< of a single write, its receipt: its record,
  seq_number seq;
  std::uint8_t copies = 0;         ///< how many members have it, the primary included,
  holders held_by{};               ///< and which
  bool by_copy = false;            ///< a get that this process's own copy answered: see router_effects::copy_reads
  std::vector<row_event> events{};  ///< listen; `epoch` and `seq` are the position behind them,
  map_id map{};                     ///< of this map,
  partition_id partition{};         ///< in this row,
  std::uint32_t partition_count{};  ///< of so many,
  cluster_id cluster{};             ///< in this cluster
  blob detail{};                   ///< for people: more about `why`; maybe empty
};

}  // namespace troupe::protocol
