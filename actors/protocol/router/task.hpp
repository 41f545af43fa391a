/// \file
/// What an application's call is split into.
#pragma once

#include <cstdint>

#include <troupe/actors/protocol/router/router.hpp>
#include <troupe/messages/types/operation.hpp>

namespace troupe::protocol {

/// One operation on one row, on behalf of a call: what has to be asked, whoever will be asked.
struct task {
  operation_kind kind = operation_kind::get;
  partition_id partition;
  bool from_start = false;  ///< scan only
  blob key, value, expected;
  lifetime_choice life{};
  std::uint32_t page_bytes = 0;  ///< scan, listen
  std::uint64_t entries = 1;     ///< put_all: how many of its entries this one stands for
  blob processor{};              ///< execute only
  bool keys_only = false;        ///< scan only
  std::uint8_t copies_min = 0;   ///< writes only
  owner_number owner{};          ///< writes only
  map_id map{};                  ///< of this map only; 0: whichever there is of its call's name, or will be
  bool is_of_walk = false;       ///< it is a step of a walk through all rows
  row_listening listening{};     ///< listen only

  /// It is about a key, and not about a row: it has a place in any cluster.
  [[nodiscard]] bool is_on_key() const {
    return !is_of_walk && kind != operation_kind::count && kind != operation_kind::clear && kind != operation_kind::scan && !listens();
  }
  [[nodiscard]] bool listens() const { return kind == operation_kind::listen; }
  /// Finds its row anew, among so many. Requires: is_on_key().
  void relocate(std::uint32_t partition_count);
};

}  // namespace troupe::protocol
