/// \file
/// Sums by which replicas compare what they hold: fixed by their definition, so that members built by different compilers agree, which
/// std::hash does not promise.
#pragma once

#include <cstdint>
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

/// FNV-1a.
[[nodiscard]] constexpr std::uint64_t digest_of(std::string_view bytes) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace troupe::protocol
