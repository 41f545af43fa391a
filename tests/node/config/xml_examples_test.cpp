// The examples of Hazelcast's manual mean here what they mean there.
#include <troupe/actors/protocol/membership/view_change.hpp>

#include "tests/node/config/reading.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

map_definition governing_any_map(const std::string& xml) {
  const auto read = parse_xml_config(xml, "hazelcast.xml");
  CHECK(read.errors == lines{});
  CHECK(read.warnings == lines{});
  return protocol::definition_for(read.config.settings, "capitals");
}

}  // namespace

SCENARIO("the manual's example of synchronous backups loads") {
  const auto map = governing_any_map("<hazelcast><map name=\"default\"><backup-count>1</backup-count></map></hazelcast>");
  CHECK(map.kind == durability{1, 0});
  CHECK_FALSE(map.read_backup_data);
}

SCENARIO("the manual's example of asynchronous backups loads") {
  const auto map = governing_any_map(R"(<hazelcast>
    <map name="default">
      <backup-count>0</backup-count>
      <async-backup-count>1</async-backup-count>
    </map>
  </hazelcast>)");
  CHECK(map.kind == durability{0, 1});
}

SCENARIO("the manual's example of reading backup data loads") {
  const auto map = governing_any_map(R"(<hazelcast>
    <map name="default">
      <backup-count>0</backup-count>
      <async-backup-count>1</async-backup-count>
      <read-backup-data>true</read-backup-data>
    </map>
  </hazelcast>)");
  CHECK(map.kind == durability{0, 1});
  CHECK(map.read_backup_data);
}

SCENARIO("the examples load with the namespace and schema location that real files carry") {
  const auto map = governing_any_map(R"(<?xml version="1.0" encoding="UTF-8"?>
<hazelcast xmlns="http://www.hazelcast.com/schema/config"
           xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
           xsi:schemaLocation="http://www.hazelcast.com/schema/config http://www.hazelcast.com/schema/config/hazelcast-config-5.5.xsd">
  <map name="default"><backup-count>2</backup-count></map>
</hazelcast>)");
  CHECK(map.kind == durability{2, 0});
}

SCENARIO("the examples load with a namespace prefix") {
  const auto map = governing_any_map(
      R"(<hz:hazelcast xmlns:hz="http://www.hazelcast.com/schema/config"><hz:map name="default"><hz:backup-count>3</hz:backup-count></hz:map></hz:hazelcast>)");
  CHECK(map.kind == durability{3, 0});
}

SCENARIO("a default configuration of Hazelcast 5 loads, and says what of it has no effect") {
  const auto read = read_xml_config(CONFIG_SAMPLES "/default-5.xml");
  CHECK(read.errors == lines{});
  CHECK(read.config.cluster_name == "dev");
  CHECK(read.config.join.empty());
  CHECK(protocol::definition_for(read.config.settings, "any").kind == durability{1, 0});
  const auto warned = [&](const std::string& text) {
    return std::any_of(read.warnings.begin(), read.warnings.end(), [&](const auto& w) { return w.find(text) != std::string::npos; });
  };
  CHECK(warned("default-5.xml:10: <auto-detection> has no effect: members are not discovered; list them under <tcp-ip enabled=\"true\">"));
  CHECK(warned("<executor-service> has no effect: members run no user code"));
  CHECK(warned("<merge-policy> has no effect: the parts of a split cluster are not merged: only one of them goes on"));
  CHECK_FALSE(warned("<ssl>"));
  CHECK_FALSE(warned("<eviction>"));
  CHECK_FALSE(warned("ports"));
}

SCENARIO("a default configuration of Hazelcast 3 loads as well") {
  const auto read = read_xml_config(CONFIG_SAMPLES "/default-3.xml");
  CHECK(read.errors == lines{});
  CHECK(read.config.cluster_name == "dev");
  CHECK(protocol::definition_for(read.config.settings, "any").kind == durability{1, 0});
}

SCENARIO("a configuration that uses all that has an effect is read in full, without a word") {
  const auto read = read_xml_config(CONFIG_SAMPLES "/complete.xml");
  CHECK(read.errors == lines{});
  CHECK(read.warnings == lines{});
  member_config wanted;
  wanted.cluster_name = "prod";
  wanted.host = "127.0.0.2";
  wanted.port = 5801;
  wanted.port_auto_increment = false;
  wanted.port_count = 20;
  wanted.join = {{"10.0.0.1", std::nullopt}, {"10.0.0.2", 5799}, {"10.0.0.3", std::nullopt}, {"10.0.0.4", std::nullopt}};
  wanted.bootstrap = true;
  wanted.insecure = true;
  wanted.host_label = "rack-7";
  wanted.zone = "eu-1";
  wanted.shards = 2;
  wanted.memory = {memory_limit::unit::percent, 75};
  wanted.log_level = log_level::debug;
  wanted.timing_scale = 0.5;
  wanted.settings.partition_count = 541;
  wanted.settings.maps = {{"default", {1, 0}, false}, {"orders*", {2, 1}, true}, {"cache", {0, 0}, false}};
  wanted.settings.reads = read_mode::confirm;
  wanted.settings.limits = {1024, 1'000'000, 3'000'000, 50};
  wanted.settings.times = {milliseconds{50}, milliseconds{500}, milliseconds{700}, milliseconds{1500}, seconds{60}};
  CHECK(read.config == wanted);
}
