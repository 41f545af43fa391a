// <hazelcast-client>: the root of a client's configuration, and what of it Troupe has no use for.
#include <troupe/node/config/xml/grammar.hpp>

namespace troupe::config {

namespace {

void set_cluster_name(draft& d, std::string name) { d.client.cluster_name = std::move(name); }

void add_addresses(draft& d, const std::vector<join_target>& all) {
  const auto found = addresses_of(all, member_config{}.port);
  d.client.connect.insert(d.client.connect.end(), found.begin(), found.end());
}

void read_property(const setting& s, draft&) {
  const auto name = s.attribute("name");
  if (name.empty()) {
    s.error("a property needs a name");
  } else if (name.find("invocation.timeout") != std::string::npos) {
    s.warning("property " + in_quotes(name) + " has no effect: a map's handle has the time of its calls (client.map<K, V>(name, timeout))");
  } else {
    s.warning("property " + in_quotes(name) + " has no effect: no property of a client has one");
  }
}

constexpr auto dials_on = "a client dials until it ends; wait_ready and calls have times of their own";
constexpr auto goes_straight = "each operation goes straight to the member that leads its key";

element_rule client_network() {
  std::vector<element_rule> children{
      section("cluster-members", {value("address", targets(add_addresses)).repeated()}),
      value("smart-routing", only({"true"}, goes_straight)),
      section("cluster-routing", {without_effect("grouping", goes_straight)}).with("mode", only({"ALL_MEMBERS"}, goes_straight)),
      value("redo-operation", only({"true"}, "what is sent again takes effect once, so it always is")),
      value("connection-timeout", only({"5000"}, dials_on)),
      section("outbound-ports", {value("ports", only({"0", "*"}, "the system chooses the ports of outgoing connections")).repeated()}),
      without_effect("ssl", "connections are not encrypted in this version"),
      without_effect("socket-interceptor", "clients run no user code of their connections"),
  };
  add_without_effect(children, {"connection-attempt-limit", "connection-attempt-period"}, dials_on);
  add_without_effect(children, {"aws", "gcp", "azure", "kubernetes", "eureka", "discovery-strategies", "auto-detection", "hazelcast-cloud"},
                     "members are not discovered; list them under <cluster-members>");
  add_without_effect(children, {"socket-options", "icmp-ping"}, "the transport is Troupe's own");
  return section("network", std::move(children));
}

element_rule connection_strategy() {
  return section("connection-strategy", {without_effect("connection-retry", dials_on)})
      .with("async-start", only({"true"}, "a client connects while the application goes on; wait_ready waits"))
      .with("reconnect-mode", only({"ON"}, dials_on));
}

std::vector<element_rule> with_effect() {
  return {
      value("cluster-name", text(set_cluster_name)),
      // Hazelcast 3 had a group instead.
      section("group", {value("name", text(set_cluster_name)), without_effect("password", "clients do not authenticate in this version")}),
      client_network(),
      connection_strategy(),
      value("backup-ack-to-client-enabled", only({"true"}, "a write is answered once its backups hold it")),
      section("properties", {value("property", read_property).with("name", [](const setting&, draft&) {}).repeated()}),
      section("troupe", {value("log-level", level([](draft& d, log_level l) { d.client.log_level = l; }))}),
      import_grammar(),
  };
}

}  // namespace

const element_rule& hazelcast_client_grammar() {
  static const element_rule root = [] {
    auto children = with_effect();
    add_without_effect(children, {"near-cache", "query-caches", "native-memory"}, "a client keeps no entries");
    add_without_effect(children, {"flake-id-generator", "reliable-topic"}, "maps are the only data structure");
    add_without_effect(children, {"proxy-factories", "user-code-deployment", "user-code-namespace"}, "members run no code of clients");
    add_without_effect(children, {"load-balancer", "cp-direct-to-leader-routing"}, goes_straight);
    add_without_effect(children, {"serialization"}, "keys and values are bytes");
    add_without_effect(children, {"listeners"}, "listeners are added in C++ (add_entry_listener, add_cluster_listener)");
    add_without_effect(children, {"security"}, "members and clients are not authenticated in this version");
    add_without_effect(children, {"config-replacers"}, "the text of this file is taken as it is");
    add_without_effect(children, {"metrics", "instance-tracking"}, "see 'troupe members' and 'troupe stats'");
    add_without_effect(children, {"instance-name", "client-labels", "executor-pool-size", "license-key", "sql", "tpc"}, "Troupe has nothing like it");
    return section("hazelcast-client", std::move(children)).with("id", [](const setting&, draft&) {}).with("version", [](const setting&, draft&) {
    });
  }();
  return root;
}

}  // namespace troupe::config
