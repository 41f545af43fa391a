// Whether a cut of the private network really cuts: in one direction, without a word, and only what it is meant to cut.
#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/cluster/private_network.hpp"

namespace troupe::cluster {

namespace {

constexpr std::uint16_t port = 5701;
constexpr milliseconds silence{300};  // What arrives at all arrives within this: there is no wire.

sockaddr_in address_of(private_network::end_no end) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  inet_pton(AF_INET, private_network::host(end).c_str(), &a.sin_addr);
  return a;
}

/// A socket belongs to the namespace in which it was made, whoever uses it.
descriptor socket_at(const private_network& network, private_network::end_no end, int type) {
  const namespace_visit visit{network.at(end)};
  return descriptor{socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

descriptor bound_at(const private_network& network, private_network::end_no end, int type) {
  auto s = socket_at(network, end, type);
  const auto here = address_of(end);
  if (bind(s.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) throw std::runtime_error("bind");
  if (type == SOCK_STREAM && listen(s.get(), 8) != 0) throw std::runtime_error("listen");
  return s;
}

bool becomes(const descriptor& d, short event) {
  pollfd p{d.get(), event, 0};
  return poll(&p, 1, static_cast<int>(silence.count())) > 0;
}

/// A datagram's way: one direction alone.
bool reaches(const private_network& network, private_network::end_no from, private_network::end_no to) {
  const auto receiver = bound_at(network, to, SOCK_DGRAM);
  const auto sender = socket_at(network, from, SOCK_DGRAM);
  const auto there = address_of(to);
  REQUIRE(sendto(sender.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 1);
  return becomes(receiver, POLLIN);
}

descriptor dial(const private_network& network, private_network::end_no from, private_network::end_no to) {
  auto s = socket_at(network, from, SOCK_STREAM);
  const auto there = address_of(to);
  REQUIRE(connect(s.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0);
  REQUIRE(errno == EINPROGRESS);
  return s;
}

std::unique_ptr<private_network> network_of(std::size_t others) {
  try {
    return std::make_unique<private_network>(others);
  } catch (const std::exception& e) {
    WARN("not tested on this machine: " << e.what());
    return nullptr;
  }
}

}  // namespace

SCENARIO("a private network: who is not cut off reaches everybody", "[network]") {
  const auto network = network_of(2);
  if (!network) return;
  for (const auto& [from, to] : {std::pair{0, 1}, {1, 0}, {1, 2}, {2, 1}, {2, 0}, {0, 2}}) CHECK(reaches(*network, from, to));
}

SCENARIO("a private network: a cut in one direction leaves the other", "[network]") {
  const auto network = network_of(2);
  if (!network) return;
  for (const auto& [from, to] : {std::pair{1, 2}, {0, 1}, {2, 0}}) {
    network->cut({{static_cast<std::size_t>(from), static_cast<std::size_t>(to)}});
    CHECK_FALSE(reaches(*network, from, to));
    CHECK(reaches(*network, to, from));
    network->mend();
    CHECK(reaches(*network, from, to));
  }
}

SCENARIO("a private network: a cut is silent, and what was under way comes after it", "[network]") {
  const auto network = network_of(3);
  if (!network) return;
  const auto listener = bound_at(*network, 2, SOCK_STREAM);
  const auto before = dial(*network, 1, 2);
  REQUIRE(becomes(before, POLLOUT));
  const descriptor accepted{accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  REQUIRE(accepted.is_open());

  network->cut({{1, 2}, {2, 1}});
  const auto during = dial(*network, 1, 2);
  CHECK_FALSE(becomes(during, POLLOUT));  // Neither connected nor refused.
  REQUIRE(write(before.get(), "x", 1) == 1);
  CHECK_FALSE(becomes(accepted, POLLIN));
  CHECK_FALSE(becomes(before, POLLIN));  // Nor reset.
  CHECK(becomes(dial(*network, 3, 2), POLLOUT));

  network->mend();
  for (int i = 0; i < 20 && !becomes(accepted, POLLIN); ++i) continue;  // TCP waits longer with every attempt.
  CHECK(becomes(accepted, POLLIN));
}

}  // namespace troupe::cluster
