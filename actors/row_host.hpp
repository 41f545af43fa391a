/// \file
/// The row host: the partition actors that live in one place (a shard of a member, or a member in a test), and what they share there:
/// who gets which message, what waits for which peer, who wants ticks.
///
/// It owns the partition actors. It runs on one thread at a time and knows no transport: that is behind row_host_ports.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include <troupe/actors/partition_actor.hpp>
#include <troupe/actors/protocol/row/flat_map.hpp>
#include <troupe/actors/protocol/row/waiting_room.hpp>

namespace troupe {

/// Where a row host's messages go.
class row_host_ports {
 public:
  virtual ~row_host_ports() = default;
  [[nodiscard]] virtual protocol::moment now() const = 0;
  /// Enqueues to an actor of this host, to be run here.
  virtual void deliver(const caf::actor& to, compat::letter what) = 0;
  virtual void send(member_no to, std::vector<any_replication_message> batch) = 0;
  virtual void answer(protocol::origin_id to, std::vector<reply> batch) = 0;
  virtual void wish(std::vector<membership_message::wish> batch) = 0;
  virtual void report(const row_id& row, const protocol::replica_event& what) = 0;
  /// What all rows here take of the member's memory limit has become more, or less, by so much.
  virtual void memory_changed(std::int64_t bytes) = 0;
  /// Something waits to be flushed: call row_host::flush() at the end of this turn.
  virtual void flush_wanted() = 0;
};

struct row_host_settings {
  protocol::replica_limits limits;
  std::uint32_t shard = 0;  ///< hosts the rows whose partition mod `shards` is this
  std::uint32_t shards = 1;
  std::shared_ptr<const protocol::entry_processors> processors{};  ///< null: none
};

class row_host final : public partition_environment, public std::enable_shared_from_this<row_host> {
 public:
  row_host(caf::actor_system& system, row_host_settings settings, std::unique_ptr<row_host_ports> ports);
  ~row_host() override;

  /// Tells every partition actor here; makes those that the view newly asks for.
  void install(const view_ptr& v, member_no self);
  /// What concerns rows that the view does not have is dropped, as the network might: senders repeat it. Only seals, with which a new row
  /// begins, wait for the view, as many as one durability has rows.
  void receive(member_no from, std::vector<any_replication_message> batch);
  /// Rows that are not here: `retry`, or they wait, within the bounds of one row's waiting operations, for the view that the sender has.
  /// Rows that can't be, and keys that belong to other partitions: a definite failure.
  void operate(protocol::origin_id from, std::vector<operation> batch);
  /// Passes the get to a copy here that is not the primary's; false when the view gives this member none.
  bool read_backup(protocol::origin_id from, operation get);
  void forget(protocol::origin_id from);
  /// The member's lease has come, or has come back: what waits for it need not wait for the next tick.
  void lease_gained() { tick_those_due(); }
  /// For the partitions that want ticks. Besides, the next one in turn does its background work.
  void tick();
  /// `done` gets the census of all rows here, once the last partition has answered.
  void take_census(std::function<void(std::vector<local::row_census>)> done);
  /// `done` gets what all rows here have of the branch behind view `after`, once the last partition has answered. They end by that.
  void take_discarded(view_number after, std::function<void(std::vector<local::row_discarded>)> done);
  /// Sends all that the partitions gathered since the last flush: one batch per destination.
  void flush();
  /// Ends the partition actors and forgets them. Nothing is delivered afterwards.
  void stop();

  [[nodiscard]] bool hosts(const row_id& row) const { return row.partition.value() % settings_.shards == settings_.shard; }

 private:
  template <class T>
  using row_map = protocol::flat_map<row_id, T, std::hash<row_id>, std::equal_to<row_id>>;

  [[nodiscard]] protocol::moment now() const override { return ports_->now(); }
  void send(member_no to, any_replication_message what) override;
  void answer(protocol::origin_id to, reply what) override;
  void wish(membership_message::wish what) override;
  void tell_neighbour(protocol::neighbour_message what) override;
  void want_ticks(const row_id& row, std::optional<instant> from) override;
  void report(const row_id& row, const protocol::replica_event& what) override { ports_->report(row, what); }
  void memory_changed(std::int64_t bytes) override { ports_->memory_changed(bytes); }
  void step_done() override;

  [[nodiscard]] const caf::actor& partition(const row_id& row);
  /// Asks every partition with what `question` makes of the function that its answer goes to.
  template <class Answer, class Question>
  void ask_all(std::function<void(std::vector<Answer>)> done, Question question);
  [[nodiscard]] bool has_role(const row& r) const;
  [[nodiscard]] bool may_exist(const row_id& row) const;
  [[nodiscard]] bool is_early(const operation& o) const;
  void drop_those_gone();
  void tick_those_due();
  void check_next();
  void operate_on(const row_id& row, protocol::origin_id from, std::vector<operation> batch);
  void wait_for_view(protocol::origin_id from, operation what);
  void serve_early();
  void refuse(protocol::origin_id from, const operation& what, outcome result, failure why);

  caf::actor_system& system_;
  row_host_settings settings_;
  std::unique_ptr<row_host_ports> ports_;
  view_ptr view_;
  member_no self_;
  bool stopped_ = false;
  row_map<caf::actor> partitions_;  ///< of rows of the view only, whatever comes from outside
  protocol::waiting_room early_;  ///< operations on rows without an actor here, routed by a view that is not installed yet
  std::vector<std::pair<member_no, replication_message::seal>> early_seals_;  ///< of rows that the view does not have yet
  row_map<instant> ticking_;  ///< from when on
  std::vector<row_id> unchecked_;  ///< whose turn of the background work is still to come in this round
  std::unordered_map<member_no, std::vector<any_replication_message>> outgoing_;
  std::unordered_map<protocol::origin_id, std::vector<reply>> answers_;
  std::vector<membership_message::wish> wishes_;
};

}  // namespace troupe
