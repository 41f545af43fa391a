/// \file
/// A walk through all entries of a map that runs a processor on each: of each row a page of keys, the processor on each of them, the next page.
///
/// The pages of a row are ordered by key, and each begins behind the last key of the one before. So no key is met twice, however often a page
/// has to be asked for; and each run is a write of a session, which takes effect once. What may be under way is bounded: a page in each of
/// `rows_at_once_max` rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include <troupe/actors/protocol/router/task.hpp>

namespace troupe::protocol {

class entry_walk {
 public:
  static constexpr std::uint32_t rows_at_once_max = 8;

  /// `page_bytes`: of keys.
  entry_walk(blob processor, blob argument, std::uint32_t partition_count, std::uint32_t page_bytes);

  /// The first steps. Each brings the next ones, maybe none, when it is done.
  [[nodiscard]] std::vector<task> begin();
  [[nodiscard]] std::vector<task> after_page(const task& done, const reply& page);
  [[nodiscard]] std::vector<task> after_run(const task& done);

 private:
  struct row_under_way {
    std::size_t unfinished = 0;  // Runs of the page.
    bool more = false;           // There are keys behind it:
    blob last;
  };

  [[nodiscard]] std::vector<task> next_row();
  [[nodiscard]] task page_of(partition_id partition) const;

  blob processor_, argument_;
  std::uint32_t partition_count_;
  std::uint32_t page_bytes_;
  partition_id next_{};
  std::unordered_map<partition_id, row_under_way> rows_;
};

}  // namespace troupe::protocol
