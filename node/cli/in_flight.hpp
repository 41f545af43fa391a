/// \file
/// Many operations under way at once, but boundedly many, at a bounded pace, and never two on the same key. What the cluster is too busy
/// for is asked again, ever more slowly, as long as its time lasts. An interruption lets what is under way end, and nothing begin.
#pragma once

#include <functional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <troupe/node/cli/interruption.hpp>
#include <troupe/node/cli/map_client.hpp>
#include <troupe/node/cli/pace.hpp>
#include <troupe/node/cli/tab_separated.hpp>

namespace troupe::cli {

struct in_flight_limits {
  std::size_t operations_max = 1000;
  std::size_t bytes_max = 64 * 1024 * 1024;  ///< of the keys and values under way; a single larger entry goes alone
  std::optional<double> per_second;
};

class in_flight {
 public:
  using done = std::function<void(const text_entry&, const protocol::map_result&)>;

  /// `finished` is told of each operation's end, in any order. `timeout` is for an operation with all its repetitions.
  in_flight(map_client& client, const interruption& interrupt, std::string map, duration timeout, const in_flight_limits& limits,
            done finished);

  /// Of all that is written from now on.
  void give(const lifetime_choice& life) { life_ = life; }
  /// Starts `kind` on this entry's key (with its value where the kind takes one) as soon as there is room, time, and no other operation on
  /// the key; waits for that, and hands on what finishes meanwhile. `waited` is called after every round of waiting. False: interrupted, it
  /// was not started.
  [[nodiscard]] bool start(operation_kind kind, text_entry entry, const std::function<void()>& waited);
  /// Waits until nothing is under way. After an interruption not for long: what has no end by then ends as `indeterminate`.
  void finish(const std::function<void()>& waited);

 private:
  struct started {
    operation_kind kind;
    text_entry entry;
    instant deadline;
    duration next_pause;  ///< before it is asked again
  };
  using place = std::unordered_map<protocol::call_id, started>::iterator;

  [[nodiscard]] bool has_room_for(const text_entry& entry) const;
  void ask(protocol::call_id id, const started& what);
  void wait_until(instant until);
  [[nodiscard]] bool put_off(place at, const protocol::map_result& result);
  void ask_again();
  void break_off(const std::function<void()>& waited);
  void end(place at, const protocol::map_result& result);

  map_client& client_;
  const interruption& interrupt_;
  std::string map_;
  duration timeout_;
  lifetime_choice life_;
  in_flight_limits limits_;
  pace pace_;
  done finished_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<protocol::call_id, started> under_way_;
  std::set<std::pair<instant, protocol::call_id>> put_off_;  ///< of those under way; when to ask again
  std::unordered_set<std::string> keys_;
  std::size_t bytes_ = 0;
};

}  // namespace troupe::cli
