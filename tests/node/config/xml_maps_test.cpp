#include "tests/node/config/reading.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

lines errors_of_map(const std::string& inside) { return errors_of("<map name='m'>" + inside + "</map>"); }
lines warnings_of_map(const std::string& inside) { return warnings_of("<map name='m'>" + inside + "</map>"); }

durability durability_of_map(const std::string& inside) {
  const auto config = config_of("<map name='m'>" + inside + "</map>");
  REQUIRE(config.settings.maps.size() == 1);
  return config.settings.maps.front().kind;
}

}  // namespace

SCENARIO("a map has one backup and no async backup unless told") {
  CHECK(durability_of_map("") == durability{1, 0});
  CHECK(durability_of_map("<backup-count> 3 </backup-count>") == durability{3, 0});
  CHECK(durability_of_map("<async-backup-count>2</async-backup-count>") == durability{1, 2});
}

SCENARIO("a named map does not inherit from default") {
  const auto config = config_of("<map name='default'><backup-count>3</backup-count></map><map name='m'/>");
  CHECK(config.settings.maps.at(1).kind == durability{1, 0});
}

SCENARIO("a count that is no number from 0 to 6 is refused with its value and the limit") {
  CHECK(errors_of_map("<backup-count>7</backup-count>") == lines{"f.xml:2: backup-count can't be larger than 6 (is 7)"});
  CHECK(errors_of_map("<async-backup-count>7</async-backup-count>") == lines{"f.xml:2: async-backup-count can't be larger than 6 (is 7)"});
  CHECK(errors_of_map("<backup-count>-1</backup-count>") == lines{"f.xml:2: backup-count can't be smaller than 0 (is -1)"});
  CHECK(errors_of_map("<backup-count>x</backup-count>") == lines{"f.xml:2: backup-count must be a whole number (is 'x')"});
  CHECK(errors_of_map("<backup-count>1.5</backup-count>") == lines{"f.xml:2: backup-count must be a whole number (is '1.5')"});
  CHECK(errors_of_map("<backup-count/>") == lines{"f.xml:2: backup-count must be a whole number (is '')"});
  CHECK(errors_of_map("<backup-count>99999999999999999999</backup-count>") ==
        lines{"f.xml:2: backup-count can't be larger than 6 (is 99999999999999999999)"});
}

SCENARIO("the sum of the counts is checked on the final pair, whatever the order of the elements") {
  const lines wrong{"f.xml:2: the sum of backup-count (4) and async-backup-count (3) can't be larger than 6 (is 7)"};
  CHECK(errors_of_map("<backup-count>4</backup-count><async-backup-count>3</async-backup-count>") == wrong);
  CHECK(errors_of_map("<async-backup-count>3</async-backup-count><backup-count>4</backup-count>") == wrong);
  CHECK(durability_of_map("<async-backup-count>6</async-backup-count><backup-count>0</backup-count>") == durability{0, 6});
  GIVEN("a backup-count that is left to its default") {
    CHECK(errors_of_map("\n<async-backup-count>6</async-backup-count>") ==
          lines{"f.xml:3: the sum of backup-count (1) and async-backup-count (6) can't be larger than 6 (is 7)"});
  }
}

SCENARIO("reading backup data") {
  CHECK(config_of("<map name='m'><read-backup-data>true</read-backup-data></map>").settings.maps.front().read_backup_data);
  CHECK(config_of("<map name='m'><per-entry-stats-enabled>true</per-entry-stats-enabled></map>").settings.maps.front().entry_statistics);
  CHECK_FALSE(config_of("<map name='m'><statistics-enabled>true</statistics-enabled></map>").settings.maps.front().entry_statistics);
  CHECK(errors_of_map("<read-backup-data>maybe</read-backup-data>") ==
        lines{"f.xml:2: read-backup-data must be true or false (is 'maybe')"});
  GIVEN("a map without backups of either kind") {
    CHECK(warnings_of_map("<backup-count>0</backup-count>\n<read-backup-data>true</read-backup-data>") ==
          lines{"f.xml:3: read-backup-data has no effect: map 'm' has no backups of either kind"});
  }
}

SCENARIO("a map that is kept to a size") {
  const auto eviction_of = [](const std::string& element) { return config_of("<map name='m'>" + element + "</map>").settings.maps.front().eviction; };
  CHECK(eviction_of("<eviction eviction-policy='LRU' size='5000'/>") == eviction_rule{eviction_policy::lru, size_measure::entries_per_node, 5000});
  CHECK(eviction_of("<eviction size='7' max-size-policy='PER_PARTITION' eviction-policy='lfu'/>") ==
        eviction_rule{eviction_policy::lfu, size_measure::entries_per_partition, 7});
  CHECK(eviction_of("<eviction eviction-policy='RANDOM' max-size-policy='USED_HEAP_SIZE' size='3'/>") ==
        eviction_rule{eviction_policy::random, size_measure::bytes_per_node, 3 * 1024 * 1024});
  GIVEN("no policy, or any size") {
    CHECK(eviction_of("<eviction size='5000'/>") == eviction_rule{});
    CHECK(eviction_of("<eviction eviction-policy='NONE' size='5000'/>") == eviction_rule{});
    CHECK(eviction_of("<eviction eviction-policy='LRU' size='2147483647'/>") == eviction_rule{});
  }
  GIVEN("fewer than one entry for each partition") {
    CHECK(warnings_of_map("<eviction eviction-policy='LRU' size='10'/>") ==
          lines{"f.xml:2: size 10 is less than one entry for each of 271 partitions: with few members more stay, as each partition keeps one at least"});
  }
  GIVEN("nonsense") {
    CHECK(errors_of_map("<eviction eviction-policy='FIFO' size='1'/>") == lines{"f.xml:2: eviction-policy must be NONE, LRU, LFU or RANDOM (is 'FIFO')"});
    CHECK(errors_of_map("<eviction eviction-policy='LRU' max-size-policy='PER_HOST' size='1'/>") ==
          lines{"f.xml:2: max-size-policy must be PER_NODE, PER_PARTITION or USED_HEAP_SIZE (is 'PER_HOST')"});
    CHECK(errors_of_map("<eviction eviction-policy='LRU' size='-1'/>") == lines{"f.xml:2: size can't be smaller than 0 (is -1)"});
  }
}

