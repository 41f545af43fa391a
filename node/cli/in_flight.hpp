/// \file
/// Many operations under way at once, but boundedly many, at a bounded pace, and never two on the same key.
#pragma once

#include <functional>
#include <unordered_map>
#include <unordered_set>

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

  /// `finished` is told of each operation's end, in any order.
  in_flight(map_client& client, std::string map, duration timeout, const in_flight_limits& limits, done finished);

  /// Starts `kind` on this entry's key (with its value where the kind takes one) as soon as there is room, time, and no other operation on
  /// the key; waits for that, and hands on what finishes meanwhile. `waited` is called after every round of waiting.
  void start(operation_kind kind, text_entry entry, const std::function<void()>& waited);
  /// Waits until nothing is under way.
  void finish(const std::function<void()>& waited);

 private:
  [[nodiscard]] bool has_room_for(const text_entry& entry) const;
  void wait_until(instant until);

  map_client& client_;
  std::string map_;
  duration timeout_;
  in_flight_limits limits_;
  pace pace_;
  done finished_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<protocol::call_id, text_entry> under_way_;
  std::unordered_set<std::string> keys_;
  std::size_t bytes_ = 0;
};

}  // namespace troupe::cli
