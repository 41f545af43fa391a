#include <troupe/node/config/join_target.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

#include <arpa/inet.h>

#include <troupe/node/config/text.hpp>

namespace troupe {

namespace {

using targets = std::vector<join_target>;
using parsed = std::variant<targets, join_syntax_error>;

std::string in_quotes(std::string_view text) { return '\'' + std::string{text} + '\''; }

std::optional<unsigned> number(std::string_view digits, unsigned largest) {
  unsigned value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [at, failed] = std::from_chars(digits.data(), end, value);
  if (failed != std::errc{} || at != end || digits.empty() || value > largest) return std::nullopt;
  return value;
}

bool is_ipv6(const std::string& host) {
  in6_addr ignored;
  return inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &ignored) == 1;
}

struct host_and_port {
  std::string_view host;
  std::optional<std::string_view> port;
};

/// Splits at the colon that separates the port; the colons of an IPv6 address don't.
std::optional<host_and_port> split(std::string_view entry) {
  if (entry.starts_with('[')) {
    const auto close = entry.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const auto rest = entry.substr(close + 1);
    if (rest.empty()) return host_and_port{entry.substr(1, close - 1), std::nullopt};
    if (!rest.starts_with(':')) return std::nullopt;
    return host_and_port{entry.substr(1, close - 1), rest.substr(1)};
  }
  const auto colon = entry.find(':');
  if (colon == std::string_view::npos || entry.find(':', colon + 1) != std::string_view::npos) return host_and_port{entry, std::nullopt};
  return host_and_port{entry.substr(0, colon), entry.substr(colon + 1)};
}

/// `10.0.0.1-7` as its hosts; anything else as itself; nothing when the range makes no sense.
std::optional<std::vector<std::string>> hosts_of(std::string_view host) {
  const auto dot = host.rfind('.');
  const auto dash = host.find('-', dot == std::string_view::npos ? host.size() : dot);
  const bool is_range = dash != std::string_view::npos && host.find_first_not_of("0123456789.-") == std::string_view::npos;
  if (!is_range) return std::vector{std::string{host}};
  const auto first = number(host.substr(dot + 1, dash - dot - 1), 255);
  const auto last = number(host.substr(dash + 1), 255);
  if (!first || !last || *first > *last) return std::nullopt;
  std::vector<std::string> hosts;
  for (auto part = *first; part <= *last; ++part) hosts.push_back(std::string{host.substr(0, dot + 1)} + std::to_string(part));
  return hosts;
}

std::optional<join_syntax_error> append(std::string_view entry, targets& all) {
  const auto parts = split(entry);
  if (!parts || parts->host.empty()) return join_syntax_error{in_quotes(entry) + " is no HOST or HOST:PORT"};
  if (parts->host.find('*') != std::string_view::npos)
    return join_syntax_error{in_quotes(entry) + " has a '*': a member to join has one address"};
  if (parts->host.find(':') != std::string_view::npos && !is_ipv6(std::string{parts->host}))
    return join_syntax_error{in_quotes(entry) + " is no HOST or HOST:PORT, and no IPv6 address"};
  if (parts->host.find_first_of(" \t\r\n") != std::string_view::npos)
    return join_syntax_error{in_quotes(entry) + " has a space in it: separate members by commas"};
  std::optional<std::uint16_t> port;
  if (parts->port) {
    const auto value = number(*parts->port, std::numeric_limits<std::uint16_t>::max());
    if (!value || *value == 0) return join_syntax_error{in_quotes(entry) + ": a port is a number from 1 to 65535"};
    port = static_cast<std::uint16_t>(*value);
  }
  const auto hosts = hosts_of(parts->host);
  if (!hosts) return join_syntax_error{in_quotes(entry) + ": a range is FIRST-LAST with numbers from 0 to 255"};
  for (const auto& host : *hosts) all.push_back({host, port});
  return std::nullopt;
}

}  // namespace

parsed parse_join_targets(std::string_view text) {
  targets all;
  if (trimmed(text).empty()) return all;
  while (true) {
    const auto comma = text.find(',');
    if (auto wrong = append(trimmed(text.substr(0, comma)), all)) return *wrong;
    if (comma == std::string_view::npos) return all;
    text.remove_prefix(comma + 1);
  }
}

std::vector<address> addresses_of(const targets& all, std::uint16_t port) {
  std::vector<address> found;
  const auto add = [&](const std::string& host, unsigned number) {
    if (number == 0 || number > std::numeric_limits<std::uint16_t>::max()) return;
    address a{host, static_cast<std::uint16_t>(number)};
    if (std::find(found.begin(), found.end(), a) == found.end()) found.push_back(std::move(a));
  };
  for (const auto& target : all) {
    if (target.port) {
      add(target.host, *target.port);
    } else {
      for (unsigned step = 0; step < ports_tried_per_host; ++step) add(target.host, port + step);
    }
  }
  return found;
}

}  // namespace troupe
