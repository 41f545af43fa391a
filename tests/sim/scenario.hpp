/// \file
/// What one seed means: the cluster, its network, its maps, and which faults happen. Drawn from the seed, within what the caller fixed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/messages/types/settings.hpp>

#include "tests/sim/mutants/active.hpp"
#include "tests/sim/network.hpp"

namespace troupe::sim {

enum class fault : std::uint8_t {
  crash,
  restart,            ///< a crashed process comes back at its address, as a new incarnation
  join,
  leave,
  short_pause,        ///< shorter than the lease
  long_pause,         ///< longer than the lease
  mid_step_pause,     ///< between a step and its effects
  cut,                ///< between two groups of hosts
  one_way_cut,
  isolate,            ///< one host from all others
  delay_spike,
  connection_reset,
  client_crash,
  member_list_storm,  ///< a crash, a join and a leave at one moment
  silent_death,       ///< of a host: no connection breaks, there is only silence
  transfer_crash,     ///< of somebody who hands a row over, takes it over, feeds a learner, or is one
  view_crash,         ///< of whoever is the first to install the next view, as it tells the others
  view_cut,           ///< some join, and as one of the next views is decided its members are cut into two groups
};
inline constexpr std::size_t fault_kinds = 18;
[[nodiscard]] std::string_view to_string(fault);

/// What a caller wants of its runs; what is absent is drawn for each seed.
struct run_options {
  std::optional<std::size_t> members;
  duration length = seconds{20};  ///< of the part with faults, in virtual time
  std::optional<std::uint32_t> partitions;
  std::optional<std::uint8_t> backups;
  std::optional<std::uint8_t> async_backups;
  mutant planted_bug = mutant::none;
};

struct scenario {
  std::uint64_t seed = 0;
  std::size_t members = 3;
  std::size_t clients = 2;
  duration length = seconds{20};
  cluster_settings settings;
  network_profile weather;
  protocol::replica_limits replica;
  std::size_t frame_messages_max = 1000;
  duration row_lag_max{};
  double drift_max = 0;  ///< rates are within 1 ± this
  duration fault_interval_max = seconds{1};
  std::array<bool, fault_kinds> faults{};
  bool data_loss = false;  ///< faults may destroy all copies of a row
  bool planned = false;    ///< nothing but joins and leaves, on a sound network: no operation may fail

  [[nodiscard]] bool has(fault f) const { return faults[static_cast<std::size_t>(f)]; }
  void enable(fault f) { faults[static_cast<std::size_t>(f)] = true; }
};

[[nodiscard]] scenario draw_scenario(std::uint64_t seed, const run_options&);
/// A definition of the map named after its counts, as `m1+0`.
[[nodiscard]] map_definition map_of(durability kind);
/// One line for people.
[[nodiscard]] std::string describe(const scenario&);

}  // namespace troupe::sim
