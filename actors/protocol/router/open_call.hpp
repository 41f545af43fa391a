/// \file
/// An application's call, while it is open: the errands it is split into, and what they have brought back so far.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <troupe/actors/protocol/router/entry_walk.hpp>
#include <troupe/actors/protocol/router/router.hpp>

namespace troupe::protocol {

/// Whether it leaves everything as it is, locks included, however it ends.
[[nodiscard]] bool only_reads(const map_call& what);

/// It knows nothing of members and attempts. Invariant: unfinished() is the number of tasks handed out and not yet finished or failed.
class open_call {
 public:
  open_call(call_id id, std::string_view map, map_call what, instant deadline, instant began);
  /// Of the router's own, for the sake of locks: nobody waits for its end. It has one task, which is under way.
  open_call(call_id id, std::string_view map, instant deadline);

  [[nodiscard]] call_id id() const { return id_; }
  [[nodiscard]] const std::string& map() const { return map_; }
  [[nodiscard]] instant deadline() const { return deadline_; }
  /// What it writes waits no longer for locks.
  [[nodiscard]] instant waits_until() const { return waits_until_; }
  /// The hold that it ends, where it unlocks.
  void name_hold(write_number taken_by) { what_.expected = hold_text(taken_by); }
  [[nodiscard]] bool unlocks() const { return what_.what == map_call::kind::single && what_.operation == operation_kind::unlock; }
  [[nodiscard]] const map_call& what() const { return what_; }
  [[nodiscard]] bool is_own() const { return is_own_; }
  [[nodiscard]] bool listens() const { return what_.what == map_call::kind::listen; }
  [[nodiscard]] std::size_t unfinished() const { return unfinished_; }

  /// Why this call can't be asked for in a cluster of these settings.
  [[nodiscard]] std::optional<failure> objection(const cluster_settings& settings) const;
  /// What to ask, once. Maybe nothing. Requires: !objection().
  [[nodiscard]] std::vector<task> split(std::uint32_t partition_count, std::uint32_t walk_page_bytes);

  /// The task is done, by a row of this map; there may be next ones, as of a scan. `what.result` is ok.
  [[nodiscard]] std::vector<task> finish(const task& done, const reply& what, map_id map, std::uint32_t partition_count);
  void fail(outcome result, failure why, const blob& detail = {});

  /// What became of the call. Requires: nothing is unfinished. Once.
  [[nodiscard]] map_result take_result() { return std::move(result_); }

 private:
  /// With what all parts of the call have in common.
  [[nodiscard]] std::vector<task> completed(std::vector<task> all) const;
  [[nodiscard]] std::vector<task> tasks(std::uint32_t partition_count, std::uint32_t walk_page_bytes);
  [[nodiscard]] task listening_task(std::uint32_t partition_count);
  [[nodiscard]] std::vector<task> latest_entries(std::uint32_t partition_count);
  [[nodiscard]] std::vector<task> tasks_on_keys(std::uint32_t partition_count);
  [[nodiscard]] std::vector<task> go_on(const task& done, const reply& what);
  [[nodiscard]] std::optional<task> next_page(const task& done, const reply& what, std::uint32_t partition_count);

  call_id id_;
  std::string map_;
  map_call what_;
  instant deadline_;
  instant waits_until_{};
  bool is_own_ = false;
  map_result result_;
  std::size_t unfinished_ = 0;
  std::size_t page_bytes_ = 0;  // Of the page being gathered.
  std::optional<entry_walk> walk_;  // execute_entries.
};

}  // namespace troupe::protocol
