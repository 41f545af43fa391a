/// \file
/// What the commands of `troupe` need of a cluster. Implemented over sockets elsewhere, and by a fake in tests; it also is the only clock
/// that commands know, so that nothing in them sleeps.
#pragma once

#include <string>
#include <vector>

#include <troupe/actors/protocol/router/router.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/time.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::cli {

struct finished_call {
  protocol::call_id call;
  protocol::map_result what;
};

/// An address of the command line from which no view has come.
struct unreached_address {
  enum class cause : std::uint8_t {
    no_answer,        ///< nobody, or nobody yet
    not_yet,          ///< a member, which is in no cluster yet or has no room for now
    another_cluster,  ///< refused for the cluster's name
    another_version,  ///< refused for the version of the protocol
  };

  address where;
  cause why = cause::no_answer;
  std::string text;  ///< for people

  [[nodiscard]] bool refuses_for_good() const { return why == cause::another_cluster || why == cause::another_version; }
};

using admin_command = decltype(client_message::command::what);

/// One client of one cluster, for one thread. It goes on through another member when the one it is connected to dies.
class map_client {
 public:
  map_client() = default;
  map_client(const map_client&) = delete;
  map_client& operator=(const map_client&) = delete;
  virtual ~map_client() = default;

  [[nodiscard]] virtual instant now() const = 0;

  /// The newest view known here, after waiting for one if there is none yet. Null: no member with a view could be reached by `deadline`;
  /// or, at once, all addresses refuse this client for good.
  [[nodiscard]] virtual view_ptr current_view(instant deadline) = 0;
  /// Why there is no view: all addresses, in the order of the command line.
  [[nodiscard]] virtual std::vector<unreached_address> unreached() const = 0;

  /// Begins a call. It leaves at the latest with the next wait(), together with others that were begun before. It finishes exactly once,
  /// and not much after `deadline`; `id` is not in use until then.
  virtual void start(protocol::call_id id, const std::string& map, protocol::map_call what, instant deadline) = 0;

  /// Waits until something finishes, or until `until`, and returns all that has finished since the last time. With nothing under way it
  /// just lets the time pass.
  [[nodiscard]] virtual std::vector<finished_call> wait(instant until) = 0;

  /// Asks each of these members, all at the same time; `nobody` stands for the first one named on the command line that lives where only
  /// one shall act (shutdown, force_view), else for whichever is connected. One answer for each, in the same order; that of a member that
  /// did not answer by `deadline` has an error that says so.
  [[nodiscard]] virtual std::vector<client_message::command_result> ask(const std::vector<member_no>& whom, const admin_command& what,
                                                                        instant deadline) = 0;
};

/// One call, from start to end. Requires: nothing else is under way.
[[nodiscard]] protocol::map_result call(map_client& client, const std::string& map, protocol::map_call what, instant deadline);

/// Lets time pass until `until`. Requires: nothing is under way.
void pause(map_client& client, instant until);

}  // namespace troupe::cli
