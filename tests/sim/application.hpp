/// \file
/// An application: asks maps at random, a few calls in flight at a time, and writes into the history what it asked and heard.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/sim/caller.hpp"
#include "tests/sim/keyspace.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {

struct application_options {
  std::size_t in_flight_max = 3;
  duration think_max = milliseconds{40};
  duration patience_min = milliseconds{1500};  ///< deadline of a call
  duration patience_max = seconds{8};
  std::size_t value_bytes_max = 200;
  bool limited_lives = false;  ///< some lifetimes are set anew
  std::set<std::string> counted_maps{};  ///< those that keep statistics for each entry
  bool processors = false;     ///< entries are processed
  bool asks_for_copies = false;  ///< some writes say how many members must hold them
  bool cancels = false;        ///< some calls are taken back while they are in flight
};

/// Counts over all applications of a run.
struct operation_totals {
  std::uint64_t called = 0, ok = 0, not_applied = 0, indeterminate = 0, abandoned = 0, cancelled = 0;
  std::uint64_t overloaded = 0;  ///< of those not applied or indeterminate: some queue was full
  std::uint64_t out_of_memory = 0;  ///< of those, too: some member had passed its memory limit
  std::uint64_t forgotten = 0;  ///< of the indeterminate ones: the row had forgotten the session
  std::uint64_t repeated = 0;   ///< attempts of writes while the fate of an earlier one was open
  std::uint64_t processed = 0;  ///< of those that are ok: a processor on one key, each checked to have taken effect once
  /// Cut short by the end of the caller's own process; counted above, too.
  std::uint64_t ended_with_process = 0;
};

class application {
 public:
  application(world& around, caller& maps, keyspace& keys, operation_totals& totals, const application_options&, dice rng);
  application(const application&) = delete;
  application& operator=(const application&) = delete;

  /// Asks something, if it may, and says when it wants the next turn.
  duration turn();
  /// Reads one key, for the record.
  void read(std::size_t key);
  void stop() { stopped_ = true; }
  /// The process below has died: what was in flight stays open for ever.
  void bereaved();
  [[nodiscard]] bool idle() const { return open_.empty(); }
  [[nodiscard]] std::size_t calls_open() const { return open_.size(); }

 private:
  /// One operation of a call that is in flight.
  struct part {
    operation_no number;
    operation_kind kind;
    blob key, value;
    int fates_open = 0;  ///< times that it was sent without a definite answer since
    request_number request;
    row_id row;          ///< that it was sent to,
    write_stamp stamp;   ///< and as which write
  };
  struct open_call {
    std::vector<part> parts;
    std::optional<keyspace::sweep_no> sweep{};
    bool is_scan = false;
    bool is_walk = false;  ///< of the sweep: it runs a processor
    std::uint8_t copies_min = 0;
    protocol::call_id call{};
    std::optional<virtual_time> cancelled_at{};  ///< will be
  };

  [[nodiscard]] operation_kind draw_kind();
  /// Some reads of values ask for all that is known of the entry: drawn without dice, so that all else stays as it was.
  [[nodiscard]] operation_kind varied(operation_kind drawn);
  void check_view(const part&, const protocol::map_result& what) const;
  void ask_single(std::size_t key, operation_kind kind);
  void ask_many(std::size_t key, bool write);
  void ask_clear(const std::string& map);
  void ask_scan(const std::string& map);
  void ask_process_all(const std::string& map);
  void ask_process(std::size_t key);
  [[nodiscard]] std::vector<std::size_t> draw_neighbours(std::size_t key);
  void issue(const std::string& map, protocol::map_call what, open_call parts);
  void cancel_some();
  void finished(std::uint64_t number, const protocol::map_result& what);
  void conclude(const part&, const protocol::map_result& what);
  [[nodiscard]] bool note_run(const part&, const protocol::map_result& what);
  void note_known(const operation_no&);
  [[nodiscard]] real_time_order known_since(std::size_t key) const;
  void conclude_sweep(keyspace::sweep_no, bool is_walk, const protocol::map_result& what);
  part add_part(std::size_t key, operation_kind kind, value_no argument, value_no expected, const blob& value, duration asked_at);
  [[nodiscard]] duration now() const { return around_.now().time_since_epoch(); }

  void sent(const operation& what);
  void replied(const reply& what);
  void not_sent(request_number which);
  template <class Wanted>
  part* find_part(Wanted wanted);

  world& around_;
  caller& maps_;
  keyspace& keys_;
  operation_totals& totals_;
  application_options options_;
  dice rng_;
  dice regrets_;  ///< what is cancelled, and when: all else is as without
  bool stopped_ = false;
  std::uint64_t next_call_ = 1;
  std::uint64_t gets_ = 0;
  std::map<std::uint64_t, open_call> open_;
  std::unordered_map<std::size_t, real_time_order> known_since_;  ///< by key
};

}  // namespace troupe::sim
