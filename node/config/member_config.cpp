#include <troupe/node/config/member_config.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace troupe {

namespace {

/// Whether a text is an IPv4 or IPv6 address of this value.
bool is_address(const std::string& text, std::string_view v4, std::string_view v6) {
  const auto same = [&](int family, std::string_view wanted) {
    std::array<unsigned char, sizeof(in6_addr)> a{};
    std::array<unsigned char, sizeof(in6_addr)> b{};
    return inet_pton(family, text.c_str(), a.data()) == 1 && inet_pton(family, std::string{wanted}.c_str(), b.data()) == 1 && a == b;
  };
  return same(AF_INET, v4) || same(AF_INET6, v6);
}

duration scaled(duration d, double factor) { return duration{std::llround(static_cast<double>(d.count()) * factor)}; }

}  // namespace

bool is_loopback(std::string_view host) {
  in_addr v4{};
  const std::string text{host};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return host == "localhost" || is_address(text, "127.0.0.1", "::1");
}

bool is_wildcard(std::string_view host) { return is_address(std::string{host}, "0.0.0.0", "::"); }

std::optional<std::string> out_of_range(std::string_view key, long long value, long long smallest, long long largest) {
  const auto is = " (is " + std::to_string(value) + ')';
  if (value < smallest) return std::string{key} + " can't be smaller than " + std::to_string(smallest) + is;
  if (value > largest) return std::string{key} + " can't be larger than " + std::to_string(largest) + is;
  return std::nullopt;
}

cluster_settings scaled_settings(const member_config& config) {
  auto settings = config.settings;
  auto& times = settings.times;
  for (auto* d : {&times.heartbeat, &times.lease, &times.suspect_after, &times.bootstrap_wait, &times.leave_deadline})
    *d = scaled(*d, config.timing_scale);
  std::sort(settings.durabilities.begin(), settings.durabilities.end(), [](const auto& a, const auto& b) { return a.kind < b.kind; });
  return settings;
}

}  // namespace troupe
