/// \file
/// What copies may still answer, where gets may be answered by them (read-backup-data).
///
/// By docs/api.md: "a committed value, perhaps not the latest, but no earlier state of the partition than this member has seen: it reads what it
/// wrote"; by ADR 15 nothing "that is older than about a lease, where the copy is a sync backup". So of each key it keeps which values it may
/// have had, until when, and which readers know better. No two requests write the same value, so a value names a state; only "nothing is there"
/// comes again.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <troupe/messages/types/ids.hpp>

#include "tests/actors/map_model.hpp"

namespace troupe::test::model {

class map_past {
 public:
  using value = std::optional<std::string>;
  using values = std::set<value>;

  /// While something was asked and answered, the key may have had `meanwhile`; then it has one of `then`.
  void note(const std::string& key, const values& meanwhile, const values& then, const span& when);
  /// Somebody may write this, from now on, at whatever time.
  void may_come(const std::string& key, const value& what, milliseconds called);

  /// Whether a copy at `reader` may say so, when it is asked at `asked`. `age_max`: it is no older.
  [[nodiscard]] bool may_tell(const std::string& key, const value& what, std::size_t reader, partition_id where, milliseconds asked,
                              milliseconds age_max) const;
  /// A primary has answered the reader what it asked of this key at `asked`.
  void has_seen(std::size_t reader, const std::string& key, partition_id where, milliseconds asked);
  /// A copy has said this.
  void has_told(std::size_t reader, const std::string& key, partition_id where, const value& what);
  /// All copies have all that was before this.
  void forget_before(milliseconds moment);
  void forget(const std::string& key) { keys_.erase(key); }
  /// What was seen of this partition says nothing of what it has now.
  void begin_anew(partition_id where);

 private:
  struct version {
    milliseconds since{}, until{};  ///< it was not written before; it was replaced at the latest
    bool is_possible = false;       ///< still
    std::set<std::size_t> passed_by{};
  };

  std::map<std::string, std::map<value, version>> keys_;
  std::map<std::pair<std::size_t, partition_id>, milliseconds> seen_;  ///< what was replaced before is too old for that reader
};

}  // namespace troupe::test::model
