/// \file
/// What listeners are told: what happened to the entries of a map in one row, position by position, or that positions are missing.
#pragma once

#include <cstdint>

#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/ids.hpp>

namespace troupe {

enum class row_event_kind : std::uint8_t {
  added,    ///< an entry that was not there
  updated,  ///< an entry has a new value
  removed,
  expired,  ///< its life was over
  evicted,  ///< it made room for others
  cleared,  ///< all entries of the map in this row went at once
  gap,      ///< what happened between two positions can't be told
};

enum class gap_reason : std::uint8_t {
  none,
  too_late,         ///< the log no longer reaches back so far; nor does it tell whether the row has lost data since
  history_lost,     ///< the row lost data, and goes on from something else than what was told
  another_cluster,  ///< the one that was listened to is gone. Found by the listening side: does not travel
};

struct row_event {
  row_event_kind what = row_event_kind::added;
  seq_number at;               ///< its record. Of a gap: the last position that is missing
  blob key;                    ///< empty: of the whole map, or a gap
  blob value;                  ///< added, updated; where it was asked for
  blob old_value;              ///< updated, removed, expired, evicted; where it was asked for
  bool before_unknown{};       ///< this copy did not know what was there, or no longer does: there is no old value, and `updated` may be `added`
  std::uint64_t number{};      ///< cleared: entries that were there; 0 where that is not known
  gap_reason why{};            ///< of a gap
  seq_number since{};          ///< of a gap: all behind this position, up to `at`, is missing. More than `at`: the row lost what was told before
  friend bool operator==(const row_event&, const row_event&) = default;
};

/// Where in the log of a row somebody stands. The record before the first has epoch 0.
struct log_position {
  epoch_number epoch;  ///< of the record at `seq`
  seq_number seq;
  friend bool operator==(const log_position&, const log_position&) = default;
};

}  // namespace troupe
