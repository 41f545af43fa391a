#include <troupe/messages/codec/internal/eviction.hpp>
#include <troupe/messages/codec/internal/settings.hpp>

#include <algorithm>

#include <troupe/messages/codec/internal/enumeration.hpp>
#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/codec/internal/lifetime.hpp>

namespace troupe::codec {

namespace {

constexpr enumeration quorum_policies{{
    std::pair{quorum_policy::majority, schema::QuorumPolicy::MAJORITY},
    std::pair{quorum_policy::strict, schema::QuorumPolicy::STRICT},
    std::pair{quorum_policy::availability, schema::QuorumPolicy::AVAILABILITY},
}};

constexpr enumeration read_modes{{
    std::pair{read_mode::lease, schema::ReadMode::LEASE},
    std::pair{read_mode::confirm, schema::ReadMode::CONFIRM},
}};

constexpr enumeration loss_policies{{
    std::pair{loss_policy::hold, schema::LossPolicy::HOLD},
    std::pair{loss_policy::best_effort, schema::LossPolicy::BEST_EFFORT},
    std::pair{loss_policy::empty, schema::LossPolicy::EMPTY},
}};

constexpr duration duration_max = seconds{365 * 24 * 3600};

duration read_duration(std::int64_t from) {
  const duration d{from};
  must(d >= duration::zero() && d <= duration_max, "a duration is negative or above a year");
  return d;
}

void write(schema::MapDefinition::Builder to, const map_definition& from) {
  to.setPattern(text(from.pattern));
  write_durability(to, from.kind);
  to.setReadBackupData(from.read_backup_data);
  write_lifetime_defaults(to, from.life);
  write_eviction(to, from.eviction);
  to.setEntryStatistics(from.entry_statistics);
}

map_definition read_definition(schema::MapDefinition::Reader from, allowance& memory) {
  return {read_text(from.getPattern(), memory), read_durability(from), from.getReadBackupData(), read_lifetime_defaults(from),
          read_eviction(from), from.getEntryStatistics()};
}

void write(schema::DurabilityRules::Builder to, const durability_rules& from) {
  write_durability(to, from.kind);
  to.setOnLoss(loss_policies.to_wire(from.on_loss));
  to.setMinInSync(from.min_in_sync);
}

durability_rules read_rules(schema::DurabilityRules::Reader from) {
  const durability_rules rules{read_durability(from), loss_policies.from_wire(from.getOnLoss()), from.getMinInSync()};
  must(rules.min_in_sync >= 1 && rules.min_in_sync <= rules.kind.backups + 1, "more copies are asked for than there are backups");
  return rules;
}

std::vector<durability_rules> read_durabilities(schema::Settings::Reader from, allowance& memory) {
  auto list = read_list(from.getDurabilities(), memory, [](auto d) { return read_rules(d); });
  const auto is_ascending = std::ranges::adjacent_find(list, [](const auto& a, const auto& b) { return !(a.kind < b.kind); }) == list.end();
  must(is_ascending, "the rules of durabilities are not in order");
  return list;
}

void write_limits(schema::Settings::Builder to, const size_limits& from) {
  to.setKeyBytesMax(from.key_bytes_max);
  to.setValueBytesMax(from.value_bytes_max);
  to.setFrameBytesMax(from.frame_bytes_max);
  to.setMapsMax(from.maps_max);
}

size_limits read_limits(schema::Settings::Reader from) {
  return {from.getKeyBytesMax(), from.getValueBytesMax(), from.getFrameBytesMax(), from.getMapsMax()};
}

void write_times(schema::Settings::Builder to, const timing& from) {
  to.setHeartbeat(from.heartbeat.count());
  to.setLease(from.lease.count());
  to.setSuspectAfter(from.suspect_after.count());
  to.setBootstrapWait(from.bootstrap_wait.count());
  to.setLeaveDeadline(from.leave_deadline.count());
}

timing read_times(schema::Settings::Reader from) {
  return {read_duration(from.getHeartbeat()), read_duration(from.getLease()), read_duration(from.getSuspectAfter()),
          read_duration(from.getBootstrapWait()), read_duration(from.getLeaveDeadline())};
}

}  // namespace

void write(schema::Settings::Builder to, const cluster_settings& from) {
  to.setPartitionCount(from.partition_count);
  to.setSplitBrain(quorum_policies.to_wire(from.split_brain));
  write_list(to.initDefinitions(count(from.maps)), from.maps, [](auto place, const map_definition& d) { write(place, d); });
  write_limits(to, from.limits);
  write_times(to, from.times);
  write_list(to.initDurabilities(count(from.durabilities)), from.durabilities, [](auto place, const durability_rules& r) { write(place, r); });
  to.setReads(read_modes.to_wire(from.reads));
}

cluster_settings read_settings(schema::Settings::Reader from, allowance& memory) {
  const auto partitions = from.getPartitionCount();
  must(partitions >= 1 && partitions <= partition_count_max, "the partition count is out of range");
  return {partitions, quorum_policies.from_wire(from.getSplitBrain()),
          read_list(from.getDefinitions(), memory, [&](auto d) { return read_definition(d, memory); }), read_limits(from),
          read_times(from), read_durabilities(from, memory), read_modes.from_wire(from.getReads())};
}

}  // namespace troupe::codec
