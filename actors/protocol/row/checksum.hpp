/// \file
/// Sums by which replicas compare what they hold: fixed by their definition, so that members built by different compilers agree, which
/// std::hash does not promise.
#pragma once

#include <algorithm>
#include <bit>
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

/// Eight bytes at a time, the lowest first, the last ones filled up with zeros: every write pays for this at every replica. The length is
/// taken in as well, so that zeros at the end count.
[[nodiscard]] inline std::uint64_t digest_of(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");
  std::uint64_t h = 0xcbf29ce484222325ULL ^ bytes.size();
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
    h = absorb(h, word);
  }
  return mix(h);
}

}  // namespace troupe::protocol
