// <network>: where a member listens, and where it looks for the others.
#include <troupe/node/config/xml/grammar.hpp>

namespace troupe::config {

namespace {

constexpr long long port_max = 65535;

void add_members(draft& d, const std::vector<join_target>& all) { d.config.join.insert(d.config.join.end(), all.begin(), all.end()); }

element_rule member(std::string name) { return value(std::move(name), targets(add_members)).repeated(); }

/// Hazelcast ignores the members of a tcp-ip section that is not enabled, and it is not unless it says so.
void forget_members_unless_enabled(const setting& s, draft& d) {
  if (d.tcp_ip_enabled) return;
  if (!d.config.join.empty() && s.attribute("enabled").empty())
    s.warning("the members of <tcp-ip> have no effect: it needs enabled=\"true\"");
  d.config.join.clear();
}

element_rule tcp_ip() {
  return section("tcp-ip",
                 {member("member"), member("members"), member("interface"), section("member-list", {member("member"), member("members")}),
                  without_effect("required-member", "a member waits for nobody in particular")})
      .with("enabled", flag([](draft& d, bool on) { d.tcp_ip_enabled = on; }))
      .with("connection-timeout-seconds", only({"5"}, "all listed members are asked again and again, at the same time"))
      .ending(forget_members_unless_enabled);
}

element_rule join() {
  std::vector<element_rule> children{tcp_ip()};
  add_without_effect(children, {"auto-detection", "multicast", "aws", "gcp", "azure", "kubernetes", "eureka", "discovery-strategies"},
                     "members are not discovered; list them under <tcp-ip enabled=\"true\">");
  return section("join", std::move(children));
}

bool is_interface_pattern(const std::string& text) {
  const bool has_range = text.find('-') != std::string::npos && text.find_first_not_of("0123456789.-") == std::string::npos;
  return has_range || text.find('*') != std::string::npos;
}

/// An address says where to listen. A pattern would have to be compared with what the machine has.
void listen_at(const setting& s, draft& d) {
  if (is_interface_pattern(s.text())) {
    d.interface_doubts.push_back(
        {s.line(), "interface " + in_quotes(s.text()) + " has no effect: a pattern does not say where to listen; name one address"});
  } else if (!d.interface.empty()) {
    d.interface_doubts.push_back(
        {s.line(), "interface " + in_quotes(s.text()) + " has no effect: a member listens at one address, and this is the second"});
  } else {
    d.interface = s.text();
  }
}

/// As with tcp-ip: without enabled="true" it counts for nothing.
void use_interface_if_enabled(const setting& s, draft& d) {
  if (!d.interfaces_enabled) {
    if (s.attribute("enabled").empty()) s.warning("<interfaces> has no effect: it needs enabled=\"true\"");
    return;
  }
  for (const auto& [line, text] : d.interface_doubts) s.warning_in(line, text);
  if (!d.interface.empty()) d.config.host = d.interface;
}

element_rule interfaces() {
  return section("interfaces", {value("interface", listen_at).repeated()})
      .with("enabled", flag([](draft& d, bool on) { d.interfaces_enabled = on; }))
      .ending(use_interface_if_enabled);
}

}  // namespace

element_rule network_grammar() {
  std::vector<element_rule> children{
      value("port", whole(0, port_max, [](draft& d, long long n) { d.config.port = static_cast<std::uint16_t>(n); }))
          .with("auto-increment", flag([](draft& d, bool on) { d.config.port_auto_increment = on; }))
          .with("port-count", whole(1, port_max, [](draft& d, long long n) { d.config.port_count = static_cast<std::uint16_t>(n); })),
      join(),
      interfaces(),
      value("reuse-address", only({"true"}, "a member always reuses its address")),
      section("outbound-ports", {value("ports", only({"0", "*"}, "the system chooses the ports of outgoing connections")).repeated()}),
      without_effect("public-address", "the others are told the address that a member listens at"),
      without_effect("ssl", "connections are not encrypted in this version"),
      without_effect("failure-detector", "see <timing> under <troupe>"),
  };
  add_without_effect(children, {"symmetric-encryption", "asymmetric-encryption"}, "connections are not encrypted in this version");
  add_without_effect(children, {"socket-interceptor", "member-address-provider"}, "members run no user code");
  add_without_effect(children, {"rest-api", "memcache-protocol"}, "clients speak Troupe's own protocol only");
  add_without_effect(children, {"tpc-socket", "icmp"}, "the transport is Troupe's own");
  return section("network", std::move(children));
}

}  // namespace troupe::config
