/// \file
/// What may be the case with a map, by all that was asked of it and answered: for each key the states that are possible (map_model.hpp).
///
/// Mostly that is one. There are several where the answer did not come (`indeterminate`: it was done, or not, or is done later), where some
/// parts of a call on several keys failed, and where a life or a lease ends just while something is asked. An answer, or what a listener
/// hears, rules out states that would have given another one. When none is left, the cluster is not what the specification says: that is a
/// difference.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/actors/map_model.hpp"

namespace troupe::test::model {

/// A request of which nobody knows whether it will still be done.
struct afloat {
  request what;
  milliseconds called{};
  friend bool operator==(const afloat&, const afloat&) = default;
};

struct possibility {
  key_state state{};
  std::vector<afloat> floating{};
  friend bool operator==(const possibility&, const possibility&) = default;
};

/// What a cluster answered to a request.
struct observation {
  const request& asked;
  const answer& got;
  span when;
  bool is_calm = true;       ///< no fault, and no change of views, meanwhile or just before: it has to be answered, and without attempts
  std::uint64_t copies = 1;  ///< where it is calm: members that hold what is written
};

/// In words; nothing: there is none.
using difference = std::optional<std::string>;

class map_knowledge {
 public:
  explicit map_knowledge(lifetime_defaults life = {}) : life_{life} {}

  /// It is `now`. Nothing that was called before `settled` is without an answer, so whatever ended before that has ended. `rows_move`:
  /// primaries change, so lives and leases may end later, idle times and silence begin anew.
  void pass(milliseconds settled, milliseconds now, bool rows_move);
  [[nodiscard]] difference learn(const observation&);
  /// The member ended; the last word of it came at `heard` or later.
  void member_ended(std::size_t member, milliseconds heard, milliseconds now);
  /// Nothing is on its way any more: what was afloat has been done, or never is.
  void come_to_rest(milliseconds now);
  /// Destroyed: nothing is there, and its fences begin anew.
  void forget_all() { keys_.clear(); }

  /// Where somebody listens, what is told is kept until it is compared.
  void begin_to_listen(milliseconds now);
  /// `heard`: all events that there were about this key since, and all clears of its partition; each is taken, in turn. `knows_all`: there
  /// was no gap.
  [[nodiscard]] difference compare_events(const std::string& key, const std::vector<event>& heard, bool knows_all, milliseconds now);
  [[nodiscard]] std::vector<std::string> keys() const;

  [[nodiscard]] std::size_t possibilities(const std::string& key) const;
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

 private:
  using possibilities_of_key = std::vector<possibility>;

  possibilities_of_key& at(const std::string& key);
  [[nodiscard]] difference learn_of_key(const std::string& key, const observation&);
  [[nodiscard]] difference learn_of_parts(const observation&);
  [[nodiscard]] difference learn_pairs(const observation&, kind part);
  [[nodiscard]] difference learn_count(const observation&);
  [[nodiscard]] difference learn_clear(const observation&);
  [[nodiscard]] difference learn_partial(const observation&);
  [[nodiscard]] difference learn_fault(const observation&);
  void count_answer(bool was_foretold) {
    ++answers;
    foretold += was_foretold ? 1 : 0;
  }
  void learn_open_lock(const observation&);
  void maybe_done(const std::string& key, const request& part, const span& when, bool later_too);
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> entries_between(const span& when) const;

  lifetime_defaults life_;
  std::map<std::string, possibilities_of_key> keys_;
  bool is_listening_ = false;
};

}  // namespace troupe::test::model
