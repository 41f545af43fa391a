/// \file
/// Latencies in nanoseconds, in buckets that are linear within each power of two, as those of HdrHistogram are: no value is off by more
/// than 0.1 %, and recording costs the same whatever the value.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::bench {

class histogram {
 public:
  void record(std::uint64_t ns, std::uint64_t times = 1) {
    counts_[index_of(ns)] += times;
    total_ += times;
    if (ns > max_) max_ = ns;
  }

  /// The smallest value that at least this share (0 to 1) of all values does not exceed; 0 when there is none.
  [[nodiscard]] std::uint64_t quantile(double share) const {
    const auto wanted = static_cast<double>(total_) * share;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > 0 && static_cast<double>(seen) >= wanted) return std::min(upper_end_of(i), max_);
    }
    return max_;
  }

  [[nodiscard]] std::uint64_t max() const { return max_; }

 private:
  static constexpr unsigned kept_bits = 11;
  static constexpr std::size_t half = std::size_t{1} << (kept_bits - 1);

  static std::size_t index_of(std::uint64_t ns) {
    const auto width = static_cast<unsigned>(std::bit_width(ns));
    if (width <= kept_bits) return ns;
    const auto dropped = width - kept_bits;
    return dropped * half + (ns >> dropped);
  }

  static std::uint64_t upper_end_of(std::size_t index) {
    if (index < 2 * half) return index;
    const auto dropped = index / half - 1;
    return ((index - dropped * half + 1) << dropped) - 1;
  }

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>((64 - kept_bits + 2) * half);
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace troupe::bench
