/// \file
/// Sums by which replicas compare what they hold: fixed by their definition, so that members built by different compilers agree, which
/// std::hash does not promise.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace troupe::protocol {

/// The finalizer of MurmurHash3: every bit of the argument moves every bit of the result.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ULL;
  return h ^ (h >> 33);
}

/// Takes one more word into a digest; mix() ends it.
[[nodiscard]] constexpr std::uint64_t absorb(std::uint64_t h, std::uint64_t word) {
  h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
  return h ^ (h >> 32);
}

/// Eight bytes at a time, the lowest first, the last ones filled up with zeros; of longer ones four such words side by side, which a processor multiplies
/// at once: every write pays for this at every replica. The length is taken in as well, so that zeros at the end count.
[[nodiscard]] inline std::uint64_t digest_of(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");
  constexpr std::size_t word_bytes = sizeof(std::uint64_t);
  const auto load = [&](std::size_t at, std::size_t count) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, count);
    return word;
  };
  std::uint64_t h = 0xcbf29ce484222325ULL + bytes.size() * 0xc2b2ae3d27d4eb4fULL;  // Far from the bits of any first word.
  std::size_t at = 0;
  std::array<std::uint64_t, 4> lanes{h, h + 1, h + 2, h + 3};
  if (bytes.size() >= lanes.size() * word_bytes) {
    for (; at + lanes.size() * word_bytes <= bytes.size(); at += lanes.size() * word_bytes) {
      for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = absorb(lanes[i], load(at + i * word_bytes, word_bytes));
    }
    for (const auto lane : lanes) h = absorb(h, lane);
  }
  for (; at + word_bytes <= bytes.size(); at += word_bytes) h = absorb(h, load(at, word_bytes));
  if (const auto rest = bytes.size() - at; rest > 0) {
    // A copy of so many bytes as a variable says is a call: of longer ones the last whole word has them, too.
    h = absorb(h, at == 0 ? load(0, rest) : load(bytes.size() - word_bytes, word_bytes) >> 8 * (word_bytes - rest));
  }
  return mix(h);
}

}  // namespace troupe::protocol
