/// \file
/// A data shard of a member: one I/O thread with the partition actors that live on it, the links that carry their replication to other
/// members, and the connections of clients that were accepted here.
///
/// It owns all of these. What concerns other threads goes through member_ports.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <troupe/actors/lease_cell.hpp>
#include <troupe/actors/memory_meter.hpp>
#include <troupe/actors/row_host.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/member/elsewhere_load.hpp>
#include <troupe/node/transport/accepted_link.hpp>
#include <troupe/node/transport/dialled_link.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe {

/// What a data shard needs of its member. Every function may be called from any thread.
class member_ports {
 public:
  virtual ~member_ports() = default;
  virtual void wish(std::vector<membership_message::wish> list) = 0;
  virtual void answer_own_router(std::vector<reply> list) = 0;
  virtual void answer_own_backup_reads(std::vector<reply> list) = 0;
  virtual void command(protocol::origin_id from, client_message::command what) = 0;
  /// Of the shard with that index. A load ends when the shard takes the list up.
  virtual void answer_elsewhere(std::uint32_t shard, protocol::origin_id to, std::vector<reply> list) = 0;
  virtual void operate_elsewhere(std::uint32_t shard, protocol::origin_id from, std::vector<operation> list, elsewhere_load::part load) = 0;
  virtual void receive_elsewhere(std::uint32_t shard, member_no from, std::vector<any_replication_message> list,
                                 elsewhere_load::part load) = 0;
  virtual void forget_elsewhere(protocol::origin_id gone) = 0;
};

/// Origins tell to whom an answer goes: this member's router, or a connection of some shard.
namespace origins {

inline constexpr protocol::origin_id own_router{1};
inline constexpr protocol::origin_id own_backup_reads{2};
inline constexpr std::uint64_t shard_bits = 6;

[[nodiscard]] inline protocol::origin_id of_connection(std::uint64_t counter, std::uint32_t shard) {
  return protocol::origin_id{counter << shard_bits | shard};
}
[[nodiscard]] inline std::uint32_t shard_of(protocol::origin_id o) {
  return static_cast<std::uint32_t>(o.value() & ((1u << shard_bits) - 1));
}

}  // namespace origins

struct data_shard_settings {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
  hello self;  ///< role member_data; without its address, which start() tells
  protocol::replica_limits limits;
  dial_settings dialling;
  double timing_scale = 1;
  std::shared_ptr<spdlog::logger> log;
  std::shared_ptr<const protocol::entry_processors> processors{};
};

class data_shard {
 public:
  data_shard(caf::actor_system& system, data_shard_settings settings, std::shared_ptr<lease_cell> lease, std::shared_ptr<memory_meter> memory,
             member_ports& member);
  ~data_shard();

  [[nodiscard]] shard& home() { return shard_; }
  /// Peers are told that this member listens there.
  void start(const address& listens_at);
  /// Ends the partitions, closes the links, joins the thread.
  void stop();

  // On the shard's thread.
  void install(const view_ptr& v, member_no self);
  void lease_gained() { rows_->lease_gained(); }
  void accept(std::unique_ptr<accepted_link> link);
  void operate(protocol::origin_id from, std::vector<operation> list);
  void receive(member_no from, std::vector<any_replication_message> list);
  [[nodiscard]] bool read_backup(protocol::origin_id from, operation get);
  void answer(protocol::origin_id to, std::vector<reply> list);
  void answer(protocol::origin_id to, client_message::command_result result);
  void forget(protocol::origin_id gone);
  void take_census(std::function<void(std::vector<local::row_census>)> done);
  void take_discarded(view_number after, std::function<void(std::vector<local::row_discarded>)> done);

 private:
  class ports;
  struct connection;

  void send_replication(member_no to, std::vector<any_replication_message> batch);
  void on_data_frame(const hello& peer, protocol::origin_id from, any_frame frame);
  void on_client_frame(protocol::origin_id from, any_frame frame);
  void on_operations(protocol::origin_id from, std::vector<operation> list);
  void pause_when_full(connection& c);
  void resume(protocol::origin_id which);
  void on_closed(protocol::origin_id which);
  void update_links();
  void tell_followers();
  void arm_tick();

  data_shard_settings settings_;
  std::shared_ptr<lease_cell> lease_;
  std::shared_ptr<memory_meter> memory_;
  member_ports& member_;
  shard shard_;
  std::shared_ptr<row_host> rows_;
  view_ptr view_;
  member_no self_;
  std::unordered_map<member_no, std::unique_ptr<dialled_link>> links_;
  std::unordered_map<protocol::origin_id, std::unique_ptr<connection>> connections_;
  std::uint64_t last_connection_ = 1;
  timer tick_;
};

}  // namespace troupe
