/// \file
/// Somebody who listens to a map, by the code that applications' subscriptions run, mostly at once and now and then for long not. Makes a copy of
/// the map of what it hears.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include <troupe/actors/protocol/router/subscription.hpp>
#include <troupe/actors/protocol/row/replica.hpp>

#include "tests/sim/caller.hpp"
#include "tests/sim/checkers/events.hpp"
#include "tests/sim/keyspace.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {

struct listener_options {
  protocol::subscription_limits limits;
  duration patience = seconds{2};  ///< of a call that listens
  double is_slow = 0;              ///< how often it takes long with a batch
  bool clears_spare = false;       ///< what is locked, and no event says what that is
};

class listener {
 public:
  listener(world& around, caller& maps, event_checker& checks, event_checker::listener_no number, const map_definition& map,
           protocol::listening_wish wish, const listener_options&, dice rng);
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// Begins as soon as it may.
  void begin();
  /// The process below has died.
  void bereaved() { bereaved_ = true; }
  /// From now on it takes every batch at once.
  void hurry() { options_.is_slow = 0; }
  [[nodiscard]] bool is_listening() const { return !bereaved_ && begun_; }
  [[nodiscard]] durability kind() const { return map_.kind; }
  [[nodiscard]] const std::string& map() const { return map_.pattern; }

  /// Nobody has asked for anything for a while: why it has not heard all of this row yet, where `primary` is who leads it. Throws `violation` where its
  /// copy of the map differs from the primary's.
  [[nodiscard]] std::optional<std::string> unheard(const row_id&, const protocol::replica& primary, map_id map) const;

 private:
  void perform(protocol::subscription_effects&&);
  void ask(protocol::subscription_effects::ask&&);
  void heard(std::uint64_t ask, const protocol::map_result& what);
  void take(const std::vector<protocol::row_events>& batch);
  void replay(partition_id, const row_event&);
  void tick();
  [[nodiscard]] instant now() const { return instant{around_.now().time_since_epoch()}; }

  world& around_;
  caller& maps_;
  event_checker& checks_;
  event_checker::listener_no number_;
  map_definition map_;
  protocol::listening_wish wish_;
  listener_options options_;
  dice rng_;
  protocol::subscription core_;
  bool begun_ = false;
  bool bereaved_ = false;
  std::uint32_t rows_ = 1;
  std::map<partition_id, std::deque<row_event>> untold_;  ///< heard, and not in a batch yet
  std::map<partition_id, std::map<blob, std::optional<blob>>> copy_;  ///< as far as it has heard of the keys; nothing: it is not there
};

}  // namespace troupe::sim
