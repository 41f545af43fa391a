/// \file
/// What a row knows of an entry beside its value: what `get_entry_view` tells.
#pragma once

#include <cstdint>

#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe {

struct entry_facts {
  seq_number version;        ///< position in the row's log of the record that wrote it: a later write of the key has a greater one
  std::uint64_t bytes = 0;   ///< about what it takes in each copy, key and value included
  milliseconds ttl{};        ///< as it was given; 0: without limit
  milliseconds max_idle{};   ///< likewise
  milliseconds ends_in{};    ///< if nobody asks for it before, where there is a limit
  bool is_counted = false;   ///< its map keeps statistics for each entry: what follows means something
  milliseconds since_created{};
  milliseconds since_written{};
  milliseconds since_asked{};  ///< where there were hits
  std::uint64_t hits = 0;      ///< operations on the key that found the entry there, as far as its primary has seen them

  friend bool operator==(const entry_facts&, const entry_facts&) = default;
};

}  // namespace troupe
