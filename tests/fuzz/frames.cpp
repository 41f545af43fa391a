/// A stream of bytes cut into frames, however it arrives; beside it, the same cut by a few plain lines.
#include <cstring>
#include <optional>
#include <vector>

#include <troupe/node/transport/receive_buffer.hpp>

#include "tests/fuzz/target.hpp"

using namespace troupe;

namespace {

using bytes = std::vector<std::uint8_t>;

struct cut_frame {
  std::uint8_t conversation;
  bytes payload;
  friend bool operator==(const cut_frame&, const cut_frame&) = default;
};

struct cut_stream {
  std::vector<cut_frame> frames;
  bool refused = false;
  friend bool operator==(const cut_stream&, const cut_stream&) = default;
};

/// Headers from the input, each with a payload whose length is nearly always the one that it announces; so a few bytes make a long stream.
bytes stream_of(fuzz::decisions& from, std::size_t payload_bytes_max) {
  constexpr std::size_t stream_bytes_max = 300'000;
  bytes stream;
  unsigned frames = 0;  // Each is filled with its number.
  while (!from.used_up() && stream.size() < stream_bytes_max) {
    const auto kind = from.byte();
    if (kind % 4 == 0) {
      const auto raw = from.bytes(1 + kind / 4);
      stream.insert(stream.end(), raw.begin(), raw.end());
      continue;
    }
    const std::size_t words = kind % 4 == 1   ? from.byte()
                              : kind % 4 == 2 ? from.two_bytes() / 4u
                                              : payload_bytes_max / 8 + from.below(4) - 2;
    const auto conversation = from.byte();
    for (unsigned shift = 0; shift < 32; shift += 8) stream.push_back(static_cast<std::uint8_t>(words >> shift));
    stream.push_back(conversation < 200 ? static_cast<std::uint8_t>(1 + conversation % 4) : conversation);
    stream.insert(stream.end(), 3, conversation == 255 ? 1 : 0);
    if (words * 8 > stream_bytes_max) break;
    stream.insert(stream.end(), words * 8, static_cast<std::uint8_t>(++frames));
  }
  return stream;
}

cut_stream cut_plainly(std::span<const std::uint8_t> stream, std::size_t payload_bytes_max) {
  constexpr std::size_t header_bytes = 8;
  cut_stream cut;
  while (stream.size() >= header_bytes) {
    const auto at = [&](std::size_t i) { return std::size_t{stream[i]}; };
    const auto length = 8 * (at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24);
    cut.refused = length == 0 || length > payload_bytes_max || at(4) < 1 || at(4) > 4 || (at(5) | at(6) | at(7)) != 0;
    if (cut.refused || stream.size() < header_bytes + length) break;
    const auto payload = stream.subspan(header_bytes, length);
    cut.frames.push_back({stream[4], {payload.begin(), payload.end()}});
    stream = stream.subspan(header_bytes + length);
  }
  return cut;
}

/// As a socket would hand it over, in pieces.
cut_stream cut_by_buffer(std::span<const std::uint8_t> stream, std::size_t payload_bytes_max, fuzz::decisions& pieces) {
  receive_buffer buffer;
  cut_stream cut;
  std::size_t came = 0;
  while (!stream.empty()) {
    const auto room = buffer.space();
    fuzz::claim(!room.empty(), "there is room for what comes next");
    fuzz::claim(buffer.capacity() <= std::max(receive_buffer::initial_bytes, 2 * (came + 1)), "memory follows the bytes that came");
    const std::size_t drawn = pieces.used_up() ? stream.size() : 1 + std::size_t{pieces.byte()} * pieces.byte();
    const auto count = std::min({drawn, room.size(), stream.size()});
    std::memcpy(room.data(), stream.data(), count);
    buffer.received(count);
    came += count;
    stream = stream.subspan(count);
    while (true) {
      const auto next = buffer.next(payload_bytes_max);
      if (!next) {
        fuzz::claim_is_explanation(next.error().text);
        cut.refused = true;
        return cut;
      }
      if (!*next) break;
      const auto payload = std::as_bytes((*next)->payload);
      fuzz::claim(reinterpret_cast<std::uintptr_t>(payload.data()) % sizeof(codec::word) == 0, "payloads are aligned");
      const auto* first = reinterpret_cast<const std::uint8_t*>(payload.data());
      cut.frames.push_back({static_cast<std::uint8_t>((*next)->conversation), {first, first + payload.size()}});
    }
  }
  return cut;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::decisions from{{data, size}};
  constexpr std::size_t limits[] = {codec::handshake_bytes_max, 64 * 1024, 200'000};
  const auto payload_bytes_max = limits[from.below(std::size(limits))];
  fuzz::decisions pieces{from.bytes(from.byte())};
  const auto stream = stream_of(from, payload_bytes_max);
  fuzz::claim(cut_by_buffer(stream, payload_bytes_max, pieces) == cut_plainly(stream, payload_bytes_max),
              "frames come out whole, in order, and as they were sent");
  return 0;
}
