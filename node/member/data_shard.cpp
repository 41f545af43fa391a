#include <troupe/node/member/data_shard.hpp>

#include <utility>

#include <spdlog/spdlog.h>

#include <troupe/node/transport/frame_parts.hpp>

namespace troupe {

namespace {

constexpr auto tick_interval = milliseconds{20};

/// So much of one connection may wait for other shards before reading from it pauses.
constexpr std::size_t elsewhere_bytes_max = 8 * 1024 * 1024;

template <class T>
std::size_t bytes_of(const std::vector<T>& list) {
  std::size_t bytes = 0;
  for (const auto& x : list) bytes += codec::encoded_bytes(x);
  return bytes;
}

duration scaled(duration d, double factor) { return duration{static_cast<duration::rep>(static_cast<double>(d.count()) * factor)}; }

/// Splits a list by the shard that its rows live on.
template <class T, class RowOf, class Emit>
void by_shard(std::vector<T> list, std::uint32_t count, RowOf row_of, Emit emit) {
  if (count == 1) return emit(0, std::move(list));
  std::vector<std::vector<T>> parts(count);
  for (auto& x : list) parts[row_of(x).partition.value() % count].push_back(std::move(x));
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!parts[i].empty()) emit(i, std::move(parts[i]));
  }
}

}  // namespace

struct data_shard::connection {
  std::unique_ptr<accepted_link> link;
  std::shared_ptr<elsewhere_load> elsewhere;
  bool follows_views = false;
};

/// The row host's way out. It outlives the shard's stop, since actors may still hold the host: what it needs then it shares.
class data_shard::ports final : public row_host_ports {
 public:
  explicit ports(data_shard& home) : home_{home}, lease_{home.lease_}, memory_{home.memory_} {}
  protocol::moment now() const override {
    const auto at = shard::now();
    return {at, lease_->read(), memory_->is_full()};
  }
  void deliver(const caf::actor& to, compat::letter what) override { home_.shard_.deliver(to, std::move(what)); }
  void send(member_no to, std::vector<any_replication_message> batch) override { home_.send_replication(to, std::move(batch)); }
  void answer(protocol::origin_id to, std::vector<reply> batch) override { home_.answer(to, std::move(batch)); }
  void wish(std::vector<membership_message::wish> batch) override { home_.member_.wish(std::move(batch)); }
  void report(const row_id& row, const protocol::replica_event& what) override {
    home_.shard_.log().debug("{} row={}", what.text, to_string(row));
  }
  void memory_changed(std::int64_t bytes) override {
    const auto full = memory_->add(bytes);
    if (!full) return;
    home_.shard_.log().warn("{} used_bytes={} limit_bytes={}", *full ? "memory_full" : "memory_free", memory_->used(), memory_->limit());
  }
  void flush_wanted() override {}  // Every turn of the shard ends with a flush.

 private:
  data_shard& home_;
  std::shared_ptr<lease_cell> lease_;
  std::shared_ptr<memory_meter> memory_;
};

data_shard::data_shard(caf::actor_system& system, data_shard_settings settings, std::shared_ptr<lease_cell> lease, std::shared_ptr<memory_meter> memory, member_ports& member)
    : settings_{std::move(settings)},
      lease_{std::move(lease)},
      memory_{std::move(memory)},
      member_{member},
      shard_{system, "troupe.data" + std::to_string(settings_.index), settings_.log} {
  rows_ = std::make_shared<row_host>(system, row_host_settings{settings_.limits, settings_.index, settings_.count, settings_.processors},
                                     std::make_unique<ports>(*this));
}

data_shard::~data_shard() = default;

void data_shard::start(const address& listens_at) {
  settings_.self.address = listens_at;
  shard_.on_turn_end([this] { rows_->flush(); });
  arm_tick();
  shard_.start();
}

void data_shard::stop() {
  shard_.post([this] {
    tick_.cancel();
    rows_->flush();
    rows_->stop();
    connections_.clear();
    links_.clear();
  });
  shard_.stop();
}

void data_shard::arm_tick() {
  tick_ = shard_.after(scaled(tick_interval, settings_.timing_scale), [this] {
    rows_->tick();
    arm_tick();
  });
}

void data_shard::install(const view_ptr& v, member_no self) {
  view_ = v;
  self_ = self;
  update_links();
  rows_->install(v, self);
  tell_followers();
}

void data_shard::update_links() {
  std::erase_if(links_, [&](const auto& l) { return !view_->has(l.first); });
  for (const auto& m : view_->members) {
    if (m.number == self_ || links_.contains(m.number)) continue;
    // What a broken link loses, the rows send again: they count on nothing but acknowledgements.
    links_.emplace(m.number, std::make_unique<dialled_link>(shard_, link_target{m.address, m.id}, settings_.self, settings_.dialling,
                                                            dialled_link_callbacks{}));
  }
}

void data_shard::tell_followers() {
  shared_frame frame;
  for (auto& [origin, c] : connections_) {
    if (!c->follows_views) continue;
    if (!frame) frame = std::make_shared<const codec::frame_buffer>(codec::encode(any_client_message{client_message::view_update{view_}}));
    c->link->send(frame);
  }
}

void data_shard::send_replication(member_no to, std::vector<any_replication_message> batch) {
  auto at = links_.find(to);
  if (at == links_.end() || !view_) return;
  in_frame_parts(std::move(batch), view_->settings.limits.frame_bytes_max, [&](std::vector<any_replication_message> part) {
    at->second->send(any_frame{replication_batch{self_, view_->name, std::move(part)}});
  });
}

