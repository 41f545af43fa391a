/// \file
/// Watches members that have passed their memory limit: as primaries they write nothing that makes a row longer.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include <troupe/actors/protocol/row/replica.hpp>

#include "tests/sim/world.hpp"

namespace troupe::sim {

class memory_checker {
 public:
  /// A replica of the row has made a step, as which began its member had passed its limit, or had not. Throws `violation` where it served,
  /// and keys and values of the row, pending ones included, have become more although it was full. `maps`: how many have their
  /// entries there.
  void stepped(endpoint process, const row_id& id, const protocol::replica& copy, bool was_full, std::size_t maps);

 private:
  struct reign {
    epoch_number epoch;
    std::uint64_t bytes = 0;
    std::size_t maps = 0;
  };
  std::map<std::pair<endpoint, row_id>, reign> reigns_;
};

}  // namespace troupe::sim
