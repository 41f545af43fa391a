/// \file
/// Input bytes as payloads of frames, and what holds for whatever is decoded from them.
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include <troupe/messages/codec/codec.hpp>

#include "tests/fuzz/target.hpp"
#include "tests/messages/allocation_meter.hpp"

namespace troupe::fuzz {

/// Whole words; what is left over at the end does not count.
[[nodiscard]] inline std::vector<codec::word> words_of(std::span<const std::uint8_t> bytes) {
  std::vector<codec::word> words(bytes.size() / sizeof(codec::word));
  if (!words.empty()) std::memcpy(words.data(), bytes.data(), words.size() * sizeof(codec::word));
  return words;
}

/// A payload as a peer might send it. The first byte of the input says whether the rest is all of it, or one segment that is given its
/// table here: else nearly every input would be refused for a length that is not right.
[[nodiscard]] inline std::vector<codec::word> payload_of(std::span<const std::uint8_t> input) {
  decisions from{input};
  const bool has_table = from.flag();
  auto words = words_of(from.rest());
  if (!has_table) words.insert(words.begin(), codec::word{words.size()} << 32);
  return words;
}

/// Decodes, and claims what codec.hpp promises of any bytes: bounded memory, and an error that explains itself.
template <class Decode>
[[nodiscard]] auto decoded(std::span<const codec::word> payload, Decode decode) {
  constexpr std::size_t error_bytes_max = 8 * 1024;  // What refusing may take, whatever the length.
  const test::allocation_meter meter;
  auto read = decode(payload);
  claim(meter.bytes() <= 4 * payload.size_bytes() + error_bytes_max, "decoding takes a small multiple of the frame's length");
  if (!read) claim_is_explanation(read.error().text);
  return read;
}

template <class Message>
[[nodiscard]] codec::frame_buffer encoded(const Message& message) {
  return codec::encode(message);
}
[[nodiscard]] inline codec::frame_buffer encoded(const any_frame& frame) {
  return std::visit([](const auto& message) { return codec::encode(message); }, frame);
}

/// What was decoded is encoded, and decoded again to the same.
template <class Message, class Decode>
void claim_travels(const Message& message, Decode decode) {
  const auto frame = encoded(message);
  const auto again = decode(frame.payload());
  claim(again.has_value(), "what was decoded can be sent on");
  claim(*again == message, "what is sent on arrives as it was");
}

}  // namespace troupe::fuzz
