/// \file
/// What all members of a cluster agree on. It is part of the view: the founder's configuration defines it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <troupe/messages/types/eviction.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe {

/// Who may decide the next view. `availability` has its place here and is refused by validate() until it exists.
enum class quorum_policy : std::uint8_t {
  majority,      ///< a majority of the voters; of exactly two, one that survives the other's crash goes on alone
  strict,        ///< always a majority; of an even number of voters the oldest weighs one and a half
  availability,  ///< each side of a split goes on
};

/// What lets a primary answer a read.
enum class read_mode : std::uint8_t {
  lease,    ///< its member's lease: no message, but clocks that run at nearly the same rate
  confirm,  ///< each in-sync replica has said, after the read came, that it still follows this primary: a round trip, and no clock
};

/// What happens to a row whose last in-sync copy is gone.
enum class loss_policy : std::uint8_t {
  hold,         ///< operations fail with `partition_lost` until an operator resets the row
  best_effort,  ///< the most advanced other copy takes over; an event reports what may be missing
  empty,        ///< the row goes on empty, with an event
};

/// What the rows of one durability do when copies are gone. `<durability …>` of the configuration.
struct durability_rules {
  durability kind;
  loss_policy on_loss = loss_policy::hold;
  std::uint8_t min_in_sync = 1;  ///< with fewer copies in sync, the primary's included, nothing is written; 1 to backups + 1

  friend bool operator==(const durability_rules&, const durability_rules&) = default;
};

/// What holds where nothing is said: what has no backup can't be held back for one that comes again.
[[nodiscard]] constexpr durability_rules default_rules(const durability& kind) {
  if (kind.backups > 0) return {kind, loss_policy::hold, 1};
  return {kind, kind.async_backups > 0 ? loss_policy::best_effort : loss_policy::empty, 1};
}

/// `<map name="…">` of the configuration: applies to every map whose name matches.
struct map_definition {
  std::string pattern = "default";  ///< a name, a pattern with one `*`, or `default`
  durability kind;
  bool read_backup_data = false;  ///< an embedded get may be served by a copy on the same member
  lifetime_defaults life{};       ///< of entries about which their writer says nothing
  eviction_rule eviction{};       ///< which entries make room for others, if any
  bool entry_statistics = false;  ///< `get_entry_view` tells since when an entry is there, and how often it was asked for

  friend bool operator==(const map_definition&, const map_definition&) = default;
};

/// Durations of the failure handling, scaled together by `--timing-scale`. A cluster runs on its founder's.
struct timing {
  duration heartbeat = milliseconds{100};      ///< between two heartbeats to a peer
  duration lease = seconds{1};                 ///< T: how long an acknowledged heartbeat lets a member serve
  duration suspect_after = milliseconds{1000};  ///< silence after which a peer is suspected
  duration bootstrap_wait = seconds{3};        ///< how long the first seed looks for a cluster before it founds one
  duration leave_deadline = seconds{600};      ///< a leaving member goes by then, whatever is left on it

  friend bool operator==(const timing&, const timing&) = default;
};

/// A client that holds locks without a lease, and is not heard of for so long, loses them.
[[nodiscard]] constexpr duration lock_patience_of(const timing& t) { return 10 * t.suspect_after; }

struct size_limits {
  std::uint32_t key_bytes_max = 64 * 1024;
  std::uint32_t value_bytes_max = 4 * 1024 * 1024;
  std::uint32_t frame_bytes_max = 16 * 1024 * 1024;  ///< at least 2 · value + key + 64 KiB
  std::uint32_t maps_max = 1000;

  friend bool operator==(const size_limits&, const size_limits&) = default;
};

struct cluster_settings {
  std::uint32_t partition_count = 271;
  quorum_policy split_brain = quorum_policy::majority;
  std::vector<map_definition> maps;
  size_limits limits;
  timing times;
  std::vector<durability_rules> durabilities{};  ///< where not the default; strictly ascending by durability
  read_mode reads = read_mode::lease;

  [[nodiscard]] durability_rules rules_of(const durability& kind) const {
    for (const auto& d : durabilities) {
      if (d.kind == kind) return d;
    }
    return default_rules(kind);
  }
  friend bool operator==(const cluster_settings&, const cluster_settings&) = default;
};

}  // namespace troupe
