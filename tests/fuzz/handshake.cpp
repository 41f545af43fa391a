/// What a stranger sends before anything else, as the two ends of a handshake read it: at most 4 KiB, the greeting before the hello.
#include <cstring>

#include <troupe/node/transport/receive_buffer.hpp>

#include "tests/fuzz/frame_bytes.hpp"

using namespace troupe;

namespace {

void read_as_hello(std::span<const codec::word> payload) {
  const auto greeting = fuzz::decoded(payload, codec::decode_greeting);
  const auto hello = fuzz::decoded(payload, codec::decode_hello);
  if (!greeting) return fuzz::claim(!hello, "who does not greet says no hello");
  if (!hello)
    return fuzz::claim(greeting->version == protocol_version || hello.error().kind == codec::error_kind::version,
                       "a hello of another version is refused as such");
  fuzz::claim(greeting->version == hello->version && greeting->cluster == hello->cluster, "the greeting is the beginning of the hello");
  fuzz::claim_travels(*hello, codec::decode_hello);
}

void read_as_welcome(std::span<const codec::word> payload) {
  if (const auto welcome = fuzz::decoded(payload, codec::decode_welcome)) fuzz::claim_travels(*welcome, codec::decode_welcome);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::decisions from{{data, size}};
  if (from.flag()) {  // Straight to the codec.
    const auto payload = fuzz::payload_of(from.rest());
    read_as_hello(payload);
    read_as_welcome(payload);
    return 0;
  }
  const auto bytes = from.rest();
  receive_buffer buffer;
  const auto room = buffer.space();
  const auto count = std::min(room.size(), bytes.size());
  if (count > 0) std::memcpy(room.data(), bytes.data(), count);
  buffer.received(count);
  const auto frame = buffer.next(codec::handshake_bytes_max);
  fuzz::claim(buffer.capacity() == receive_buffer::initial_bytes, "a handshake takes no more memory than every connection");
  if (!frame) {
    fuzz::claim_is_explanation(frame.error().text);
  } else if (*frame && (*frame)->conversation == codec::conversation::link) {
    fuzz::claim((*frame)->payload.size_bytes() <= codec::handshake_bytes_max, "nothing longer than 4 KiB is looked at");
    read_as_hello((*frame)->payload);
    read_as_welcome((*frame)->payload);
  }
  return 0;
}
