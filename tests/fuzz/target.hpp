/// \file
/// What a fuzz target stands on: its entry point, the claims that it makes, and the input as a row of decisions.
///
/// A target is one function of bytes. Built with libFuzzer (preset `fuzz`) it is called with inputs that the fuzzer makes up; in any
/// other build replay.cpp calls it with the files of the kept corpus.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// NOLINTNEXTLINE: the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace troupe::fuzz {

/// The longest input that targets are given.
inline constexpr std::size_t input_bytes_max = 4096;

/// Ends the process when something does not hold that must hold for any input.
void claim(bool holds, std::string_view what);

/// What was refused says why, in a few words: `text` is there, and not much longer than what it speaks of.
void claim_is_explanation(std::string_view text, std::size_t bytes_max = 512);

/// The input, taken from its front bit by bit. Once it is used up, every decision is 0.
class decisions {
 public:
  explicit decisions(std::span<const std::uint8_t> from) : left_(from) {}

  [[nodiscard]] bool used_up() const { return left_.empty(); }
  [[nodiscard]] std::uint8_t byte() {
    if (left_.empty()) return 0;
    const auto first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  /// Requires: 1 ≤ bound ≤ 256.
  [[nodiscard]] unsigned below(unsigned bound) { return byte() % bound; }
  [[nodiscard]] bool flag() { return (byte() & 1) != 0; }
  [[nodiscard]] std::uint16_t two_bytes() {
    const auto low = byte();
    return static_cast<std::uint16_t>(low | byte() << 8);
  }
  /// A number close to `to`, seldom one of the extremes.
  [[nodiscard]] std::uint64_t near(std::uint64_t to) {
    const auto drawn = byte();
    if (drawn < 128) return to + drawn % 8 - 2;  // Wraps around below 2, which is an extreme too.
    if (drawn < 192) return to;
    if (drawn < 224) return drawn % 8;
    return drawn % 2 == 0 ? ~std::uint64_t{0} - drawn / 2 % 4 : to / 2;
  }
  [[nodiscard]] std::span<const std::uint8_t> bytes(std::size_t count) {
    const auto some = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(some.size());
    return some;
  }
  [[nodiscard]] std::span<const std::uint8_t> rest() { return bytes(left_.size()); }

 private:
  std::span<const std::uint8_t> left_;
};

[[nodiscard]] inline std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace troupe::fuzz
