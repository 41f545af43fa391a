/// Cutting a stream of bytes into frames.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/transport/receive_buffer.hpp>

#include "fixtures.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr std::size_t frame_limit = 16 * 1024 * 1024;

std::vector<std::byte> bytes_of(std::initializer_list<any_frame> frames) {
  std::vector<std::byte> all;
  for (const auto& f : frames) {
    const auto encoded = codec::encode(std::get<any_client_message>(f));
    all.insert(all.end(), encoded.bytes().begin(), encoded.bytes().end());
  }
  return all;
}

/// Hands the bytes over as a socket would, in pieces of at most `piece`. Returns the numbers of the frames that came out.
std::vector<std::uint64_t> feed(receive_buffer& buffer, std::span<const std::byte> bytes, std::size_t piece) {
  std::vector<std::uint64_t> out;
  while (!bytes.empty()) {
    const auto room = buffer.space();
    const auto count = std::min({piece, room.size(), bytes.size()});
    std::memcpy(room.data(), bytes.data(), count);
    buffer.received(count);
    bytes = bytes.subspan(count);
    for (;;) {
      auto next = buffer.next(frame_limit);
      REQUIRE(next);
      if (!next->has_value()) break;
      REQUIRE(reinterpret_cast<std::uintptr_t>((*next)->payload.data()) % sizeof(codec::word) == 0);
      auto frame = codec::decode_frame((*next)->conversation, (*next)->payload);
      REQUIRE(frame);
      out.push_back(number_of(*frame));
    }
  }
  return out;
}

}  // namespace

SCENARIO("frames come out whole and in order, however their bytes arrive") {
  const auto bytes = bytes_of({numbered(1), numbered(2, 1000), numbered(3), numbered(4, 70'000), numbered(5, 300'000), numbered(6)});
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{4096}, bytes.size()}) {
    GIVEN("pieces of " + std::to_string(piece) + " bytes") {
      receive_buffer buffer;
      CHECK(feed(buffer, bytes, piece) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
      CHECK(buffer.empty());
    }
  }
}

SCENARIO("memory follows the bytes that came, not those that were announced") {
  GIVEN("a header that announces a frame of the largest size") {
    receive_buffer buffer;
    const std::array<unsigned char, 8> header{0, 0, 0x20, 0, 4, 0, 0, 0};  // 2^21 words, 16 MiB
    std::memcpy(buffer.space().data(), header.data(), header.size());
    buffer.received(header.size());
    REQUIRE(buffer.next(frame_limit));
    THEN("the buffer stays as it is") {
      CHECK(buffer.space().size() > 0);
      CHECK(buffer.capacity() == receive_buffer::initial_bytes);
    }
    WHEN("a quarter of it comes") {
      for (std::size_t came = 0; came < frame_limit / 4;) {
        const auto room = buffer.space();
        std::memset(room.data(), 0, room.size());
        buffer.received(room.size());
        came += room.size();
      }
      THEN("the buffer has at most doubled beyond that") { CHECK(buffer.capacity() <= frame_limit / 2); }
    }
  }
  GIVEN("a header beyond the limit") {
    receive_buffer buffer;
    const std::array<unsigned char, 8> header{1, 0, 0x20, 0, 4, 0, 0, 0};
    std::memcpy(buffer.space().data(), header.data(), header.size());
    buffer.received(header.size());
    const auto next = buffer.next(frame_limit);
    THEN("it is refused before anything else comes") {
      REQUIRE_FALSE(next);
      CHECK(next.error().kind == codec::error_kind::too_large);
    }
  }
  GIVEN("a buffer that has grown") {
    receive_buffer buffer;
    feed(buffer, bytes_of({numbered(1, 1'000'000)}), 65'536);
    REQUIRE(buffer.capacity() > receive_buffer::initial_bytes);
    WHEN("only small frames come for a while") {
      const auto small = bytes_of({numbered(2)});
      for (int i = 0; i < 100; ++i) feed(buffer, small, small.size());
      THEN("it shrinks again") { CHECK(buffer.capacity() == receive_buffer::initial_bytes); }
    }
  }
}
