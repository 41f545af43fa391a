/// \file
/// The inside of a client: a shard with the links to the members, a router that speaks through them, and what threads outside wait for.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <troupe/actors/router_actor.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/view.hpp>
#include <troupe/node/client/client.hpp>
#include <troupe/node/client/member_links.hpp>
#include <troupe/node/client/open_commands.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe {

class client_composition final : public std::enable_shared_from_this<client_composition>, private command_ways {
 public:
  client_composition(caf::actor_system& system, client_config config);

  void start();
  void stop();

  // From any thread.
  [[nodiscard]] bool wait_ready(duration timeout);
  [[nodiscard]] std::vector<dialled_address> addresses() const;
  [[nodiscard]] std::string connection_problem() const { return problem(); }
  [[nodiscard]] view_ptr view() const;
  [[nodiscard]] map_actor map(const std::string& name);
  [[nodiscard]] caf::actor add_cluster_listener(const caf::actor& listener);
  [[nodiscard]] const router_handle& router() const { return router_; }
  [[nodiscard]] shard& home() { return shard_; }
  void send(std::vector<protocol::router_effects::send> list);
  void tick_router_after(duration delay);
  void create_map(const std::string& name);
  /// `done` is called once, within the timeout, mostly on the shard's thread.
  void command(member_no to, client_message::command what, duration timeout, open_commands::done done);

 private:
  /// A member to connect to: whoever answers at that address.
  struct seed {
    address where;
    bool tried = false;                 ///< connected, or failed to, at least once
    std::optional<cluster_id> cluster;  ///< of the view that it told on this connection
    std::unique_ptr<dialled_link> link;
  };

  // command_ways
  [[nodiscard]] choice_of_way way_to(member_no to) const override;
  [[nodiscard]] choice_of_way way_to_first_seed() const override;
  [[nodiscard]] choice_of_way way_to_any() const override;
  bool send(const command_way& way, const client_message::command& what) override;
  [[nodiscard]] std::string problem() const override;

  void send_here(std::vector<protocol::router_effects::send> list);
  void dial_links();
  void dial_seeds();
  void on_view(view_ptr v);
  void install(view_ptr v);
  [[nodiscard]] bool is_connected_to(const cluster_id& cluster) const;
  void on_connection_lost();
  void on_seed_up(seed_index which);
  void on_seed_down(seed_index which, const link_end& why);
  void on_seed_frame(seed_index which, any_frame frame);
  void ask_to_create(const std::string& name);
  void note(seed_index which, std::optional<link_end> failure);
  [[nodiscard]] bool is_refused_for_good() const;

  caf::actor_system& system_;
  const client_config config_;
  const std::shared_ptr<spdlog::logger> log_;
  hello self_;
  shard shard_;
  router_handle router_;
  caf::actor administration_;
  caf::actor announcer_;

  // On the shard's thread.
  std::unique_ptr<member_links> links_;
  timer router_tick_;  ///< beside the links
  std::vector<seed> seeds_;  ///< in the order of the configuration
  open_commands commands_;
  std::unordered_set<std::string> maps_asked_for_;  ///< by commands that are under way
  view_ptr of_another_cluster_;                     ///< the newest such view, while the present cluster is still there

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  view_ptr view_;
  std::vector<dialled_address> addresses_;  ///< of the seeds, for other threads
};

}  // namespace troupe
