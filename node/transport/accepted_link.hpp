/// \file
/// A connection that a member or client dialled to here, once its handshake is through.
#pragma once

#include <functional>
#include <memory>

#include <troupe/node/transport/connection_count.hpp>
#include <troupe/node/transport/frame_stream.hpp>
#include <troupe/node/transport/link_end.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe {

/// Called on the link's shard. Each of them may destroy the link.
struct accepted_link_callbacks {
  std::function<void(any_frame frame)> frame;
  std::function<void(const link_end& why)> closed;
};

class accepted_session;

/// The connection lives as long as this object, at most. Used on its shard's thread only.
class accepted_link {
 public:
  /// `unread`: what waits for it counts with what waits for others (see frame_stream::serve()); null: it does not.
  accepted_link(shard& home, frame_stream::detached connection, hello peer, stream_limits limits, connection_count::seat seat,
                std::shared_ptr<unread_bytes> unread);
  /// Writes what the socket takes at once, then closes. No callback comes any more.
  ~accepted_link();
  accepted_link(const accepted_link&) = delete;
  accepted_link& operator=(const accepted_link&) = delete;

  /// Begins to read; to be called once. Until then the peer waits.
  void start(accepted_link_callbacks callbacks);
  /// What the peer said of itself. Unproven: there is no authentication yet.
  [[nodiscard]] const hello& peer() const;
  /// Leaves at the end of the turn. A peer that does not read is cut off at the bound of the limits, and that of `unread`. No effect before start().
  void send(any_frame message);
  void send(shared_frame frame);
  /// No frame comes until resume_reading(); what the peer goes on to send waits in the sockets. Also from within the frame callback.
  void pause_reading();
  void resume_reading();
  [[nodiscard]] stream_figures figures() const;

 private:
  std::shared_ptr<accepted_session> session_;
  connection_count::seat seat_;
};

}  // namespace troupe
