/// \file
/// A client of a test's cluster: a router, and the view that the members keep it told of.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/testing/place.hpp>

namespace troupe::test {

class member_place;

class client_place final : public place {
 public:
  using place::place;

  /// It knows where all members are, also those that start later.
  void start();
  /// A member tells it of a view.
  void hear(const view_ptr& v);
  void command_answered(const client_message::command_result& what);
  /// Asks a member that it has a connection with. Nothing: there is none. The answer goes to the administration.
  std::optional<request_number> command(decltype(client_message::command::what) what);

  void tick() override;
  void lost_sight_of(const place& gone) override;
  void reconnected(const place& other) override;

 private:
  class router_ports;

  void end_actors() override;
  /// Asks all members for later views than the one it has, now and as they come.
  void ask_for_views();
  void send_operation(member_no to, operation what);
  void create_map(const std::string& name);

  caf::actor administration_;
  instant asked_for_views_at_{};
  std::uint64_t commands_ = 0;
  std::map<request_number, std::string> maps_asked_for_;  ///< since it last asked for views; the router means them until they are there
};

}  // namespace troupe::test
