/// \file
/// Entries stored by a client while other things happen: many in flight, at a bounded rate, each with a known outcome.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/connection.hpp"

namespace troupe::cluster {

struct workload_plan {
  std::string map = "one";
  std::string prefix = "k";  ///< of the keys
  std::size_t entries = 3000;
  std::size_t per_second = 1500;
  std::size_t in_flight_max = 128;
  operation_kind operation = operation_kind::set;
};

/// How the operations ended.
struct tally {
  std::size_t acknowledged = 0;
  std::size_t not_applied = 0;
  std::size_t indeterminate = 0;
  std::vector<std::string> reasons;  ///< of the failures, the first few

  [[nodiscard]] std::size_t failed() const { return not_applied + indeterminate; }
};

/// What became of the acknowledged entries.
struct comparison {
  std::size_t verified = 0;
  std::size_t missing = 0;
  std::size_t different = 0;
  std::size_t unread = 0;  ///< the get failed

  friend bool operator==(const comparison&, const comparison&) = default;
};

/// All of `n` there, and right.
[[nodiscard]] inline comparison all_of(std::size_t n) { return {n, 0, 0, 0}; }
std::ostream& operator<<(std::ostream&, const comparison&);

class workload {
 public:
  /// Begins at once, on a thread of its own. `through` must outlive it.
  workload(connection& through, workload_plan plan);
  /// Submits no more, and waits for the answers that are due.
  ~workload();

  /// False: the time passed before so many were acknowledged.
  [[nodiscard]] bool wait_for_acknowledged(std::size_t n);
  /// Some of it is still to be done.
  [[nodiscard]] bool is_running() const;
  /// Waits until all entries have an outcome.
  tally finish();
  /// Submits no more, and waits until what was submitted has an outcome.
  tally finish_early();
  /// Reads all acknowledged entries. Requires: it is finished.
  [[nodiscard]] comparison verify(connection& reader) const;

 private:
  enum class fate : std::uint8_t { unknown, acknowledged, failed };

  void run();
  bool start(std::size_t index);
  void cancel();
  void ended(std::size_t index, const map_result& result);
  void verify(connection& reader, std::size_t begin, std::size_t end, comparison& found) const;
  [[nodiscard]] std::string key(std::size_t index) const;
  [[nodiscard]] std::string value(std::size_t index) const;

  connection& through_;
  const workload_plan plan_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<fate> fates_;
  tally tally_;
  std::size_t in_flight_ = 0;
  bool cancelled_ = false;
  std::thread thread_;
};

}  // namespace troupe::cluster
