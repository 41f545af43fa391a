// Configurations of clients as Hazelcast has them.
#include "tests/node/config/reading.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

/// `inside` as line 2 of a file called f.xml, with <hazelcast-client> around it in lines 1 and last.
read_client_config read_client(const std::string& inside) {
  return parse_xml_client_config("<hazelcast-client>\n" + inside + "\n</hazelcast-client>\n", "f.xml");
}

lines errors_of_client(const std::string& inside) { return read_client(inside).errors; }
lines warnings_of_client(const std::string& inside) { return read_client(inside).warnings; }

/// What has to be without any error or warning.
client_config client_of(const std::string& inside) {
  const auto read = read_client(inside);
  CHECK(read.errors == lines{});
  CHECK(read.warnings == lines{});
  return read.config;
}

std::string addresses(const std::string& inside) { return "<network><cluster-members>" + inside + "</cluster-members></network>"; }

}  // namespace

SCENARIO("an empty configuration of a client means the members on this machine, as with Hazelcast") {
  const auto config = client_of("");
  CHECK(config.cluster_name == "dev");
  CHECK(config.connect == std::vector<address>{{"127.0.0.1", 5701}, {"127.0.0.1", 5702}, {"127.0.0.1", 5703}});
  CHECK(config.log_level == log_level::info);
}

SCENARIO("a client's file says which cluster, where its members are, and how much is logged") {
  const auto config = client_of("<cluster-name>prod</cluster-name>" + addresses("<address>10.0.0.1:5801</address><address>10.0.0.2</address>") +
                                "<troupe><log-level>warn</log-level></troupe>");
  CHECK(config.cluster_name == "prod");
  CHECK(config.connect == std::vector<address>{{"10.0.0.1", 5801}, {"10.0.0.2", 5701}, {"10.0.0.2", 5702}, {"10.0.0.2", 5703}});
  CHECK(config.log_level == log_level::warn);
  CHECK(client_of("<group><name>prod</name></group>").cluster_name == "prod");
  CHECK(client_of(addresses("<address>10.0.0.1-2:5701, [::1]:5702</address>")).connect ==
        std::vector<address>{{"10.0.0.1", 5701}, {"10.0.0.2", 5701}, {"::1", 5702}});
}

SCENARIO("a client's file loads with the namespace and schema location that real files carry") {
  const auto read = parse_xml_client_config(R"(<?xml version="1.0" encoding="UTF-8"?>
<hazelcast-client xmlns="http://www.hazelcast.com/schema/client-config"
                  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                  xsi:schemaLocation="http://www.hazelcast.com/schema/client-config http://www.hazelcast.com/schema/client-config/hazelcast-client-config-5.5.xsd">
  <cluster-name>prod</cluster-name>
</hazelcast-client>)",
                                            "hazelcast-client.xml");
  CHECK(read.errors == lines{});
  CHECK(read.config.cluster_name == "prod");
}

SCENARIO("a file that asks for much of Hazelcast's loads, and says what of it has no effect") {
  const auto read = read_xml_client_config(CONFIG_SAMPLES "/client.xml");
  CHECK(read.errors == lines{});
  CHECK(read.config.connect.size() == 7);
  lines warned;
  for (const auto& w : read.warnings) warned.push_back(w.substr(w.rfind('/') + 1));
  constexpr auto dials = "a client dials until it ends; wait_ready and calls have times of their own";
  CHECK(warned == lines{"client.xml:4: <instance-name> has no effect: Troupe has nothing like it",
                        "client.xml:6: property 'hazelcast.client.heartbeat.timeout' has no effect: no property of a client has one",
                        "client.xml:14: smart-routing 'false' has no effect: each operation goes straight to the member that leads its key",
                        std::string{"client.xml:16: connection-timeout '60000' has no effect: "} + dials,
                        std::string{"client.xml:20: <connection-retry> has no effect: "} + dials,
                        "client.xml:24: <near-cache> has no effect: a client keeps no entries"});
}

