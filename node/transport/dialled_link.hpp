/// \file
/// A link to a peer, dialled from here: connects, says hello, and keeps doing so while the link exists.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include <troupe/node/transport/frame_stream.hpp>
#include <troupe/node/transport/link_end.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe {

/// Who shall answer where.
struct link_target {
  troupe::address address;
  std::optional<incarnation> expected;  ///< nothing: whoever it is
};

struct dial_settings {
  duration attempt_timeout = seconds{5};   ///< for resolving, connecting and the handshake together
  duration backoff_min = milliseconds{50};  ///< between the first failure and the next attempt; doubles with each further one
  duration backoff_max = seconds{2};        ///< at most this; at once this after a refusal, which seldom changes
  stream_limits limits;
  bool is_quiet = false;  ///< failures are logged as details: whoever dials tells of them itself

  /// All durations times `factor`.
  [[nodiscard]] dial_settings scaled(double factor) const;
};

/// Called on the link's shard. Each of them may destroy the link.
struct dialled_link_callbacks {
  std::function<void(const incarnation& peer, const address& at)> up;
  /// An attempt failed, or a link that was up ended. Once for each attempt.
  std::function<void(const link_end& why)> down;
  /// Only with the client role does a peer answer on the connection that was dialled to it.
  std::function<void(any_frame frame)> frame;
};

class dial_session;

/// The link lives as long as this object. Used on its shard's thread only.
///
/// Delivery: what is sent from the beginning of an attempt to connect on arrives in order and without gaps, until down() tells that the
/// rest, an unknown part, did not. Between down() and the next attempt nothing is taken.
class dialled_link {
 public:
  /// `self` is what the peer hears; its role decides what the link may carry. The first attempt begins at once; no callback comes before the
  /// constructor returned.
  dialled_link(shard& home, link_target target, hello self, dial_settings settings, dialled_link_callbacks callbacks);
  /// Writes what the socket takes at once, then closes. No callback comes any more.
  ~dialled_link();
  dialled_link(const dialled_link&) = delete;
  dialled_link& operator=(const dialled_link&) = delete;

  /// Leaves at the end of the turn. False: no connection and no attempt at one, nothing was taken.
  bool send(any_frame message);
  bool send(shared_frame frame);
  [[nodiscard]] bool is_up() const;
  /// Of the present connection.
  [[nodiscard]] stream_figures figures() const;

 private:
  std::shared_ptr<dial_session> session_;
};

}  // namespace troupe
