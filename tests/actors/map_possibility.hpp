/// \file
/// What may be the case with one key, and what may become of that while nobody looks: its life ends, a lock does, what is afloat is done.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/actors/map_model.hpp"

namespace troupe::test::model {

/// What ends by the row's time does so by a record, at a tick or an operation; and a new primary's time may be behind by what messages
/// take.
inline constexpr milliseconds late_by{50};

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
using possibilities = std::vector<possibility>;

void add_new(possibilities& list, possibility p);

/// A request on several keys, as far as it is about this one.
[[nodiscard]] request part_of(const request& whole, kind what, const std::string& key);
/// The same, of its own kind, with the value that it has for this key.
[[nodiscard]] request part_of(const request& whole, const std::string& key);
/// Does what a request, maybe on several keys, means for this one; whether it can be done now.
bool do_part(key_state& k, const request& part, const circumstances& c);
/// By the time of a request everything that may have become of `start`. `may_go`: it may have to make room for others.
[[nodiscard]] possibilities unfolded(const possibility& start, const span& when, const lifetime_defaults& life, bool may_go = false);
/// Time passes, see map_knowledge::pass().
void age(possibility& p, milliseconds settled, milliseconds now, bool rows_move);
/// The member that holds the lock ended; the last word of it came at `heard` or later.
void holder_ended(lock& l, milliseconds heard, milliseconds now);

}  // namespace troupe::test::model
