#include "tests/node/config/reading.hpp"

using namespace troupe;
using namespace troupe::testing;

SCENARIO("an empty configuration is the default one") { CHECK(config_of("") == member_config{}); }

SCENARIO("an element that nobody knows is an error that names the nearest known one") {
  CHECK(errors_of("<map name='m'>\n<backup-cuont>1</backup-cuont></map>") ==
        lines{"f.xml:3: unknown element <backup-cuont> in <map>; did you mean <backup-count>?"});
  CHECK(errors_of("<clustername>x</clustername>") ==
        lines{"f.xml:2: unknown element <clustername> in <hazelcast>; did you mean <cluster-name>?"});
  CHECK(errors_of("<xyzzy/>") == lines{"f.xml:2: unknown element <xyzzy> in <hazelcast>"});
}

SCENARIO("an element in the wrong place is told where it belongs") {
  CHECK(errors_of("<backup-count>1</backup-count>") ==
        lines{"f.xml:2: unknown element <backup-count> in <hazelcast>; it belongs into <map>"});
  CHECK(errors_of("<network><tcp-ip enabled='true'/></network>") ==
        lines{"f.xml:2: unknown element <tcp-ip> in <network>; it belongs into <join>"});
}

SCENARIO("an attribute that nobody knows is an error that names the nearest known one") {
  CHECK(errors_of("<network><port auto-incremnt='true'>1</port></network>") ==
        lines{"f.xml:2: unknown attribute 'auto-incremnt' of <port>; did you mean 'auto-increment'?"});
}

SCENARIO("an element or attribute given twice is an error") {
  CHECK(errors_of("<network/>\n<network/>") == lines{"f.xml:3: <network> is given twice in <hazelcast> (the other is in line 2)"});
  CHECK(errors_of("<network><port port-count='1' port-count='2'>1</port></network>") ==
        lines{"f.xml:2: attribute port-count of <port> is given twice"});
}

SCENARIO("text where there should be none is an error") {
  CHECK(errors_of("<network>5701</network>") == lines{"f.xml:2: unexpected text '5701' in <network>"});
  CHECK(errors_of("<cluster-name>a<b/></cluster-name>") == lines{"f.xml:2: unknown element <b> in <cluster-name>"});
}

SCENARIO("every problem of a file is reported in one run, in the order of lines") {
  CHECK(errors_of("<map name='m'>\n<backup-count>9</backup-count>\n</map>\n<netwrok/>\n<cluster-name/>\n<map name='m'/>") ==
        lines{"f.xml:3: backup-count can't be larger than 6 (is 9)",
              "f.xml:5: unknown element <netwrok> in <hazelcast>; did you mean <network>?", "f.xml:6: cluster-name can't be empty",
              "f.xml:7: map 'm' is defined twice (the other is in line 2)"});
}

SCENARIO("the cluster has a name") {
  CHECK(config_of("<cluster-name> prod </cluster-name>").cluster_name == "prod");
  CHECK(config_of("<cluster-name><![CDATA[a&b]]></cluster-name>").cluster_name == "a&b");
  CHECK(errors_of("<cluster-name></cluster-name>") == lines{"f.xml:2: cluster-name can't be empty"});
}

SCENARIO("a member without data is one as in Hazelcast, or a witness") {
  const std::string join = "<network><join><tcp-ip enabled='true'><member>a</member></tcp-ip></join></network>";
  CHECK(config_of(join + "<lite-member enabled='true'/>").lite);
  CHECK_FALSE(config_of(join + "<lite-member enabled='false'/>").lite);
  CHECK(config_of(join + "<troupe><witness>true</witness></troupe>").witness);
  CHECK(errors_of("<lite-member enabled='true'/>") ==
        lines{"f.xml:2: a lite member holds no data, and so needs a cluster to join: name a member of it with --join"});
  CHECK(errors_of(join + "\n<lite-member enabled='true'/><troupe><witness>true</witness></troupe>") ==
        lines{"f.xml:3: a member can't be both a lite member and a witness"});
}

