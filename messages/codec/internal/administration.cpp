#include <troupe/messages/codec/internal/administration.hpp>

#include <troupe/messages/codec/internal/building.hpp>
#include <troupe/messages/codec/internal/ids.hpp>

namespace troupe::codec {

namespace {

using client_message::command;
using client_message::command_result;
using builder = schema::Command::Builder;

void write_kind(builder to, const command::create_map& from) { to.setCreateMap(text(from.name)); }
command::create_map read_create_map(capnp::Text::Reader from, allowance& memory) { return {read_text(from, memory)}; }

void write_kind(builder root, const command::set_counts& from) {
  auto to = root.initSetCounts();
  to.setMap(text(from.map));
  write_durability(to, from.to);
}
command::set_counts read(schema::Command::SetCounts::Reader from, allowance& memory) { return {read_text(from.getMap(), memory), read_durability(from)}; }

void write_kind(builder to, const command::destroy_map& from) { to.setDestroyMap(text(from.name)); }
command::destroy_map read_destroy_map(capnp::Text::Reader from, allowance& memory) { return {read_text(from, memory)}; }

void write_kind(builder to, const command::stats&) { to.setStats(); }
void write_kind(builder to, const command::reset_lost&) { to.setResetLost(); }
void write_kind(builder to, const command::force_view&) { to.setForceView(); }

void write_kind(builder to, const command::shutdown& from) { to.initShutdown().setWithoutMoving(from.without_moving); }
command::shutdown read(schema::Command::Shutdown::Reader from) { return {from.getWithoutMoving()}; }

decltype(command::what) read_what(schema::Command::Reader from, allowance& memory) {
  switch (from.which()) {
    case schema::Command::SET_COUNTS: return read(from.getSetCounts(), memory);
    case schema::Command::CREATE_MAP: return read_create_map(from.getCreateMap(), memory);
    case schema::Command::DESTROY_MAP: return read_destroy_map(from.getDestroyMap(), memory);
    case schema::Command::STATS: return command::stats{};
    case schema::Command::RESET_LOST: return command::reset_lost{};
    case schema::Command::FORCE_VIEW: return command::force_view{};
    case schema::Command::SHUTDOWN: return read(from.getShutdown());
  }
  reject(error_kind::value, "a command of a kind that this protocol version does not know");
}

constexpr std::chrono::microseconds wait_max{std::int64_t{1} << 62};
void write(schema::Waits::Builder to, const wait_stats& from) {
  to.setTotal(static_cast<std::uint64_t>(from.total.count()));
  to.setLongest(static_cast<std::uint64_t>(from.longest.count()));
}
wait_stats read_waits(schema::Waits::Reader from) {
  must(from.getTotal() <= static_cast<std::uint64_t>(wait_max.count()) && from.getLongest() <= from.getTotal(), "a time that was waited is out of range");
  return {std::chrono::microseconds{from.getTotal()}, std::chrono::microseconds{from.getLongest()}};
}

void write(schema::MapStats::Builder to, const map_stats& from) {
  to.setName(text(from.name));
  to.setOwnedEntries(from.owned_entries);
  to.setOwnedBytes(from.owned_bytes);
  to.setBackupEntries(from.backup_entries);
  to.setBackupBytes(from.backup_bytes);
  to.setAsyncBackupEntries(from.async_backup_entries);
  to.setAsyncBackupBytes(from.async_backup_bytes);
  to.setReads(from.reads);
  to.setWrites(from.writes);
  to.setBackupReads(from.backup_reads);
  to.setExpired(from.expired);
  to.setEvicted(from.evicted);
  to.setHits(from.hits);
  if (from.read_wait != wait_stats{}) write(to.initReadWait(), from.read_wait);
  if (from.write_wait != wait_stats{}) write(to.initWriteWait(), from.write_wait);
  to.setLockedEntries(from.locked_entries);
}
map_stats read_map_stats(schema::MapStats::Reader from, allowance& memory) {
  return {
      read_text(from.getName(), memory), from.getOwnedEntries(),     from.getOwnedBytes(),        from.getBackupEntries(), from.getBackupBytes(),
      from.getAsyncBackupEntries(),      from.getAsyncBackupBytes(), from.getReads(),             from.getWrites(),        from.getBackupReads(),
      from.getExpired(),                 from.getEvicted(),          from.getHits(),              read_waits(from.getReadWait()),
      read_waits(from.getWriteWait()),   from.getLockedEntries(),
  };
}

void write(schema::UpkeepStats::Builder to, const upkeep_stats& from) {
  to.setDeltas(from.deltas);
  to.setDeltaRecords(from.delta_records);
  to.setDeltaBytes(from.delta_bytes);
  to.setSnapshots(from.snapshots);
  to.setSnapshotEntries(from.snapshot_entries);
  to.setSnapshotBytes(from.snapshot_bytes);
  to.setDifferences(from.differences);
  to.setComparisons(from.comparisons);
  to.setDamaged(from.damaged);
}
upkeep_stats read_upkeep_stats(schema::UpkeepStats::Reader from) {
  return {
      from.getDeltas(),        from.getDeltaRecords(),   from.getDeltaBytes(),  from.getSnapshots(), from.getSnapshotEntries(),
      from.getSnapshotBytes(), from.getDifferences(),    from.getComparisons(), from.getDamaged(),
  };
}

void write(schema::MemberStats::Builder to, const member_stats& from) {
  to.setWho(from.who.value());
  write_list(to.initMaps(count(from.maps)), from.maps, [](auto place, const map_stats& m) { write(place, m); });
  to.setRowsPrimary(from.rows_primary);
  to.setRowsBackup(from.rows_backup);
  to.setRowsAsyncBackup(from.rows_async_backup);
  to.setRowsLearning(from.rows_learning);
  to.setRowsNotServing(from.rows_not_serving);
  to.setUncommittedRecords(from.uncommitted_records);
  to.setAsyncLagRecords(from.async_lag_records);
  to.setAsyncBehind(from.async_behind);
  write(to.initUpkeep(), from.upkeep);
  to.setMemoryUsed(from.memory_used);
  to.setMemoryLimit(from.memory_limit);
}
member_stats read_member_stats(schema::MemberStats::Reader from, allowance& memory) {
  return {
      member_no{from.getWho()},  read_list(from.getMaps(), memory, [&](auto m) { return read_map_stats(m, memory); }),
      from.getRowsPrimary(),     from.getRowsBackup(),
      from.getRowsAsyncBackup(), from.getRowsLearning(),
      from.getRowsNotServing(),  from.getUncommittedRecords(),
      from.getAsyncLagRecords(), from.getAsyncBehind(),
      read_upkeep_stats(from.getUpkeep()), from.getMemoryUsed(), from.getMemoryLimit(),
  };
}

}  // namespace

void write(schema::Command::Builder to, const command& from) {
  to.setRequest(from.request.value());
  std::visit([&](const auto& what) { write_kind(to, what); }, from.what);
}
command read_command(schema::Command::Reader from, allowance& memory) {
  return {request_number{from.getRequest()}, read_what(from, memory)};
}

void write(schema::CommandResult::Builder to, const command_result& from) {
  to.setRequest(from.request.value());
  to.setError(text(from.error));
  write(to.initStats(), from.stats);
}
command_result read_command_result(schema::CommandResult::Reader from, allowance& memory) {
  return {request_number{from.getRequest()}, read_text(from.getError(), memory), read_member_stats(from.getStats(), memory)};
}

}  // namespace troupe::codec
