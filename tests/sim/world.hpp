/// \file
/// The world that the processes live in: true time, what is going to happen, who is alive, paused or dead, and the network between
/// them. It knows nothing of the protocol.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "tests/sim/network.hpp"
#include "tests/sim/participant.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/trace.hpp"
#include "tests/sim/virtual_time.hpp"

namespace troupe::sim {

/// An invariant does not hold. Ends the run.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class world {
 public:
  world(std::uint64_t seed, const network_profile& weather, duration tick_interval, trace& log);

  [[nodiscard]] virtual_time now() const { return now_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] trace& log() { return log_; }
  [[nodiscard]] network& net() { return net_; }

  /// Runs until nothing is planned before `end`, which is then the time.
  void run_until(virtual_time end);

  /// A new process on `host`. It ticks from now on, by its own clock. `listens`: where others find it; nothing for clients.
  endpoint start(participant& who, host_no host, const drifting_clock& clock, std::optional<address> listens);
  /// Its connections break, which those who can be reached notice.
  void kill(endpoint who);
  void pause(endpoint who, duration how_long);
  void resume(endpoint who);
  /// Until then each of its steps is followed by a pause of this length.
  void slow_down(endpoint who, duration each_step, virtual_time until);
  void change_clock_rate(endpoint who, double rate) { at(who).clock.change_rate(now_, rate); }
  [[nodiscard]] bool alive(endpoint e) const { return at(e).condition != state::dead; }
  [[nodiscard]] bool paused(endpoint e) const { return at(e).condition == state::paused; }
  [[nodiscard]] host_no host_of(endpoint e) const { return at(e).host; }
  [[nodiscard]] instant clock_of(endpoint e) const { return at(e).clock.read(now_); }

  void transmit(endpoint from, endpoint to, channel via, any_frame what);
  /// Dials: probed() follows.
  void probe(endpoint from, const address& where);
  void row_view(endpoint who, const row_id& where, view_ptr what, duration after);
  /// One row of a process tells another one something.
  void tell_row(endpoint who, protocol::neighbour_message what, duration after);
  /// Does something of the simulation's own at a time.
  void plan(virtual_time when, std::function<void()> errand);
  void plan_in(duration after, std::function<void()> errand) { plan(now_ + after, std::move(errand)); }

  /// Breaks the connections of this channel between two processes, both ways.
  void reset(endpoint a, endpoint b, channel via);
  /// What a cut held back goes on its way, where nothing cuts it any more.
  void release_held();

 private:
  struct arrival {
    endpoint from, to;
    channel via;
    std::shared_ptr<any_frame> what;
    network::ticket number;
  };
  struct clock_tick {
    endpoint who;
  };
  struct break_noticed {
    endpoint who, peer;
    channel via;
  };
  struct probe_ended {
    endpoint who;
    address where;
    std::optional<endpoint> found;
    bool refused;
  };
  struct send_failed {
    endpoint who, peer;
    std::shared_ptr<any_frame> what;
  };
  struct row_learns {
    endpoint who;
    row_id where;
    view_ptr what;
  };
  struct row_is_told {
    endpoint who;
    protocol::neighbour_message what;
  };
  struct pause_ends {
    endpoint who;
    std::uint32_t pause;
  };
  using event = std::variant<arrival, clock_tick, break_noticed, probe_ended, send_failed, row_learns, row_is_told, pause_ends, std::function<void()>>;

  enum class state : std::uint8_t { running, paused, dead };
  struct station {
    participant* who;
    host_no host;
    drifting_clock clock;
    std::optional<address> listens;
    state condition = state::running;
    std::uint32_t pauses = 0;
    duration each_step{};       ///< a pause after each step …
    virtual_time slow_until{};  ///< … until then
    std::vector<event> waiting;        ///< what came during a pause
    std::vector<endpoint> peers;       ///< whom it has exchanged frames with, ordered
    std::vector<endpoint> known_dead;  ///< whose end it noticed, ordered
  };

  [[nodiscard]] const station& at(endpoint e) const { return stations_[e.value()]; }
  [[nodiscard]] station& at(endpoint e) { return stations_[e.value()]; }
  [[nodiscard]] network::path path(endpoint from, endpoint to, channel via) const { return {from, to, at(from).host, at(to).host, via}; }
  [[nodiscard]] static std::optional<endpoint> whose(const event&);
  [[nodiscard]] std::optional<endpoint> listening(const address&) const;

  void handle(event&&);
  void deliver(event&&);
  void on(arrival&&);
  void on(const clock_tick&);
  void on(const break_noticed&);
  void on(const probe_ended&);
  void on(const send_failed&);
  void on(const row_learns&);
  void on(const row_is_told&);
  void on(const pause_ends&);
  void on(const std::function<void()>& errand) { errand(); }

  void launch(endpoint from, endpoint to, channel via, std::shared_ptr<any_frame> what);
  void fail_to_dead(endpoint from, endpoint to, channel via, std::shared_ptr<any_frame> what);
  void notice_break(endpoint who, endpoint peer, channel via);

  trace& log_;
  network net_;
  dice rng_;
  duration tick_interval_;
  virtual_time now_{};
  std::uint64_t steps_ = 0;
  agenda<event> agenda_;
  std::vector<station> stations_;
  std::vector<arrival> held_;  ///< by cuts
};

}  // namespace troupe::sim
