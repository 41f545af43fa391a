/// \file
/// The replication conversation (DESIGN sections 4.2 to 4.5), between the replicas of one row. One frame carries many of these.
/// The sender's member number is that of the frame.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/lock.hpp>
#include <troupe/messages/types/session.hpp>

namespace troupe {

/// What a record does to the map: results, never closures.
struct put_entry {
  map_id map;
  blob key;
  blob value;
  lifetime life{};
  entry_times times{};
  friend bool operator==(const put_entry&, const put_entry&) = default;
};
enum class removal : std::uint8_t {
  asked,    ///< by a client
  expired,  ///< its life was over
  evicted,  ///< it made room for others
};
struct erase_entry {
  map_id map;
  blob key;
  removal why{};
  friend bool operator==(const erase_entry&, const erase_entry&) = default;
};
/// Removes the entries of the map in this row.
struct clear_map {
  map_id map;
  std::vector<blob> spared{};  ///< but those of these keys, which are there, and locked
  bool ends_map{};             ///< the map was destroyed: its locks go as well
  friend bool operator==(const clear_map&, const clear_map&) = default;
};

/// Changes nothing: a write of a session that had no effect, but whose earlier attempts must find that out too.
struct no_change {
  map_id map;
  blob key;  ///< empty for a clear
  friend bool operator==(const no_change&, const no_change&) = default;
};

/// The client of the record's stamp takes the key's lock, by the write of that stamp; once more, if it has it.
struct take_lock {
  map_id map;
  blob key;
  owner_number owner;  ///< of that client's
  lifetime lease{};
  friend bool operator==(const take_lock&, const take_lock&) = default;
};
/// Ends holds of the key's lock.
struct free_lock {
  static constexpr std::uint32_t all = 0xffffffff;

