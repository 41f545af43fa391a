/// \file
/// The map client of `troupe` over real connections: one thread outside of the actors, which starts calls and waits for what finishes.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/cli/map_client.hpp>
#include <troupe/node/client/client.hpp>

namespace troupe::cli {

class connected_map_client final : public map_client {
 public:
  /// Requires: `wire` outlives this.
  explicit connected_map_client(client& wire) : wire_{wire} {}

  [[nodiscard]] instant now() const override;
  [[nodiscard]] view_ptr current_view(instant deadline) override;
  [[nodiscard]] std::vector<unreached_address> unreached() const override;
  void start(protocol::call_id id, const std::string& map, protocol::map_call what, instant deadline) override;
  [[nodiscard]] std::vector<finished_call> wait(instant until) override;
  [[nodiscard]] std::vector<client_message::command_result> ask(const std::vector<member_no>& whom, const admin_command& what,
                                                                instant deadline) override;

 private:
  /// Shared with calls that may still finish when this is gone.
  struct finished_calls {
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<finished_call> list;
  };

  client& wire_;
  std::shared_ptr<finished_calls> finished_ = std::make_shared<finished_calls>();
};

}  // namespace troupe::cli
