/// Bytes that no peer of ours would send. Decoding must return: an error, or a value that could have been sent.
#include <catch2/catch.hpp>

#include <algorithm>
#include <span>
#include <vector>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/types/client_message.hpp>

#include "allocation_meter.hpp"
#include "random_values.hpp"

using namespace troupe;
using codec::conversation;
using codec::word;
using test::random_values;

namespace {

/// A payload and what it claims to be about.
struct sample {
  conversation about;
  std::vector<word> payload;
};

sample sample_of(const codec::frame_buffer& frame) { return {frame.conversation(), {frame.payload().begin(), frame.payload().end()}}; }

/// The fullest of some frames that is still small enough to be tried bit by bit.
template <class Draw>
sample fullest(Draw draw) {
  constexpr std::size_t words_max = 100;
  sample best;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto drawn = sample_of(codec::encode(draw(seed)));
    if (best.payload.empty() || (drawn.payload.size() <= words_max && drawn.payload.size() > best.payload.size()) ||
        (best.payload.size() > words_max && drawn.payload.size() < best.payload.size()))
      best = std::move(drawn);
  }
  return best;
}

/// One frame of every kind of message.
std::vector<sample> one_of_each() {
  std::vector<sample> samples{fullest([](auto seed) { return random_values{seed}.a_hello(); }),
                              fullest([](auto seed) { return random_values{seed}.a_welcome(); })};
  for (std::size_t i = 0; i < std::variant_size_v<any_membership_message>; ++i)
    samples.push_back(fullest([i](auto seed) { return random_values{seed}.template alternative<any_membership_message>(i); }));
  for (std::size_t i = 0; i < std::variant_size_v<any_client_message>; ++i)
    samples.push_back(fullest([i](auto seed) { return random_values{seed}.template alternative<any_client_message>(i); }));
  for (std::size_t i = 0; i < std::variant_size_v<any_replication_message>; ++i)
    samples.push_back(fullest([i](auto seed) {
      random_values values{seed};
      return replication_batch{member_no{1}, values.name(), {values.alternative<any_replication_message>(i)}};
    }));
  return samples;
}

const std::vector<sample>& samples() {
  static const auto all = one_of_each();
  return all;
}

codec::result<any_frame> decode_again(const any_frame& frame) {
  const auto encoded = std::visit([](const auto& m) { return codec::encode(m); }, frame);
  return codec::decode_frame(encoded.conversation(), encoded.payload());
}

/// True when decoding took no more memory than it may.
template <class Decode>
bool is_frugal(std::span<const word> payload, Decode decode) {
  constexpr std::size_t error_bytes_max = 8 * 1024;
  const test::allocation_meter meter;
  [[maybe_unused]] const auto read = decode(payload);
  return meter.bytes() <= 4 * payload.size_bytes() + error_bytes_max;
}

/// What holds for any bytes: no crash, no exception, bounded memory; and what comes out can be sent on.
bool survives(conversation about, std::span<const word> payload) {
  if (about == conversation::link)
    return is_frugal(payload, [](auto p) { return codec::decode_greeting(p); }) &&
           is_frugal(payload, [](auto p) { return codec::decode_hello(p); }) &&
           is_frugal(payload, [](auto p) { return codec::decode_welcome(p); });
  const auto frugal = is_frugal(payload, [about](auto p) { return codec::decode_frame(about, p); });
  const auto read = codec::decode_frame(about, payload);
  if (!read) return frugal;
  const auto again = decode_again(*read);
  return frugal && again.has_value() && *again == *read;
}

bool is_refused(conversation about, std::span<const word> payload) {
  if (about == conversation::link)
    return !codec::decode_greeting(payload) && !codec::decode_hello(payload) && !codec::decode_welcome(payload);
  return !codec::decode_frame(about, payload);
}

constexpr conversation all_conversations[] = {conversation::link, conversation::membership, conversation::replication,
                                              conversation::client};

}  // namespace

SCENARIO("frames that end early are refused") {
  for (const auto& [about, payload] : samples())
    for (std::size_t words = 0; words < payload.size(); ++words) {
      INFO("conversation " << static_cast<int>(about) << ", " << words << " of " << payload.size() << " words");
      CHECK(is_refused(about, std::span{payload}.first(words)));
    }
}

SCENARIO("frames whose end was lost are survived, at every byte") {
  for (const auto& [about, payload] : samples()) {
    const auto bytes = payload.size() * sizeof(word);
    for (std::size_t kept = 0; kept < bytes; ++kept) {
      auto torn = payload;
      std::ranges::fill(std::as_writable_bytes(std::span{torn}).subspan(kept), std::byte{0});
      INFO("conversation " << static_cast<int>(about) << ", " << kept << " of " << bytes << " bytes");
      CHECK(survives(about, torn));
    }
  }
}

SCENARIO("frames with bytes left over are refused") {
  for (auto [about, payload] : samples()) {
    payload.push_back(0);
    CHECK(is_refused(about, payload));
  }
}

SCENARIO("frames with one bit flipped are survived, at every bit") {
  std::size_t changed = 0;
  for (const auto& [about, payload] : samples())
    for (std::size_t bit = 0; bit < payload.size() * 64; ++bit) {
      auto flipped = payload;
      flipped[bit / 64] ^= word{1} << (bit % 64);
      ++changed;
      if (survives(about, flipped)) continue;
      FAIL("conversation " << static_cast<int>(about) << ", bit " << bit);
    }
  CHECK(changed > 10'000);
}

SCENARIO("frames read as another conversation are survived") {
  for (const auto& [about, payload] : samples())
    for (auto other : all_conversations) CHECK(survives(other, payload));
}

SCENARIO("frames patched together at random are survived") {
  std::mt19937_64 engine{20};
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(engine() % bound); };
  for (int round = 0; round < 20'000; ++round) {
    const auto& [about, payload] = samples()[below(samples().size())];
    auto patched = payload;
    for (auto patches = 1 + below(6); patches > 0; --patches) {
      auto& target = patched[1 + below(patched.size() - 1)];
      switch (below(4)) {
        case 0: target = engine(); break;
        case 1: target = patched[below(patched.size())]; break;                                // A pointer astray.
        case 2: target = engine() & 0x0000'ffff'0000'00ff; break;                              // One that looks like a pointer.
        default: target = (engine() & 0xffff'ffff'0000'0000) | (target & 0xffff'ffff); break;  // Other sizes at the same place.
      }
    }
    INFO("round " << round);
    CHECK(survives(about, patched));
  }
}

SCENARIO("random bytes are survived, and refused but for freaks") {
  std::mt19937_64 engine{21};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<word> noise(1 + engine() % 40);
    for (auto& w : noise) w = engine();
    if (round % 2 == 0) noise[0] = word{noise.size() - 1} << 32;  // Past the first check: one segment of the right size.
    INFO("round " << round);
    for (auto about : all_conversations) CHECK(survives(about, noise));
  }
}

SCENARIO("no payload is no message") {
  for (auto about : all_conversations) CHECK(is_refused(about, {}));
}