SCENARIO("what a client's file gets wrong is an error with its line") {
  CHECK(errors_of_client("<cluster-nam>x</cluster-nam>") ==
        lines{"f.xml:2: unknown element <cluster-nam> in <hazelcast-client>; did you mean <cluster-name>?"});
  CHECK(errors_of_client("<address>10.0.0.1</address>") ==
        lines{"f.xml:2: unknown element <address> in <hazelcast-client>; it belongs into <cluster-members>"});
  CHECK(errors_of_client(addresses("\n<address>10.0.0.1:0</address>\n<address/>")) ==
        lines{"f.xml:3: address '10.0.0.1:0': a port is a number from 1 to 65535", "f.xml:4: address can't be empty"});
  CHECK(errors_of_client("<cluster-name/>") == lines{"f.xml:2: cluster-name can't be empty"});
  CHECK(errors_of_client("<troupe><log-level>loud</log-level></troupe>") ==
        lines{"f.xml:2: log-level must be one of trace, debug, info, warn, error, off (is 'loud')"});
  CHECK(errors_of_client("<import resource='x'/>") == lines{"f.xml:2: <import> is not supported: put what it imports into this file"});
  CHECK(errors_of_client("<cluster-name>${name}</cluster-name>") ==
        lines{"f.xml:2: variables are not replaced: write the value of cluster-name itself (is '${name}')"});
}

SCENARIO("what is a member's is unknown to a client, and the other way round") {
  CHECK(errors_of_client("<map name='m'/>") == lines{"f.xml:2: unknown element <map> in <hazelcast-client>"});
  CHECK(errors_of_client("<troupe><zone>a</zone></troupe>") == lines{"f.xml:2: unknown element <zone> in <troupe>"});
  CHECK(parse_xml_client_config("<hazelcast/>", "f.xml").errors ==
        lines{"f.xml:1: the root element must be <hazelcast-client> (is <hazelcast>, as in a member's file)"});
  CHECK(parse_xml_config("<hazelcast-client/>", "f.xml").errors ==
        lines{"f.xml:1: the root element must be <hazelcast> (is <hazelcast-client>, as in a client's file)"});
}

SCENARIO("what Hazelcast's clients know and ours have no use for is a warning that says why, unless it asks for what happens anyway") {
  CHECK(warnings_of_client("<near-cache name='m'><time-to-live-seconds>1</time-to-live-seconds></near-cache>") ==
        lines{"f.xml:2: <near-cache> has no effect: a client keeps no entries"});
  CHECK(warnings_of_client("<network><smart-routing>false</smart-routing></network>") ==
        lines{"f.xml:2: smart-routing 'false' has no effect: each operation goes straight to the member that leads its key"});
  CHECK(warnings_of_client("<network><kubernetes enabled='true'/></network>") ==
        lines{"f.xml:2: <kubernetes> has no effect: members are not discovered; list them under <cluster-members>"});
  CHECK(warnings_of_client("<properties><property name='hazelcast.client.invocation.timeout.seconds'>9</property></properties>") ==
        lines{"f.xml:2: property 'hazelcast.client.invocation.timeout.seconds' has no effect: a map's handle has the time of its calls "
              "(client.map<K, V>(name, timeout))"});
  (void)client_of("<network><smart-routing>true</smart-routing><redo-operation>true</redo-operation><ssl enabled='false'/><aws enabled='false'/>"
                  "<connection-timeout>5000</connection-timeout></network><connection-strategy async-start='true' reconnect-mode='ON'/>"
                  "<backup-ack-to-client-enabled>true</backup-ack-to-client-enabled><native-memory enabled='false'/>");
}

SCENARIO("every problem of a client's file is reported in one run, in the order of lines") {
  CHECK(errors_of_client("<netwrok/>\n" + addresses("<address>a b</address>") + "\n<cluster-name/>") ==
        lines{"f.xml:2: unknown element <netwrok> in <hazelcast-client>; did you mean <network>?",
              "f.xml:3: address 'a b' has a space in it: separate members by commas", "f.xml:4: cluster-name can't be empty"});
}

SCENARIO("a client's file that can't be read says why") {
  CHECK(read_xml_client_config("/nonexistent/f.xml").errors == lines{"/nonexistent/f.xml: cannot be read: No such file or directory"});
}

SCENARIO("a client's settings by hand are validated as well") {
  client_config config;
  CHECK(validate(config).empty());
  config.cluster_name = std::string(256, 'x');
  config.connect = {{"", 5701}, {"a", 0}};
  CHECK(validate(config) == std::vector<config_problem>{{"cluster-name", "cluster-name can't be longer than 255 bytes (has 256)"},
                                                        {"network/cluster-members", "a member to connect to needs a host"},
                                                        {"network/cluster-members", "the port of member 'a' to connect to can't be 0"}});
}
