/// \file
/// From plain messages to frames and back. The schemas in `messages/schema` specify what is on the wire; this is the only door to them.
///
/// Encoding can't fail: what the types allow can be written. Decoding takes whatever a stranger sent: for any bytes it returns a value
/// that satisfies the invariants of its type, or an error; it throws nothing but std::bad_alloc, and allocates at most a small multiple
/// of the frame's length. All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <troupe/messages/codec/frame.hpp>
#include <troupe/messages/codec/result.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/link.hpp>

namespace troupe::codec {

/// \name Encoding
/// Complete frames, header included. Requires: what goes in fits the receiver's frame limit; the senders of batches see to it with
/// encoded_bytes(). Values are copied once, from their blobs into the frame.
/// @{
[[nodiscard]] frame_buffer encode(const hello&);
[[nodiscard]] frame_buffer encode(const welcome&);
/// Requires: a full_view has a view.
[[nodiscard]] frame_buffer encode(const any_membership_message&);
/// Requires: the records of each message are consecutive, from `first` on where it has one (only the first position travels).
[[nodiscard]] frame_buffer encode(const replication_batch&);
[[nodiscard]] frame_buffer encode(const any_client_message&);
/// @}

/// \name Sizes
/// What an element adds to the frame that carries it, in bytes, exactly. A batch takes these and frame_overhead_bytes.
/// @{
inline constexpr std::size_t frame_overhead_bytes = 128;
[[nodiscard]] std::size_t encoded_bytes(const any_replication_message&);
[[nodiscard]] std::size_t encoded_bytes(const operation&);
[[nodiscard]] std::size_t encoded_bytes(const reply&);
/// @}

/// What a dialling peer says first, in every version of the protocol: enough to tell it why it is refused.
struct greeting {
  std::uint32_t version = 0;
  std::string cluster;  ///< name
  friend bool operator==(const greeting&, const greeting&) = default;
};

/// \name Decoding
/// All take a payload, without the header.
/// @{

/// Version and cluster name of a hello, of whatever version; nothing else of it is looked at.
[[nodiscard]] result<greeting> decode_greeting(std::span<const word> payload);
/// Requires nothing; a hello of another version is an error of kind `version`: call decode_greeting() first.
[[nodiscard]] result<hello> decode_hello(std::span<const word> payload);
/// Of another version, `version` and `refused` are filled and `who` is nil.
[[nodiscard]] result<welcome> decode_welcome(std::span<const word> payload);
/// What travels after the handshake. A frame of the link conversation is an error there.
[[nodiscard]] result<any_frame> decode_frame(conversation, std::span<const word> payload);
/// @}

}  // namespace troupe::codec
