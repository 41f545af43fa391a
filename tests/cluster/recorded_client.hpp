/// \file
/// A client whose every operation is written down, with what it was told: the histories of real processes, for the checker that judges
/// the simulated ones.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "tests/cluster/connection.hpp"
#include "tests/sim/keyspace.hpp"

namespace troupe::cluster {

/// What all clients of a run asked and heard, in one order that respects real time: each call takes its place before it is sent, each
/// answer when it has come. Thread-safe.
class record_book {
 public:
  explicit record_book(const sim::keyspace_options& keys);

  /// An operation, as it is sent and as it is remembered.
  struct question {
    sim::operation_no number;
    std::string map;
    map_call what;
  };
  [[nodiscard]] question draw(sim::dice& rng);
  /// A get of a key in use; of each in turn.
  [[nodiscard]] std::vector<question> draw_last_reads();
  void answered(const question& asked, const map_result& told);

  struct totals {
    std::uint64_t ok = 0, not_applied = 0, indeterminate = 0;
  };
  [[nodiscard]] totals counts() const;

  struct judgement {
    std::size_t keys = 0, undecided = 0;
    std::vector<std::string> violations;  ///< each with its history
  };
  /// Requires: nobody asks any more.
  [[nodiscard]] judgement judge() const;

 private:
  [[nodiscard]] question ask(std::size_t key, operation_kind kind);

  mutable std::mutex mutex_;
  std::vector<std::string> maps_;
  sim::keyspace keys_;
  totals counts_;
};

/// Asks at random, a few at a time, from its own thread and through its own connection, until it is stopped.
class recorded_client {
 public:
  recorded_client(record_book& book, const std::string& cluster, std::vector<address> members, std::uint64_t seed);
  /// What is in flight ends as it may.
  ~recorded_client();
  recorded_client(const recorded_client&) = delete;
  recorded_client& operator=(const recorded_client&) = delete;

 private:
  void run(std::uint64_t seed);

  record_book& book_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t in_flight_ = 0;
  std::atomic<bool> stopped_ = false;
  std::unique_ptr<connection> wire_;
  std::thread thread_;
};

}  // namespace troupe::cluster
