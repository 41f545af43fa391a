#include <troupe/actors/protocol/router/entry_walk.hpp>

#include <utility>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

entry_walk::entry_walk(blob processor, blob argument, std::uint32_t partition_count, std::uint32_t page_bytes)
    : processor_(std::move(processor)), argument_(std::move(argument)), partition_count_(partition_count), page_bytes_(page_bytes) {}

task entry_walk::page_of(partition_id partition) const {
  task t;
  t.kind = operation_kind::scan;
  t.partition = partition;
  t.from_start = true;
  t.page_bytes = page_bytes_;
  t.keys_only = true;
  t.is_of_walk = true;
  return t;
}

std::vector<task> entry_walk::begin() {
  std::vector<task> all;
  while (next_.value() < partition_count_ && all.size() < rows_at_once_max) {
    all.push_back(page_of(next_));
    next_ = next_.next();
  }
  return all;
}

std::vector<task> entry_walk::next_row() {
  if (next_.value() >= partition_count_) return {};
  std::vector<task> one{page_of(next_)};
  next_ = next_.next();
  return one;
}

std::vector<task> entry_walk::after_page(const task& done, const reply& page) {
  if (page.page.empty()) return next_row();
  rows_[done.partition] = {page.page.size(), page.more && !TROUPE_MUTATED(walk_ends_with_first_page), page.page.back().key};
  std::vector<task> runs;
  runs.reserve(page.page.size());
  for (const auto& entry : page.page) {
    task t;
    t.kind = operation_kind::execute_if_present;
    t.partition = done.partition;
    t.key = entry.key;
    t.value = argument_;
    t.processor = processor_;
    t.is_of_walk = true;
    runs.push_back(std::move(t));
  }
  return runs;
}

std::vector<task> entry_walk::after_run(const task& done) {
  const auto at = rows_.find(done.partition);
  TROUPE_INVARIANT(0, at != rows_.end() && at->second.unfinished > 0);
  if (--at->second.unfinished > 0) return {};
  const auto row = std::move(at->second);
  rows_.erase(at);
  if (!row.more) return next_row();
  auto next = page_of(done.partition);
  next.from_start = false;
  next.key = row.last;
  return {std::move(next)};
}

}  // namespace troupe::protocol
