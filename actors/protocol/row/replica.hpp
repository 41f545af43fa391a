/// \file
/// One member's replica of one row, in whatever role (DESIGN sections 4.2 to 4.5), as a pure state machine.
///
/// It owns the row's store, log and followers. It knows no clock, no socket, no thread, no randomness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <troupe/actors/protocol/row/activity.hpp>
#include <troupe/actors/protocol/lease.hpp>
#include <troupe/messages/types/membership.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/replication.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe::protocol {

class entry_processors;

/// Bounds of one replica. Bytes count keys and values.
struct replica_limits {
  std::size_t ring_bytes_max = 64 * 1024;           ///< committed records kept for repair
  std::size_t ring_records_max = 32;                ///< the same, counted: small ones that are kept in vain cost cache at every write
  std::size_t pending_bytes_max = 8 * 1024 * 1024;  ///< uncommitted records, and those that a learner lacks; beyond it writes are `overloaded`
  std::size_t waiting_operations_max = 10'000;      ///< held back during activation, hand-over, behind pending writes, or by locks; then `overloaded`
  std::size_t message_bytes_max = 1024 * 1024;      ///< about how much one records message carries
  std::size_t chunk_bytes = 64 * 1024;              ///< of a snapshot
  std::uint32_t chunks_in_flight_max = 8;           ///< credit of a snapshot
  std::size_t async_bytes_max = 1024 * 1024;        ///< sent to one async backup and not acknowledged; then it is cut off until it has caught up
  std::size_t checked_bytes = 64 * 1024;            ///< of values, about as many as one check() reads
  std::size_t session_bytes_max = 512 * 1024;       ///< what is remembered of the clients' writes; the same at all members
  std::size_t lock_bytes_max = 512 * 1024;          ///< of the locks of a row; beyond it a lock is `overloaded`
  duration lock_patience = seconds{10};             ///< a client with locks of no lease is not heard of for so long: they are freed
  duration learner_patience = seconds{1};           ///< how long writes do not outrun a learner that makes no headway
  duration wrong_copy_pause = seconds{1};            ///< before a copy whose fresh snapshot proved wrong gets another one; doubled each time,
  duration wrong_copy_pause_max = seconds{60};       ///< up to this
  duration resend_after = milliseconds{200};        ///< silence after which unacknowledged messages are sent again
  std::size_t listeners_max = 1024;                 ///< requests of listeners that wait at a row; beyond it: `overloaded`
  std::size_t listened_bytes_max = 1024 * 1024;     ///< of committed records, kept for a listener that was just told something, until it asks on
  duration listen_patience = seconds{5};            ///< then a listener is told that there is nothing to tell
  duration listener_patience = seconds{1};          ///< after a page: as long the log is kept for what follows
  duration commit_mark_after = milliseconds{50};    ///< then an idle row's backups are told the commit mark
  duration wish_again_after = milliseconds{100};    ///< then wishes that no view has granted are repeated
  size_limits sizes;
};

/// The bounds of a member with these settings.
[[nodiscard]] replica_limits limits_of(const cluster_settings& settings);

/// Whom an answer goes to: a token of the shell, opaque here.
using origin_id = strong_number<struct origin_tag, std::uint64_t>;

enum class replica_role : std::uint8_t { none, primary, backup, learner, async_backup };

struct replica_event {
  std::string text;  ///< `event key=value …`: transitions, for the log
};

/// A map's part of a row, on its way into a row of another group.
struct moved_entries;

/// What two rows of one member and one partition, of different groups, tell each other as a map moves from one to the other (ADR 16). It never
/// leaves the process.
struct neighbour_message {
  struct ask {  ///< give me what you have of the map that moves to me
    row_id by;
    epoch_number epoch;  ///< in which it forms
    friend bool operator==(const ask&, const ask&) = default;
  };
  struct entries {
    epoch_number epoch;  ///< of the ask
    map_id map;
    std::shared_ptr<moved_entries> what;
  };
  row_id to;
  std::variant<ask, entries> what;
};

struct replica_effects {
  struct send {
    member_no to;
    any_replication_message what;
  };
  struct answer {
    origin_id to;
    reply what;
    /// A read: valid only if the lease of this view still holds on a clock read after the step. Else the shell answers `retry`.
    std::optional<view_name> needs_lease;
  };
  std::vector<send> sends;
  std::vector<answer> answers;
  std::vector<membership_message::wish> wishes;
  std::vector<replica_event> events;
  std::vector<neighbour_message> neighbours;  ///< for rows of this member: hear()

  void clear() {
    neighbours.clear();
    sends.clear();
    answers.clear();
    wishes.clear();
    events.clear();
  }
};

struct replica_map_stats {
  map_id map;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t locked_entries = 0;  ///< as primary
  map_activity activity{};
};

