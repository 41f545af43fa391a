/// \file
/// The composition root of a member: makes its threads, actors and links, ties them together, and takes them apart again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/actors/announcer_actor.hpp>
#include <troupe/actors/lease_cell.hpp>
#include <troupe/actors/router_actor.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/stats.hpp>
#include <troupe/node/client/member_links.hpp>
#include <troupe/node/member/control_plane.hpp>
#include <troupe/node/member/data_shard.hpp>
#include <troupe/node/member/member.hpp>
#include <troupe/node/transport/listener.hpp>

namespace troupe {

class member_composition final : public std::enable_shared_from_this<member_composition>,
                                 private control_listener,
                                 private member_ports,
                                 private listener_policy {
 public:
  member_composition(caf::actor_system& system, member_config config);
  ~member_composition() override;

  /// Throws std::system_error when it can't listen.
  void start();
  void stop();
  void leave();

  // From any thread.
  [[nodiscard]] bool wait_ready(duration timeout);
  [[nodiscard]] bool wait_ended(duration timeout);
  void on_ended(std::function<void(member_end)> callback);
  [[nodiscard]] member_end how_ended() const;
  [[nodiscard]] std::size_t rows_left_behind() const;
  [[nodiscard]] std::string end_text() const;
  [[nodiscard]] std::string join_problem() const;
  [[nodiscard]] view_ptr view() const;
  [[nodiscard]] member_no number() const { return member_no{number_.load()}; }
  [[nodiscard]] const incarnation& id() const { return self_.who; }
  [[nodiscard]] address listens_at() const { return self_.address; }
  [[nodiscard]] map_actor map(const std::string& name);
  [[nodiscard]] caf::actor add_cluster_listener(const caf::actor& listener);
  [[nodiscard]] const router_handle& router() const { return router_; }

  // For the environments of the router and the administration.
  /// The data shard where the router runs, and its links.
  [[nodiscard]] shard& router_home() { return data_.front()->home(); }
  void send(std::vector<protocol::router_effects::send> list);
  void tick_router_after(duration delay);
  [[nodiscard]] bool read_backup(operation get);
  void create_map(const std::string& name);
  void wish(std::vector<membership_message::wish> list) override;
  void force_view();
  void shut_down(bool without_moving);
  void take_census(std::function<void(std::vector<local::row_census>)> done);
  /// `done` gets nothing when the member has ended, or ends meanwhile.
  void take_stats(std::function<void(std::optional<member_stats>)> done);
  void answer(protocol::origin_id to, client_message::command_result what);
  void map_refused(const std::string& name, failure why);
  [[nodiscard]] std::uint64_t memory_limit() const { return memory_->limit(); }

 private:
  // control_listener
  void lease_changed(const protocol::lease& held) override;
  void passed(const view_ptr& v) override;
  void installed(const view_ptr& v, member_no self) override;
  void ended(protocol::ending how, std::optional<view_number> gave_up_after) override;
  void reported(const protocol::membership_event& what) override;
  void unreachable(const address& where, const link_end& why) override;
  // member_ports
  void answer_own_router(std::vector<reply> list) override;
  void answer_own_backup_reads(std::vector<reply> list) override;
  void command(protocol::origin_id from, client_message::command what) override;
  void answer_elsewhere(std::uint32_t shard, protocol::origin_id to, std::vector<reply> list) override;
  void operate_elsewhere(std::uint32_t shard, protocol::origin_id from, std::vector<operation> list, elsewhere_load::part load) override;
  void receive_elsewhere(std::uint32_t shard, member_no from, std::vector<any_replication_message> list,
                         elsewhere_load::part load) override;
  void forget_elsewhere(protocol::origin_id gone) override;
  // listener_policy
  [[nodiscard]] const incarnation& self() const override { return self_.who; }
  [[nodiscard]] const std::string& cluster() const override { return self_.cluster; }
  [[nodiscard]] std::string refusal(const hello& peer) override;
  [[nodiscard]] shard& home_of(const hello& peer) override;
  void accepted(std::unique_ptr<accepted_link> link) override;

  [[nodiscard]] protocol::membership_options membership_options() const;
  [[nodiscard]] data_shard& shard_of(const row_id& row) { return *data_[row.partition.value() % data_.size()]; }
  void send_here(std::vector<protocol::router_effects::send> list);
  void end(member_end how);
  void end_branch(view_number after);
  /// `done` gets the answers of all data shards: `ask` makes one of them call the function that it is given, on its own thread. Where one stops before,
  /// `done` is destroyed uncalled.
  template <class Answer, class Ask>
  void ask_shards(std::function<void(std::vector<Answer>)> done, Ask ask);
  void count_rows_left_behind();
  void listen();

  caf::actor_system& system_;
  const member_config config_;
  const cluster_settings settings_;  ///< with scaled times
  hello self_;
  const dial_settings dialling_;  ///< of all links to other members
  const std::shared_ptr<spdlog::logger> log_;
  protocol::lease lease_held_;  ///< as published last; on the control thread
  std::shared_ptr<lease_cell> lease_ = std::make_shared<lease_cell>();
  std::shared_ptr<memory_meter> memory_;
  std::atomic<std::uint32_t> number_{0};
  control_plane control_;
  std::vector<std::unique_ptr<data_shard>> data_;
  std::unique_ptr<listener> listener_;
  router_handle router_;
  caf::actor administration_;
  caf::actor announcer_;
  std::unique_ptr<member_links> links_;  ///< of the router; on data shard 0
  timer router_tick_;  ///< beside the links
  timer farewell_;                       ///< on the control thread
  std::atomic<std::uint32_t> next_home_{0};
  bool started_ = false;
  std::atomic<bool> leaving_{false};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  view_ptr view_;
  std::optional<member_end> end_;
  std::string end_text_;
  std::string waits_;                             ///< for what, as long as there is no view
  std::map<std::string, std::string> refusals_;  ///< likewise: what was said at which address
  std::size_t rows_left_behind_ = 0;
  std::function<void(member_end)> on_ended_;
  bool stopped_ = false;
};

}  // namespace troupe
