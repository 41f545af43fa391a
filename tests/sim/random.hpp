/// \file
/// The simulator's dice: splitmix64 seeds xoshiro256** (Blackman, Vigna). Own code, because a seed must mean the same run with every
/// standard library; for the same reason there is no libm here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe::sim {

class dice {
 public:
  explicit dice(std::uint64_t seed) {
    for (auto& word : state_) word = splitmix(seed);
  }

  /// An independent stream, the same for the same (seed, purpose): a new consumer of one stream does not disturb the others.
  [[nodiscard]] static dice of(std::uint64_t seed, std::string_view purpose) {
    std::uint64_t mixed = seed * 0x9e3779b97f4a7c15ULL + 1;
    for (const char c : purpose) mixed = (mixed ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return dice{mixed};
  }

  std::uint64_t next() {
    const auto result = rotate(state_[1] * 5, 7) * 9;
    const auto t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// 0 to n − 1; n is at least 1. The bias of the remainder is far below what a simulation can notice.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  std::size_t index(std::size_t n) { return static_cast<std::size_t>(below(n)); }
  /// Both ends included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  duration between(duration low, duration high) {
    return low + duration{static_cast<duration::rep>(below(static_cast<std::uint64_t>((high - low).count()) + 1))};
  }
  /// 0 ≤ result < 1, exact in a double.
  double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double p) { return fraction() < p; }

  uuid unique() {
    uuid result;
    for (std::size_t i = 0; i < result.bytes.size(); i += 8) {
      auto word = next();
      for (std::size_t j = 0; j < 8; ++j, word >>= 8) result.bytes[i + j] = static_cast<std::uint8_t>(word & 0xff);
    }
    return result;
  }

 private:
  static std::uint64_t splitmix(std::uint64_t& seed) {
    auto z = seed += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  static std::uint64_t rotate(std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

  std::uint64_t state_[4]{};
};

}  // namespace troupe::sim
