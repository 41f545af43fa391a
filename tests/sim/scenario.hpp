/// \file
/// What one seed means: the cluster, its network, its maps, and which faults happen. Drawn from the seed, within what the caller fixed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <troupe/actors/protocol/router/router.hpp>
#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/messages/types/settings.hpp>

#include "tests/sim/faults.hpp"
#include "tests/sim/mutants/active.hpp"
#include "tests/sim/network.hpp"

namespace troupe::sim {

/// What a caller wants of its runs; what is absent is drawn for each seed.
struct run_options {
  std::optional<std::size_t> members;
  duration length = seconds{20};  ///< of the part with faults, in virtual time
  std::optional<std::uint32_t> partitions;
  std::optional<std::uint8_t> backups;
  std::optional<std::uint8_t> async_backups;
  fault_set faults = fault_set::all();       ///< no others are drawn; where these are not all, at least one of them is
  std::optional<quorum_policy> policy;       ///< also in place of that of `settings`
  std::optional<cluster_settings> settings;  ///< somebody's own, instead of all that is drawn of them
  mutant planted_bug = mutant::none;
};

struct scenario {
  std::uint64_t seed = 0;
  std::size_t members = 3;
  std::size_t clients = 2;
  duration length = seconds{20};
  cluster_settings settings;
  std::vector<map_definition> maps;  ///< those that exist, each by its own name
  network_profile weather;
  protocol::replica_limits replica;
  protocol::router_limits router;
  std::size_t frame_messages_max = 1000;
  duration row_lag_max{};
  double drift_max = 0;  ///< rates are within 1 ± this
  duration fault_interval_max = seconds{1};
  fault_set faults;
  std::uint64_t memory_bytes_max = 0;  ///< what the copies of a member may take; 0: anything
  std::size_t zones = 0;  ///< hosts are spread over so many; 0: nobody knows of zones
  bool data_loss = false;  ///< faults may destroy all copies of a row
  bool limited_lives = false;  ///< entries of some maps die of age, or when nobody asks for them
  bool evicts = false;         ///< some maps are kept to a size
  bool processors = false;     ///< applications run processors on entries
  bool listeners = false;      ///< somebody listens to the maps
  bool locks = false;          ///< applications lock keys
  bool changes_counts = false;   ///< maps get other backup counts, and some share their rows before
  bool asks_for_copies = false;  ///< some writes say how many members must hold them
  bool cancels = false;          ///< some calls are taken back while they are in flight
  bool planned = false;    ///< nothing but joins and leaves, on a sound network: no operation may fail

  /// Do rows remove entries that nobody asks them to remove?
  [[nodiscard]] bool removes_unasked() const { return limited_lives || evicts; }
  [[nodiscard]] bool has(fault f) const { return faults.has(f); }
  void enable(fault f) { faults.set(f); }
  /// Is it the run in which two voters are split and both go on? It has a checker of its own, `pair_split`, and no other faults.
  [[nodiscard]] bool splits_pair() const { return has(fault::pair_split); }
  /// The most that a row asks for before it is written (`min-in-sync`).
  [[nodiscard]] std::size_t copies_to_write() const;
  /// A time that goes well with the default timing, stretched or shrunk to go as well with this one.
  [[nodiscard]] duration scaled(duration) const;
};

/// What keys and values may take at least: those of the applications take less.
inline constexpr std::uint32_t simulated_bytes_min = 16;
/// How many maps of a configuration are simulated at most.
inline constexpr std::size_t maps_simulated_max = 16;
/// The clocks of a run are within 1 ± this, so that any two differ by less than 5 %.
inline constexpr double drift_bound = 0.024;

[[nodiscard]] scenario draw_scenario(std::uint64_t seed, const run_options&);
/// Maps for all of the definitions, at most `maps_simulated_max`: those of different durability first. A pattern's map has a 1 in place of
/// the star; where nothing is defined there is one map, `default`.
[[nodiscard]] std::vector<map_definition> maps_of(const cluster_settings&);
/// A definition of the map named after its counts, as `m1+0`.
[[nodiscard]] map_definition map_of(durability kind);
/// One line for people.
[[nodiscard]] std::string describe(const scenario&);

}  // namespace troupe::sim
