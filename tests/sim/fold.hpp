/// \file
/// The processor that simulated applications run. In numbers: a key that holds `before` is folded with an argument to a token, which is what the
/// processor returns. The token tells what becomes of the key; and since both numbers are in it, that the processor was run on just this
/// value, and once: a second run would make another number of it.
#pragma once

#include <troupe/messages/types/blob.hpp>

#include "tests/sim/checkers/linearizability.hpp"

namespace troupe::sim {

inline constexpr std::string_view fold_name = "fold";

/// Larger than any number that an application stores, and short enough for the smallest of values.
inline constexpr value_no token_min = 1'000'000'000'000;

[[nodiscard]] constexpr value_no fold(value_no before, value_no argument) {
  auto h = before * 0x9e3779b97f4a7c15ULL + argument * 0xc2b2ae3d27d4eb4fULL;
  h ^= h >> 29;
  h *= 0xbf58476d1ce4e5b9ULL;
  h ^= h >> 32;
  return token_min + h % token_min;
}

enum class fold_effect : std::uint8_t {
  keep,
  set,     ///< to the token
  remove,
  fail,
};
[[nodiscard]] constexpr fold_effect effect_of(value_no token) {
  switch (token % 16) {
    case 0: return fold_effect::fail;
    case 1: return fold_effect::remove;
    case 2:
    case 3: return fold_effect::keep;
    default: return fold_effect::set;
  }
}
/// What the key holds then. Requires: it does not fail.
[[nodiscard]] constexpr value_no after_fold(value_no before, value_no token) {
  switch (effect_of(token)) {
    case fold_effect::set: return token;
    case fold_effect::remove: return absent;
    default: return before;
  }
}

/// The bytes of a token, as the processor stores and returns it.
[[nodiscard]] blob encode_token(value_no token);
/// The argument as it is sent, to the processor whose name goes into `name`.
[[nodiscard]] blob encode_fold_argument(value_no argument, blob& name);

}  // namespace troupe::sim
