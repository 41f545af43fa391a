#include "tests/cluster/raw_peer.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::cluster {

namespace {

constexpr std::size_t frame_bytes_max = 16 * 1024 * 1024;

bool wait_readable(int fd, clock::time_point deadline) {
  pollfd p{fd, POLLIN, 0};
  const auto left = std::chrono::ceil<milliseconds>(deadline - clock::now()).count();
  return poll(&p, 1, static_cast<int>(std::max<long>(left, 0))) > 0;
}

}  // namespace

hello client_hello(const std::string& cluster) {
  hello h;
  h.cluster = cluster;
  h.role = connection_role::client;
  h.who.bytes = {0x7e, 0x57};
  return h;
}

raw_peer::raw_peer(const address& to) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(to.port);
  if (inet_pton(AF_INET, to.host.c_str(), &at.sin_addr) != 1 ||
      connect(socket_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    throw std::runtime_error("no connection to " + to_string(to) + ": " + std::strerror(errno));
}

raw_peer raw_peer::as_client(const address& to, const std::string& cluster) {
  raw_peer peer{to};
  peer.send(codec::encode(client_hello(cluster)));
  const auto payload = peer.receive();
  if (!payload) throw std::runtime_error(to_string(to) + " does not answer a hello");
  const auto answer = codec::decode_welcome(*payload);
  if (!answer || !answer->refused.empty())
    throw std::runtime_error(to_string(to) + " refuses a client: " + (answer ? answer->refused : answer.error().text));
  return peer;
}

bool raw_peer::send(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

void raw_peer::finish_sending() { shutdown(socket_.get(), SHUT_WR); }

bool raw_peer::read_exactly(std::span<std::byte> into, clock::time_point deadline) {
  while (!into.empty()) {
    if (!wait_readable(socket_.get(), deadline)) return false;
    const auto n = recv(socket_.get(), into.data(), into.size(), 0);
    if (n <= 0) return false;
    into = into.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

std::optional<std::vector<codec::word>> raw_peer::receive(clock::duration within) {
  const auto deadline = clock::now() + within;
  std::array<std::byte, codec::frame_header_bytes> header;
  if (!read_exactly(header, deadline)) return std::nullopt;
  const auto parsed = codec::parse_header(header, frame_bytes_max);
  if (!parsed) throw std::runtime_error("a member sent a wrong header: " + parsed.error().text);
  std::vector<codec::word> payload(parsed->payload_words);
  if (!read_exactly(std::as_writable_bytes(std::span{payload}), deadline)) return std::nullopt;
  return payload;
}

std::optional<any_client_message> raw_peer::receive_message(clock::duration within) {
  const auto payload = receive(within);
  if (!payload) return std::nullopt;
  auto frame = codec::decode_frame(codec::conversation::client, *payload);
  if (!frame) throw std::runtime_error("a member sent a wrong frame: " + frame.error().text);
  return std::get<any_client_message>(std::move(*frame));
}

bool raw_peer::wait_closed(clock::duration within) {
  const auto deadline = clock::now() + within;
  std::array<std::byte, 4096> some;
  while (wait_readable(socket_.get(), deadline)) {
    if (recv(socket_.get(), some.data(), some.size(), 0) <= 0) return true;
  }
  return false;
}

view_ptr raw_peer::current_view() {
  send(client_message::follow_view{});
  while (const auto message = receive_message()) {
    const auto* update = std::get_if<client_message::view_update>(&*message);
    if (update != nullptr && update->view) return update->view;
  }
  throw std::runtime_error("a member does not tell its view");
}

}  // namespace troupe::cluster
