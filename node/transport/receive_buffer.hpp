/// \file
/// Bytes as they arrive, cut into frames. Frames are read where they lie: the memory is aligned to words, and frames are whole words long.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include <troupe/messages/codec/frame.hpp>

namespace troupe {

class receive_buffer {
 public:
  static constexpr std::size_t initial_bytes = 64 * 1024;

  struct frame {
    codec::conversation conversation;
    std::span<const codec::word> payload;  ///< valid until the next call of space()
  };

  /// Room for what comes next, never empty. Grows by doubling, and only when it is full: memory follows the bytes that came, not those that a
  /// header announces. Shrinks again once large frames have stopped coming.
  [[nodiscard]] std::span<std::byte> space();
  /// `count` bytes were written to the start of space().
  void received(std::size_t count) { end_ += count; }
  /// The next complete frame, nothing when there is none yet, or an error when what comes can't be one.
  [[nodiscard]] codec::result<std::optional<frame>> next(std::size_t payload_bytes_max);

  /// Forgets what has arrived.
  void discard() { begin_ = end_ = 0; }

  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  void resize(std::size_t bytes);
  [[nodiscard]] std::byte* bytes() { return reinterpret_cast<std::byte*>(memory_.get()); }

  static constexpr std::size_t small_drains_before_shrinking = 64;

  std::unique_ptr<codec::word[]> memory_;
  std::size_t capacity_ = 0;      // bytes
  std::size_t begin_ = 0;         // of what has not been consumed; a multiple of the word
  std::size_t end_ = 0;           // of what has arrived
  std::size_t small_drains_ = 0;  // how often in a row all was consumed and would have fitted the initial size
};

}  // namespace troupe
