/// \file
/// The other end of a connection to a member, byte by byte: to say what no client of ours would say, and to ask one member what it thinks,
/// past all routing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/types/client_message.hpp>

#include "tests/cluster/child_process.hpp"

namespace troupe::cluster {

class raw_peer {
 public:
  /// Connects. Throws std::runtime_error when nobody listens there.
  explicit raw_peer(const address& to);
  /// Connects as a client, with the handshake done. Throws std::runtime_error when it is refused.
  [[nodiscard]] static raw_peer as_client(const address& to, const std::string& cluster);

  /// False: the member closed the connection.
  bool send(std::span<const std::byte> bytes);
  bool send(const codec::frame_buffer& frame) { return send(frame.bytes()); }
  bool send(const any_client_message& message) { return send(codec::encode(message)); }
  /// Says that no more will come.
  void finish_sending();

  /// The next frame's payload; nothing: the connection is closed, or the time passed.
  [[nodiscard]] std::optional<std::vector<codec::word>> receive(clock::duration within = patience);
  [[nodiscard]] std::optional<any_client_message> receive_message(clock::duration within = patience);
  /// Reads, and forgets, until the member has closed the connection. False: the time passed.
  [[nodiscard]] bool wait_closed(clock::duration within = patience);

  /// The view that this member has now. Requires: the handshake is done. Throws std::runtime_error when it does not say.
  [[nodiscard]] view_ptr current_view();

 private:
  [[nodiscard]] bool read_exactly(std::span<std::byte> into, clock::time_point deadline);

  descriptor socket_;
};

/// What a client says first.
[[nodiscard]] hello client_hello(const std::string& cluster);

}  // namespace troupe::cluster
