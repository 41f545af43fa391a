// Reports as tables for people.
#include <array>
#include <chrono>
#include <cstdio>
#include <ostream>

#include <troupe/node/cli/printable.hpp>
#include <troupe/node/cli/rendering.hpp>
#include <troupe/node/cli/table.hpp>

namespace troupe::cli {

namespace {

constexpr std::size_t name_columns_max = 40;
constexpr std::size_t troubled_shown_max = 20;

std::string number(std::uint64_t n) { return std::to_string(n); }
std::string name_of(member_no m) { return m == nobody ? "-" : number(m.value()); }
std::string address_of(const view& v, member_no m) {
  const auto* found = v.find(m);
  return found == nullptr ? "-" : to_string(found->address);
}

table::column text_column(const char* title) { return {title, align::left}; }
table::column number_column(const char* title) { return {title, align::right}; }

std::string state_of(const troubled_row& r) {
  if (r.lost) return "lost";
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (r.shortfall.backups_missing > 0) add(counted(r.shortfall.backups_missing, "backup", "backups") + " missing");
  if (r.shortfall.async_backups_missing > 0) add(counted(r.shortfall.async_backups_missing, "async backup", "async backups") + " missing");
  if (r.shortfall.catching_up) add("catching up");
  return text;
}

void print_troubled(std::ostream& out, const std::vector<troubled_row>& rows, bool coloured, std::size_t shown_max) {
  if (rows.empty()) return;
  table t{{text_column("ROW"), text_column("PRIMARY"), text_column("STATE")}};
  for (std::size_t i = 0; i < rows.size() && i < shown_max; ++i)
    t.add({to_string(rows[i].id), name_of(rows[i].primary), state_of(rows[i])},
          rows[i].lost ? table::emphasis::alarm : table::emphasis::none);
  t.print(out, coloured);
  if (rows.size() > shown_max) out << "and " << rows.size() - shown_max << " more; --json lists all\n";
}

std::vector<table::column> with_sums(std::vector<table::column> columns) {
  for (const auto* title : {"OWNED", "BACKUP", "ASYNC", "OWNED MEM", "BACKUP MEM", "ASYNC MEM", "READS", "WRITES", "BACKUP READS", "EXPIRED", "EVICTED"})
    columns.push_back(number_column(title));
  return columns;
}

void append(std::vector<std::string>& cells, const stats_sums& s) {
  for (const auto n : {s.owned_entries, s.backup_entries, s.async_backup_entries}) cells.push_back(number(n));
  for (const auto n : {s.owned_bytes, s.backup_bytes, s.async_backup_bytes}) cells.push_back(in_bytes(n));
  for (const auto n : {s.reads, s.writes, s.backup_reads, s.expired, s.evicted}) cells.push_back(number(n));
}

std::string memory_of(const stats_sums& s) {
  return in_bytes(s.memory_used) + (s.memory_limit == 0 ? "" : " of " + in_bytes(s.memory_limit));
}

void print_upkeep(std::ostream& out, const upkeep_stats& u) {
  if (u == upkeep_stats{}) return;
  out << "\ncopies restored: " << u.deltas << " from the log (" << counted(u.delta_records, "record", "records") << ", " << in_bytes(u.delta_bytes)
      << "), " << u.snapshots << " by a snapshot (" << counted(u.snapshot_entries, "entry", "entries") << ", " << in_bytes(u.snapshot_bytes)
      << ")\ncopies proven: " << counted(u.comparisons, "comparison", "comparisons") << ", " << u.differences << " different, "
      << counted(u.damaged, "damaged value", "damaged values") << '\n';
}

std::string spelt(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", seconds);
  return text.data();
}

std::string short_span(std::chrono::microseconds span) {
  std::array<char, 32> text{};
  if (span < milliseconds{1}) return number(static_cast<std::uint64_t>(span.count())) + " us";
  std::snprintf(text.data(), text.size(), "%.2f ms", static_cast<double>(span.count()) / 1000);
  return text.data();
}

/// How long one took on average, and the longest.
std::string waits_of(const char* what, std::uint64_t count, const wait_stats& w) {
  if (count == 0) return {};
  const auto mean = w.total / static_cast<std::chrono::microseconds::rep>(count);
  return std::string{what} + " " + short_span(mean) + " on average, " + short_span(w.longest) + " at most";
}

/// From when operations came to their partitions until their answers left them.
void print_service(std::ostream& out, const stats_sums& s) {
  const auto writes = waits_of("writes took", s.writes, s.write_wait);
  const auto reads = waits_of("reads took", s.reads, s.read_wait);
  if (s.write_wait == wait_stats{} && s.read_wait == wait_stats{} && s.hits == 0) return;
  out << "\nat the primaries: " << writes << (writes.empty() || reads.empty() ? "" : "; ") << reads;
  if (s.hits > 0) out << "; " << counted(s.hits, "read", "reads") << " of a key found its entry";
  if (s.locked_entries > 0) out << "; " << counted(s.locked_entries, "key is", "keys are") << " locked";
  out << '\n';
}

/// `1+0`: backups and async backups. A map of which this view knows nothing has come or gone since.
std::string copies_of(const view& v, const std::string& map) {
  const auto* known = v.find_map(map);
  if (known == nullptr) return "-";
  return to_string(v.counts_of(*known)) + (known->moves_from ? " (moving)" : "");
}

void print_maps(std::ostream& out, const view& v, const stats_report& r, bool coloured) {
  table t{with_sums({text_column("MAP"), text_column("COPIES")})};
  for (const auto& m : r.maps) {
    std::vector<std::string> cells{printable(m.name, name_columns_max), copies_of(v, m.name)};
    append(cells, m.sums);
    t.add(std::move(cells));
  }
  t.print(out, coloured);
  out << '\n';
}

}  // namespace

void print_entry(std::ostream& out, const blob& value, const entry_facts& facts) {
  const auto span = [](milliseconds s) { return s >= seconds{1} ? spelt(static_cast<double>(s.count()) / 1000) + " s" : std::to_string(s.count()) + " ms"; };
  const auto limit = [&](milliseconds s) { return s > milliseconds{} ? span(s) : "without limit"; };
  table t{{text_column("OF THE ENTRY"), text_column("")}};
  t.add({"value", in_bytes(value.size())});
  t.add({"takes, in each copy", "about " + in_bytes(facts.bytes)});
  t.add({"version", number(facts.version.value())});
  t.add({"time to live", limit(facts.ttl)});
  t.add({"idle time", limit(facts.max_idle)});
  if (facts.ttl > milliseconds{} || facts.max_idle > milliseconds{}) t.add({"ends in", span(facts.ends_in)});
  if (facts.is_counted) {
    t.add({"came", span(facts.since_created) + " ago"});
    t.add({"written", span(facts.since_written) + " ago"});
    t.add({"asked for", facts.hits == 0 ? "never" : counted(facts.hits, "time", "times") + ", last " + span(facts.since_asked) + " ago"});
  }
  t.print(out, false);
}

void print_members(std::ostream& out, const view& v, bool coloured) {
  table t{{number_column("NO"), text_column("ID"), text_column("ADDRESS"), text_column("HOST"), text_column("ZONE"), text_column("KIND"),
           text_column("STATE"), number_column("PRIMARIES"), number_column("BACKUPS"), number_column("ASYNC")}};
  const auto report = report_on(v);
  for (std::size_t i = 0; i < v.members.size(); ++i) {
    const auto& m = v.members[i];
    const auto& holds = report.members[i].holds;
    t.add({name_of(m.number), to_string(static_cast<const uuid&>(m.id)), to_string(m.address), printable(m.host, name_columns_max),
           m.zone.empty() ? "-" : printable(m.zone, name_columns_max), to_string(m.kind), m.leaving ? "leaving" : "present",
           number(holds.primaries), number(holds.backups), number(holds.async_backups)});
  }
  t.print(out, coloured);
}

void print_partitions(std::ostream& out, const view& v, bool coloured) {
  const auto report = report_on(v);
  table t{{number_column("NO"), text_column("ADDRESS"), number_column("PRIMARIES"), number_column("BACKUPS"), number_column("ASYNC"),
           number_column("LEARNING")}};
  for (const auto& m : report.members) {
    t.add({name_of(m.who), address_of(v, m.who), number(m.holds.primaries), number(m.holds.backups), number(m.holds.async_backups),
           number(m.holds.learning)});
  }
  const auto total = report.total();
  t.add({"", "total", number(total.primaries), number(total.backups), number(total.async_backups), number(total.learning)},
        table::emphasis::strong);
  t.print(out, coloured);
  out << '\n' << summary_of(report) << '\n';
  print_troubled(out, report.troubled, coloured, troubled_shown_max);
}

void print_lost(std::ostream& out, const cluster_report& r, bool coloured) {
  std::vector<troubled_row> lost;
  for (const auto& row : r.troubled) {
    if (row.lost) lost.push_back(row);
  }
  print_troubled(out, lost, coloured, lost.size());
}

void print_stats(std::ostream& out, const view& v, const stats_report& r, bool coloured) {
  if (r.maps.size() > 1) print_maps(out, v, r, coloured);
  auto columns = with_sums({number_column("NO"), text_column("ADDRESS")});
  for (const auto* title : {"PENDING", "ASYNC LAG", "MEMORY"}) columns.push_back(number_column(title));
  table t{std::move(columns)};
  const auto add = [&](std::vector<std::string> cells, const stats_sums& s, table::emphasis how) {
    append(cells, s);
    cells.push_back(number(s.uncommitted_records));
    cells.push_back(number(s.async_lag_records));
    cells.push_back(memory_of(s));
    t.add(std::move(cells), how);
  };
  for (const auto& m : r.members) add({name_of(m.who), address_of(v, m.who)}, m.sums, table::emphasis::none);
  add({"", "total"}, r.totals, table::emphasis::strong);
  t.print(out, coloured);
  print_service(out, r.totals);
  print_upkeep(out, r.totals.upkeep);
}

}  // namespace troupe::cli
