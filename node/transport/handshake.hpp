/// \file
/// The accepting side of one handshake.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include <troupe/node/transport/frame_stream.hpp>
#include <troupe/node/transport/listener.hpp>

namespace troupe {

/// Reads one hello, answers with one welcome. Version and cluster name are checked before anything else is parsed.
class handshake final : public frame_stream::owner, public std::enable_shared_from_this<handshake> {
 public:
  /// Told how it ended, after which the handshake does nothing more.
  class supervisor {
   public:
    virtual void handshake_done(handshake&, const hello& peer, shard& home, frame_stream::detached connection) = 0;
    virtual void handshake_failed(handshake&, const link_end& why) = 0;
    [[nodiscard]] virtual shard& home_of(const hello& peer) = 0;
    [[nodiscard]] virtual std::string refusal(const hello& peer) = 0;
    [[nodiscard]] virtual const incarnation& self() const = 0;
    [[nodiscard]] virtual const std::string& cluster() const = 0;

   protected:
    ~supervisor() = default;
  };

  handshake(shard& home, supervisor& over, boost::asio::ip::tcp::socket socket);

  void start(duration timeout);
  /// Ends it without a word to the supervisor.
  void close();
  [[nodiscard]] const std::string& remote() const { return remote_; }

 private:
  std::optional<codec::error> on_frame(codec::conversation, std::span<const codec::word> payload) override;
  void on_end(const link_end& why) override;
  /// Tells the peer why, then waits, within the deadline, until it has read that and closed.
  void refuse(std::string why);
  void admit(const hello& peer);
  void fail(const link_end& why);

  shard& home_;
  supervisor& supervisor_;
  const std::string remote_;
  std::shared_ptr<frame_stream> stream_;
  timer deadline_;
  std::string refused_;
};

}  // namespace troupe
