// Files that are no configuration at all, or hostile: each has one definite message.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/node/config/reading.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

lines errors_of_text(const std::string& text) { return parse_xml_config(text, "f.xml").errors; }

}  // namespace

SCENARIO("malformed XML is reported with its line") {
  CHECK(errors_of_text("<hazelcast>\n<map name='m'>\n</hazelcast>") == lines{"f.xml:3: malformed XML: Start-end tags mismatch"});
  CHECK(errors_of_text("<hazelcast>\n<map name=m/>\n</hazelcast>") == lines{"f.xml:2: malformed XML: Error parsing element attribute"});
  CHECK(errors_of_text("") == lines{"f.xml:1: malformed XML: No document element found"});
  CHECK(errors_of_text("hello") == lines{"f.xml:1: malformed XML: No document element found"});
  CHECK(errors_of_text("<hazelcast>\n<!-- never closed") == lines{"f.xml:2: malformed XML: Error parsing comment"});
}

SCENARIO("the root element is <hazelcast>, once") {
  CHECK(errors_of_text("\n<hazelcat/>") == lines{"f.xml:2: the root element must be <hazelcast> (is <hazelcat>)"});
  CHECK(errors_of_text("<hazelcast/>\n<hazelcast/>") == lines{"f.xml:2: a second root element <hazelcast>"});
}

SCENARIO("a file that is not UTF-8 is refused with its line") {
  CHECK(errors_of_text("<hazelcast>\n<cluster-name>\xff</cluster-name></hazelcast>") == lines{"f.xml:2: the file is not UTF-8 text"});
  CHECK(errors_of_text(std::string("<hazelcast>\0</hazelcast>", 24)) == lines{"f.xml:1: the file is not UTF-8 text"});
  CHECK(errors_of_text("<hazelcast><cluster-name>\xed\xa0\x80</cluster-name></hazelcast>") == lines{"f.xml:1: the file is not UTF-8 text"});
  CHECK(parse_xml_config("\xef\xbb\xbf<hazelcast><cluster-name>Zürich</cluster-name></hazelcast>", "f.xml").config.cluster_name ==
        "Zürich");
}

SCENARIO("a DOCTYPE is refused, and its entities are not expanded") {
  std::string laughs = "<!DOCTYPE lolz [<!ENTITY a0 'lol'>";
  for (int i = 1; i < 10; ++i) {
    laughs += "<!ENTITY a" + std::to_string(i) + " '";
    for (int j = 0; j < 10; ++j) laughs += "&a" + std::to_string(i - 1) + ";";
    laughs += "'>";
  }
  const auto read = parse_xml_config("<?xml version=\"1.0\"?>\n" + laughs + "]><hazelcast><cluster-name>&a9;</cluster-name></hazelcast>", "f.xml");
  CHECK(read.errors == lines{"f.xml:2: a DOCTYPE is not supported: write out what its entities stand for"});
  CHECK(read.config.cluster_name == "&a9;");
}

SCENARIO("elements nested ninety thousand deep do no harm") {
  std::string deep = "<hazelcast>";
  for (int i = 0; i < 90'000; ++i) deep += "<map>";
  for (int i = 0; i < 90'000; ++i) deep += "</map>";
  CHECK(errors_of_text(deep + "</hazelcast>") ==
        lines{"f.xml:1: unknown element <map> in <map>; it belongs into <hazelcast>", "f.xml:1: a map needs a name"});
}

SCENARIO("a text over 1 MiB is refused unread") {
  CHECK(errors_of_text(std::string(1024 * 1024 + 1, ' ')) == lines{"f.xml: a configuration can't be larger than 1048576 bytes"});
}

SCENARIO("messages stay on one line and short, whatever the value") {
  CHECK(errors_of("<troupe><shards>a\nb\x1b[31m</shards></troupe>") == lines{"f.xml:2: shards must be a whole number (is 'a b [31m')"});
  CHECK(errors_of("<troupe><shards>" + std::string(500, 'x') + "</shards></troupe>") ==
        lines{"f.xml:2: shards must be a whole number (is '" + std::string(60, 'x') + "...')"});
}

SCENARIO("names from the file can't break a message either") {
  CHECK(errors_of("<map name='a&#10;b*c*'/>") == lines{"f.xml:2: a map's name can't have more than one '*' (is 'a b*c*')"});
  CHECK(errors_of("<network><join><tcp-ip enabled='true'><member>a\nb</member></tcp-ip></join></network>") ==
        lines{"f.xml:2: member 'a b' has a space in it: separate members by commas"});
}

SCENARIO("a file that can't be read says why") {
  CHECK(read_xml_config("/nonexistent/f.xml").errors == lines{"/nonexistent/f.xml: cannot be read: No such file or directory"});
  CHECK(read_xml_config("/").errors == lines{"/: cannot be read: it is a directory"});
}

SCENARIO("a device without end is read no further than allowed") {
  CHECK(read_xml_config("/dev/zero").errors == lines{"/dev/zero: a configuration can't be larger than 1048576 bytes"});
}

SCENARIO("overrides win over the file, and are named when they are wrong") {
  const std::vector<config_override> overrides{{"--host", "network/interfaces", [](member_config& c) { c.host = "10.0.0.1"; }}};
  const auto read = parse_xml_config(
      "<hazelcast><network>\n<interfaces enabled='true'><interface>127.0.0.1</interface></interfaces></network></hazelcast>", "f.xml",
      overrides);
  CHECK(read.config.host == "10.0.0.1");
  REQUIRE(read.errors.size() == 1);
  CHECK(read.errors[0].starts_with("--host: the host '10.0.0.1' is not a loopback address"));
}