SCENARIO("a second definition of a map names both lines") {
  CHECK(errors_of("<map name='a'/>\n<map name='b'/>\n<map name='a'/>") ==
        lines{"f.xml:4: map 'a' is defined twice (the other is in line 2)"});
}

SCENARIO("patterns that fit a name equally well name each other and both lines") {
  CHECK(errors_of("<map name='a*'/>\n\n<map name='*b'/>") ==
        lines{"f.xml:4: the patterns 'a*' and '*b' fit map 'ab' equally well (the other is in line 2)"});
  CHECK(errors_of("<map name='a*'/><map name='ab*'/><map name='b*'/><map name='*'/>") == lines{});
  CHECK(errors_of("<map name='a*b*'/>") == lines{"f.xml:2: a map's name can't have more than one '*' (is 'a*b*')"});
}

SCENARIO("a map without a name is refused") {
  CHECK(errors_of("<map/>") == lines{"f.xml:2: a map needs a name"});
  CHECK(errors_of("<map name=' '/>") == lines{"f.xml:2: a map needs a name"});
}

SCENARIO("what Hazelcast's maps have and these don't is a warning that says so") {
  CHECK(warnings_of_map("<eviction eviction-policy='LRU' max-size-policy='FREE_HEAP_SIZE' size='10'/>") ==
        lines{"f.xml:2: <eviction> has no effect with max-size-policy 'FREE_HEAP_SIZE': it can be PER_NODE, PER_PARTITION or USED_HEAP_SIZE (see also "
              "memory-limit)"});
  CHECK(warnings_of_map("<eviction eviction-policy='LRU'/>") == lines{"f.xml:2: <eviction> has no effect: it says no size"});
  CHECK(warnings_of_map("<eviction size='10'/>") == lines{"f.xml:2: <eviction> has no effect: it says no eviction-policy (LRU, LFU or RANDOM)"});
  CHECK(warnings_of_map("<in-memory-format>OBJECT</in-memory-format>") ==
        lines{"f.xml:2: in-memory-format 'OBJECT' has no effect: keys and values are kept as bytes"});
  CHECK(warnings_of_map("<statistics-enabled>false</statistics-enabled>") ==
        lines{"f.xml:2: statistics-enabled 'false' has no effect: statistics are always on"});
  CHECK(warnings_of_map("<map-store><anything/></map-store>") == lines{"f.xml:2: <map-store> has no effect: entries live in memory only"});
  CHECK(warnings_of_map("<merge-policy batch-size='7'>X</merge-policy>") ==
        lines{"f.xml:2: <merge-policy> has no effect: the parts of a split cluster are not merged: only one of them goes on"});
}

SCENARIO("what asks for what happens anyway is no warning") {
  CHECK(warnings_of_map("<time-to-live-seconds>0</time-to-live-seconds><max-idle-seconds>0</max-idle-seconds>"
                        "<eviction eviction-policy='NONE'/><in-memory-format>BINARY</in-memory-format>"
                        "<statistics-enabled>true</statistics-enabled><map-store enabled='false'/>") == lines{});
}

SCENARIO("entries of a map live as long as its definition says") {
  const auto life_of = [](const std::string& inner) { return config_of("<map name='m'>" + inner + "</map>").settings.maps.front().life; };
  CHECK(life_of("") == lifetime_defaults{});
  CHECK(life_of("<time-to-live-seconds>60</time-to-live-seconds>") == lifetime_defaults{seconds{60}, {}});
  CHECK(life_of("<max-idle-seconds>5</max-idle-seconds>") == lifetime_defaults{{}, seconds{5}});
  CHECK(life_of("<time-to-live-seconds>2147483647</time-to-live-seconds>") == lifetime_defaults{});  // Java's greatest number: for ever.
  CHECK(errors_of_map("<max-idle-seconds>-1</max-idle-seconds>") ==
        lines{"f.xml:2: max-idle-seconds can't be smaller than 0 (is -1)"});
  CHECK(errors_of_map("<time-to-live-seconds>soon</time-to-live-seconds>") ==
        lines{"f.xml:2: time-to-live-seconds must be a whole number (is 'soon')"});
}
