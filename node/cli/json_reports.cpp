// Reports as JSON for programs.
#include <troupe/node/cli/json_text.hpp>
#include <troupe/node/cli/rendering.hpp>

namespace troupe::cli {

namespace {

json to_json(const wait_stats& w) { return {{"total_us", w.total.count()}, {"longest_us", w.longest.count()}}; }

json to_json(const stats_sums& s) {
  return {{"owned_entries", s.owned_entries},
          {"owned_bytes", s.owned_bytes},
          {"backup_entries", s.backup_entries},
          {"backup_bytes", s.backup_bytes},
          {"async_backup_entries", s.async_backup_entries},
          {"async_backup_bytes", s.async_backup_bytes},
          {"reads", s.reads},
          {"writes", s.writes},
          {"backup_reads", s.backup_reads},
          {"expired", s.expired},
          {"evicted", s.evicted},
          {"hits", s.hits},
          {"locked_entries", s.locked_entries},
          {"read_wait", to_json(s.read_wait)},
          {"write_wait", to_json(s.write_wait)}};
}

json to_json(const upkeep_stats& u) {
  return {{"deltas", u.deltas},
          {"delta_records", u.delta_records},
          {"delta_bytes", u.delta_bytes},
          {"snapshots", u.snapshots},
          {"snapshot_entries", u.snapshot_entries},
          {"snapshot_bytes", u.snapshot_bytes},
          {"comparisons", u.comparisons},
          {"differences", u.differences},
          {"damaged", u.damaged}};
}

/// With what is counted by member and not by map.
json to_json_of_member(const stats_sums& s) {
  auto all = to_json(s);
  all["rows_not_serving"] = s.rows_not_serving;
  all["uncommitted_records"] = s.uncommitted_records;
  all["async_lag_records"] = s.async_lag_records;
  all["async_behind"] = s.async_behind;
  all["upkeep"] = to_json(s.upkeep);
  all["memory_used"] = s.memory_used;
  all["memory_limit"] = s.memory_limit;
  return all;
}

json to_json(const std::vector<named_sums>& maps) {
  auto all = json::array();
  for (const auto& m : maps) {
    json one{{"name", m.name}};
    one.update(to_json(m.sums));
    all.push_back(std::move(one));
  }
  return all;
}

json to_json(const holdings& h) {
  return {{"primaries", h.primaries}, {"backups", h.backups}, {"async_backups", h.async_backups}, {"learning", h.learning}};
}

json to_json(const troubled_row& r) {
  return {{"row", to_string(r.id)},
          {"backup_count", r.counts.backups},
          {"async_backup_count", r.counts.async_backups},
          {"partition", r.id.partition.value()},
          {"primary", r.primary == nobody ? json{} : json(r.primary.value())},
          {"backups_missing", r.shortfall.backups_missing},
          {"async_backups_missing", r.shortfall.async_backups_missing},
          {"catching_up", r.shortfall.catching_up},
          {"lost", r.lost}};
}

json identity(const view& v, member_no who) {
  const auto* m = v.find(who);
  return {{"number", who.value()}, {"address", m == nullptr ? json{} : json(to_string(m->address))}};
}

std::string text_of(const json& what) { return what.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string members_as_json(const view& v) {
  const auto report = report_on(v);
  auto members = json::array();
  for (std::size_t i = 0; i < v.members.size(); ++i) {
    const auto& m = v.members[i];
    json one{{"number", m.number.value()},
             {"id", to_string(static_cast<const uuid&>(m.id))},
             {"address", to_string(m.address)},
             {"host", m.host},
             {"zone", m.zone},
             {"kind", to_string(m.kind)},
             {"leaving", m.leaving}};
    one.update(to_json(report.members[i].holds));
    members.push_back(std::move(one));
  }
  return text_of({{"view", v.name.number.value()}, {"cluster", to_string(static_cast<const uuid&>(v.cluster))}, {"members", members}});
}

std::string partitions_as_json(const view& v) {
  const auto report = report_on(v);
  auto members = json::array();
  for (const auto& m : report.members) {
    auto one = identity(v, m.who);
    one.update(to_json(m.holds));
    members.push_back(std::move(one));
  }
  auto troubled = json::array();
  for (const auto& r : report.troubled) troubled.push_back(to_json(r));
  return text_of({{"view", v.name.number.value()},
                  {"partition_count", v.settings.partition_count},
                  {"rows", report.rows},
                  {"members", members},
                  {"totals", to_json(report.total())},
                  {"under_replicated", report.under_replicated},
                  {"catching_up", report.catching_up},
                  {"lost", report.lost},
                  {"short_of_members", report.short_of_members},
                  {"troubled", troubled}});
}

std::string lost_as_json(const cluster_report& r) {
  auto lost = json::array();
  for (const auto& row : r.troubled) {
    if (row.lost) lost.push_back(to_json(row));
  }
  return text_of({{"lost", lost}});
}

std::string stats_as_json(const view& v, const stats_report& r) {
  auto maps = to_json(r.maps);
  for (auto& m : maps) {
    const auto* known = v.find_map(m["name"].get<std::string>());
    if (known == nullptr) continue;
    const auto counts = v.counts_of(*known);
    m["backup_count"] = counts.backups;
    m["async_backup_count"] = counts.async_backups;
    m["moving"] = known->moves_from.has_value();
  }
  auto members = json::array();
  for (const auto& m : r.members) {
    auto one = identity(v, m.who);
    one.update(to_json_of_member(m.sums));
    one["maps"] = to_json(m.maps);
    members.push_back(std::move(one));
  }
  auto unanswered = json::array();
  for (const auto m : r.unanswered) unanswered.push_back(identity(v, m));
  return text_of({{"view", v.name.number.value()},
                  {"members", members},
                  {"maps", std::move(maps)},
                  {"unanswered", unanswered},
                  {"totals", to_json_of_member(r.totals)}});
}

std::string entry_as_json(const blob& value, const entry_facts& facts) {
  const auto limit = [](milliseconds span) { return span > milliseconds{} ? json(span.count()) : json(); };
  const auto is_limited = facts.ttl > milliseconds{} || facts.max_idle > milliseconds{};
  json j{{"outcome", "ok"},
         {"found", true},
         {"value_bytes", value.size()},
         {"version", facts.version.value()},
         {"bytes", facts.bytes},
         {"ttl_ms", limit(facts.ttl)},
         {"max_idle_ms", limit(facts.max_idle)},
         {"ends_in_ms", is_limited ? json(facts.ends_in.count()) : json()},
         {"statistics", nullptr}};
  if (facts.is_counted) {
    j["statistics"] = {{"since_created_ms", facts.since_created.count()},
                       {"since_written_ms", facts.since_written.count()},
                       {"since_asked_ms", facts.hits > 0 ? json(facts.since_asked.count()) : json()},
                       {"hits", facts.hits}};
  }
  return text_of(j);
}

}  // namespace troupe::cli
