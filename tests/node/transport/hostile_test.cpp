/// Strangers at the port. Whatever they send, the member stays up and goes on serving.
#include <catch2/catch.hpp>

#include <random>

#include <troupe/messages/types/client_message.hpp>

#include "fixtures.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using bytes = std::vector<std::byte>;

bytes copy_of(std::span<const std::byte> b) { return {b.begin(), b.end()}; }

/// One stranger's idea of a conversation: noise, a frame cut short, a frame with flipped bits, or a good hello with noise behind it.
bytes nonsense(std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  auto h = dialling_peer::client_hello();
  auto out = copy_of(codec::encode(h).bytes());
  switch (below(4)) {
    case 0: {
      out.resize(1 + below(300));
      for (auto& b : out) b = static_cast<std::byte>(random());
      break;
    }
    case 1: out.resize(below(out.size())); break;
    case 2:
      for (std::size_t flips = 1 + below(8); flips > 0; --flips) out[below(out.size())] ^= static_cast<std::byte>(1U << below(8));
      break;
    default: {
      auto frame = copy_of(codec::encode(std::get<any_client_message>(numbered(1, 200))).bytes());
      for (std::size_t flips = 1 + below(8); flips > 0; --flips) frame[below(frame.size())] ^= static_cast<std::byte>(1U << below(8));
      out.insert(out.end(), frame.begin(), frame.end());
    }
  }
  return out;
}

bytes header(std::uint32_t words, std::uint8_t conversation) {
  bytes b(8);
  for (std::size_t i = 0; i < 4; ++i) b[i] = static_cast<std::byte>(words >> (8 * i));
  b[4] = static_cast<std::byte>(conversation);
  return b;
}

bool echoes(listening_member& member) {
  dialling_peer client{{member.at(), {}}};
  client.send({numbered(4711)});
  return client.frames.until([](const auto& all) { return !all.empty() && number_of(all[0]) == 4711; });
}

const listening_member::frame_handler echo = [](accepted_link& link, const any_frame& frame) { link.send(frame); };

}  // namespace

SCENARIO("malformed beginnings are cut off") {
  listening_member member{listening_member::any_port(), member_named(1), echo};
  const std::vector<std::pair<std::string, bytes>> beginnings{
      {"an HTTP request", [] {
         const std::string text = "GET / HTTP/1.1\r\nHost: somewhere\r\n\r\n";
         return copy_of(std::as_bytes(std::span{text}));
       }()},
      {"a frame above the bound of the handshake", header(codec::handshake_bytes_max / 8 + 1, 1)},
      {"a frame of 32 GiB", header(0xffffffff, 1)},
      {"a frame of nothing", header(0, 1)},
      {"an unknown conversation", header(1, 77)},
      {"operations before the hello", copy_of(codec::encode(std::get<any_client_message>(numbered(1))).bytes())},
  };
  for (const auto& [what, sent] : beginnings) {
    INFO(what);
    raw_peer stranger{member.at()};
    stranger.write(sent);
    CHECK(stranger.is_cut_off());
  }
  CHECK(echoes(member));
}

SCENARIO("an oversized frame behind a good handshake is cut off at its header") {
  auto settings = listening_member::any_port();
  settings.limits.payload_bytes_max = 64 * 1024;
  listening_member member{settings, member_named(1), echo};
  raw_peer stranger{member.at()};
  stranger.write(codec::encode(dialling_peer::client_hello()));
  REQUIRE(stranger.read_welcome());
  stranger.write(header(64 * 1024 / 8 + 1, 4));
  CHECK(stranger.is_cut_off());
  REQUIRE(member.ends.reaches(1));
  CHECK(member.ends.all()[0].reason == end_reason::malformed);
  CHECK(echoes(member));
}

SCENARIO("a thousand strangers send nonsense") {
  listening_member member{listening_member::any_port(), member_named(1), echo};
  std::mt19937_64 random{20'240'229};
  for (int i = 0; i < 1000; ++i) {
    raw_peer stranger{member.at()};
    stranger.write(nonsense(random));
    if (i % 4 == 0) stranger.finish_writing();
    if (i % 100 == 0) REQUIRE(echoes(member));
  }
  CHECK(echoes(member));
}
