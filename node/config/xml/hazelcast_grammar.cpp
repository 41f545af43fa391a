// <hazelcast>: the root of a member's configuration, and what of it Troupe has no use for.
#include <troupe/node/config/xml/grammar.hpp>

namespace troupe::config {

namespace {

void set_cluster_name(draft& d, std::string name) { d.config.cluster_name = std::move(name); }

void read_property(const setting& s, draft& d) {
  const auto name = s.attribute("name");
  if (name == "hazelcast.partition.count") {
    d.from.note("properties/hazelcast.partition.count", {{}, s.line()});
    const setting count{name, s};
    if (const auto n = count.whole(1, partition_count_max)) d.config.settings.partition_count = static_cast<std::uint32_t>(*n);
  } else if (name.empty()) {
    s.error("a property needs a name");
  } else if (name.find("heartbeat") != std::string::npos) {
    s.warning("property " + in_quotes(name) + " has no effect: see <timing> under <troupe>");
  } else {
    s.warning("property " + in_quotes(name) + " has no effect: only hazelcast.partition.count has one");
  }
}

/// Copies are always spread over hosts, and over zones where these are known: group types that ask for this are granted.
void read_group_type(const setting& s, draft& d) {
  const auto enabled = s.attribute("enabled");
  if (enabled != "true") return;
  if (s.is_one_of({"HOST_AWARE", "HOST-AWARE", "PER_MEMBER", "PER-MEMBER"})) return;
  if (s.is_one_of({"ZONE_AWARE", "ZONE-AWARE"})) {
    d.wants_zones = true;
    d.wants_zones_line = s.line();
    return;
  }
  const bool known = s.is_one_of({"CUSTOM", "NODE_AWARE", "NODE-AWARE", "PLACEMENT_AWARE", "PLACEMENT-AWARE", "SPI"});
  if (known) {
    s.warning("group-type " + in_quotes(s.text()) +
              " has no effect: copies are spread over hosts and zones; see <zone> and <host-label> under <troupe>");
  } else {
    s.error("group-type must be HOST_AWARE, ZONE_AWARE or PER_MEMBER (is " + in_quotes(s.text()) + ')');
  }
}

element_rule partition_group() {
  return section("partition-group", {without_effect("member-group", "see <zone> and <host-label> under <troupe>")})
      .with("enabled", flag([](draft&, bool) {}))
      .with("group-type", read_group_type);
}

std::vector<element_rule> with_effect() {
  return {
      value("cluster-name", text(set_cluster_name)),
      // Hazelcast 3 had a group instead.
      section("group", {value("name", text(set_cluster_name)), without_effect("password", "members do not authenticate in this version")}),
      network_grammar(),
      map_grammar().beginning([](const setting&, draft& d) {
        d.config.settings.maps.push_back({{}, {}, false});
      }),
      section("properties", {value("property", read_property).with("name", [](const setting&, draft&) {}).repeated()}),
      partition_group(),
      section("lite-member", {}).with("enabled", flag([](draft& d, bool on) { d.config.lite = on; })),
      troupe_grammar(),
      import_grammar(),
  };
}

}  // namespace

const element_rule& hazelcast_grammar() {
  static const element_rule root = [] {
    auto children = with_effect();
    add_without_effect(children,
                       {"queue", "multimap", "replicatedmap", "cache", "list", "set", "topic", "reliable-topic", "ringbuffer", "semaphore",
                        "cardinality-estimator", "flake-id-generator", "pn-counter", "crdt-replication", "cp-subsystem", "lock",
                        "atomic-long", "atomic-reference", "count-down-latch"},
                       "maps are the only data structure");
    add_without_effect(children,
                       {"executor-service", "durable-executor-service", "scheduled-executor-service", "jobtracker", "jet", "sql",
                        "services", "user-code-deployment", "user-code-namespaces", "data-connection"},
                       "members run no user code");
    add_without_effect(children, {"hot-restart-persistence", "persistence", "local-device", "native-memory"},
                       "entries live in memory only");
    add_without_effect(children, {"split-brain-protection", "quorum"}, "a minority of a split cluster never serves");
    add_without_effect(children, {"serialization"}, "keys and values are bytes");
    add_without_effect(children, {"listeners"}, "listeners are added in C++ (add_entry_listener, add_cluster_listener)");
    add_without_effect(children, {"security", "auditlog"}, "members and clients are not authenticated in this version");
    add_without_effect(children, {"wan-replication"}, "clusters are not replicated to others");
    add_without_effect(children, {"advanced-network"}, "a member has one port for everything; see <network>");
    add_without_effect(children, {"member-attributes"}, "see <zone> and <host-label> under <troupe>");
    add_without_effect(children, {"config-replacers"}, "the text of this file is taken as it is");
    add_without_effect(children, {"management-center", "metrics", "rest", "instance-tracking"}, "see 'troupe members' and 'troupe stats'");
    add_without_effect(children, {"license-key", "instance-name", "dynamic-configuration", "integrity-checker", "tpc"},
                       "Troupe has nothing like it");
    return section("hazelcast", std::move(children)).with("id", [](const setting&, draft&) {}).with("version", [](const setting&, draft&) {
    });
  }();
  return root;
}

}  // namespace troupe::config
