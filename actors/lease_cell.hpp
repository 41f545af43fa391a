/// \file
/// Where the membership actor publishes the lease and the partition actors, on other threads, read it. No lock.
#pragma once

#include <atomic>
#include <cstdint>

#include <troupe/actors/protocol/lease.hpp>

namespace troupe {

/// One writer, any number of readers. A reader never sees parts of two leases.
class lease_cell {
 public:
  void publish(const protocol::lease& l) {
    const auto turn = turn_.load(std::memory_order_relaxed);
    turn_.store(turn + 1, std::memory_order_relaxed);  // Odd: being written.
    // Who sees one of these values sees that turn too, or a later one.
    number_.store(l.view.number.value(), std::memory_order_release);
    digest_.store(l.view.digest, std::memory_order_release);
    until_.store(l.until.time_since_epoch().count(), std::memory_order_release);
    turn_.store(turn + 2, std::memory_order_release);
  }

  [[nodiscard]] protocol::lease read() const {
    for (;;) {
      const auto before = turn_.load(std::memory_order_acquire);
      protocol::lease l{{view_number{number_.load(std::memory_order_acquire)}, digest_.load(std::memory_order_acquire)},
                        instant{duration{until_.load(std::memory_order_acquire)}}};
      if (before % 2 == 0 && turn_.load(std::memory_order_relaxed) == before) return l;
    }
  }

 private:
  std::atomic<std::uint64_t> turn_{0};
  std::atomic<std::uint64_t> number_{0};
  std::atomic<std::uint64_t> digest_{0};
  std::atomic<duration::rep> until_{0};
};

}  // namespace troupe
