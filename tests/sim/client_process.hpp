/// \file
/// A client outside of the members: a router, and the view that they keep it told of.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include <troupe/actors/protocol/router/router.hpp>

#include "tests/sim/caller.hpp"
#include "tests/sim/directory.hpp"
#include "tests/sim/participant.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {

class client_process final : public participant, public caller {
 public:
  client_process(world& around, directory& names, std::vector<address> seeds, const protocol::router_limits&, host_no host,
                 const drifting_clock& clock, dice rng);

  void start();
  void crash();
  [[nodiscard]] const std::vector<address>& seeds() const { return seeds_; }
  /// Further addresses to look for a member at.
  void learn(const std::vector<address>& more) { seeds_.insert(seeds_.end(), more.begin(), more.end()); }

  protocol::call_id call(std::string_view map, protocol::map_call what, duration patience, done_with done) override;
  void cancel(protocol::call_id which) override;
  [[nodiscard]] bool can_call() const override { return alive_; }
  [[nodiscard]] std::size_t calls_in_flight() const override { return router_.in_flight(); }
  [[nodiscard]] endpoint at() const { return endpoint_; }

  void receive(endpoint from, any_frame&& what) override;
  void tick() override;
  void disconnected(endpoint peer, channel via) override;
  void probed(const address& where, std::optional<endpoint> found, bool refused) override;
  void not_sent(endpoint peer, const any_frame& what) override;
  void view_reaches_row(const row_id&, const view_ptr&) override {}
  void row_is_told(const protocol::neighbour_message&) override {}
  void resumed() override {}

 private:
  template <class Body>
  void step(Body body);
  void perform();
  void look_for_a_member();
  void follow(endpoint member);
  void follow_members();
  [[nodiscard]] std::optional<endpoint> peer(member_no) const;
  [[nodiscard]] instant clock() const { return around_.clock_of(endpoint_); }

  world& around_;
  directory& names_;
  std::vector<address> seeds_;
  host_no host_;
  drifting_clock rate_;
  dice rng_;
  protocol::router router_;
  protocol::router_effects effects_;
  endpoint endpoint_;
  bool alive_ = false;
  std::set<endpoint> followed_;  ///< the members that tell it of views
  instant heard_{};              ///< when one last did, or was looked for
  bool dialling_ = false;
  std::uint64_t next_call_ = 1;
  std::uint64_t next_command_ = 1;
  std::map<protocol::call_id, done_with> calls_;
};

}  // namespace troupe::sim
