#include <troupe/actors/protocol/row/replica.hpp>

#include <limits>

#include <troupe/actors/protocol/row/replica_state.hpp>

namespace troupe::protocol {

replica_limits limits_of(const cluster_settings& settings) {
  const auto heartbeat = settings.times.heartbeat;
  replica_limits l;
  l.sizes = settings.limits;
  l.resend_after = 2 * heartbeat;
  l.wish_again_after = heartbeat;
  l.lock_patience = lock_patience_of(settings.times);
  // A copy is never older than a heartbeat: one half is for the wait, the other for the tick that ends it, and the way.
  l.commit_mark_after = heartbeat / 2;
  return l;
}

replica::replica(row_id id, member_no self, const replica_limits& limits, std::shared_ptr<const entry_processors> processors)
    : state_(std::make_unique<state>(id, self, limits, std::move(processors))) {}
replica::~replica() = default;
replica::replica(replica&&) noexcept = default;
replica& replica::operator=(replica&&) noexcept = default;

void replica::install(const view_ptr& v, const moment& at, replica_effects& out) { state_->install(v, at, out); }

void replica::receive(member_no from, any_replication_message what, const moment& at, replica_effects& out) {
  std::visit([&](auto& m) { state_->on(from, m, at, out); }, what);
}

void replica::hear(neighbour_message what, const moment& at, replica_effects& out) {
  std::visit([&](auto& m) { state_->on(m, at, out); }, what.what);
}

void replica::operate(origin_id from, operation what, const moment& at, replica_effects& out) {
  state_->operate({from, std::move(what)}, at, out);
}

void replica::forget(origin_id from) { state_->forget(from); }
void replica::flush(const moment& at, replica_effects& out) { state_->flush(at, out); }
void replica::tick(const moment& at, replica_effects& out) { state_->tick(at, out); }
bool replica::wants_tick() const { return state_->wants_tick(); }

std::optional<instant> replica::next_tick() const {
  const auto* reigning = state_->as_primary();
  return reigning == nullptr ? std::nullopt : reigning->next_tick();
}

void replica::check(const moment& at, replica_effects& out) { state_->check(at, out); }
std::optional<reply> replica::read_backup(const operation& get) { return state_->read_backup(get); }
replica_role replica::role() const { return state_->role(); }

bool replica::serves_reads() const {
  const auto* reigning = state_->as_primary();
  return reigning != nullptr && reigning->has_recommitted();
}

bool replica::serves() const {
  const auto* reigning = state_->as_primary();
  return reigning != nullptr && reigning->has_recommitted() && !reigning->is_paused();
}

std::optional<discarded_writes> replica::discarded(view_number after) const {
  const auto& copy = state_->base().copy;
  if (!copy.is_whole()) return std::nullopt;
  return copy.branches().discarded(after, copy.committed(), copy.store());
}

epoch_number replica::sealed_epoch() const { return state_->base().sealed; }

seq_number replica::committed() const {
  const auto& copy = state_->base().copy;
  return copy.is_whole() ? copy.committed() : seq_number{};
}

seq_number replica::log_length() const { return state_->base().copy.log().end(); }
seq_number replica::history_begins() const { return state_->base().copy.history_begins(); }
std::vector<replica_map_stats> replica::map_stats() const { return state_->map_stats(); }
std::size_t replica::memory_bytes() const { return state_->base().copy.memory_bytes(); }
const upkeep_stats& replica::upkeep() const { return state_->base().upkeep; }

std::uint64_t replica::uncommitted_records() const {
  const auto* reigning = state_->as_primary();
  return reigning == nullptr ? 0 : reigning->uncommitted();
}

std::uint64_t replica::async_lag_records() const {
  const auto* reigning = state_->as_primary();
  return reigning == nullptr ? 0 : reigning->async_lag();
}

std::uint64_t replica::async_behind() const {
  const auto* reigning = state_->as_primary();
  return reigning == nullptr ? 0 : reigning->async_behind();
}

std::vector<snapshot_entry> replica::committed_entries() const {
  const auto& copy = state_->base().copy;
  return copy.is_whole() ? copy.store().image() : std::vector<snapshot_entry>{};
}

std::uint64_t replica::checksum() const {
  const auto& copy = state_->base().copy;
  return copy.is_whole() ? copy.checksum() : 0;
}

std::uint64_t replica::recomputed_checksum() const {
  const auto& copy = state_->base().copy;
  return copy.is_whole() ? copy.recomputed_checksum() : 0;
}

std::size_t replica::damaged_values() const {
  store_walk whole;
  return state_->base().copy.store().count_damaged(whole, std::numeric_limits<std::size_t>::max());
}

std::size_t replica::expiry_places() const {
  const auto* reigning = state_->as_primary();
  return reigning == nullptr ? 0 : reigning->expiry_places();
}

std::size_t replica::listening() const {
  const auto* reigning = state_->as_primary();
  return reigning == nullptr ? 0 : reigning->listening();
}

std::uint64_t replica::unasked_removals() const { return state_->unasked_removals(); }
std::vector<lock_image> replica::committed_locks() const {
  const auto& copy = state_->base().copy;
  return copy.is_whole() ? copy.locks().image() : std::vector<lock_image>{};
}

std::size_t replica::waiting_for_locks() const {
  const auto* reigning = state_->as_primary();
  return reigning == nullptr ? 0 : reigning->waiting_for_locks();
}

std::size_t replica::session_bytes() const { return state_->base().copy.sessions().bytes(); }

std::vector<record> replica::log_tail() const {
  const auto& log = state_->base().copy.log();
  std::vector<record> list;
  for (auto s = log.base().next(); s <= log.end(); s = s.next()) list.push_back(log.at(s));
  return list;
}

}  // namespace troupe::protocol
