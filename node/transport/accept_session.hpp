/// \file
/// The inside of a listener: the acceptor and the handshakes that are not through yet.
#pragma once

#include <list>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include <troupe/node/transport/connection_count.hpp>
#include <troupe/node/transport/handshake.hpp>
#include <troupe/node/transport/listener.hpp>

namespace troupe {

class accept_session final : public handshake::supervisor, public std::enable_shared_from_this<accept_session> {
 public:
  accept_session(shard& home, boost::asio::ip::tcp::acceptor acceptor, address bound, listen_settings settings, listener_policy& policy);

  void accept();
  void close();
  [[nodiscard]] const address& bound() const { return bound_; }

 private:
  void begin_handshake(boost::asio::ip::tcp::socket socket);
  void forget(const handshake&);
  [[nodiscard]] connection_count& count_of(const hello& peer) { return peer.role == connection_role::client ? clients_ : members_; }
  void log_failure(const handshake&, const link_end& why);

  void handshake_done(handshake&, const hello& peer, shard& home, frame_stream::detached connection) override;
  void handshake_failed(handshake&, const link_end& why) override;
  [[nodiscard]] shard& home_of(const hello& peer) override { return policy_.home_of(peer); }
  [[nodiscard]] std::string refusal(const hello& peer) override;
  [[nodiscard]] const incarnation& self() const override { return policy_.self(); }
  [[nodiscard]] const std::string& cluster() const override { return policy_.cluster(); }

  shard& home_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const address bound_;
  const listen_settings settings_;
  const std::shared_ptr<unread_bytes> unread_by_clients_ = std::make_shared<unread_bytes>(settings_.clients_unread_bytes_max);
  listener_policy& policy_;
  std::list<std::shared_ptr<handshake>> unfinished_;  // oldest first
  connection_count clients_;
  connection_count members_;
  timer accept_again_;
  bool closed_ = false;
};

}  // namespace troupe
