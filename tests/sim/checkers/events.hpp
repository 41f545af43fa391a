/// \file
/// Checks what listeners are told against what rows have committed, position by position (ADR 8): everything that was asked for, once, in order,
/// nothing that has not committed; and a gap where, and only where, positions are missing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <troupe/actors/protocol/router/subscription.hpp>
#include <troupe/messages/types/replication.hpp>

#include "tests/sim/world.hpp"

namespace troupe::sim {

class event_checker {
 public:
  using listener_no = std::uint64_t;

  /// The committed records of a replica that holds the committed state, in order of position, as far as its log has them. `epoch`: of the row, as the
  /// replica knows.
  void committed(const row_id&, epoch_number epoch, seq_number up_to, const std::vector<record>& tail);
  [[nodiscard]] seq_number known_up_to(const row_id&, epoch_number epoch) const;
  /// The row's data is gone, lawfully, or may have been cut short: a new history begins.
  void emptied(const row_id&, epoch_number since);

  /// The map's entries of that partition are in another row from now on, which formed in that epoch, and whose history has the first one's up to
  /// before `begins`.
  void moved(map_id map, const row_id& from, const row_id& to, epoch_number formed, seq_number begins);

  /// A row has answered a listener, which had heard of it up to where the answer before ended: that one, or another to which the map has
  /// moved since. Throws `violation`.
  void answered(listener_no who, const protocol::listening_wish& wish, const row_id&, const protocol::map_result& what);
  /// How far the listener has heard; nothing: the row has not answered.
  [[nodiscard]] std::optional<log_position> heard(listener_no who, const row_id&) const;

  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

 private:
  /// What was known of a key when a record came: nothing, that it was absent, or its value.
  struct before {
    bool is_known = false;
    std::optional<blob> value;
  };
  struct happening {
    record what;
    before was;
  };
  struct map_state {
    bool others_are_absent = false;  ///< of keys that are not in `keys`: else nothing is known of them
    std::map<blob, std::optional<blob>> keys;
  };
  struct history {
    epoch_number since;
    seq_number up_to;
    std::map<seq_number, happening> known;  ///< a position may be missing when nobody's log had it any more
    std::map<map_id, map_state> maps;
    bool is_whole = true;  ///< all from the first record on is in `known`
  };
  struct cursor {
    std::size_t history = 0;
    log_position told;
  };

  [[nodiscard]] history& history_of(const row_id&, epoch_number epoch);
  static void take_in(history&, const record&);
  static void forget_state(history&);
  [[nodiscard]] static before note(history&, const record&);
  [[nodiscard]] static map_state cleared(map_state&& before, const clear_map& what);
  [[nodiscard]] static bool has(const history&, const log_position&);
  static bool may_be_in(const std::vector<history>& all, const history& h, const log_position& p);
  void check(const history&, const protocol::listening_wish&, map_id map, seq_number from, seq_number to, const std::vector<row_event>& told,
             std::size_t first, const std::string& where);
  void check_event(const happening&, const protocol::listening_wish&, map_id map, const row_event* told, const std::string& where);

  [[nodiscard]] row_id home_of(map_id map, const row_id& row) const;

  std::map<row_id, std::vector<history>> rows_;
  std::map<std::pair<map_id, row_id>, row_id> moved_;
  std::map<row_id, epoch_number> formed_in_;  // What somebody commits in an earlier epoch is of an attempt that came to nothing.
  std::map<std::pair<listener_no, row_id>, cursor> cursors_;
  std::uint64_t events_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace troupe::sim
