/// \file
/// A member that does what the test says: real sockets, and no cluster behind them.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/client/client.hpp>

#include "tests/node/transport/fixtures.hpp"

namespace troupe::test {

class scripted_member {
 public:
  /// What it answers to a command; nothing: it is silent.
  using command_script = std::function<std::optional<client_message::command_result>(const client_message::command&)>;
  using operation_script = std::function<std::optional<reply>(const operation&)>;

  /// At any port, or at this one.
  explicit scripted_member(std::uint8_t n, std::uint16_t port = 0);

  [[nodiscard]] address at() const { return member_->at(); }
  [[nodiscard]] const incarnation& id() const { return id_; }
  /// What it shows to whoever follows views from now on; nothing: the member has none.
  void shows(view_ptr v);
  /// To all who are connected, now.
  void tells(const view_ptr& v) { member_->send_to_all({any_frame{any_client_message{client_message::view_update{v}}}}); }
  void on_command(command_script script);
  void on_operation(operation_script script);
  /// How many have ever been made.
  [[nodiscard]] std::size_t connections() const { return member_->accepted_peers.size(); }
  /// Breaks its connections and is gone.
  void dies() { member_.reset(); }

  observed<client_message::command> commands;
  observed<operation> operations;

 private:
  void on_frame(accepted_link& link, const any_client_message& message);

  std::mutex mutex_;
  const incarnation id_;
  view_ptr view_;
  command_script command_;
  operation_script operation_;
  std::unique_ptr<listening_member> member_;
};

/// A view of these members, numbered from 1 on, in a cluster that bears a name of one byte; the first one is the primary of everything.
[[nodiscard]] view_ptr view_of(const std::vector<const scripted_member*>& members, std::uint8_t cluster = 1, std::uint64_t number = 1);

/// A client with CAF around it, which knows these addresses.
class connected_client {
 public:
  explicit connected_client(std::vector<address> connect, std::string cluster = "troupe-test");
  /// Ends the client; the actor system stays.
  void ends() { wire_.reset(); }
  [[nodiscard]] client& wire() { return *wire_; }
  [[nodiscard]] caf::actor_system& system() { return system_.get(); }

 private:
  small_system system_;
  std::optional<client> wire_;
};

[[nodiscard]] client_message::command a_command(decltype(client_message::command::what) what);
[[nodiscard]] client_message::command_result done_with(const client_message::command& what);

}  // namespace troupe::test
