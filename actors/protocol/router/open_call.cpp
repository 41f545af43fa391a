#include <troupe/actors/protocol/router/open_call.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <troupe/actors/protocol/router/scan_cursor.hpp>
#include <troupe/actors/protocol/row/entry_processors.hpp>
#include <troupe/messages/types/partitioning.hpp>

namespace troupe::protocol {

namespace {

constexpr std::size_t map_name_bytes_max = 255;
/// What an answer is given to arrive, at most.
constexpr duration answer_time_max = milliseconds{200};

std::optional<failure> objection_to(const blob& key, const blob& value, const size_limits& limits) {
  if (key.size() > limits.key_bytes_max) return failure::key_too_large;
  if (value.size() > limits.value_bytes_max) return failure::value_too_large;
  return std::nullopt;
}

std::optional<failure> objection_to_name(const blob& processor) {
  if (processor.empty() || processor.size() > processor_name_bytes_max) return failure::unknown_processor;
  return std::nullopt;
}

task on_key(operation_kind kind, blob key, std::uint32_t partition_count) {
  task t;
  t.kind = kind;
  t.key = std::move(key);
  t.relocate(partition_count);
  return t;
}

task scan_from(const scan_cursor& cursor, std::uint32_t page_bytes, bool keys_only) {
  task t;
  t.kind = operation_kind::scan;
  t.partition = cursor.partition;
  t.from_start = !cursor.after;
  t.key = cursor.after.value_or(blob{});
  t.page_bytes = page_bytes;
  t.keys_only = keys_only;
  return t;
}

/// An operation on whole rows is a call on all of them.
map_call::kind kind_of(const map_call& what) {
  if (what.what != map_call::kind::single) return what.what;
  switch (what.operation) {
    case operation_kind::count: return map_call::kind::size;
    case operation_kind::clear: return map_call::kind::clear;
    case operation_kind::scan: return map_call::kind::scan;
    default: return map_call::kind::single;
  }
}

std::vector<task> on_each_row(operation_kind kind, std::uint32_t partition_count) {
  std::vector<task> all(partition_count);
  for (std::uint32_t p = 0; p < partition_count; ++p) {
    all[p].kind = kind;
    all[p].partition = partition_id{p};
  }
  return all;
}

}  // namespace

bool only_reads(const map_call& what) {
  switch (kind_of(what)) {
    case map_call::kind::single: return is_read(what.operation);
    case map_call::kind::get_all:
    case map_call::kind::size:
    case map_call::kind::scan:
    case map_call::kind::listen: return true;
    case map_call::kind::put_all:
    case map_call::kind::clear:
    case map_call::kind::execute_keys:
    case map_call::kind::execute_entries: return false;
  }
  return false;
}

void task::relocate(std::uint32_t partition_count) { partition = partition_of(key.view(), partition_count); }

open_call::open_call(call_id id, std::string_view map, map_call what, instant deadline, instant began)
    : id_(id), map_(map), what_(std::move(what)), deadline_(deadline) {
  what_.what = kind_of(what_);
  // The answer that it has waited in vain shall arrive before the deadline.
  const auto latest = deadline - std::min((deadline - began) / 4, answer_time_max);
  waits_until_ = what_.wait < std::chrono::floor<milliseconds>(latest - began) ? began + std::max(what_.wait, milliseconds{}) : latest;
}

open_call::open_call(call_id id, std::string_view map, instant deadline) : id_(id), map_(map), deadline_(deadline), is_own_(true), unfinished_(1) {}

std::optional<failure> open_call::objection(const cluster_settings& settings) const {
  if (map_.empty() || map_.size() > map_name_bytes_max) return failure::bad_name;
  const auto& limits = settings.limits;
  if (!is_possible(what_.life)) return failure::bad_lifetime;
  switch (what_.what) {
    case map_call::kind::single:
      if (runs_processor(what_.operation)) {
        if (auto why = objection_to_name(what_.processor)) return why;
      }
      if ((what_.operation == operation_kind::lock || what_.operation == operation_kind::unlock) && what_.owner == owner_number{}) return failure::not_owner;
      if (auto why = objection_to(what_.key, what_.value, limits)) return why;
      return objection_to({}, what_.expected, limits);
    case map_call::kind::get_all:
      for (const auto& k : what_.keys) {
        if (auto why = objection_to(k, {}, limits)) return why;
      }
      return std::nullopt;
    case map_call::kind::put_all:
      for (const auto& e : what_.entries) {
        if (auto why = objection_to(e.key, e.value, limits)) return why;
      }
      return std::nullopt;
    case map_call::kind::execute_keys:
      for (const auto& k : what_.keys) {
        if (auto why = objection_to(k, what_.value, limits)) return why;
      }
      return objection_to_name(what_.processor);
    case map_call::kind::execute_entries:
      if (auto why = objection_to({}, what_.value, limits)) return why;
      return objection_to_name(what_.processor);
    case map_call::kind::scan:
      if (!parse_cursor(what_.cursor, settings.partition_count)) return failure::bad_cursor;
      return std::nullopt;
    case map_call::kind::listen:
      if (what_.listening.partition.value() >= settings.partition_count) return failure::wrong_partition;
      if (!what_.processor.empty()) {
        if (auto why = objection_to_name(what_.processor)) return why;
      }
      return objection_to(what_.key, what_.value, limits);
    case map_call::kind::size:
    case map_call::kind::clear: return std::nullopt;
  }
  return std::nullopt;
}

std::vector<task> open_call::split(std::uint32_t partition_count, std::uint32_t walk_page_bytes) {
  auto all = completed(tasks(partition_count, walk_page_bytes));
  unfinished_ = all.size();
  return all;
}

std::vector<task> open_call::completed(std::vector<task> all) const {
  for (auto& t : all) {
    t.copies_min = what_.copies_min;
    t.owner = what_.owner;
  }
  return all;
}

std::vector<task> open_call::tasks(std::uint32_t partition_count, std::uint32_t walk_page_bytes) {
  std::vector<task> all;
  switch (what_.what) {
    case map_call::kind::single:
      all.push_back(on_key(what_.operation, std::move(what_.key), partition_count));
      all.back().value = std::move(what_.value);
      all.back().expected = std::move(what_.expected);
      all.back().life = what_.life;
      all.back().processor = std::move(what_.processor);
      return all;
    case map_call::kind::get_all:
      for (auto& k : what_.keys) all.push_back(on_key(operation_kind::get, std::move(k), partition_count));
      return all;
    case map_call::kind::put_all: return latest_entries(partition_count);
    case map_call::kind::size: return on_each_row(operation_kind::count, partition_count);
    case map_call::kind::clear: return on_each_row(operation_kind::clear, partition_count);
    case map_call::kind::scan:
      all.push_back(scan_from(parse_cursor(what_.cursor, partition_count).value_or(scan_cursor{}), what_.page_bytes, what_.keys_only));
      return all;
    case map_call::kind::execute_keys: return tasks_on_keys(partition_count);
    case map_call::kind::execute_entries:
      walk_.emplace(std::move(what_.processor), std::move(what_.value), partition_count, walk_page_bytes);
      return walk_->begin();
    case map_call::kind::listen: all.push_back(listening_task(partition_count)); return all;
  }
  return all;
}

task open_call::listening_task(std::uint32_t partition_count) {
  task t;
  t.kind = operation_kind::listen;
  t.listening = what_.listening;
  t.partition = what_.listening.partition;
  t.key = std::move(what_.key);
  t.processor = std::move(what_.processor);
  t.value = std::move(what_.value);
  t.page_bytes = what_.page_bytes;
  if (t.listening.by_key) t.relocate(partition_count);
  return t;
}

/// Parts of a call may take effect in any order: of several values for one key only the last may be asked for.
std::vector<task> open_call::latest_entries(std::uint32_t partition_count) {
  std::vector<task> all;
  std::unordered_map<std::string_view, std::size_t> task_of;
  for (auto& e : what_.entries) {
    const auto [at, is_new] = task_of.try_emplace(e.key.view(), all.size());
    if (is_new) {
      all.push_back(on_key(operation_kind::set, e.key, partition_count));
      all.back().life = what_.life;
    } else {
      ++all[at->second].entries;
    }
    all[at->second].value = std::move(e.value);
  }
  what_.entries.clear();
  return all;
}

/// A key that is named twice is one key.
std::vector<task> open_call::tasks_on_keys(std::uint32_t partition_count) {
  std::vector<task> all;
  std::unordered_set<std::string_view> known;
  for (const auto& k : what_.keys) {
    if (!known.insert(k.view()).second) continue;
    all.push_back(on_key(operation_kind::execute, k, partition_count));
    all.back().value = what_.value;
    all.back().processor = what_.processor;
  }
  return all;
}

std::vector<task> open_call::finish(const task& done, const reply& what, map_id map, std::uint32_t partition_count) {
  --unfinished_;
  switch (what_.what) {
    case map_call::kind::single:
      result_.found = what.found;
      result_.value = what.value;
      result_.number = what.number;
      result_.epoch = what.epoch;
      result_.seq = what.seq;
      result_.copies = what.copies;
      result_.held_by = what.held_by;
      result_.facts = what.facts;
      return {};
    case map_call::kind::get_all:
      if (what.found) result_.entries.push_back({done.key, what.value});
      return {};
    case map_call::kind::put_all: result_.number += done.entries; return {};
    case map_call::kind::size:
    case map_call::kind::clear: result_.number += what.number; return {};
    case map_call::kind::scan:
      if (auto next = next_page(done, what, partition_count)) return {*std::move(next)};
      return {};
    case map_call::kind::execute_keys:
      ++result_.number;
      result_.entries.push_back({done.key, what.value});
      return {};
    case map_call::kind::execute_entries: return go_on(done, what);
    case map_call::kind::listen:
      result_.events = what.events;
      result_.epoch = what.epoch;
      result_.seq = what.seq;
      result_.map = map;
      result_.partition = done.partition;
      result_.partition_count = partition_count;
      return {};
  }
  return {};
}

/// The next steps of the walk; none after a failure: what nobody has begun then is left alone.
std::vector<task> open_call::go_on(const task& done, const reply& what) {
  const auto is_run = done.kind != operation_kind::scan;
  if (is_run && what.found) {
    ++result_.number;
    result_.entries.push_back({done.key, what.value});
  }
  if (result_.result != outcome::ok) return {};
  auto next = is_run ? walk_->after_run(done) : walk_->after_page(done, what);
  unfinished_ += next.size();
  return completed(std::move(next));
}

std::optional<task> open_call::next_page(const task& done, const reply& what, std::uint32_t partition_count) {
  for (const auto& e : what.page) page_bytes_ += e.key.size() + e.value.size();
  result_.entries.insert(result_.entries.end(), what.page.begin(), what.page.end());
  scan_cursor next{done.partition.next(), std::nullopt};
  if (what.more && !what.page.empty()) {
    next = {done.partition, what.page.back().key};
  } else if (next.partition.value() >= partition_count) {
    return std::nullopt;
  }
  if (page_bytes_ >= what_.page_bytes || next.after) {
    result_.cursor = to_string(next);
    return std::nullopt;
  }
  ++unfinished_;
  return scan_from(next, what_.page_bytes - static_cast<std::uint32_t>(page_bytes_), what_.keys_only);
}

void open_call::fail(outcome result, failure why, const blob& detail) {
  --unfinished_;
  if (what_.may_find_locked && result == outcome::not_applied && why == failure::locked) return;
  const bool is_worse = result_.result == outcome::ok || (result == outcome::indeterminate && result_.result != outcome::indeterminate);
  if (!is_worse) return;
  result_.result = result;
  result_.why = why;
  result_.detail = detail;
}

}  // namespace troupe::protocol
