/// \file
/// The inside of a client: a shard with the links to the members, a router that speaks through them, and what threads outside wait for.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <troupe/actors/router_actor.hpp>
#include <troupe/node/client/client.hpp>
#include <troupe/node/client/member_links.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe {

class client_composition : public std::enable_shared_from_this<client_composition> {
 public:
  client_composition(caf::actor_system& system, client_config config);

  void start();
  void stop();

  // From any thread.
  [[nodiscard]] bool wait_ready(duration timeout);
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] view_ptr view() const;
  [[nodiscard]] map_actor map(const std::string& name);
  [[nodiscard]] const router_handle& router() const { return router_; }
  void send(std::vector<protocol::router_effects::send> list);
  void create_map(const std::string& name);
  /// `done` is called once, on the shard's thread; not at all when the client stops before.
  void command(member_no to, client_message::command what, std::function<void(client_message::command_result)> done);

 private:
  struct waiting_command {
    member_no to;
    std::function<void(client_message::command_result)> done;
  };

  void dial_seeds();
  void on_view(view_ptr v);
  void on_command_result(client_message::command_result r);
  void on_lost(member_no peer);
  void on_seed_down(const address& where, const link_end& why);
  void dispatch(member_no to, client_message::command what, std::function<void(client_message::command_result)> done);
  [[nodiscard]] bool send_over_any_link(member_no to, const client_message::command& what);
  void set_problem(std::string text);

  caf::actor_system& system_;
  const client_config config_;
  hello self_;
  shard shard_;
  router_handle router_;
  caf::actor administration_;

  // On the shard's thread.
  std::unique_ptr<member_links> links_;
  std::vector<std::unique_ptr<dialled_link>> seeds_;  ///< until a view says who the members are, and when none of them answers
  std::unordered_map<request_number, waiting_command> commands_;
  std::unordered_map<std::string, instant> maps_asked_for_;
  std::uint64_t last_command_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  view_ptr view_;
  std::string problem_ = "no member has answered yet";
};

}  // namespace troupe
