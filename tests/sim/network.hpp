/// \file
/// The simulated network: how long frames take, which are lost, repeated or overtaken, which hosts can't reach each other, and which
/// connections break. It decides; it neither stores frames nor delivers them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tests/sim/participant.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/virtual_time.hpp"

namespace troupe::sim {

/// The weather of one run.
struct network_profile {
  duration delay_min = microseconds{50};     ///< one way
  duration delay_spread = microseconds{400};  ///< most frames take less than half of it more, a few up to all of it
  /// True: as over TCP, a connection delivers in order and loses only the rest of what was in flight when it breaks.
  /// False: each frame for itself; the protocol must stand it, a network on which it could happen does not matter.
  bool ordered = true;
  double straggling = 0;   ///< of one frame: it takes up to straggle_max longer, and with order so do those behind it
  duration straggle_max = seconds{1};
  double loss = 0;         ///< of one frame
  double duplication = 0;  ///< likewise; never of operations and replies: without sessions they rely on the connection for it
};

enum class cut_kind : std::uint8_t {
  none,
  dropping,  ///< what is sent is lost
  holding,   ///< what is sent arrives after the end of the cut: retransmission, and the longest delays of all
};

class network {
 public:
  network(const network_profile& profile, dice rng) : profile_(profile), rng_(rng) {}

  struct path {
    endpoint from, to;
    host_no from_host, to_host;
    channel via = channel::control;
  };
  /// A frame's place in its connection, to find out at its arrival whether the connection broke in between.
  struct ticket {
    std::uint32_t generation = 0;
    std::uint32_t position = 0;
  };
  struct passage {
    std::array<virtual_time, 2> arrivals{};  ///< of the copies that arrive
    std::size_t copies = 0;
    bool held = false;  ///< ask again when the cut is over
    ticket number;
  };

  /// What becomes of a frame that leaves now. `repeatable`: the network may deliver it twice.
  [[nodiscard]] passage send(const path&, virtual_time now, bool repeatable);
  /// Asked at its arrival: false when its connection broke before it.
  [[nodiscard]] bool delivers(const path&, const ticket&) const;
  /// Breaks a connection: a suffix of what is in flight is lost (some of it, when frames are not ordered).
  void reset(const path&);

  void cut(host_no from, host_no to, cut_kind how) { cuts_[key(from, to)] = how; }
  void heal(host_no from, host_no to) { cuts_.erase(key(from, to)); }
  void heal_all() { cuts_.clear(); }
  [[nodiscard]] cut_kind between(host_no from, host_no to) const;
  [[nodiscard]] bool reachable(host_no a, host_no b) const { return between(a, b) == cut_kind::none && between(b, a) == cut_kind::none; }
  [[nodiscard]] bool has_cuts() const { return !cuts_.empty(); }

  /// Frames that leave before `until` take `more` longer.
  void slow_down(host_no from, host_no to, duration more, virtual_time until) { slow_[key(from, to)] = {more, until}; }
  void calm() {
    slow_.clear();
    profile_.loss = 0;
    profile_.duplication = 0;
    profile_.straggling = 0;
  }
  /// A draw from the delay distribution, for what is not a frame.
  [[nodiscard]] duration delay();

 private:
  struct connection {
    std::uint32_t generation = 0;
    std::uint32_t sent = 0;            ///< frames of this generation
    std::uint32_t arrived = 0;         ///< about how many of them are through; only to place a break
    std::uint32_t survivors = 0;       ///< of the generation before: frames below this still arrive
    virtual_time last_arrival{};
  };
  struct slowness {
    duration more{};
    virtual_time until{};
  };

  static std::uint64_t key(host_no from, host_no to) { return (std::uint64_t{from.value()} << 32) | to.value(); }
  static std::uint64_t key(const path& p) {
    return (std::uint64_t{p.from.value()} << 33) | (std::uint64_t{p.to.value()} << 1) | (p.via == channel::data ? 1U : 0U);
  }
  virtual_time arrival(const path&, connection&, virtual_time now);

  network_profile profile_;
  dice rng_;
  std::unordered_map<std::uint64_t, cut_kind> cuts_;      // Looked up, never walked: its order does not matter.
  std::unordered_map<std::uint64_t, slowness> slow_;      // Likewise.
  mutable std::unordered_map<std::uint64_t, connection> connections_;  // Likewise.
};

}  // namespace troupe::sim
