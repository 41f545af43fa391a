#include <nlohmann/json.hpp>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/stats.hpp>
#include <troupe/node/cli/rendering.hpp>

#include "tests/node/cli/fake_cluster.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

const member_no one{1};
const member_no two{2};
const member_no three{3};

/// Three members; three rows of 1+1: a whole one, one that lacks a backup, a lost one.
view view_with_trouble() {
  auto v = view_of(3);
  v.members[1].zone = "zürich";
  v.members[2].leaving = true;
  auto lost = row_of(nobody, {});
  lost.status = row_status::lost;
  v.tables.push_back({{1, 0}, {row_of(one, {one, two}), row_of(two, {two}, {}, {one}), lost}});
  return v;
}

client_message::command_result stats_of(member_no who, map_stats a, map_stats b) {
  client_message::command_result r;
  r.stats.who = who;
  a.name = "a";
  b.name = "b";
  r.stats.maps = {a, b};
  r.stats.uncommitted_records = 3;
  r.stats.async_lag_records = 5;
  r.stats.memory_used = 1536;
  r.stats.memory_limit = 2048;
  return r;
}

cli::stats_report two_members(std::optional<std::string> only_map = std::nullopt) {
  return cli::report_on({one, two},
                        {stats_of(one, {"", 10, 1000, 20, 2000, 30, 3000, 1, 2, 3, 13, 40}, {"", 1, 1, 1, 1, 1, 1, 1, 1, 1}),
                         stats_of(two, {"", 5, 500, 6, 600, 7, 700, 4, 5, 6, 6, 2}, {"", 2, 2, 2, 2, 2, 2, 2, 2, 2, 2})},
                        only_map);
}

template <class Print>
std::string printed(Print print) {
  std::ostringstream out;
  print(out);
  return out.str();
}

}  // namespace

SCENARIO("members are a line each") {
  const auto v = view_with_trouble();
  CHECK(printed([&](std::ostream& out) { cli::print_members(out, v, false); }) ==
        "NO  ID                                    ADDRESS        HOST      ZONE    KIND  STATE    PRIMARIES  BACKUPS  ASYNC\n"
        " 1  00000000-0000-0000-0000-000000000001  10.0.0.1:5701  10.0.0.1  -       data  present          1        0      0\n"
        " 2  00000000-0000-0000-0000-000000000002  10.0.0.2:5701  10.0.0.2  zürich  data  present          1        1      0\n"
        " 3  00000000-0000-0000-0000-000000000003  10.0.0.3:5701  10.0.0.3  -       data  leaving          0        0      0\n");
}

SCENARIO("members as JSON") {
  const auto j = nlohmann::json::parse(cli::members_as_json(view_with_trouble()));
  CHECK(j["view"] == 7);
  REQUIRE(j["members"].size() == 3);
  CHECK(j["members"][1] == nlohmann::json::parse(R"({"number":2,"id":"00000000-0000-0000-0000-000000000002","address":"10.0.0.2:5701",
    "host":"10.0.0.2","zone":"zürich","kind":"data","leaving":false,"primaries":1,"backups":1,"async_backups":0,"learning":0})"));
  CHECK(j["members"][2]["leaving"] == true);
}

SCENARIO("partitions are counted by member, and rows in trouble named") {
  const auto v = view_with_trouble();
  CHECK(printed([&](std::ostream& out) { cli::print_partitions(out, v, false); }) ==
        "NO  ADDRESS        PRIMARIES  BACKUPS  ASYNC  LEARNING\n"
        " 1  10.0.0.1:5701          1        0      0         1\n"
        " 2  10.0.0.2:5701          1        1      0         0\n"
        " 3  10.0.0.3:5701          0        0      0         0\n"
        "    total                  2        1      0         1\n"
        "\n"
        "of 3 rows: 1 lost, 1 under-replicated, 1 catching up\n"
        "ROW    PRIMARY  STATE\n"
        "1+0/1  2        1 backup missing, catching up\n"
        "1+0/2  -        lost\n");
}

SCENARIO("partitions without trouble say so") {
  auto v = view_of(2);
  v.tables.push_back({{1, 0}, {row_of(one, {one, two}), row_of(two, {one, two})}});
  const auto text = printed([&](std::ostream& out) { cli::print_partitions(out, v, false); });
  CHECK(text.ends_with("\nall 2 rows have all their copies in sync\n"));
  v.tables.push_back({{2, 1}, {row_of(one, {one, two})}});
  CHECK(printed([&](std::ostream& out) { cli::print_partitions(out, v, false); })
            .ends_with("\nall 3 rows have the copies in sync that so few members can hold; 1 has fewer than configured\n"));
  CHECK(nlohmann::json::parse(cli::partitions_as_json(v))["short_of_members"] == 1);
  v.tables.clear();
  CHECK(printed([&](std::ostream& out) { cli::print_partitions(out, v, false); }).ends_with("\nno rows yet: there are no maps\n"));
}

