#include <troupe/node/transport/listener.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/ip/tcp.hpp>

#include <troupe/node/transport/accept_session.hpp>

namespace troupe {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// How often a port is tried that another process wants at the same moment, and for how long one waits at most between two attempts.
constexpr int attempts_max = 50;
constexpr std::chrono::microseconds pause_max{2'000};

/// Listening, or closed: then `bound` tells whether the port could be bound before listening failed.
error_code try_listen(tcp::acceptor& acceptor, const tcp::endpoint& at, bool& bound) {
  error_code failed;
  acceptor.open(at.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address{true}, failed);
  if (!failed) acceptor.bind(at, failed);
  bound = !failed;
  if (!failed) acceptor.listen(tcp::acceptor::max_listen_connections, failed);
  if (failed) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return failed;
}

/// Whoever listens keeps others from binding. A port that could be bound and is then in use has a rival, who began at the same moment: Linux
/// may refuse both, and then each would leave the port to the other, and peers that dial it would find nobody. So the loser tries again.
error_code listen_at(tcp::acceptor& acceptor, const tcp::endpoint& at) {
  std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::chrono::microseconds::rep> pause{1, pause_max.count()};
  for (int attempt = 1;; ++attempt) {
    bool bound = false;
    const auto failed = try_listen(acceptor, at, bound);
    const bool rivalled = bound && failed == boost::asio::error::address_in_use;
    if (!rivalled || attempt == attempts_max) return failed;
    std::this_thread::sleep_for(std::chrono::microseconds{pause(random)});
  }
}

/// Tries the ports of `settings` in turn.
error_code listen_in_range(tcp::acceptor& acceptor, tcp::endpoint at, int count) {
  const int first = at.port();
  const int last = first == 0 ? first : std::min(first + count - 1, 65535);
  error_code failed;
  for (int port = first; port <= last; ++port) {
    at.port(static_cast<std::uint16_t>(port));
    failed = listen_at(acceptor, at);
    if (failed != boost::asio::error::address_in_use) return failed;
  }
  return failed;
}

}  // namespace

std::variant<std::unique_ptr<listener>, listen_error> listener::open(shard& home, listen_settings settings, listener_policy& policy) {
  const auto wanted = to_string(settings.at);
  error_code failed;
  const auto found = tcp::resolver{home.io()}.resolve(settings.at.host, std::to_string(settings.at.port), tcp::resolver::passive, failed);
  if (failed) return listen_error{failed, "cannot listen on " + wanted};
  const auto at = found.begin()->endpoint();
  if (!at.address().is_loopback() && !settings.insecure)
    return listen_error{std::make_error_code(std::errc::operation_not_permitted),
                        "cannot listen on " + wanted +
                            ": peers are not authenticated yet, so only loopback addresses are safe; --insecure allows others"};
  if (!at.address().is_loopback())
    home.log().warn("listening_insecurely address={} detail=\"whoever reaches this port can read and write\"", wanted);

  tcp::acceptor acceptor{home.io()};
  if (const auto why = listen_in_range(acceptor, at, settings.port_count)) {
    const auto followers = why == boost::asio::error::address_in_use ? settings.port_count - 1 : 0;
    return listen_error{why, "cannot listen on " + wanted + (followers > 0 ? ", nor on a port up to " + std::to_string(followers) + " higher" : "")};
  }
  const auto port = acceptor.local_endpoint(failed).port();
  if (failed) return listen_error{failed, "cannot listen on " + wanted};
  address bound{settings.at.host, port};
  home.log().info("listening address={}", to_string(bound));
  auto session = std::make_shared<accept_session>(home, std::move(acceptor), std::move(bound), std::move(settings), policy);
  home.post([session] { session->accept(); });
  return std::unique_ptr<listener>{new listener{std::move(session)}};
}

listener::~listener() { session_->close(); }

const address& listener::bound() const { return session_->bound(); }

}  // namespace troupe
