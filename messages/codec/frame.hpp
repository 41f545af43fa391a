/// \file
/// Frames: what a connection carries. A frame is a header of 8 bytes, little endian,
///
///     u32 payload_words   length of what follows, in words of 8 bytes; at least 1
///     u8  conversation    which root type to read it with
///     u8  reserved[3]     zero, checked
///
/// and then one Cap'n Proto message in its standard stream form (segment table, segments). This file knows lengths and memory; what
/// the payload means is in codec.hpp. Neither shows Cap'n Proto to its includers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include <troupe/messages/codec/result.hpp>

namespace troupe::codec {

/// The unit of a payload. Memory that holds one is aligned to it.
using word = std::uint64_t;

inline constexpr std::size_t frame_header_bytes = 8;
/// The longest payload that a receiver takes before the handshake is through.
inline constexpr std::uint32_t handshake_bytes_max = 4 * 1024;

enum class conversation : std::uint8_t {
  link = 1,         ///< `link.capnp`: hello and welcome, once each, first
  membership = 2,   ///< `membership.capnp`
  replication = 3,  ///< `replication.capnp`
  client = 4,       ///< `client.capnp`
};

struct frame_header {
  std::uint32_t payload_words = 0;
  codec::conversation conversation = codec::conversation::link;

  [[nodiscard]] std::size_t payload_bytes() const { return std::size_t{payload_words} * sizeof(word); }
  friend bool operator==(const frame_header&, const frame_header&) = default;
};

/// Reads a header. Refuses payloads above `payload_bytes_max`, so that nothing is allocated at a stranger's word.
[[nodiscard]] result<frame_header> parse_header(std::span<const std::byte, frame_header_bytes>, std::size_t payload_bytes_max);

/// A complete frame, header included, in one block of memory. Movable; shared between the peers it goes to as
/// `std::shared_ptr<const frame_buffer>`: nothing changes it once it is encoded.
class frame_buffer {
 public:
  /// No frame.
  frame_buffer() = default;

  [[nodiscard]] bool empty() const { return memory_ == nullptr; }
  /// What goes to the socket: header and payload.
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(words()); }
  /// What decode functions take.
  [[nodiscard]] std::span<const word> payload() const { return empty() ? std::span<const word>{} : words().subspan(1); }
  [[nodiscard]] codec::conversation conversation() const;

 private:
  friend class frame_builder;
  struct free_memory {
    void operator()(word* w) const { std::free(w); }
  };

  [[nodiscard]] std::span<const word> words() const { return {memory_.get(), empty() ? 0 : words_}; }

  std::unique_ptr<word[], free_memory> memory_;
  std::size_t words_ = 0;  // Of no meaning without memory.
};

}  // namespace troupe::codec
