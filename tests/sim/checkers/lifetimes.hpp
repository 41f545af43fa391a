/// \file
/// Watches how rows remove entries that nobody asked them to remove: let them die, never before their time and not long after it; and evict
/// them, only where their map is at its bound, and until it is. Linearizability knows of each as an operation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <troupe/actors/protocol/row/replica.hpp>

#include "tests/sim/keyspace.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {

class lifetime_checker {
 public:
  lifetime_checker(keyspace& keys, const std::vector<map_definition>& maps);

  /// A replica of the row has made a step, in this view. Throws `violation` where the removal of an entry commits that should have stayed.
  void stepped(endpoint process, const row_id& id, const protocol::replica& copy, const view& knows, duration now);
  /// Nobody has asked for anything for `quiet`: what a primary still has is alive. Throws `violation`.
  void at_rest(const protocol::replica& primary, const view& knows, duration now, duration quiet) const;

  [[nodiscard]] std::uint64_t expired() const { return expired_; }
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

 private:
  struct reign {
    std::uint64_t removed = 0;
    epoch_number epoch;  ///< of the records seen: a later one may use a position again
    seq_number seen;
    real_time_order stepped_at = 0;  ///< what is written in a step was not there before
  };
  struct pending {
    epoch_number epoch;
    seq_number seq;
    operation_no as;
    std::optional<std::string> objection;  ///< if it commits: a primary of the past may think what it likes
  };
  void note_written(reign& r, const row_id& id, const protocol::replica& copy, const view& knows, duration now);
  void note_committed(std::vector<pending>& open, const protocol::replica& copy);
  [[nodiscard]] std::optional<std::string> objection_to_death(const key_under_test& key, duration now) const;
  [[nodiscard]] const lifetime_defaults* life_in(const std::string& map) const;

  keyspace& keys_;
  static void check_room(const std::map<map_id, int>& evicted, const protocol::replica& copy, const view& knows);

  std::map<std::string, lifetime_defaults> maps_;
  std::map<std::pair<endpoint, row_id>, reign> reigns_;
  std::map<row_id, std::vector<pending>> pending_;
  std::uint64_t expired_ = 0, evicted_ = 0;
};

}  // namespace troupe::sim