void data_shard::accept(std::unique_ptr<accepted_link> link) {
  const auto peer = link->peer();
  const auto origin = origins::of_connection(++last_connection_, settings_.index);
  auto& c = *connections_.emplace(origin, std::make_unique<connection>()).first->second;
  c.link = std::move(link);
  c.elsewhere = std::make_shared<elsewhere_load>(elsewhere_bytes_max, [this, origin] { shard_.post([this, origin] { resume(origin); }); });
  accepted_link_callbacks callbacks;
  if (peer.role == connection_role::client) {
    callbacks.frame = [this, origin](any_frame frame) { on_client_frame(origin, std::move(frame)); };
  } else {
    callbacks.frame = [this, peer, origin](any_frame frame) { on_data_frame(peer, origin, std::move(frame)); };
  }
  callbacks.closed = [this, origin](const link_end&) { on_closed(origin); };
  c.link->start(std::move(callbacks));
}

/// Shards post to each other without end; what they have not taken up holds up the connection that it comes from.
void data_shard::pause_when_full(connection& c) {
  if (!c.elsewhere->is_full()) return;
  c.link->pause_reading();
  c.elsewhere->wait_for_room();
}

void data_shard::resume(protocol::origin_id which) {
  if (auto at = connections_.find(which); at != connections_.end()) at->second->link->resume_reading();
}

void data_shard::on_closed(protocol::origin_id which) {
  connections_.erase(which);
  forget(which);
  member_.forget_elsewhere(which);
}

void data_shard::on_data_frame(const hello& peer, protocol::origin_id from, any_frame frame) {
  auto* batch = std::get_if<replication_batch>(&frame);
  if (batch == nullptr) return;
  const auto* sender = view_ ? view_->find(batch->from) : nullptr;
  if (sender == nullptr) return;  // Not a member here yet, and then it sends again; or not any more.
  const auto other_branch = batch->view.number == view_->name.number && batch->view.digest != view_->name.digest;
  if (other_branch || sender->id != peer.who) {
    if (shard_.may_log_strangers())
      shard_.log().warn("foreign_replication from={} claims={} view={}", to_string(peer.who), batch->from.value(),
                        batch->view.number.value());
    return;
  }
  auto& c = *connections_.at(from);
  by_shard(
      std::move(batch->list), settings_.count, [](const any_replication_message& m) -> const row_id& { return row_of(m); },
      [&](std::uint32_t index, std::vector<any_replication_message> part) {
        if (index == settings_.index) return receive(batch->from, std::move(part));
        auto load = c.elsewhere->add(bytes_of(part));
        member_.receive_elsewhere(index, batch->from, std::move(part), std::move(load));
      });
  pause_when_full(c);
}

void data_shard::on_client_frame(protocol::origin_id from, any_frame frame) {
  auto* message = std::get_if<any_client_message>(&frame);
  if (message == nullptr) return;
  if (auto* operations = std::get_if<client_message::operations>(message)) {
    on_operations(from, std::move(operations->list));
  } else if (std::holds_alternative<client_message::follow_view>(*message)) {
    auto& c = *connections_.at(from);
    c.follows_views = true;
    c.link->send(any_frame{any_client_message{client_message::view_update{view_}}});
  } else if (auto* command = std::get_if<client_message::command>(message)) {
    member_.command(from, std::move(*command));
  }
}

void data_shard::on_operations(protocol::origin_id from, std::vector<operation> list) {
  auto& c = *connections_.at(from);
  by_shard(
      std::move(list), settings_.count, [](const operation& o) -> const row_id& { return o.row; },
      [&](std::uint32_t index, std::vector<operation> part) {
        if (index == settings_.index) return operate(from, std::move(part));
        auto load = c.elsewhere->add(bytes_of(part));
        member_.operate_elsewhere(index, from, std::move(part), std::move(load));
      });
  pause_when_full(c);
}

void data_shard::operate(protocol::origin_id from, std::vector<operation> list) { rows_->operate(from, std::move(list)); }

void data_shard::receive(member_no from, std::vector<any_replication_message> list) { rows_->receive(from, std::move(list)); }

bool data_shard::read_backup(protocol::origin_id from, operation get) { return rows_->read_backup(from, std::move(get)); }

void data_shard::answer(protocol::origin_id to, std::vector<reply> list) {
  if (to == origins::own_router) return member_.answer_own_router(std::move(list));
  if (to == origins::own_backup_reads) return member_.answer_own_backup_reads(std::move(list));
  if (const auto index = origins::shard_of(to); index != settings_.index) return member_.answer_elsewhere(index, to, std::move(list));
  auto at = connections_.find(to);
  if (at == connections_.end()) return;
  const auto frame_bytes = view_ ? view_->settings.limits.frame_bytes_max : size_limits{}.frame_bytes_max;
  in_frame_parts(std::move(list), frame_bytes, [&](std::vector<reply> part) {
    at->second->link->send(any_frame{any_client_message{client_message::replies{std::move(part)}}});
  });
}

void data_shard::answer(protocol::origin_id to, client_message::command_result result) {
  if (auto at = connections_.find(to); at != connections_.end()) at->second->link->send(any_frame{any_client_message{std::move(result)}});
}

void data_shard::forget(protocol::origin_id gone) { rows_->forget(gone); }

void data_shard::take_discarded(view_number after, std::function<void(std::vector<local::row_discarded>)> done) {
  rows_->take_discarded(after, std::move(done));
}

void data_shard::take_census(std::function<void(std::vector<local::row_census>)> done) { rows_->take_census(std::move(done)); }

}  // namespace troupe