SCENARIO("hundreds of rows in trouble don't flood the terminal") {
  auto v = view_of(2);
  v.tables.push_back({{1, 0}, std::vector<row>(271, row_of(one, {one}))});
  const auto text = printed([&](std::ostream& out) { cli::print_partitions(out, v, false); });
  CHECK(text.ends_with("1+0/19  1        1 backup missing\nand 251 more; --json lists all\n"));
}

SCENARIO("partitions as JSON") {
  const auto j = nlohmann::json::parse(cli::partitions_as_json(view_with_trouble()));
  CHECK(j["rows"] == 3);
  CHECK(j["lost"] == 1);
  CHECK(j["under_replicated"] == 1);
  CHECK(j["catching_up"] == 1);
  CHECK(j["totals"] == nlohmann::json::parse(R"({"primaries":2,"backups":1,"async_backups":0,"learning":1})"));
  CHECK(j["members"][0] ==
        nlohmann::json::parse(R"({"number":1,"address":"10.0.0.1:5701","primaries":1,"backups":0,"async_backups":0,"learning":1})"));
  REQUIRE(j["troubled"].size() == 2);
  CHECK(j["troubled"][0] == nlohmann::json::parse(R"({"row":"1+0/1","backup_count":1,"async_backup_count":0,"partition":1,"primary":2,
    "backups_missing":1,"async_backups_missing":0,"catching_up":true,"lost":false})"));
  CHECK(j["troubled"][1]["primary"].is_null());
}

SCENARIO("stats end with the sums over the cluster") {
  auto v = view_of(2);
  v.maps = {{map_id{1}, "a", {1, 0}}};
  CHECK(printed([&](std::ostream& out) { cli::print_stats(out, v, two_members(), false); }) ==
        "MAP  COPIES  OWNED  BACKUP  ASYNC  OWNED MEM  BACKUP MEM  ASYNC MEM  READS  WRITES  BACKUP READS  EXPIRED  EVICTED\n"
        "a    1+0        15      26     37    1.5 KiB     2.5 KiB    3.6 KiB      5       7             9       19       42\n"
        "b    -           3       3      3        3 B         3 B        3 B      3       3             3        2        0\n"
        "\n"
        "NO  ADDRESS        OWNED  BACKUP  ASYNC  OWNED MEM  BACKUP MEM  ASYNC MEM  READS  WRITES  BACKUP READS  EXPIRED  EVICTED  PENDING  ASYNC LAG              MEMORY\n"
        " 1  10.0.0.1:5701     11      21     31     1001 B     2.0 KiB    2.9 KiB      2       3             4       13       40        3          5  1.5 KiB of 2.0 KiB\n"
        " 2  10.0.0.2:5701      7       8      9      502 B       602 B      702 B      6       7             8        8        2        3          5  1.5 KiB of 2.0 KiB\n"
        "    total             18      29     40    1.5 KiB     2.5 KiB    3.6 KiB      8      10            12       21       42        6         10  3.0 KiB of 4.0 KiB\n");
}

SCENARIO("stats tell how copies were restored and proven") {
  const upkeep_stats of_one{2, 30, 4096, 1, 500, 65536, 1, 70, 0}, of_two{1, 1, 100, 0, 0, 0, 0, 30, 1};
  auto first = stats_of(one, {"", 10, 1000, 20, 2000, 30, 3000, 1, 2, 3}, {"", 1, 1, 1, 1, 1, 1, 1, 1, 1});
  auto second = stats_of(two, {"", 5, 500, 6, 600, 7, 700, 4, 5, 6}, {"", 2, 2, 2, 2, 2, 2, 2, 2, 2});
  first.stats.upkeep = of_one;
  second.stats.upkeep = of_two;
  const auto report = cli::report_on({one, two}, {first, second});
  const auto text = printed([&](std::ostream& out) { cli::print_stats(out, view_of(2), report, false); });
  CHECK(text.ends_with("\ncopies restored: 3 from the log (31 records, 4.1 KiB), 1 by a snapshot (500 entries, 64.0 KiB)\n"
                       "copies proven: 100 comparisons, 1 different, 1 damaged value\n"));
  const auto j = nlohmann::json::parse(cli::stats_as_json(view_of(2), report));
  CHECK(j["totals"]["upkeep"] == nlohmann::json::parse(R"({"deltas":3,"delta_records":31,"delta_bytes":4196,"snapshots":1,
    "snapshot_entries":500,"snapshot_bytes":65536,"comparisons":100,"differences":1,"damaged":1})"));
  CHECK(j["members"][1]["upkeep"]["damaged"] == 1);
}

