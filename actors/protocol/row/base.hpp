/// \file
/// What a replica is in whatever role: who and where it is, the view that it knows, what it sealed, and its copy.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/copy.hpp>
#include <troupe/actors/protocol/row/entry_processors.hpp>
#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/actors/protocol/row/row_clock.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe::protocol {

struct replica_base {
  row_id id;
  member_no self;
  replica_limits limits;
  std::shared_ptr<const entry_processors> processors{};  ///< null: none

  view_ptr view{};                   ///< the newest installed; null at first
  const troupe::row* row = nullptr;  ///< this row in it; null when it has none
  durability_rules rules{};          ///< of this row's durability, in that view
  read_mode reads = read_mode::lease;
  std::vector<map_id> leaving{};     ///< maps whose entries another group's row takes over now: nothing of them changes here
  epoch_number sealed{};             ///< nothing of a smaller epoch is accepted (invariant 10),
  member_no sealed_for{};            ///< and nothing of this one but its primary's: of two branches of a cluster each may have given it to somebody
  config_number sealed_config{};     ///< of the newest seal of that epoch
  row_copy copy{limits.session_bytes_max};
  row_clock clock{};
  upkeep_stats upkeep{};

  [[nodiscard]] bool is_leaving(map_id map) const {
    return std::find(leaving.begin(), leaving.end(), map) != leaving.end() && !TROUPE_MUTATED(served_while_it_leaves);
  }
  /// Its entries were here, and are in a row of another group now.
  [[nodiscard]] bool has_left(map_id map) const {
    const auto* known = view->find(map);
    return known != nullptr && known->group() != id.group() && view->home_of(*known, id.partition) != id;
  }

  void send(member_no to, any_replication_message what, replica_effects& out) const { out.sends.push_back({to, std::move(what)}); }

  /// `event row=… member=… details`.
  void report(const char* event, const std::string& details, replica_effects& out) const {
    out.events.push_back({std::string{event} + " row=" + to_string(id) + " member=" + std::to_string(self.value()) + " " + details});
  }

  /// Of committed records kept for repair. A full member has none to spare: who lacks something then gets a snapshot.
  [[nodiscard]] std::size_t ring_bytes_max(const moment& at) const { return at.is_full ? 0 : limits.ring_bytes_max; }

  /// Does this member hold a lease of the installed view now?
  [[nodiscard]] bool has_lease(const moment& at) const { return view && at.held.covers(view->name, at.now); }
};

}  // namespace troupe::protocol
