/// \file
/// The router: sends each operation to the primary of its row by the newest view, asks again where that is safe, keeps deadlines, and
/// says what became of it. A pure state machine; one a member, one a client.
///
/// It owns the operations in flight. It knows no clock, no socket, no thread, no randomness.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe::protocol {

struct router_limits {
  std::size_t in_flight_max = 100'000;  ///< calls not answered yet, without those that listen; beyond it: `overloaded`
  std::size_t listens_max = 4096;       ///< those that listen, each to one row: likewise
  /// Bytes of operations, and about those of their answers, that may be under way to one member; more wait here, in order. Half of what a
  /// link holds for a peer (stream_limits), so that no burst is taken for a peer that doesn't read.
  std::size_t window_bytes_max = 32 * 1024 * 1024;
  std::uint32_t walk_page_bytes = 16 * 1024;  ///< execute_entries: of keys, about as many are asked of a row at a time, and run on
  duration keep_locks_after = milliseconds{2500};  ///< so often at least the rows with locks of this client are told that it lives; a quarter of their patience, if that is less
  duration retry_after = milliseconds{20};  ///< after a `retry` without a newer view
  /// Silence after which a read is sent again: no answer to it, and none to anything else by the member asked, as long as that is the
  /// primary (one that answers is busy, and asking again makes it busier). And the time that a former primary has to answer for a write
  /// that it was given before the newest view, after which that is sent to the new one. (On a living connection to a present primary a
  /// write is never sent twice: it would only make that busier.)
  duration reroute_after = milliseconds{500};
};

/// The caller's token for a call, opaque here.
using call_id = strong_number<struct call_tag, std::uint64_t>;

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

struct router_effects {
  struct send {
    member_no to;
    operation what;
    cluster_id cluster;  ///< whose member that is: in another cluster the number, the row and the map mean something else
  };
  struct finish {
    call_id call;
    map_result what;
  };
  std::vector<send> sends;  ///< the shell batches them by member
  /// Gets of maps with read-backup-data, for the copy of their row in this process: copy_answered() follows, with `retry` where there is none
  /// that can answer. What it answers had committed, and is not older than what this router has seen of the row: `since` is that position.
  std::vector<operation> copy_reads;
  std::vector<finish> finished;
  std::vector<std::string> wanted_maps;  ///< create these: no map of this name in the view; repeated until there is

  void clear() {
    sends.clear();
    copy_reads.clear();
    finished.clear();
    wanted_maps.clear();
  }
};

class router {
 public:
  /// `self` must be nobody else's, ever: it names the sessions in which writes are sent.
  router(const client_id& self, const router_limits&);
  ~router();
  router(router&&) noexcept;
  router& operator=(router&&) noexcept;

  /// Older views than the present one are ignored. One of another cluster begins anew with that, whatever its number: what is in flight to
  /// the old one is asked of the new where idempotent, else indeterminate; calls that walk the rows fail. Whoever installs it has seen to
  /// it that no answer of the old cluster comes any more.
  void install(view_ptr v, instant now, router_effects& out);
  /// Asks for `what` on the map of this name, which is created when it does not exist. Finishes exactly once, maybe at once.
  /// Keys and values over the cluster's limits, bad names and bad cursors are refused before anything is sent. A key that put_all names
  /// twice gets its last value. Requires: no call of this id is in flight.
  void call(call_id id, std::string_view map, map_call what, instant deadline, instant now, router_effects& out);
  /// Whoever asked takes these calls back: each finishes now, as at its deadline, but as `cancelled`. One that has finished is passed over.
  void cancel(const std::unordered_set<call_id>& which, instant now, router_effects& out);
  void receive(member_no from, const reply& what, instant now, router_effects& out);
  /// What became of one of router_effects::copy_reads.
  void copy_answered(const reply& what, instant now, router_effects& out);
  /// The connection to this member broke: what it had in flight is asked again. Of `never_left` it is certain that it has not arrived.
  void disconnected(member_no peer, instant now, router_effects& out, const std::vector<request_number>& never_left = {});
  /// This send never left (no connection could be made): it is asked again.
  void not_sent(member_no peer, request_number request, instant now, router_effects& out);
  /// Creation of a map was refused, for good: whoever waits for it fails.
  void map_refused(std::string_view map, failure why, instant now, router_effects& out);
  void tick(instant now, router_effects& out);
  /// Finishes everything in flight: `closed`.
  void close(router_effects& out);

  [[nodiscard]] const view_ptr& installed() const;
  /// In the view that is installed; null: not there.
  [[nodiscard]] const map_info* find_map(const std::string& name) const;
  /// Calls, without those that listen.
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] std::size_t listens() const;
  /// It has something to do of its own: locks that it keeps, or does not want any more. Then it needs its tick though nothing is in flight.
  [[nodiscard]] bool minds_locks() const;

 private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace troupe::protocol
