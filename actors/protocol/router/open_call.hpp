/// \file
/// An application's call, while it is open: the errands it is split into, and what they have brought back so far.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <troupe/actors/protocol/router/router.hpp>

namespace troupe::protocol {

/// One operation on one row, on behalf of a call: what has to be asked, whoever will be asked.
struct task {
  operation_kind kind = operation_kind::get;
  partition_id partition;
  bool from_start = false;  ///< scan only
  blob key, value, expected;
  lifetime_choice life{};
  std::uint32_t page_bytes = 0;  ///< scan only
  std::uint64_t entries = 1;     ///< put_all: how many of its entries this one stands for

  /// It is about a key, and not about a row: it has a place in any cluster.
  [[nodiscard]] bool is_on_key() const {
    return kind != operation_kind::count && kind != operation_kind::clear && kind != operation_kind::scan;
  }
  /// Finds its row anew, among so many. Requires: is_on_key().
  void relocate(std::uint32_t partition_count);
};

/// It knows nothing of members and attempts. Invariant: unfinished() is the number of tasks handed out and not yet finished or failed.
class open_call {
 public:
  open_call(call_id id, std::string_view map, map_call what, instant deadline);

  [[nodiscard]] call_id id() const { return id_; }
  [[nodiscard]] const std::string& map() const { return map_; }
  [[nodiscard]] instant deadline() const { return deadline_; }
  [[nodiscard]] std::size_t unfinished() const { return unfinished_; }

  /// Why this call can't be asked for in a cluster of these settings.
  [[nodiscard]] std::optional<failure> objection(const cluster_settings& settings) const;
  /// What to ask, once. Maybe nothing. Requires: !objection().
  [[nodiscard]] std::vector<task> split(std::uint32_t partition_count);

  /// The task is done; a scan may have a next one. `what.result` is ok.
  [[nodiscard]] std::optional<task> finish(const task& done, const reply& what, std::uint32_t partition_count);
  void fail(outcome result, failure why);

  /// What became of the call. Requires: nothing is unfinished. Once.
  [[nodiscard]] map_result take_result() { return std::move(result_); }

 private:
  [[nodiscard]] std::vector<task> tasks(std::uint32_t partition_count);
  [[nodiscard]] std::vector<task> latest_entries(std::uint32_t partition_count);
  [[nodiscard]] std::optional<task> next_page(const task& done, const reply& what, std::uint32_t partition_count);

  call_id id_;
  std::string map_;
  map_call what_;
  instant deadline_;
  map_result result_;
  std::size_t unfinished_ = 0;
  std::size_t page_bytes_ = 0;  // Of the page being gathered.
};

}  // namespace troupe::protocol
