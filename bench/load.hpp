/// \file
/// The loops of the load generators, closed and open, for the three shapes that clients have. Each writes all keys, then warms up,
/// measures, and prints its figures.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "workload.hpp"

namespace troupe::bench {

/// Performs a batch and returns when all of it is done; how many failed. One thread.
using blocking_client = std::function<std::size_t(std::span<const request>)>;
void run(const workload&, const blocking_client&);

/// A connection on which a batch is under way, or nothing.
class connection {
 public:
  virtual ~connection() = default;
  [[nodiscard]] virtual int fd() const = 0;
  /// Sends it.
  virtual void begin(std::span<const request>) = 0;
  /// Reads once, which blocks if there is nothing. How many of the batch failed, when all of it is answered.
  [[nodiscard]] virtual std::optional<std::size_t> take_in() = 0;
};
/// One thread for all of them: on a machine where everything shares the processors, more would take them from the servers.
void run(const workload&, const std::vector<std::unique_ptr<connection>>&);

/// Starts an operation, and calls back, on any thread, when it is done.
using asynchronous_client = std::function<void(const request&, std::function<void(bool ok)>)>;
void run(const workload&, const asynchronous_client&);

/// The same client, waiting.
[[nodiscard]] blocking_client blocking(const asynchronous_client&);

}  // namespace troupe::bench
