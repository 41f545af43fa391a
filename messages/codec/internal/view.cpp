#include <troupe/messages/codec/internal/eviction.hpp>
#include <troupe/messages/codec/internal/view.hpp>

#include <troupe/messages/codec/internal/enumeration.hpp>
#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/codec/internal/lifetime.hpp>
#include <troupe/messages/codec/internal/settings.hpp>
#include <troupe/messages/codec/internal/view_rules.hpp>

namespace troupe::codec {

// Readers name every field of their aggregate in its order: the compiler refuses one that a new field was forgotten in.

namespace {

constexpr enumeration member_kinds{{
    std::pair{member_kind::data, schema::MemberKind::DATA},
    std::pair{member_kind::lite, schema::MemberKind::LITE},
    std::pair{member_kind::witness, schema::MemberKind::WITNESS},
}};

constexpr enumeration row_statuses{{
    std::pair{row_status::served, schema::RowStatus::SERVED},
    std::pair{row_status::lost, schema::RowStatus::LOST},
    std::pair{row_status::unborn, schema::RowStatus::UNBORN},
    std::pair{row_status::forming, schema::RowStatus::FORMING},
}};

// Rows.

void write(schema::Row::Builder to, const row& from) {
  to.setEpoch(from.epoch.value());
  to.setConfig(from.config.value());
  to.setPrimary(from.primary.value());
  to.setSuccessor(from.successor.value());
  to.setStatus(row_statuses.to_wire(from.status));
  to.setEmptySince(from.empty_since.value());
  write_numbers(to.initInSync(count(from.in_sync)), from.in_sync);
  write_numbers(to.initLearners(count(from.learners)), from.learners);
  write_numbers(to.initAsyncBackups(count(from.async_backups)), from.async_backups);
  write_numbers(to.initUnsealed(count(from.unsealed)), from.unsealed);
}

row read_row(schema::Row::Reader from, allowance& memory) {
  row r{read_counted<epoch_number>(from.getEpoch()),
        read_counted<config_number>(from.getConfig()),
        member_no{from.getPrimary()},
        read_member_set(from.getInSync(), memory),
        read_member_set(from.getLearners(), memory),
        read_member_set(from.getAsyncBackups(), memory),
        read_member_set(from.getUnsealed(), memory),
        member_no{from.getSuccessor()},
        row_statuses.from_wire(from.getStatus()),
        read_counted<epoch_number>(from.getEmptySince())};
  check(r);
  return r;
}

void write(schema::RowTable::Builder to, const row_table& from) {
  write_group(to, from.group());
  write_list(to.initRows(count(from.rows)), from.rows, [](auto place, const row& r) { write(place, r); });
  if (from.changed) write_durability(to.initChanged(), *from.changed);
}

row_table read_row_table(schema::RowTable::Reader from, allowance& memory) {
  const auto group = read_group(from);
  return {group.began, read_list(from.getRows(), memory, [&](auto r) { return read_row(r, memory); }), group.number,
          from.hasChanged() ? std::optional{read_durability(from.getChanged())} : std::nullopt};
}

void write(schema::RowUpdate::Builder to, const row_update& from) {
  write_row_id(to.initId(), from.id);
  write(to.initNow(), from.now);
}

row_update read_row_update(schema::RowUpdate::Reader from, allowance& memory) {
  return {read_row_id(from.getId()), read_row(from.getNow(), memory)};
}

// Maps.

void write(schema::MapInfo::Builder to, const map_info& from) {
  to.setId(from.id.value());
  write_group(to, from.group());
  if (from.moves_from) write_group(to.initMovesFrom(), *from.moves_from);
  to.setReadBackupData(from.read_backup_data);
  write_lifetime_defaults(to, from.life);
  write_eviction(to, from.eviction);
  to.setEntryStatistics(from.entry_statistics);
  to.setName(text(from.name));
}

map_info read_map_info(schema::MapInfo::Reader from, allowance& memory) {
  const auto group = read_group(from);
  map_info map{map_id{from.getId()}, read_text(from.getName(), memory), group.began, from.getReadBackupData(), read_lifetime_defaults(from),
               read_eviction(from), group.number, from.hasMovesFrom() ? std::optional{read_group(from.getMovesFrom())} : std::nullopt,
               from.getEntryStatistics()};
  check(map);
  return map;
}

}  // namespace

// Members.

void write(schema::Member::Builder to, const member& from) {
  to.setNumber(from.number.value());
  write(to.initId(), from.id);
  write(to.initAddress(), from.address);
  to.setHost(text(from.host));
  to.setZone(text(from.zone));
  to.setKind(member_kinds.to_wire(from.kind));
  to.setLeaving(from.leaving);
}

member read_member(schema::Member::Reader from, allowance& memory) {
  return {member_no{from.getNumber()},
          read_id<incarnation>(from.getId()),
          read_address(from.getAddress(), memory),
          read_text(from.getHost(), memory),
          read_text(from.getZone(), memory),
          member_kinds.from_wire(from.getKind()),
          from.getLeaving()};
}

// The view.

namespace {

void write(schema::Departure::Builder to, const departure& from) {
  codec::write(to.initId(), from.id);
  to.setWithout(from.without.value());
  if (!from.where.host.empty()) codec::write(to.initWhere(), from.where);
}

departure read_departure(schema::Departure::Reader from, allowance& memory) {
  return {read_id<incarnation>(from.getId()), read_counted<view_number>(from.getWithout()),
          from.hasWhere() ? read_address(from.getWhere(), memory) : address{}};
}

void write(schema::LoneDecision::Builder to, const lone_decision& from) {
  codec::write(to.initAfter(), from.after);
  to.setSurvivor(from.survivor.value());
  to.setWithout(from.without.value());
  to.setForced(from.forced);
}

lone_decision read_lone_decision(schema::LoneDecision::Reader from) {
  return {read_view_name(from.getAfter()), read_counted<member_no>(from.getSurvivor()), read_counted<member_no>(from.getWithout()),
          from.getForced()};
}

}  // namespace

void write(schema::View::Builder to, const view& from) {
  write(to.initCluster(), from.cluster);
  write(to.initName(), from.name);
  to.setVotersSince(from.voters_since.value());
  write_list(to.initMembers(count(from.members)), from.members, [](auto place, const member& m) { write(place, m); });
  to.setNextMember(from.next_member.value());
  write_list(to.initMaps(count(from.maps)), from.maps, [](auto place, const map_info& m) { write(place, m); });
  to.setNextMap(from.next_map.value());
  write_list(to.initTables(count(from.tables)), from.tables, [](auto place, const row_table& t) { write(place, t); });
  write(to.initSettings(), from.settings);
  write_list(to.initDeparted(count(from.departed)), from.departed, [](auto place, const departure& d) { write(place, d); });
  to.setDepartedSince(from.departed_since.value());
  if (!from.lone.empty()) write_list(to.initLone(count(from.lone)), from.lone, [](auto place, const lone_decision& d) { write(place, d); });
  to.setNextGroup(from.next_group.value());
}

view_ptr read_view(schema::View::Reader from, allowance& memory) {
  view v{read_id<cluster_id>(from.getCluster()),
         read_view_name(from.getName()),
         read_counted<view_number>(from.getVotersSince()),
         read_list(from.getMembers(), memory, [&](auto m) { return read_member(m, memory); }),
         read_counted<member_no>(from.getNextMember()),
         read_list(from.getMaps(), memory, [&](auto m) { return read_map_info(m, memory); }),
         read_counted<map_id>(from.getNextMap()),
         read_list(from.getTables(), memory, [&](auto t) { return read_row_table(t, memory); }),
         read_settings(from.getSettings(), memory),
         read_list(from.getDeparted(), memory, [&](auto d) { return read_departure(d, memory); }),
         read_counted<view_number>(from.getDepartedSince()),
         read_list(from.getLone(), memory, [&](auto d) { return read_lone_decision(d); }),
         group_number{from.getNextGroup()}};
  check(v);
  return std::make_shared<const view>(std::move(v));
}

// The change.

void write(schema::CountsChange::Builder to, const counts_change& from) {
  to.setMap(from.map.value());
  write_durability(to.initTo(), from.to);
}

counts_change read_counts_change(schema::CountsChange::Reader from) {
  must(from.hasTo(), "a change of backup counts does not say to which");
  return {map_id{from.getMap()}, read_durability(from.getTo())};
}

void write(schema::ViewChange::Builder to, const view_change& from) {
  write_list(to.initJoins(count(from.joins)), from.joins, [](auto place, const member& m) { write(place, m); });
  write_numbers(to.initRemovals(count(from.removals)), from.removals);
  write_numbers(to.initLeaving(count(from.leaving)), from.leaving);
  write_list(to.initRows(count(from.rows)), from.rows, [](auto place, const row_update& r) { write(place, r); });
  write_list(to.initMapsCreated(count(from.maps_created)), from.maps_created, [](auto place, const map_info& m) { write(place, m); });
  write_numbers(to.initMapsDestroyed(count(from.maps_destroyed)), from.maps_destroyed);
  to.setForced(from.forced);
  to.setAlone(from.alone.value());
  if (from.counts) write(to.initCounts(), *from.counts);
}

view_change read_view_change(schema::ViewChange::Reader from, allowance& memory) {
  view_change change{read_list(from.getJoins(), memory, [&](auto m) { return read_member(m, memory); }),
                     read_numbers<member_no>(from.getRemovals(), memory),
                     read_numbers<member_no>(from.getLeaving(), memory),
                     read_list(from.getRows(), memory, [&](auto r) { return read_row_update(r, memory); }),
                     read_list(from.getMapsCreated(), memory, [&](auto m) { return read_map_info(m, memory); }),
                     read_numbers<map_id>(from.getMapsDestroyed(), memory),
                     from.getForced(),
                     read_counted<member_no>(from.getAlone()),
                     from.hasCounts() ? std::optional{read_counts_change(from.getCounts())} : std::nullopt};
  check(change);
  return change;
}

}  // namespace troupe::codec
