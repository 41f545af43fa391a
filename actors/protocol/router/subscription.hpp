/// \file
/// A subscription: one listener's position in each row of a map, and what it has heard that the listener has not taken yet (ADR 8). A pure state
/// machine, beside whoever listens.
///
/// It owns the positions. It asks rows by calls of the router, one at a time for each; the next one is what acknowledges a page. It keeps a page of
/// a row at most, besides the batch that its listener has: who is slow makes its positions lag, and no queue grow.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <troupe/actors/protocol/router/listening.hpp>
#include <troupe/actors/protocol/router/router.hpp>

namespace troupe::protocol {

struct subscription_limits {
  std::uint32_t page_bytes = 4 * 1024;     ///< of events, about as many are asked of a row at a time
  duration ask_again_after = milliseconds{200};  ///< where a row could not be asked
};

struct subscription_effects {
  /// By a call of the router; heard() gets what became of it.
  struct ask {
    std::uint64_t number;
    map_call what;
  };
  struct ending {
    failure why = failure::none;
    blob detail;
  };
  std::vector<ask> asks;
  std::vector<row_events> batch;  ///< not empty: for the listener, which says taken() when it wants more
  bool confirmed = false;         ///< from now on all is heard, in all rows
  std::optional<ending> ended;    ///< nothing follows but this, and the batch beside it

  void clear() { *this = {}; }
};

class subscription {
 public:
  subscription(listening_wish what, const subscription_limits& limits) : what_(std::move(what)), limits_(limits) {}

  void begin(subscription_effects& out);
  void heard(std::uint64_t ask, const map_result& what, instant now, subscription_effects& out);
  /// The listener has taken the batch.
  void taken(subscription_effects& out);
  /// For rows that could not be asked.
  void tick(instant now, subscription_effects& out);
  /// When it wants a tick; nothing: it waits for no time.
  [[nodiscard]] std::optional<instant> next_tick() const;

  /// For checkers: pages that wait, and the batch.
  [[nodiscard]] std::size_t pages_held() const;

 private:
  struct row_place {
    partition_id partition;
    std::optional<log_position> told;  ///< nothing: it has not answered yet
    bool is_asked = false;
    bool is_ready = false;  ///< it has answered, or will not for long
    std::vector<row_event> heard;
    std::optional<instant> ask_at;  ///< it could not be asked
  };

  void ask(std::size_t place, subscription_effects& out);
  void take_in(std::size_t place, const map_result& what, subscription_effects& out);
  void fail(std::size_t place, const map_result& what, instant now, subscription_effects& out);
  void begin_anew(subscription_effects& out);
  void learn_rows(const map_result& first, subscription_effects& out);
  void deliver(subscription_effects& out);
  void confirm_when_ready(subscription_effects& out);
  void end(failure why, const blob& detail, subscription_effects& out);

  listening_wish what_;
  subscription_limits limits_;
  map_id map_;                    ///< 0: no row has answered yet
  cluster_id cluster_;            ///< nil: likewise
  std::vector<row_place> rows_;   ///< only the first, as long as nobody has said how many there are
  bool knows_rows_ = false;
  std::map<std::uint64_t, std::size_t> asked_;  ///< asks under way, and for which place
  std::uint64_t last_ask_ = 0;
  std::vector<row_events> lost_;  ///< to be told before anything else
  std::size_t under_way_ = 0;     ///< pages in the batch that the listener has
  bool confirmed_ = false;
  bool ended_ = false;
};

}  // namespace troupe::protocol