  map_id map;
  blob key;
  std::uint32_t hold = all;  ///< which one, counted from the oldest; `all`: nobody holds the lock any more
  friend bool operator==(const free_lock&, const free_lock&) = default;
};

using record_body = std::variant<put_entry, erase_entry, clear_map, no_change, take_lock, free_lock>;

/// One entry of a row's log.
struct record {
  epoch_number epoch;  ///< of the primary that wrote it
  seq_number seq;
  record_body body;
  record_cause cause{};
  friend bool operator==(const record&, const record&) = default;
};

/// An entry of a snapshot, with the position that wrote it.
struct snapshot_entry {
  map_id map;
  seq_number version;
  blob key;
  blob value;
  lifetime life{};
  entry_times times{};
  friend bool operator==(const snapshot_entry&, const snapshot_entry&) = default;
};

/// Where in the log of a row a branch of its cluster begins: at a view that one of two voters decided alone (`lone_decision`).
struct branch_point {
  view_number after;  ///< the last view before the branch
  seq_number held;    ///< records behind this position are of the branch alone, as far as its member knows
  friend bool operator==(const branch_point&, const branch_point&) = default;
};

/// How a copy compares with its primary's, at equal (epoch, seq).
enum class agreement : std::uint8_t {
  unknown,    ///< not compared since the copy was begun
  equal,      ///< as of the latest comparison
  different,  ///< as of the latest comparison; or the copy has found damage in itself
};

namespace replication_message {

/// Primary → backup, learner, async backup: consecutive records, none when only the commit mark moves.
struct records {
  row_id row;
  epoch_number epoch;  ///< of the sending primary
  seq_number first;    ///< position of list[0]; when the list is empty, the next position to come
  seq_number commit;   ///< committed up to here
  std::vector<record> list;
  epoch_number before;  ///< epoch of the record at first − 1, 0 before all: whose log differs there refuses the list
  row_time time{};      ///< of the row, as this was sent
  std::optional<std::uint64_t> sum{};  ///< checksum of the sender's committed state at `commit`: who has committed just that compares
  confirmation_number confirm{};       ///< the sender's newest question whether it is still followed; whoever accepts the message, gap or not, says so
  friend bool operator==(const records&, const records&) = default;
};

/// Backup, learner, async backup → primary: cumulative.
struct ack {
  row_id row;
  epoch_number epoch;
  feed_number feed;
  seq_number held;      ///< has all up to here
  bool gap = false;     ///< something beyond `held` came: send again from there
  epoch_number last;    ///< epoch of the record at `held`, 0 for an empty log: equal (epoch, seq) means equal logs up to there
  seq_number commit;    ///< the commit mark that the replica knows
  agreement with_primary{};
  bool full = false;    ///< its member has passed its memory limit: what grows shall not be written
  confirmation_number confirmed{};  ///< the newest question of this epoch that has come: it was unsealed by a later one then
  friend bool operator==(const ack&, const ack&) = default;
};

/// New primary → each of (in_sync ∪ unsealed): refuse every smaller epoch from now on.
struct seal {
  row_id row;
  epoch_number epoch;
  config_number config;
  bool in_sync = false;  ///< false: the receiver throws its copy away; it comes back as a learner
  epoch_number empty_since;  ///< of the row: a copy whose last record is of a smaller epoch is thrown away, in sync or not
  friend bool operator==(const seal&, const seal&) = default;
};

struct sealed {
  row_id row;
  epoch_number epoch;
  bool in_sync = false;   ///< echoed
  seq_number length;      ///< of the log: 0 when the copy was thrown away
  epoch_number last;      ///< epoch of the last record, 0 for an empty log
  friend bool operator==(const sealed&, const sealed&) = default;
};

/// The receiver's epoch is over: `epoch` has been sealed here.
struct sealed_above {
  row_id row;
  epoch_number epoch;
  friend bool operator==(const sealed_above&, const sealed_above&) = default;
};

/// Activating primary → the backup with the longest log: send your records (from, to].
struct pull {
  row_id row;
  epoch_number epoch;
  seq_number from;
  seq_number to;
  epoch_number before;  ///< epoch of the primary's record at `from`, 0 before all
  friend bool operator==(const pull&, const pull&) = default;
};

struct pulled {
  row_id row;
  epoch_number epoch;
  std::vector<record> list;  ///< consecutive; may be a prefix of what was asked for: ask again. Empty: this log does not go on from there
  friend bool operator==(const pulled&, const pulled&) = default;
};

/// Primary → learner or async backup. Chunk 0 starts a new feed: the receiver throws its copy away first.
struct snapshot_chunk {
  row_id row;
  epoch_number epoch;
  feed_number feed;
  std::uint32_t index = 0;  ///< 0, 1, …
  seq_number at;            ///< the image is the committed state at this position; live records follow from the next
  epoch_number at_epoch;    ///< epoch of the record at `at`
  bool last = false;
  std::vector<snapshot_entry> entries;
  config_number config;  ///< of the row, as the feed began: a view with a later one and no role for the receiver ends the copy
  sessions_image sessions{};  ///< chunk 0 only: as of `at`
  row_time time{};            ///< of the row, as this was sent
  std::vector<branch_point> branches{};  ///< chunk 0 only: of the copy that the image is of
  std::vector<lock_image> locks{};       ///< chunk 0 only: as of `at`, strictly ascending by map and key
  friend bool operator==(const snapshot_chunk&, const snapshot_chunk&) = default;
};

/// Primary → learner that may hold a part of the row's history: go on from what you have, in this feed. The receiver answers with an
/// acknowledgement of the feed; whether the log reaches back to what it says it holds, and has the same history up to there, its primary
/// finds out.
struct resume {
  row_id row;
  epoch_number epoch;
  feed_number feed;
  config_number config;  ///< of the row, as the feed began: a view with a later one and no role for the receiver ends the copy
  friend bool operator==(const resume&, const resume&) = default;
};

struct snapshot_ack {
  row_id row;
  epoch_number epoch;
  feed_number feed;
  std::uint32_t next_index = 0;  ///< has all chunks before this
  friend bool operator==(const snapshot_ack&, const snapshot_ack&) = default;
};

}  // namespace replication_message

using any_replication_message =
    std::variant<replication_message::records, replication_message::ack, replication_message::seal, replication_message::sealed,
                 replication_message::sealed_above, replication_message::pull, replication_message::pulled,
                 replication_message::snapshot_chunk, replication_message::snapshot_ack, replication_message::resume>;

[[nodiscard]] inline const row_id& row_of(const any_replication_message& m) {
  return std::visit([](const auto& x) -> const row_id& { return x.row; }, m);
}

}  // namespace troupe
