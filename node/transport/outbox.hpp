/// \file
/// What waits to leave for one peer: messages that this turn left, and frames that the socket has not taken yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include <spdlog/logger.h>
#include <boost/asio/buffer.hpp>

#include <troupe/messages/codec/frame.hpp>
#include <troupe/messages/types/link.hpp>

namespace troupe {

/// A frame that goes to several peers, encoded once.
using shared_frame = std::shared_ptr<const codec::frame_buffer>;

/// A queue in order of arrival. Encoding is put off to the end of the turn.
class outbox {
 public:
  outbox(std::size_t frame_bytes_max, spdlog::logger& log) : frame_bytes_max_(frame_bytes_max), log_(&log) {}

  void add(any_frame message) { messages_.push_back(std::move(message)); }
  void add(shared_frame frame) { messages_.push_back(std::move(frame)); }
  /// Ahead of all messages that have not been encoded yet.
  void add_encoded(codec::frame_buffer frame);

  /// Makes frames of messages until `bytes_max` or more wait, or no message is left. A message that is too long for its receiver is dropped
  /// with an error in the log: who sends batches must bound them (codec::encoded_bytes).
  void encode(std::size_t bytes_max);

  [[nodiscard]] bool has_messages() const { return encoded_messages_ < messages_.size(); }
  /// Encoded and not written yet.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// All that was ever encoded here.
  [[nodiscard]] std::uint64_t frames_total() const { return frames_total_; }

  /// The next pieces to write, at most as many as one system call takes. Valid until the queue changes.
  [[nodiscard]] std::span<const boost::asio::const_buffer> next_pieces();
  /// The first `count` of those bytes have been written.
  void written(std::size_t count);
  /// Takes over what waits elsewhere. Requires: no message waits here.
  void append(outbox other);
  void clear();

 private:
  struct outgoing {
    codec::frame_buffer own;
    shared_frame shared;  // instead of `own`, if set
    [[nodiscard]] std::span<const std::byte> bytes() const { return shared ? shared->bytes() : own.bytes(); }
  };

  void push(outgoing frame);

  std::size_t frame_bytes_max_;
  spdlog::logger* log_;  // of the shard
  std::vector<std::variant<any_frame, shared_frame>> messages_;
  std::size_t encoded_messages_ = 0;  // of messages_
  std::deque<outgoing> frames_;
  std::size_t front_written_ = 0;  // bytes of frames_.front() that the socket has taken
  std::size_t bytes_ = 0;
  std::uint64_t frames_total_ = 0;
  std::vector<boost::asio::const_buffer> pieces_;
};

}  // namespace troupe
