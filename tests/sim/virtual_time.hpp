/// \file
/// Virtual time: one true time line that no process can see, a queue of what is going to happen, and the crooked clocks that processes
/// do see.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <troupe/messages/types/time.hpp>

namespace troupe::sim {

/// The true time line. A type of its own, so that it can't be taken for what a process reads from its clock.
struct virtual_clock {
  using duration = troupe::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<virtual_clock, duration>;
  static constexpr bool is_steady = true;
};
using virtual_time = virtual_clock::time_point;

/// A process's clock: starts anywhere and runs at its own rate. Rates of any two differ by less than 5%.
class drifting_clock {
 public:
  drifting_clock() = default;
  drifting_clock(virtual_time started, instant shows, double rate) : started_(started), shows_(shows), rate_(rate) {}

  [[nodiscard]] instant read(virtual_time now) const {
    return shows_ + duration{static_cast<duration::rep>(static_cast<double>((now - started_).count()) * rate_)};
  }
  /// From now on it runs at another rate; what it shows does not jump.
  void change_rate(virtual_time now, double rate) { *this = {now, read(now), rate}; }
  /// How long a span of this clock takes in truth, rounded up.
  [[nodiscard]] duration true_span(duration shown) const {
    return duration{static_cast<duration::rep>(static_cast<double>(shown.count()) / rate_) + 1};
  }

 private:
  virtual_time started_;
  instant shows_;
  double rate_ = 1.0;
};

/// What is going to happen, earliest first; of equal times, first planned first.
template <class Event>
class agenda {
 public:
  void plan(virtual_time when, Event what) {
    heap_.push_back({when, planned_++, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] virtual_time next_time() const { return heap_.front().when; }
  /// Requires: !empty().
  Event take() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Event result = std::move(heap_.back().what);
    heap_.pop_back();
    return result;
  }

 private:
  struct entry {
    virtual_time when;
    std::uint64_t order;
    Event what;
  };
  static bool later(const entry& a, const entry& b) { return a.when != b.when ? a.when > b.when : a.order > b.order; }

  std::vector<entry> heap_;
  std::uint64_t planned_ = 0;
};

}  // namespace troupe::sim
