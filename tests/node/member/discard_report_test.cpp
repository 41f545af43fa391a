// What is written down of the writes that go with a branch.
#include <catch2/catch.hpp>

#include <troupe/node/member/discard_report.hpp>

using namespace troupe;
using protocol::discarded_writes;

SCENARIO("the writes that go are named by position, bounded, and fit for a log") {
  const row_id row{durability{1, 0}, partition_id{17}};
  view maps;
  maps.maps = {{map_id{1}, "people", durability{1, 0}, false}};
  discarded_writes what{seq_number{12}, seq_number{31}, seq_number{12}};
  what.writes = {{map_id{1}, blob{"alice"}, seq_number{13}, discarded_writes::change::put},
                 {map_id{1}, blob{"b b\n"}, seq_number{14}, discarded_writes::change::erased},
                 {map_id{2}, {}, seq_number{31}, discarded_writes::change::cleared}};
  CHECK(lines_of(row, what, maps) == std::vector<std::string>{"row=1+0/17 positions=13-31 put=people/alice erased=people/b%20b%0a cleared=#2"});
  THEN("where removals were forgotten, that is said") {
    what.removals_after = seq_number{20};
    CHECK(lines_of(row, what, maps).back().ends_with(" removals_from=21"));
  }
  THEN("long names are cut, and many keys counted") {
    what.writes.assign(keys_named_max + 7, {map_id{1}, blob{std::string(500, 'k')}, seq_number{13}, discarded_writes::change::put});
    const auto lines = lines_of(row, what, maps);
    CHECK(lines.size() == keys_named_max / keys_in_line);
    CHECK(lines.front().size() < 100 * keys_in_line);
    CHECK(lines.back().ends_with(" unlisted=7"));
  }
}
