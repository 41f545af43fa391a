#include <troupe/node/transport/accept_session.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/socket_base.hpp>

#include <troupe/node/transport/assertion.hpp>

namespace troupe {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// When the process has no file descriptors left, accepting fails at once, again and again.
constexpr duration pause_after_failure = milliseconds{100};

/// A peer whose host vanished without a word is noticed after about a minute of silence. Best effort: a socket without it works too.
void notice_dead_peer(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(boost::asio::socket_base::keep_alive{true}, ignored);
  const auto set = [&](int option, int value) { ::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value); };
  set(TCP_KEEPIDLE, 30);   // seconds
  set(TCP_KEEPINTVL, 10);  // seconds
  set(TCP_KEEPCNT, 3);
}

}  // namespace

accept_session::accept_session(shard& home, tcp::acceptor acceptor, address bound, listen_settings settings, listener_policy& policy)
    : home_(home), acceptor_(std::move(acceptor)), bound_(std::move(bound)), settings_(std::move(settings)), policy_(policy) {}

void accept_session::accept() {
  if (closed_) return;
  acceptor_.async_accept([self = shared_from_this()](const error_code& failed, tcp::socket socket) {
    if (self->closed_) return;
    if (!failed) {
      self->begin_handshake(std::move(socket));
      return self->accept();
    }
    if (self->home_.may_log_strangers())
      self->home_.log().warn("accept_failed address={} error=\"{}\"", to_string(self->bound_), failed.message());
    self->accept_again_ = self->home_.after(pause_after_failure, [weak = self->weak_from_this()] {
      if (auto s = weak.lock()) s->accept();
    });
  });
}

void accept_session::begin_handshake(tcp::socket socket) {
  notice_dead_peer(socket);
  if (unfinished_.size() >= settings_.unfinished_handshakes_max) {
    const auto oldest = unfinished_.front();
    oldest->close();
    handshake_failed(*oldest, {end_reason::timed_out, "too many unfinished handshakes"});
  }
  unfinished_.push_back(std::make_shared<handshake>(home_, *this, std::move(socket)));
  unfinished_.back()->start(settings_.handshake_timeout);
}

void accept_session::forget(const handshake& one) {
  const auto at = std::find_if(unfinished_.begin(), unfinished_.end(), [&](const auto& h) { return h.get() == &one; });
  if (at != unfinished_.end()) unfinished_.erase(at);
}

std::string accept_session::refusal(const hello& peer) {
  const auto most = peer.role == connection_role::client ? settings_.client_connections_max : settings_.member_connections_max;
  if (count_of(peer).taken() >= most) return "this member has as many connections as it allows";
  return policy_.refusal(peer);
}

void accept_session::handshake_done(handshake& which, const hello& peer, shard& home, frame_stream::detached connection) {
  forget(which);
  // A shard that has stopped meanwhile destroys the job, and the connection with it.
  home.post([&home, &policy = policy_, peer, connection = std::move(connection), limits = settings_.limits,
             seat = count_of(peer).take(), unread = peer.role == connection_role::client ? unread_by_clients_ : nullptr]() mutable {
    policy.accepted(std::make_unique<accepted_link>(home, std::move(connection), std::move(peer), limits, std::move(seat), std::move(unread)));
  });
}

void accept_session::handshake_failed(handshake& which, const link_end& why) {
  log_failure(which, why);
  forget(which);
}

void accept_session::log_failure(const handshake& which, const link_end& why) {
  // A short-lived client may have all it came for from another member before this one has welcomed it.
  const auto level = why.reason == end_reason::closed ? spdlog::level::info : spdlog::level::warn;
  if (!home_.log().should_log(level) || !home_.may_log_strangers()) return;
  home_.log().log(level, "handshake_failed remote={} reason={} detail=\"{}\"", which.remote(), to_string(why.reason), why.detail);
}

void accept_session::close() {
  expect(home_.accessible(), "a listener is closed on its shard's thread");
  closed_ = true;
  accept_again_.cancel();
  error_code ignored;
  acceptor_.close(ignored);
  for (const auto& one : std::exchange(unfinished_, {})) one->close();
}

}  // namespace troupe
