/// \file
/// What a run of the load generators prints: operations a second and latencies.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace troupe::bench {

using clock = std::chrono::steady_clock;

struct workload {
  bool writes = true;
  std::size_t keys = 10'000;
  std::size_t value_bytes = 100;
  std::size_t in_flight = 1;
  std::chrono::seconds warm_up{1};
  std::chrono::seconds run{5};
};

[[nodiscard]] inline std::string key_of(std::size_t n) {
  char text[17];
  std::snprintf(text, sizeof text, "key-%012zu", n);
  return text;  // 16 bytes
}

/// Cheap, and the same on every run.
[[nodiscard]] inline std::size_t next_key(std::size_t& state, std::size_t keys) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (state >> 33) % keys;
}

/// One line: `ops_per_s p50_us p99_us failed`.
inline void print(std::vector<double> latencies_us, double elapsed_s, std::size_t failed) {
  std::sort(latencies_us.begin(), latencies_us.end());
  const auto at = [&](double share) {
    return latencies_us.empty() ? 0.0 : latencies_us[static_cast<std::size_t>(share * static_cast<double>(latencies_us.size() - 1))];
  };
  std::printf("%.0f %.0f %.0f %zu\n", static_cast<double>(latencies_us.size()) / elapsed_s, at(0.5), at(0.99), failed);
}

}  // namespace troupe::bench
