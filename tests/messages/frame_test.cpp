/// Headers and the memory of frames.
#include <catch2/catch.hpp>

#include <array>
#include <cstring>
#include <limits>
#include <memory>

#include <troupe/messages/codec/codec.hpp>

#include "random_values.hpp"

using namespace troupe;
using codec::conversation;
using codec::error_kind;

namespace {

constexpr std::size_t frame_bytes_max = 16 * 1024 * 1024;

using header_bytes = std::array<std::byte, codec::frame_header_bytes>;

header_bytes header(std::uint32_t words, std::uint8_t c, std::uint8_t reserved = 0) {
  return {std::byte(words), std::byte(words >> 8), std::byte(words >> 16), std::byte(words >> 24),
          std::byte{c},     std::byte{reserved},   std::byte{0},           std::byte{0}};
}

error_kind refusal(const header_bytes& bytes, std::size_t bytes_max = frame_bytes_max) {
  const auto parsed = codec::parse_header(bytes, bytes_max);
  REQUIRE_FALSE(parsed.has_value());
  CHECK_FALSE(parsed.error().text.empty());
  return parsed.error().kind;
}

}  // namespace

SCENARIO("a header says how long the frame is and what it is about") {
  const auto parsed = codec::parse_header(header(0x00012345, 3), frame_bytes_max);
  REQUIRE(parsed.has_value());
  CHECK(*parsed == codec::frame_header{0x12345, conversation::replication});
  CHECK(parsed->payload_bytes() == 0x12345 * 8);
}

SCENARIO("a header of what was encoded fits its frame") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto frame = codec::encode(test::random_values{seed}.batch());
    const auto parsed = codec::parse_header(frame.bytes().first<codec::frame_header_bytes>(), frame_bytes_max);
    REQUIRE(parsed.has_value());
    CHECK(parsed->conversation == conversation::replication);
    CHECK(parsed->payload_words == frame.payload().size());
    CHECK(frame.bytes().size() == codec::frame_header_bytes + parsed->payload_bytes());
  }
}

SCENARIO("a header that lies is refused before anything is allocated") {
  THEN("a length above the limit") {
    CHECK(refusal(header(2 * 1024 * 1024 + 1, 4)) == error_kind::too_large);
    CHECK(refusal(header(std::numeric_limits<std::uint32_t>::max(), 4)) == error_kind::too_large);
    CHECK(refusal(header(513, 1), codec::handshake_bytes_max) == error_kind::too_large);
  }
  THEN("the limit itself is allowed") {
    CHECK(codec::parse_header(header(2 * 1024 * 1024, 4), frame_bytes_max).has_value());
    CHECK(codec::parse_header(header(512, 1), codec::handshake_bytes_max).has_value());
  }
  THEN("no payload at all") { CHECK(refusal(header(0, 4)) == error_kind::header); }
  THEN("an unknown conversation") {
    for (int c = 0; c < 256; ++c) {
      if (c >= 1 && c <= 4) continue;
      CHECK(refusal(header(1, static_cast<std::uint8_t>(c))) == error_kind::header);
    }
  }
  THEN("reserved bytes") {
    CHECK(refusal(header(1, 4, 1)) == error_kind::header);
    for (std::size_t at = 5; at < 8; ++at) {
      auto bytes = header(1, 4);
      bytes[at] = std::byte{0x80};
      CHECK(refusal(bytes) == error_kind::header);
    }
  }
}

SCENARIO("a frame moves, and is shared once it is there") {
  GIVEN("an encoded frame") {
    auto frame = codec::encode(any_membership_message{membership_message::goodbye{}});
    const auto* memory = frame.bytes().data();
    THEN("it is aligned like its words") { CHECK(reinterpret_cast<std::uintptr_t>(memory) % alignof(codec::word) == 0); }
    WHEN("it moves to where peers share it") {
      const auto shared = std::make_shared<const codec::frame_buffer>(std::move(frame));
      THEN("its memory is the same, and nothing is left behind") {
        CHECK(shared->bytes().data() == memory);
        CHECK(shared->conversation() == conversation::membership);
        CHECK(frame.empty());  // NOLINT(bugprone-use-after-move): that it is empty is promised.
        CHECK(frame.bytes().empty());
        CHECK(frame.payload().empty());
      }
    }
  }
}

SCENARIO("a result is a value or an error") {
  const codec::result<int> seven{7};
  CHECK(seven.has_value());
  CHECK(*seven == 7);
  CHECK_THROWS_AS(seven.error(), std::bad_variant_access);
  const codec::result<int> none{codec::error{error_kind::value, "why"}};
  CHECK_FALSE(none.has_value());
  CHECK(none.error().text == "why");
  CHECK_THROWS_AS(none.value(), std::bad_variant_access);
}
