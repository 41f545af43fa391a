#include <troupe/messages/codec/frame.hpp>

#include <bit>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/codec/internal/conversations.hpp>

namespace troupe::codec {

std::string_view to_string(error_kind kind) {
  switch (kind) {
    case error_kind::header: return "bad header";
    case error_kind::too_large: return "too large";
    case error_kind::structure: return "malformed";
    case error_kind::value: return "invalid value";
    case error_kind::excess: return "excessive";
    case error_kind::version: return "other version";
  }
  return "unknown error";
}

namespace {

constexpr bool is_known(std::uint8_t c) {
  return c >= static_cast<std::uint8_t>(conversation::link) && c <= static_cast<std::uint8_t>(conversation::client);
}

}  // namespace

result<frame_header> parse_header(std::span<const std::byte, frame_header_bytes> bytes, std::size_t payload_bytes_max) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(bytes[i]); };
  if ((at(5) | at(6) | at(7)) != 0) return error{error_kind::header, "reserved bytes of a frame header are set"};
  if (!is_known(at(4))) return error{error_kind::header, "a frame header names no known conversation"};

  const frame_header header{static_cast<std::uint32_t>(at(0)) | static_cast<std::uint32_t>(at(1)) << 8 |
                                static_cast<std::uint32_t>(at(2)) << 16 | static_cast<std::uint32_t>(at(3)) << 24,
                            static_cast<conversation>(at(4))};
  if (header.payload_words == 0) return error{error_kind::header, "a frame without a payload"};
  if (header.payload_bytes() > payload_bytes_max)
    return error{error_kind::too_large, "a frame of " + std::to_string(header.payload_bytes()) + " bytes, where " +
                                            std::to_string(payload_bytes_max) + " are allowed"};
  return header;
}

conversation frame_buffer::conversation() const {
  return empty() ? codec::conversation::link : static_cast<codec::conversation>(memory_[0] >> 32);
}

result<any_frame> decode_frame(conversation c, std::span<const word> payload) {
  switch (c) {
    case conversation::membership: return decode_membership(payload);
    case conversation::replication: return decode_replication(payload);
    case conversation::client: return decode_client(payload);
    case conversation::link: break;
  }
  return error{error_kind::header, "a frame that has no place after the handshake"};
}

}  // namespace troupe::codec
