/// \file
/// A connected socket as a stream of frames, both ways, on one shard. Knows nothing of handshakes, roles or peers: its owner does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/node/transport/link_end.hpp>
#include <troupe/node/transport/outbox.hpp>
#include <troupe/node/transport/receive_buffer.hpp>
#include <troupe/node/transport/shard.hpp>
#include <troupe/node/transport/unread_bytes.hpp>

namespace troupe {

struct stream_limits {
  std::size_t payload_bytes_max = 16 * 1024 * 1024;  ///< of a frame, both ways
  std::size_t queue_bytes_max = 64 * 1024 * 1024;    ///< that may wait for a peer that does not read; beyond, the stream ends
  duration frame_arrival_max = seconds{60};          ///< a frame that has begun is complete by then, or the stream ends; silence may last

  /// What a cluster's configuration asks for: its frames, room for a few of the largest to wait, and time for one to arrive; never less
  /// than the defaults.
  [[nodiscard]] static stream_limits of(const size_limits& sizes);
};

struct stream_figures {
  std::uint64_t frames_sent = 0;  ///< encoded for sending
  std::uint64_t writes = 0;       ///< system calls
  std::uint64_t frames_received = 0;
  std::uint64_t reads = 0;
};

/// Used on its shard's thread only. Reading goes on only after the turn that handled what was read before: who is slow to handle is slow to
/// read, and the peer's queue fills, not ours.
class frame_stream final : public turn_end_work, public std::enable_shared_from_this<frame_stream> {
 public:
  class owner {
   public:
    /// The payload is valid during the call. An error: the frame does not belong here; the stream ends as malformed.
    virtual std::optional<codec::error> on_frame(codec::conversation, std::span<const codec::word> payload) = 0;
    /// The stream has ended, and not by the owner's hand. Nothing more comes. Never called from within the owner's own calls.
    virtual void on_end(const link_end&) = 0;

   protected:
    ~owner() = default;
  };

  /// A stream's socket on its way to another shard, with what had been read from it.
  struct detached {
    boost::asio::ip::tcp::socket socket;
    receive_buffer received;
  };

  frame_stream(shard& home, boost::asio::ip::tcp::socket socket, stream_limits limits, receive_buffer received = {});

  /// The peer asks, and is answered: who doesn't read its answers isn't read either, and `all` bounds what waits for such peers together. Before start().
  void serve(std::shared_ptr<unread_bytes> all) { unread_ = std::move(all); }
  /// Begins to read. Until then nothing is read. `who` lives until close() or its on_end().
  void start(owner& who);
  /// Leaves at the end of the turn.
  void send(any_frame message) { enqueue(std::move(message)); }
  void send(shared_frame frame) { enqueue(std::move(frame)); }
  /// Leaves at the end of the turn, ahead of messages.
  void send_encoded(codec::frame_buffer frame);
  /// Takes over the messages that have been waiting elsewhere.
  void send_all(outbox waiting);
  /// Bound of what is taken from now on, from the frame after the current one.
  void receive_at_most(std::size_t payload_bytes_max) { receive_bytes_max_ = payload_bytes_max; }
  /// Between the two nothing is read, and no frame comes.
  void pause_reading() { paused_ = true; }
  void resume_reading();
  /// What comes is thrown away from now on, until the peer closes.
  void ignore_input() { ignores_input_ = true; }

  /// Writes now what the socket takes. False: something is left.
  bool write_now();
  /// No more will be sent; the peer sees the end of the stream. Reading goes on.
  void end_sending();
  /// Writes what the socket takes at once, and closes it. The owner hears nothing any more.
  void close();
  /// Gives the socket away; this stream is closed. Only from within on_frame().
  [[nodiscard]] detached detach(boost::asio::io_context& to);

  [[nodiscard]] bool is_open() const { return owner_ != nullptr; }
  [[nodiscard]] stream_figures figures() const;

  void turn_ended() override;

 private:
  template <class Message>
  void enqueue(Message&& message) {
    if (!is_open() || sending_ended_) return;
    outbox_.add(std::forward<Message>(message));
    ask_for_turn_end();
  }
  void ask_for_turn_end();
  void read();
  void take_frames();
  void watch_arrival();
  void check_arrival();
  void flush();
  enum class write_outcome { all_written, blocked, failed };
  write_outcome write_frames();
  void wait_until_writable();
  [[nodiscard]] bool may_read() const;
  void count_unread(std::size_t bytes);
  void end(link_end why);
  void shut();

  shard& home_;
  boost::asio::ip::tcp::socket socket_;
  const stream_limits limits_;
  std::size_t receive_bytes_max_;
  receive_buffer received_;
  outbox outbox_;
  owner* owner_ = nullptr;
  bool wants_turn_end_ = false;
  bool wants_read_ = false;
  bool waits_until_writable_ = false;
  bool paused_ = false;
  bool ignores_input_ = false;
  bool sending_ended_ = false;
  std::shared_ptr<unread_bytes> unread_;  // null: of a member
  std::size_t unread_here_ = 0;           // as unread_ counts it
  stream_figures figures_;
  std::uint64_t arriving_ = 0;  // the number of the frame that has begun to arrive, if one has
  instant arriving_since_{};
  timer arrival_check_;
};

/// The address of the other end, for logs.
[[nodiscard]] std::string remote_name(const boost::asio::ip::tcp::socket&);

}  // namespace troupe
