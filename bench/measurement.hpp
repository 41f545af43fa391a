/// \file
/// The window of a run in which things are counted: after warming up, for so many seconds. Not for several threads at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "histogram.hpp"
#include "workload.hpp"

namespace troupe::bench {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;

class measurement {
 public:
  /// Warming up begins now.
  explicit measurement(const workload&);

  [[nodiscard]] time_point begins() const { return opens_ - warm_up_; }
  [[nodiscard]] time_point opens() const { return opens_; }
  [[nodiscard]] time_point closes() const { return closes_; }
  [[nodiscard]] bool is_over(time_point now) const { return now >= closes_; }
  /// When an open loop that does not keep up is given up.
  [[nodiscard]] time_point gives_up() const { return closes_ + std::max<clock::duration>(closes_ - opens_, std::chrono::seconds(5)); }
  /// When the n-th operation of an open loop should start.
  [[nodiscard]] time_point intended(std::size_t n) const {
    return begins() + std::chrono::duration_cast<clock::duration>(interval_ * static_cast<double>(n));
  }

  /// To be called now and then: it notes the CPU time when the window opens, and when it closes.
  void tick(time_point now);
  /// `since`: in a closed loop when it started, in an open one when it should have. Throughput is what was done within the window;
  /// latencies are those of what was done (closed loop), or should have started (open loop) in it.
  void done(time_point since, time_point at, bool ok = true);
  /// Of an open loop: should have started, and did not until `at`. It counts with the time that it has waited.
  void never_started(time_point since, time_point at);
  void failed(std::size_t count) { failed_ += count; }

  void print();

 private:
  [[nodiscard]] bool contains(time_point t) const { return t >= opens_ && t < closes_; }

  const workload& load_;
  const clock::duration warm_up_;
  const time_point opens_, closes_;
  const std::chrono::duration<double> interval_;
  histogram latencies_;
  std::size_t done_ = 0, failed_ = 0;
  struct cpu_seconds {
    double servers = 0, own = 0;
  };
  [[nodiscard]] cpu_seconds cpu_now() const;
  cpu_seconds at_opening_, at_closing_;
  bool is_open_ = false, is_closed_ = false;
};

}  // namespace troupe::bench
