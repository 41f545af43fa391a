/// \file
/// A member of a test's cluster: the real actors, and what ties them to the world.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include <troupe/actors/lease_cell.hpp>
#include <troupe/actors/processor_registry.hpp>
#include <troupe/actors/row_host.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/stats.hpp>
#include <troupe/node/testing/place.hpp>

namespace troupe::test {

class client_place;

class member_place final : public place {
 public:
  using place::place;

  /// `seeds`: the indices of those that it asks to let it in. Without any it founds the cluster.
  void start(const cluster_settings& settings, std::shared_ptr<const processor_registry> processors, const std::vector<std::size_t>& seeds);

  void leave() { tell(membership_, local::start_leaving{}); }
  void force_view() { tell(membership_, local::force_a_view{}); }
  void reset_lost();
  [[nodiscard]] member_no number() const { return number_; }
  /// Of what its actors say without time passing; so nothing while it is paused.
  [[nodiscard]] std::optional<member_stats> stats();

  // What comes from other processes, beside what the protocol's own actors tell each other.

  void operate(protocol::origin_id from, operation what);
  /// Tells that client of views from now on, and at once of one that is later than what it knows.
  void follow(client_place& client, view_number known);
  void obey(const client_place& client, client_message::command what);

  void tick() override;
  bool flush() override;
  void lost_sight_of(const place& gone) override;
  void reconnected(const place& other) override;

 private:
  class row_ports;
  class membership_ports;
  class router_ports;
  class administration_ports;

  void end_actors() override;
  void send_replication(member_no to, std::vector<any_replication_message> batch);
  void send_operation(member_no to, operation what);
  void answer(protocol::origin_id to, std::vector<reply> batch);
  void probe(const address& where);
  void install(const view_ptr& v, member_no self);
  void tell_view(client_place& client);

  member_no number_;
  lease_cell lease_;
  caf::actor membership_;
  caf::actor administration_;
  std::shared_ptr<row_host> rows_;
  std::set<std::size_t> followers_;  ///< the clients that are told of views
  bool flush_wanted_ = false;
};

}  // namespace troupe::test
