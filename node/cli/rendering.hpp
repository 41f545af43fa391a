/// \file
/// Reports as tables for people and as JSON for programs. What is printed here is what scripts rely on: names in JSON never change meaning.
#pragma once

#include <iosfwd>
#include <string>

#include <troupe/node/cli/cluster_report.hpp>
#include <troupe/node/cli/stats_report.hpp>

namespace troupe::cli {

/// One line a member: number, id, address, host, zone, kind, state, rows by role.
void print_members(std::ostream& out, const view& v, bool coloured);
/// {"view","cluster","members":[{"number","id","address","host","zone","kind","leaving","primaries","backups","async_backups","learning"}]}
[[nodiscard]] std::string members_as_json(const view& v);

/// Rows by role for each member, with their sums in the last line of the table; then, if there are any, the rows that lack something (the
/// first 20).
void print_partitions(std::ostream& out, const view& v, bool coloured);
/// {"view","partition_count","rows","members":[…],"totals":{…},"under_replicated","catching_up","lost","short_of_members","troubled":[{"row",
/// "backup_count","async_backup_count","partition","primary","backups_missing","async_backups_missing","catching_up","lost"}]}
[[nodiscard]] std::string partitions_as_json(const view& v);

/// What is known of an entry beside its value, a line each.
void print_entry(std::ostream& out, const blob& value, const entry_facts& facts);
/// {"outcome","found","value_bytes","version","bytes","ttl_ms","max_idle_ms","ends_in_ms" (null: without limit),"statistics": null or
/// {"since_created_ms","since_written_ms","since_asked_ms" (null: nobody has),"hits"}}
[[nodiscard]] std::string entry_as_json(const blob& value, const entry_facts& facts);

/// One line for each row that lost its last copy.
void print_lost(std::ostream& out, const cluster_report& r, bool coloured);
/// {"lost":[{"row",…}]}
[[nodiscard]] std::string lost_as_json(const cluster_report& r);

/// The maps (when there are several), then the members, with the sums over the cluster in the last line; then, if there was anything, what
/// was done to restore copies and to prove them.
void print_stats(std::ostream& out, const view& v, const stats_report& r, bool coloured);
/// {"view","members":[{"number","address",…,"maps":[…]}],"maps":[…],"unanswered":[…],"totals":{"owned_entries","owned_bytes","backup_entries",
/// "backup_bytes","async_backup_entries","async_backup_bytes","reads","writes","backup_reads","expired","evicted","hits","locked_entries",
/// "read_wait":{"total_us","longest_us"},"write_wait":{…},"rows_not_serving","uncommitted_records",
/// "async_lag_records","async_behind","upkeep":{"deltas","delta_records","delta_bytes","snapshots","snapshot_entries","snapshot_bytes",
/// "comparisons","differences","damaged"},"memory_used","memory_limit"}}
[[nodiscard]] std::string stats_as_json(const view& v, const stats_report& r);

}  // namespace troupe::cli