SCENARIO("stats tell how long operations took at their primaries") {
  map_stats busy{"", 10, 1000, 20, 2000, 30, 3000, 8, 4, 3};
  busy.hits = 6;
  busy.write_wait = {milliseconds{6}, milliseconds{3}};
  busy.locked_entries = 1;
  const auto report = cli::report_on({one}, {stats_of(one, busy, {"", 0, 0, 0, 0, 0, 0, 0, 0, 0})});
  const auto text = printed([&](std::ostream& out) { cli::print_stats(out, view_of(2), report, false); });
  CHECK(text.ends_with("\nat the primaries: writes took 1.50 ms on average, 3.00 ms at most; reads took 0 us on average, 0 us at most; 6 reads "
                       "of a key found its entry; 1 key is locked\n"));
}

SCENARIO("what is known of an entry") {
  entry_facts facts{seq_number{17}, 150, seconds{60}, milliseconds{}, milliseconds{4250}};
  CHECK(printed([&](std::ostream& out) { cli::print_entry(out, blob{"alice"}, facts); }) ==
        "OF THE ENTRY\n"
        "value                5 B\n"
        "takes, in each copy  about 150 B\n"
        "version              17\n"
        "time to live         60.0 s\n"
        "idle time            without limit\n"
        "ends in              4.2 s\n");
  CHECK(nlohmann::json::parse(cli::entry_as_json(blob{"alice"}, facts)) ==
        nlohmann::json::parse(R"({"outcome":"ok","found":true,"value_bytes":5,"version":17,"bytes":150,"ttl_ms":60000,"max_idle_ms":null,"ends_in_ms":4250,"statistics":null})"));
  facts.is_counted = true;
  facts.since_created = seconds{90};
  facts.since_written = milliseconds{500};
  CHECK(nlohmann::json::parse(cli::entry_as_json(blob{"alice"}, facts))["statistics"] ==
        nlohmann::json::parse(R"({"since_created_ms":90000,"since_written_ms":500,"since_asked_ms":null,"hits":0})"));
  facts.hits = 2;
  facts.since_asked = milliseconds{1500};
  CHECK_THAT(printed([&](std::ostream& out) { cli::print_entry(out, blob{"alice"}, facts); }), Catch::Contains("2 times, last 1.5 s ago"));
}

SCENARIO("stats of one map count nothing of the others") {
  const auto report = two_members("b");
  CHECK(report.totals.owned_entries == 3);
  CHECK(report.maps.size() == 1);
  const auto text = printed([&](std::ostream& out) { cli::print_stats(out, view_of(2), report, false); });
  CHECK(text.starts_with("NO  ADDRESS"));
}

SCENARIO("stats as JSON have totals") {
  const auto j = nlohmann::json::parse(cli::stats_as_json(view_of(2), two_members()));
  CHECK(j["totals"] == nlohmann::json::parse(R"({"owned_entries":18,"owned_bytes":1503,"backup_entries":29,"backup_bytes":2603,
    "async_backup_entries":40,"async_backup_bytes":3703,"reads":8,"writes":10,"backup_reads":12,"expired":21,"evicted":42,"hits":0,"locked_entries":0,
    "read_wait":{"total_us":0,"longest_us":0},"write_wait":{"total_us":0,"longest_us":0},"rows_not_serving":0,"uncommitted_records":6,
    "async_lag_records":10,"async_behind":0,"upkeep":{"deltas":0,"delta_records":0,"delta_bytes":0,"snapshots":0,"snapshot_entries":0,
    "snapshot_bytes":0,"comparisons":0,"differences":0,"damaged":0},"memory_used":3072,"memory_limit":4096})"));
  CHECK(j["members"][0]["address"] == "10.0.0.1:5701");
  CHECK(j["members"][0]["maps"][1]["name"] == "b");
  CHECK(j["maps"][0]["owned_entries"] == 15);
  CHECK(j["unanswered"].empty());
}

SCENARIO("names that are not UTF-8 don't break the JSON") {
  auto v = view_of(1);
  v.members[0].zone = "\xff";
  CHECK(nlohmann::json::parse(cli::members_as_json(v))["members"][0]["zone"] == "\xef\xbf\xbd");
}
