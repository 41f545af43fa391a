/// \file
/// What snippets of the documents run on: members in this process, that meet nobody else's.
#pragma once

#include <chrono>
#include <memory>
#include <thread>

#include <caf/all.hpp>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <troupe/troupe.hpp>

namespace shown {

/// Only failures take this long.
inline constexpr std::chrono::seconds patience{30};

/// A member that has found its cluster; one of its own, or that of `other`.
struct host {
  using registry = decltype(troupe::member_config::processors);
  explicit host(registry processors, const host* other = nullptr) : member{system, settings(std::move(processors), other)} {
    REQUIRE(member.wait_ready(patience));
  }
  static troupe::member_config settings(registry processors, const host* other) {
    troupe::member_config config;
    config.cluster_name = "shown-" + std::to_string(getpid());
    config.port = 0;
    config.log_level = troupe::log_level::warn;
    config.processors = std::move(processors);
    if (other != nullptr) config.join = {{"127.0.0.1", other->member.listens_at().port}};
    return config;
  }

  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  troupe::local_member member;
};

/// Whether it holds before our patience ends.
template <class Condition>
bool eventually(Condition holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return true;
}

/// The documents name ports. Where somebody has these, what names them can't be run; and this says so.
inline bool default_ports_are_free() {
  for (const auto port : {std::uint16_t{5701}, std::uint16_t{5702}}) {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool is_free = bind(s, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    close(s);
    if (is_free) continue;
    WARN("not run: somebody has port " << port);
    return false;
  }
  return true;
}

}  // namespace shown