SCENARIO("what happens when copies are gone, by durability") {
  const auto config = config_of(
      "<troupe><durability backup-count='2'><min-in-sync>3</min-in-sync></durability>"
      "<durability backup-count='0' async-backup-count='1'><on-loss>empty</on-loss></durability></troupe>");
  CHECK(config.settings.durabilities ==
        std::vector<durability_rules>{{{2, 0}, loss_policy::hold, 3}, {{0, 1}, loss_policy::empty, 1}});
  CHECK(scaled_settings(config).durabilities.front().kind == durability{0, 1});
  CHECK(config_of("<troupe><durability async-backup-count='1' backup-count='0'/></troupe>").settings.durabilities ==
        std::vector<durability_rules>{{{0, 1}, loss_policy::best_effort, 1}});
  CHECK(errors_of("<troupe>\n<durability backup-count='1'>\n<min-in-sync>3</min-in-sync></durability></troupe>") ==
        lines{"f.xml:4: min-in-sync can't be larger than 2 (is 3)"});
  CHECK(errors_of("<troupe><durability><on-loss>panic</on-loss></durability></troupe>") ==
        lines{"f.xml:2: on-loss must be hold, best-effort or empty (is 'panic')"});
  CHECK(errors_of("<troupe>\n<durability backup-count='1'/>\n<durability/>\n</troupe>") ==
        lines{"f.xml:4: durability 1+0 is described twice"});
  CHECK(errors_of("<troupe><durability backup-count='5' async-backup-count='5'/></troupe>") ==
        lines{"f.xml:2: the sum of backup-count and async-backup-count can't be larger than 6 (is 10)"});
}

SCENARIO("the port and its successors") {
  const auto config = config_of("<network><port auto-increment='false' port-count='7'>5800</port></network>");
  CHECK(config.port == 5800);
  CHECK_FALSE(config.port_auto_increment);
  CHECK(config.port_count == 7);
  CHECK(errors_of("<network><port>65536</port></network>") == lines{"f.xml:2: port can't be larger than 65535 (is 65536)"});
  CHECK(errors_of("<network><port port-count='0'>1</port></network>") == lines{"f.xml:2: port-count can't be smaller than 1 (is 0)"});
  CHECK(errors_of("<network><port auto-increment='2'>1</port></network>") ==
        lines{"f.xml:2: auto-increment must be true or false (is '2')"});
}

SCENARIO("members to join are listed under tcp-ip") {
  const auto join = [](const std::string& inside) {
    return config_of("<network><join><tcp-ip enabled='true'>" + inside + "</tcp-ip></join></network>").join;
  };
  const std::vector<join_target> two{{"a", std::nullopt}, {"b", 5799}};
  CHECK(join("<member>a</member><member>b:5799</member>") == two);
  CHECK(join("<member-list><member>a</member><member>b:5799</member></member-list>") == two);
  CHECK(join("<members>a, b:5799</members>") == two);
  CHECK(join("<interface>a</interface><member>b:5799</member>") == two);
}

SCENARIO("a member to join that is none is refused") {
  CHECK(errors_of("<network><join><tcp-ip enabled='true'><member>a:x</member>\n<member></member></tcp-ip></join></network>") ==
        lines{"f.xml:2: member 'a:x': a port is a number from 1 to 65535", "f.xml:3: member can't be empty"});
}

SCENARIO("tcp-ip counts only when it is enabled") {
  const std::string members = "<member-list><member>a</member></member-list></tcp-ip></join></network>";
  CHECK(config_of("<network><join><tcp-ip enabled='false'>" + members).join.empty());
  CHECK(warnings_of("<network><join><tcp-ip enabled='false'>" + members) == lines{});
  CHECK(config_of("<network><join><tcp-ip>" + members).join.empty());
  CHECK(warnings_of("<network><join><tcp-ip>" + members) ==
        lines{"f.xml:2: the members of <tcp-ip> have no effect: it needs enabled=\"true\""});
}

SCENARIO("an enabled way of discovery that does not exist is a warning") {
  CHECK(warnings_of("<network><join><multicast enabled='true'/></join></network>") ==
        lines{"f.xml:2: <multicast> has no effect: members are not discovered; list them under <tcp-ip enabled=\"true\">"});
  CHECK(warnings_of("<network><join><multicast enabled='false'/><aws enabled='false'/></join></network>") == lines{});
}

