#include "tests/actors/map_past.hpp"

#include <algorithm>
#include <utility>

namespace troupe::test::model {

void map_past::note(const std::string& key, const values& meanwhile, const values& then, const span& when) {
  auto& versions = keys_[key];
  for (const auto* some : {&meanwhile, &then}) {
    for (const auto& v : *some) {
      auto& known = versions.try_emplace(v, version{when.from, when.to}).first->second;
      known.until = std::max(known.until, when.to);
      if (!std::exchange(known.is_possible, true)) known.passed_by.clear();
    }
  }
  for (auto& [v, known] : versions) known.is_possible = then.contains(v);
}

void map_past::may_come(const std::string& key, const value& what, milliseconds called) {
  if (what) keys_[key].try_emplace(what, version{called, called});
}

bool map_past::may_tell(const std::string& key, const value& what, std::size_t reader, partition_id where, milliseconds asked,
                        milliseconds age_max) const {
  const auto known = keys_.find(key);
  if (known == keys_.end()) return !what;
  const auto at = known->second.find(what);
  if (at == known->second.end()) return false;
  const auto& v = at->second;
  if (v.is_possible) return true;
  if (v.passed_by.contains(reader) || (age_max != never && v.until + age_max < asked)) return false;
  const auto seen = seen_.find({reader, where});
  return seen == seen_.end() || v.until >= seen->second;
}

void map_past::has_seen(std::size_t reader, const std::string& key, partition_id where, milliseconds asked) {
  auto& seen = seen_[{reader, where}];
  seen = std::max(seen, asked);
  for (auto& [v, known] : keys_[key]) {
    if (!known.is_possible) known.passed_by.insert(reader);
  }
}

void map_past::has_told(std::size_t reader, const std::string& key, partition_id where, const value& what) {
  if (!what) return;  // That nothing is there has been so more than once.
  auto& versions = keys_[key];
  const auto since = versions[what].since;
  const auto is_latest = versions[what].is_possible;
  auto& seen = seen_[{reader, where}];
  seen = std::max(seen, since);
  for (auto& [v, known] : versions) {
    if (v != what && !known.is_possible && (is_latest || known.until <= since)) known.passed_by.insert(reader);
  }
}

void map_past::forget_before(milliseconds moment) {
  for (auto& [key, versions] : keys_) {
    std::erase_if(versions, [moment](const auto& v) { return !v.second.is_possible && v.second.until < moment; });
  }
}

void map_past::begin_anew(partition_id where) {
  std::erase_if(seen_, [where](const auto& s) { return s.first.second == where; });
}

}  // namespace troupe::test::model
