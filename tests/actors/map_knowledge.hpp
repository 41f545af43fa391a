/// \file
/// What may be the case with a map, by all that was asked of it and answered: for each key the states that are possible (map_model.hpp).
///
/// Mostly that is one. There are several where the answer did not come (`indeterminate`: it was done, or not, or is done later), where some
/// parts of a call on several keys failed, where a life or a lease ends just while something is asked, and where entries may have made room for
/// others. An answer, or what a listener hears, rules out states that would have given another one. When none is left, the cluster is not what
/// the specification says: that is a difference.
///
/// Three things are about partitions: a map may be bounded (its rows hold no more than a share of entries each), may have lost rows (which refuse
/// everything until they are reset), and may be read from copies (map_past.hpp).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <troupe/messages/types/partitioning.hpp>

#include "tests/actors/map_past.hpp"
#include "tests/actors/map_possibility.hpp"

namespace troupe::test::model {

/// What a cluster answered to a request.
struct observation {
  const request& asked;
  const answer& got;
  span when;
  bool is_calm = true;        ///< no fault, and no change of views, meanwhile or just before: it has to be answered, and without attempts
  std::uint64_t copies = 1;   ///< where it is calm: members that hold what is written
  std::size_t reader = 0;     ///< member or client
  bool may_be_copys = false;  ///< a copy at the reader's may have answered
  bool is_cancelled = false;  ///< the caller took it back
};

/// In words; nothing: there is none.
using difference = std::optional<std::string>;

inline constexpr std::uint64_t unbounded = std::numeric_limits<std::uint64_t>::max();

/// How many entries of a map a row may hold: its share, which depends on who is there.
struct row_bound {
  std::uint64_t least = unbounded, most = unbounded;
};

struct map_rules {
  lifetime_defaults life{};
  std::uint32_t partitions = 1;
  bool copies_lag = false;  ///< some may be behind by any time: async ones
};

/// What one listener heard of a key: all events that there were about it since, and all clears of its partition. `knows_all`: there was no gap.
struct hearing {
  const wish_to_hear& wanted;
  std::vector<event> heard;
  bool knows_all = true;
};

class map_knowledge {
 public:
  explicit map_knowledge(map_rules rules = {}) : rules_{rules} {}

  /// It is `now`. Nothing that was called before `settled` is without an answer, so whatever ended before that has ended. `rows_move`:
  /// primaries change, so lives and leases may end later, idle times and silence begin anew.
  void pass(milliseconds settled, milliseconds now, bool rows_move);
  [[nodiscard]] difference learn(const observation&);
  /// The member ended; the last word of it came at `heard` or later.
  void member_ended(std::size_t member, milliseconds heard, milliseconds now);
  /// Nothing is on its way any more: what was afloat has been done, or never is. Copies have what their primaries have.
  void come_to_rest(milliseconds now);
  /// Destroyed: nothing is there, and its fences begin anew.
  void forget_all();

  /// A write is under way while others are asked of the same key; its answer is learned by end(), behind theirs.
  void begin(const request& write, milliseconds called);
  [[nodiscard]] difference end(const observation&);

  // Where somebody listens, what is told is kept until it is compared.
  void begin_to_listen(milliseconds now);
  void end_listening() { is_listening_ = false; }
  [[nodiscard]] difference compare_events(const std::string& key, const std::vector<hearing>& all, milliseconds now);

  // A bounded map.
  void bounded_by(const row_bound& bound) { bound_ = bound; }
  [[nodiscard]] bool is_bounded() const { return bound_.least != unbounded; }
  /// Before the answers to what was asked together are learned: keys that may have had to make room meanwhile. And when all are learned.
  void let_make_room(const std::vector<const request*>& together);
  void has_made_room(milliseconds now);

  // Lost rows.
  void lose(std::set<partition_id> partitions) { lost_ = std::move(partitions); }
  void serve_again();
  [[nodiscard]] bool is_lost(const std::string& key) const { return lost_.contains(partition_of(key)); }

  [[nodiscard]] std::vector<std::string> keys() const;
  [[nodiscard]] std::size_t possibilities_of(const std::string& key) const;
  [[nodiscard]] bool is_decided() const;  ///< one state for each key
  /// Who may hold the key's lock.
  [[nodiscard]] std::vector<holder> holders(const std::string& key) const;
  [[nodiscard]] bool may_be_locked() const;
  /// It may have an entry that dies when nobody asks for it.
  [[nodiscard]] bool may_be_idle(const std::string& key) const;
  /// Some value that the key may have.
  [[nodiscard]] std::optional<std::string> some_value(const std::string& key) const;
  [[nodiscard]] std::string describe(const std::string& key) const;

  std::uint64_t answers = 0;   ///< that were compared, each of a call's keys for itself,
  std::uint64_t foretold = 0;  ///< and of which only one was possible
  std::uint64_t old = 0;       ///< that a copy gave, and no primary could have given

 private:
  possibilities& at(const std::string& key);
  [[nodiscard]] std::set<std::string> crowded_out(const std::vector<const request*>& together) const;
  void may_have_gone(const std::set<std::string>& keys, milliseconds now);
  [[nodiscard]] possibilities unfold(const std::string& key, const possibility&, const span& when) const;
  [[nodiscard]] partition_id partition_of(const std::string& key) const { return troupe::partition_of(key, rules_.partitions); }
  /// The key has become one of these; what it was meanwhile copies may still say.
  void replace(const std::string& key, possibilities then, const span& when);

  [[nodiscard]] difference learn_of_key(const std::string& key, const observation&);
  [[nodiscard]] difference learn_of_copy(const observation&);
  [[nodiscard]] difference learn_view(const std::string& key, const observation&);
  [[nodiscard]] difference learn_of_parts(const observation&);
  [[nodiscard]] difference learn_pairs(const observation&, kind part);
  [[nodiscard]] difference learn_of_scan(const std::string& key, const std::string* found, const observation&);
  [[nodiscard]] difference learn_count(const observation&);
  [[nodiscard]] difference learn_clear(const observation&);
  [[nodiscard]] difference learn_partial(const observation&);
  [[nodiscard]] difference learn_fault(const observation&);
  [[nodiscard]] difference learn_loss(const observation&);
  [[nodiscard]] std::optional<answer> refused_at_once(const observation&) const;
  void count_answer(bool was_foretold) {
    ++answers;
    foretold += was_foretold ? 1 : 0;
  }
  void learn_open_lock(const observation&);
  void maybe_done(const std::string& key, const request& part, const span& when, bool later_too);
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> entries_between(const span& when, bool within_bounds) const;
  [[nodiscard]] std::set<std::string> keys_of(const request&) const;

  map_rules rules_;
  std::map<std::string, possibilities> keys_;
  map_past past_;
  std::map<std::string, std::pair<std::uint64_t, std::string>> versions_;  ///< the greatest that was seen, with its value
  row_bound bound_;
  std::set<std::string> may_go_;  ///< these keys, to make room
  std::set<partition_id> lost_;
  bool is_listening_ = false;
};

}  // namespace troupe::test::model
