/// \file
/// Where members and clients dial in: accepts, leads through the handshake under tight bounds, and hands the connection to the shard that
/// it belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <variant>

#include <troupe/node/transport/accepted_link.hpp>
#include <troupe/node/transport/frame_stream.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe {

struct listen_settings {
  address at{"127.0.0.1", 5701};   ///< port 0: any free one
  std::uint16_t port_count = 100;  ///< a taken port means the next one, for so many ports in all; 1: it is an error
  bool insecure = false;           ///< allow an address that is not loopback, although peers are not authenticated yet
  duration handshake_timeout = seconds{5};
  std::size_t unfinished_handshakes_max = 256;  ///< beyond, the oldest is cut off: honest ones take milliseconds
  /// Accepted connections of each kind that may exist at a time; beyond, a peer is refused with a word. Apart from each other, so that
  /// clients can't take the members' place.
  std::size_t client_connections_max = 10'000;
  std::size_t member_connections_max = 10'000;
  stream_limits limits;
  /// That may wait for all clients together that don't read; beyond, one that has more than a mebibyte of it is cut off, as each is that has more than
  /// `limits` allow.
  std::size_t clients_unread_bytes_max = 256 * 1024 * 1024;
};

/// What the composition root decides about connections. Outlives the listener and all that was handed over.
class listener_policy {
 public:
  virtual ~listener_policy() = default;

  /// What peers are told: the member's incarnation, and the name of the cluster that they must know. On the listener's shard.
  [[nodiscard]] virtual const incarnation& self() const = 0;
  [[nodiscard]] virtual const std::string& cluster() const = 0;
  /// Why this peer may not come in, for people; empty: it may. Version and cluster name are right already. On the listener's shard.
  [[nodiscard]] virtual std::string refusal(const hello&) = 0;
  /// The shard that the connection shall live on. On the listener's shard.
  [[nodiscard]] virtual shard& home_of(const hello&) = 0;
  /// A connection, not started yet. On the shard that home_of() chose.
  virtual void accepted(std::unique_ptr<accepted_link>) = 0;
};

struct listen_error {
  std::error_code code;  ///< why
  std::string text;      ///< for people: what, where, what to do; the words of `code` belong after it
};

class accept_session;

/// Accepts as long as it lives.
class listener {
 public:
  /// Binds at once; begins to accept on `home`. Any thread. May block: it resolves a host name, and a port that another process wants at the same
  /// moment is tried again for up to a tenth of a second.
  [[nodiscard]] static std::variant<std::unique_ptr<listener>, listen_error> open(shard& home, listen_settings settings,
                                                                                  listener_policy& policy);
  /// On the shard's thread, or when it has stopped. Connections that have been handed over stay.
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// Where it really listens.
  [[nodiscard]] const address& bound() const;

 private:
  explicit listener(std::shared_ptr<accept_session> session) : session_(std::move(session)) {}

  std::shared_ptr<accept_session> session_;
};

}  // namespace troupe