SCENARIO("an enabled interface says where to listen") {
  const auto interfaces = [](const std::string& attributes, const std::string& inside) {
    return "<network><interfaces" + attributes + ">" + inside + "</interfaces></network>";
  };
  CHECK(config_of(interfaces(" enabled='true'", "<interface>127.0.0.5</interface>")).host == "127.0.0.5");
  CHECK(config_of(interfaces(" enabled='false'", "<interface>10.0.0.5</interface>")).host == "127.0.0.1");
  CHECK(warnings_of(interfaces(" enabled='false'", "<interface>10.10.1.*</interface>")) == lines{});
  CHECK(warnings_of(interfaces("", "<interface>10.0.0.5</interface>")) ==
        lines{"f.xml:2: <interfaces> has no effect: it needs enabled=\"true\""});
  CHECK(warnings_of(interfaces(" enabled='true'", "<interface>10.10.1.*</interface>")) ==
        lines{"f.xml:2: interface '10.10.1.*' has no effect: a pattern does not say where to listen; name one address"});
  CHECK(warnings_of(interfaces(" enabled='true'", "<interface>127.0.0.1</interface>\n<interface>127.0.0.2</interface>")) ==
        lines{"f.xml:3: interface '127.0.0.2' has no effect: a member listens at one address, and this is the second"});
}

SCENARIO("an interface beyond loopback needs insecurity") {
  const std::string network = "<network>\n<interfaces enabled='true'><interface>10.0.0.5</interface></interfaces></network>";
  CHECK(errors_of(network).at(0).starts_with("f.xml:3: the host '10.0.0.5' is not a loopback address"));
  CHECK(config_of(network + "<troupe><insecure>true</insecure></troupe>").host == "10.0.0.5");
}

SCENARIO("of Hazelcast's properties only the number of partitions has an effect") {
  const auto property = [](const std::string& name, const std::string& text) {
    return "<properties>\n<property name='" + name + "'>" + text + "</property></properties>";
  };
  CHECK(config_of(property("hazelcast.partition.count", "13")).settings.partition_count == 13);
  CHECK(errors_of(property("hazelcast.partition.count", "0")) ==
        lines{"f.xml:3: hazelcast.partition.count can't be smaller than 1 (is 0)"});
  CHECK(errors_of(property("hazelcast.partition.count", "10001")) ==
        lines{"f.xml:3: hazelcast.partition.count can't be larger than 10000 (is 10001)"});
  CHECK(warnings_of(property("hazelcast.logging.type", "log4j")) ==
        lines{"f.xml:3: property 'hazelcast.logging.type' has no effect: only hazelcast.partition.count has one"});
  CHECK(warnings_of(property("hazelcast.max.no.heartbeat.seconds", "5")) ==
        lines{"f.xml:3: property 'hazelcast.max.no.heartbeat.seconds' has no effect: see <timing> under <troupe>"});
  CHECK(errors_of("<properties><property>1</property></properties>") == lines{"f.xml:2: a property needs a name"});
}

SCENARIO("copies are spread over hosts and zones, and over nothing else") {
  const auto group = [](const std::string& type) { return "<partition-group enabled='true' group-type='" + type + "'/>"; };
  CHECK(warnings_of(group("HOST_AWARE")) == lines{});
  CHECK(warnings_of(group("PER_MEMBER")) == lines{});
  CHECK(warnings_of(group("ZONE_AWARE")) ==
        lines{"f.xml:2: group-type 'ZONE_AWARE' has no effect: this member's zone is unknown; see <zone> under <troupe>"});
  CHECK(warnings_of(group("ZONE_AWARE") + "<troupe><zone>eu-1</zone></troupe>") == lines{});
  CHECK(warnings_of(group("CUSTOM")) == lines{"f.xml:2: group-type 'CUSTOM' has no effect: copies are spread over hosts and zones; see "
                                              "<zone> and <host-label> under <troupe>"});
  CHECK(errors_of(group("PLANET_AWARE")) == lines{"f.xml:2: group-type must be HOST_AWARE, ZONE_AWARE or PER_MEMBER (is 'PLANET_AWARE')"});
  CHECK(warnings_of("<partition-group enabled='false' group-type='CUSTOM'/>") == lines{});
}

