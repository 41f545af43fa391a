/// \file
/// A client of a cluster: it holds no data and takes no part in decisions; it sends every operation straight to the primary of its row.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <troupe/actors/cluster_listener.hpp>
#include <troupe/actors/map.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/actors/protocol/router/map_call.hpp>
#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/time.hpp>
#include <troupe/node/config/client_config.hpp>
#include <troupe/node/transport/link_end.hpp>

namespace troupe {

class client_composition;
struct view;
namespace client_message {
struct command;
struct command_result;
}  // namespace client_message

/// How far the dialling of one of the addresses to begin with has come.
struct dialled_address {
  address where;
  bool is_connected = false;
  std::optional<link_end> failure;  ///< of the latest attempt; nothing: it is connected, or no attempt has ended yet
};

/// What keeps this address from telling a view, for people.
[[nodiscard]] TROUPE_API std::string problem_of(const dialled_address&);

/// Starts to connect at construction; must not outlive `system`. All functions may be called from any thread.
class TROUPE_API client {
 public:
  client(caf::actor_system& system, client_config config);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Blocks until a member has sent a view. False: the time passed, or all addresses of `connect` refuse this client for good;
  /// connection_problem() says what was in the way. It goes on dialling all the same.
  [[nodiscard]] bool wait_ready(duration timeout);
  [[nodiscard]] std::string connection_problem() const;
  /// The addresses of `connect`, in that order.
  [[nodiscard]] std::vector<dialled_address> addresses() const;

  /// A handle of the map of this name; the map is created by its first operation.
  [[nodiscard]] map_actor map(const std::string& name);
  /// The same as a map of C++ types. `timeout`: of its calls.
  template <class K, class V>
  [[nodiscard]] troupe::map<K, V> map(const std::string& name, duration timeout = call_timeout_default) {
    return troupe::map<K, V>{map(name), gate(name), timeout};
  }
  /// `done` is called once, on the thread that moves the bytes of this client: it must neither block nor end the client. What it throws is logged and goes no further.
  void submit(const std::string& map, protocol::map_call what, duration timeout, std::function<void(protocol::map_result&&)> done);

  /// From now on `listener` is told who comes and goes, and which rows are lost (cluster_listener.hpp). Returns its subscription, at once.
  caf::actor add_cluster_listener(const caf::actor& listener);
  /// Begins to end it; a batch that is under way may still come.
  void remove_cluster_listener(const caf::actor& subscription);

  /// The newest; null: none yet. What is in it: messages/types/view.hpp.
  [[nodiscard]] std::shared_ptr<const view> current_view() const;
  /// To one member; or to nobody in particular: a command that may be asked twice goes to whoever is connected, and on through another one
  /// when that dies; force_view and shutdown go to the first of `connect` that lives. Blocks until there is an answer, or an error of the
  /// result that says why there is none. Which commands there are: messages/types/client_message.hpp.
  [[nodiscard]] client_message::command_result command(member_no to, client_message::command what, duration timeout);

 private:
  [[nodiscard]] std::shared_ptr<const call_gate> gate(const std::string& name);
  std::shared_ptr<client_composition> composition_;
};

}  // namespace troupe
