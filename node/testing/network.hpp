/// \file
/// The network of a test's cluster: what is under way between its processes, how long it takes, and which directions are cut. It owns what has not arrived
/// yet, and knows nothing of what that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include <troupe/node/testing/cluster.hpp>

namespace troupe::test {

/// Processes are named by their index. As over TCP, what one sends to another arrives in order.
class network {
 public:
  /// Throws std::invalid_argument for settings that can't be.
  explicit network(const network_settings& settings);

  struct parcel {
    std::size_t from, to;
    std::function<void()> arrival;
  };
  void send(parcel what, instant now);
  /// When the next one arrives, or is lost.
  [[nodiscard]] std::optional<instant> next() const;
  /// The next one that has arrived by now; those before it whose direction is cut are lost.
  [[nodiscard]] std::optional<parcel> take_arrived(instant now);

  void cut(std::size_t from, std::size_t to) { cuts_.emplace(from, to); }
  /// Both ways.
  [[nodiscard]] bool reaches(std::size_t a, std::size_t b) const { return !cuts_.contains({a, b}) && !cuts_.contains({b, a}); }
  /// Ends all cuts. Between which processes something was lost: the lesser index first.
  std::set<std::pair<std::size_t, std::size_t>> heal();

 private:
  using direction = std::pair<std::size_t, std::size_t>;  ///< from, to

  [[nodiscard]] duration transit(const direction& d);

  network_settings settings_;
  std::mt19937_64 random_;
  std::multimap<instant, parcel> under_way_;  ///< what arrives at the same time: in the order of sending
  std::map<direction, instant> latest_;       ///< when the latest one arrives there
  std::set<direction> cuts_;
  std::set<std::pair<std::size_t, std::size_t>> broken_;
};

}  // namespace troupe::test