SCENARIO("what Troupe adds is checked like the rest") {
  const auto troupe_section = [](const std::string& inside) { return "<troupe>\n" + inside + "</troupe>"; };
  CHECK(errors_of(troupe_section("<shards>65</shards>")) == lines{"f.xml:3: shards can't be larger than 64 (is 65)"});
  CHECK(errors_of(troupe_section("<log-level>loud</log-level>")) ==
        lines{"f.xml:3: log-level must be one of trace, debug, info, warn, error, off (is 'loud')"});
  CHECK(errors_of(troupe_section("<memory-limit>2g</memory-limit>")) == lines{});
  CHECK(errors_of(troupe_section("<memory-limit>2 GB</memory-limit>")) ==
        lines{"f.xml:3: memory-limit must be bytes such as 512m or 2g, a share such as 60%, or off (is '2 GB')"});
  CHECK(errors_of(troupe_section("<memory-limit>101%</memory-limit>")) ==
        lines{"f.xml:3: memory-limit must lie between 1% and 100% (is 101%)"});
  CHECK(errors_of(troupe_section("<split-brain>strict</split-brain>")) == lines{});
  CHECK(errors_of(troupe_section("<read-mode>lease</read-mode>")) == lines{});
  CHECK(errors_of(troupe_section("<read-mode>fast</read-mode>")) == lines{"f.xml:3: read-mode must be lease or confirm (is 'fast')"});
  CHECK(errors_of(troupe_section("<split-brain>availability</split-brain>")) ==
        lines{"f.xml:3: split-brain can only be 'majority' or 'strict' in this version"});
  CHECK(errors_of(troupe_section("<split-brain>luck</split-brain>")) == lines{"f.xml:3: split-brain must be majority or strict (is 'luck')"});
  CHECK(errors_of(troupe_section("<timing-scale>fast</timing-scale>")) == lines{"f.xml:3: timing-scale must be a number (is 'fast')"});
  CHECK(errors_of(troupe_section("<timing-scale>0</timing-scale>")) == lines{"f.xml:3: timing-scale must lie between 0.01 and 1000"});
  CHECK(errors_of(troupe_section("<timing>\n<lease-millis>100</lease-millis></timing>")) ==
        lines{"f.xml:4: lease-millis can't be smaller than 300, three times heartbeat-millis, (is 100)"});
  CHECK(errors_of(troupe_section("<limits>\n<value-bytes-max>16000000</value-bytes-max></limits>")) ==
        lines{"f.xml:3: frame-bytes-max must be at least 2 * value-bytes-max + key-bytes-max + 65536 = 32131072 (is 16777216)"});
  CHECK(errors_of(troupe_section("<on-loss>hold</on-loss>")) == lines{"f.xml:3: unknown element <on-loss> in <troupe>; it belongs into <durability>"});
}

SCENARIO("what Hazelcast has besides maps is a warning that says so") {
  CHECK(warnings_of("<queue name='q'><max-size>1</max-size></queue>") ==
        lines{"f.xml:2: <queue> has no effect: maps are the only data structure"});
  CHECK(warnings_of("<security enabled='true'/>") ==
        lines{"f.xml:2: <security> has no effect: members and clients are not authenticated in this version"});
  CHECK(warnings_of("<management-center enabled='false'/>") == lines{});
  CHECK(warnings_of("<executor-service name='a'/><executor-service name='b'/>").size() == 2);
}

SCENARIO("what would change the meaning of the file is refused rather than ignored") {
  CHECK(errors_of("<import resource='more.xml'/>") == lines{"f.xml:2: <import> is not supported: put what it imports into this file"});
  CHECK(errors_of("<cluster-name>${name}</cluster-name>") ==
        lines{"f.xml:2: variables are not replaced: write the value of cluster-name itself (is '${name}')"});
  CHECK(errors_of("<map name='${m}'/>").at(0) == "f.xml:2: variables are not replaced: write the value of name itself (is '${m}')");
}
