/// \file
/// What a load generator does: its options, and the operations that follow from them. The same for every system; bench/peers/Workload.java
/// says the same in Java, with the same keys in the same order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace troupe::bench {

struct workload {
  unsigned reads_percent = 0;
  std::size_t keys = 10'000;
  std::size_t value_bytes = 100;
  bool zipfian = false;      ///< instead of uniform
  std::size_t clients = 1;   ///< connections, where a system's client is a connection …
  std::size_t pipeline = 1;  ///< … times operations in flight on each of them
  double rate_per_s = 0;     ///< of an open loop; 0: a closed loop
  double warm_up_s = 1;
  double run_s = 3;
  std::vector<int> servers;  ///< processes whose CPU time counts as the system's

  [[nodiscard]] std::size_t in_flight() const { return clients * pipeline; }
  [[nodiscard]] bool is_open_loop() const { return rate_per_s > 0; }
};

void describe(CLI::App& app, workload& into);

inline constexpr std::size_t key_bytes = 16;
[[nodiscard]] std::string key_of(std::size_t n);

struct request {
  bool reads = false;
  std::size_t key = 0;
};

/// The same operations on every run.
class request_source {
 public:
  explicit request_source(const workload&);

  [[nodiscard]] request next();

 private:
  [[nodiscard]] std::uint64_t random();
  [[nodiscard]] std::size_t zipfian_key();

  std::uint64_t state_ = 0;
  unsigned reads_percent_;
  std::size_t keys_;
  bool zipfian_;
  double zeta_ = 0, eta_ = 0;
};

}  // namespace troupe::bench