/// What a copy holds that was written in one branch of its cluster alone, and goes with it. Each key appears with its latest put; removed ones
/// with each removal that is still known.
struct discarded_writes {
  enum class change : std::uint8_t { put, erased, cleared };
  struct write {
    map_id map;
    blob key;  ///< empty: the whole map, of this row
    seq_number at;
    change what;
    friend bool operator==(const write&, const write&) = default;
  };
  seq_number after, up_to;    ///< the positions in (after, up_to] were written in the branch
  seq_number removals_after;  ///< removals up to here were too many to be remembered, or happened before this copy began; at least `after`
  std::vector<write> writes{};  ///< in order of position
};

/// Usage: any number of install/receive/operate, then one flush(), which sends what they gathered as one message per follower.
class replica {
 public:
  /// `processors` are those of this member, and don't change; null: none.
  replica(row_id id, member_no self, const replica_limits& limits, std::shared_ptr<const entry_processors> processors = {});
  ~replica();
  replica(replica&&) noexcept;
  replica& operator=(replica&&) noexcept;

  /// A newer view than all before. Also when the row has not changed: leases and operations name views.
  void install(const view_ptr& v, const moment& at, replica_effects& out);
  void receive(member_no from, any_replication_message what, const moment& at, replica_effects& out);
  /// From another row of this member. `what.to` is this row.
  void hear(neighbour_message what, const moment& at, replica_effects& out);
  /// Answers at once, or later, exactly once, unless the whole member stops.
  void operate(origin_id from, operation what, const moment& at, replica_effects& out);
  /// Nobody waits for this origin's answers any more.
  void forget(origin_id from);
  void flush(const moment& at, replica_effects& out);
  /// Resends, commit marks, wishes again, reads that waited for the lease. Call it about every 20 ms while wants_tick().
  void tick(const moment& at, replica_effects& out);
  [[nodiscard]] bool wants_tick() const;
  /// When a tick is needed although wants_tick() is false: the life of an entry may end then, a lock, or somebody's patience (in the past: it is due).
  /// Nothing: never. An unchanged end has an unchanged instant.
  [[nodiscard]] std::optional<instant> next_tick() const;
  /// Background work, for one row after the other, whether it is busy or not: looks for damage in some of the values here, and lets idle
  /// copies elsewhere compare themselves with this one, if it is the primary's.
  void check(const moment& at, replica_effects& out);

  /// A get served by this copy whatever its role, as of its last known commit, which the reply names; nothing when this replica holds no usable
  /// copy, or has not committed as much as `get.since`.
  [[nodiscard]] std::optional<reply> read_backup(const operation& get);

  /// What was written here behind view `after` in a branch of the cluster that is given up; nothing when no usable copy is here.
  [[nodiscard]] std::optional<discarded_writes> discarded(view_number after) const;

  [[nodiscard]] replica_role role() const;
  [[nodiscard]] bool serves() const;        ///< primary, active, re-committed, not paused
  [[nodiscard]] bool serves_reads() const;  ///< the same, but maybe paused: under a lease it answers reads
  [[nodiscard]] epoch_number sealed_epoch() const;
  [[nodiscard]] seq_number committed() const;
  [[nodiscard]] seq_number log_length() const;
  [[nodiscard]] seq_number history_begins() const;  ///< 0, or the position of a record that there never was: see row_copy::make_do()
  [[nodiscard]] std::vector<replica_map_stats> map_stats() const;
  /// What this copy takes of its member's memory limit, as of now. Costs nothing.
  [[nodiscard]] std::size_t memory_bytes() const;
  [[nodiscard]] const upkeep_stats& upkeep() const;
  [[nodiscard]] std::uint64_t uncommitted_records() const;
  [[nodiscard]] std::uint64_t async_lag_records() const;
  [[nodiscard]] std::uint64_t async_behind() const;  ///< async backups that lack something committed (primary only)

  /// For checkers: the committed store, ordered by map and key; and a checksum of it, of the sessions and of the locks.
  [[nodiscard]] std::vector<snapshot_entry> committed_entries() const;
  [[nodiscard]] std::uint64_t checksum() const;
  [[nodiscard]] std::size_t session_bytes() const;
  /// For checkers: what a primary keeps to know when to look after which entry; entries that it let die.
  [[nodiscard]] std::size_t expiry_places() const;
  /// For checkers: the committed locks, ordered by map and key; operations that wait for locks here.
  [[nodiscard]] std::vector<lock_image> committed_locks() const;
  [[nodiscard]] std::size_t waiting_for_locks() const;
  /// For checkers: requests of listeners that wait here, and pages whose reader is expected back.
  [[nodiscard]] std::size_t listening() const;
  [[nodiscard]] std::uint64_t unasked_removals() const;
  /// For checkers: the same from what is here, byte by byte; 0 when the copy is not whole.
  [[nodiscard]] std::uint64_t recomputed_checksum() const;
  /// For checkers: how many values here are not what was written.
  [[nodiscard]] std::size_t damaged_values() const;
  /// For checkers: the records this replica still has, oldest first (ring and uncommitted tail).
  [[nodiscard]] std::vector<record> log_tail() const;

 private:
  friend class replica_surgery;  // Tests: damages a copy as failing memory would.

  class state;
  std::unique_ptr<state> state_;
};

}  // namespace troupe::protocol
