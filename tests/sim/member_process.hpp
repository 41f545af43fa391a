/// \file
/// One incarnation of a member: the cores of membership, rows and router, and the shell between them and the world. It stands in for the
/// actors of the real thing: decode, drive, perform.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include <troupe/actors/protocol/membership/membership.hpp>
#include <troupe/actors/protocol/router/router.hpp>
#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/messages/types/client_message.hpp>

#include "tests/sim/caller.hpp"
#include "tests/sim/directory.hpp"
#include "tests/sim/folding.hpp"
#include "tests/sim/participant.hpp"
#include "tests/sim/witness.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {

struct process_options {
  protocol::membership_options membership;
  protocol::replica_limits replica;
  protocol::router_limits router;
  std::size_t frame_messages_max = 1000;  ///< how much replication a frame carries
  std::uint64_t memory_bytes_max = 0;     ///< what its copies may take; 0: anything
  duration row_lag_max{};  ///< how much later than the membership a row's actor may learn a view
};

class member_process final : public participant, public caller {
 public:
  member_process(world& around, directory& names, witness& checks, process_options, host_no host, const drifting_clock& clock, dice rng);
  ~member_process() override;

  void start();
  /// The process is gone at once: no word to anybody.
  void crash();
  void leave();
  void force_view();
  void want(const membership_message::wish& what);
  /// The next step is followed by a pause before any of its effects show: a thread that lost its processor in the middle.
  void pause_in_mid_step(duration how_long) { stall_ = how_long; }

  protocol::call_id call(std::string_view map, protocol::map_call what, duration patience, done_with done) override;
  void cancel(protocol::call_id which) override;
  [[nodiscard]] bool can_call() const override { return alive_ && !leaving_ && installed() != nullptr; }
  [[nodiscard]] std::size_t calls_in_flight() const override { return router_.in_flight(); }

  void receive(endpoint from, any_frame&& what) override;
  void tick() override;
  void disconnected(endpoint peer, channel via) override;
  void probed(const address& where, std::optional<endpoint> found, bool refused) override;
  void not_sent(endpoint peer, const any_frame& what) override;
  void view_reaches_row(const row_id& where, const view_ptr& what) override;
  void row_is_told(const protocol::neighbour_message& what) override;
  void resumed() override;

  [[nodiscard]] endpoint at() const { return endpoint_; }
  [[nodiscard]] const incarnation& id() const { return options_.membership.self.id; }
  [[nodiscard]] host_no host() const { return host_; }
  [[nodiscard]] bool alive() const { return alive_; }
  [[nodiscard]] bool leaving() const { return leaving_; }
  [[nodiscard]] member_no number() const { return membership_.self_number(); }
  [[nodiscard]] const view_ptr& installed() const { return membership_.installed(); }
  [[nodiscard]] const protocol::membership& membership() const { return membership_; }
  [[nodiscard]] instant clock() const { return around_.clock_of(endpoint_); }

  struct hosted_row {
    protocol::replica copy;
    view_ptr knows;  ///< the newest view that reached it
    std::size_t memory_counted = 0;  ///< what it took after its last step
  };
  [[nodiscard]] std::map<row_id, hosted_row>& rows() { return rows_; }
  [[nodiscard]] hosted_row* find_row(const row_id&);
  /// Had it passed its memory limit, as the latest step began?
  [[nodiscard]] bool was_full() const { return was_full_; }

 private:
  template <class Body>
  void step(Body body);
  void count_memory();
  void check_next();
  void perform();
  void perform_membership(std::vector<protocol::membership_event>& events);
  void perform_rows();
  void perform_router();
  /// What the copy here says to a get of this member's own router.
  [[nodiscard]] reply read_copy(const operation& get);
  void spread(const view_ptr& installed);
  void replicate(endpoint to, std::vector<any_replication_message>&& what);
  void dispatch();

  void on(endpoint from, any_membership_message& what);
  void on(endpoint from, replication_batch& what);
  void on(endpoint from, any_client_message& what);
  void operate(endpoint from, client_message::operations& what);
  void obey(endpoint from, const client_message::command& what);

  hosted_row& row(const row_id&);
  void touched(const row_id& r) {
    touched_.insert(r);
    sign_answers(r);
  }
  /// What has been answered since the last time comes from this row.
  void sign_answers(const row_id& r) { answered_by_.resize(row_effects_.answers.size(), r); }
  [[nodiscard]] protocol::moment moment() const { return {clock(), membership_.held_lease(), is_full_}; }
  [[nodiscard]] protocol::origin_id origin_of(endpoint);
  void forget_origin(endpoint);
  [[nodiscard]] std::optional<endpoint> peer(member_no) const;

  world& around_;
  directory& names_;
  witness& checks_;
  process_options options_;
  const std::shared_ptr<const protocol::entry_processors> folding_ = std::make_shared<folding>();
  host_no host_;
  drifting_clock rate_;
  dice rng_;
  endpoint endpoint_;
  bool alive_ = false;
  bool leaving_ = false;

  protocol::membership membership_;
  protocol::router router_;
  std::map<row_id, hosted_row> rows_;

  protocol::membership_effects membership_effects_;
  protocol::replica_effects row_effects_;
  protocol::router_effects router_effects_;
  std::set<row_id> touched_;  ///< rows of this step, to be flushed
  std::vector<row_id> answered_by_;  ///< whose each of row_effects_.answers is
  row_id checked_;           ///< did its background work last
  std::optional<duration> stall_;
  bool stalled_ = false;  ///< a step waits for the end of the pause to show its effects

  std::uint64_t memory_used_ = 0;
  bool is_full_ = false;
  bool was_full_ = false;

  std::map<endpoint, protocol::origin_id> origins_;
  std::map<protocol::origin_id, endpoint> origin_endpoints_;
  std::uint64_t next_origin_ = 1;
  std::vector<endpoint> view_followers_;

  std::uint64_t next_call_ = 1;
  std::map<protocol::call_id, done_with> calls_;

  struct bundle {
    std::vector<any_replication_message> replication;
    std::vector<operation> operations;
    std::vector<reply> replies;
  };
  std::map<endpoint, bundle> outgoing_;  ///< data of this step, a frame of each kind to each peer
};

}  // namespace troupe::sim
