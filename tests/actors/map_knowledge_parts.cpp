// What is learned from answers to calls on several keys, or on the whole map.
#include "tests/actors/map_knowledge.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace troupe::test::model {

std::set<std::string> map_knowledge::keys_of(const request& r) const {
  if (is_of_one_key(r.what)) return {r.key};
  std::set<std::string> all{r.keys.begin(), r.keys.end()};
  for (const auto& [k, v] : r.pairs) all.insert(k);
  if (all.empty()) {
    for (const auto& [k, list] : keys_) all.insert(k);
  }
  return all;
}

/// A call on several keys that has succeeded is one on each of them.
difference map_knowledge::learn_of_parts(const observation& o) {
  switch (o.asked.what) {
    case kind::get_all: return learn_pairs(o, kind::get);
    case kind::entries:
    case kind::keys: return learn_pairs(o, o.asked.what);
    case kind::execute_on_keys:
    case kind::execute_on_entries: return learn_pairs(o, kind::execute_on_key);
    case kind::put_all: {
      if (o.got.number != o.asked.pairs.size())
        return "put_all stored " + std::to_string(o.got.number) + " of " + std::to_string(o.asked.pairs.size());
      std::map<std::string, std::string> last;
      for (const auto& [k, v] : o.asked.pairs) last.insert_or_assign(k, v);
      for (const auto& [k, v] : last) {
        auto part = part_of(o.asked, kind::set, k);
        part.value = v;
        answer done;
        done.number = o.copies;
        if (auto d = learn_of_key(k, {part, done, o.when, o.is_calm, o.copies, o.reader})) return d;
      }
      return std::nullopt;
    }
    case kind::clear: return learn_clear(o);
    default: return learn_count(o);
  }
}

/// `entries` and `keys` are no operations on a key, and so tell without asking: what is not locked may die meanwhile, and idle goes on.
difference map_knowledge::learn_pairs(const observation& o, kind part) {
  std::map<std::string, std::string> got;
  for (const auto& [k, v] : o.got.pairs) {
    const auto times =
        static_cast<std::ptrdiff_t>(o.asked.what == kind::get_all ? std::count(o.asked.keys.begin(), o.asked.keys.end(), k) : 1);
    const auto comes = std::count_if(o.got.pairs.begin(), o.got.pairs.end(), [&key = k](const auto& p) { return p.first == key; });
    if (times != comes) return "key " + k + " comes " + std::to_string(comes) + " times, and should " + std::to_string(times);
    got.emplace(k, v);
  }
  std::set<std::string> asked{o.asked.keys.begin(), o.asked.keys.end()};
  const auto is_scan = o.asked.what == kind::entries || o.asked.what == kind::keys;
  if (is_scan && o.is_calm && !may_be_locked()) {
    std::map<partition_id, std::uint64_t> rows;
    for (const auto& [k, v] : got) {
      if (++rows[partition_of(k)] > bound_.most) return "a row has more than the " + std::to_string(bound_.most) + " entries that are its share: " + to_string(o.got);
    }
  }
  if (is_scan || o.asked.what == kind::execute_on_entries) {
    for (const auto& [k, list] : keys_) asked.insert(k);
    for (const auto& [k, v] : got) asked.insert(k);
  }
  for (const auto& key : asked) {
    const auto found = got.find(key);
    const auto is_there = found != got.end();
    if (part != kind::get && (part != kind::execute_on_key || (o.asked.what == kind::execute_on_entries && !is_there))) {
      if (auto d = learn_of_scan(key, is_there ? &found->second : nullptr, o)) return d;
      continue;
    }
    answer one;
    if (is_there) one.value = found->second;
    if (auto d = learn_of_key(key, {part_of(o.asked, part, key), one, o.when, o.is_calm, o.copies, o.reader})) return d;
  }
  return std::nullopt;
}

difference map_knowledge::learn_of_scan(const std::string& key, const std::string* found, const observation& o) {
  possibilities left;
  for (const auto& p : at(key)) {
    for (auto& u : unfold(key, p, o.when)) {
      const auto has_value = [&](const std::string& v) { return o.asked.what == kind::keys || v == *found; };
      const auto fits = found != nullptr ? u.state.entry && has_value(u.state.entry->value) : !u.state.entry;
      if (fits) add_new(left, std::move(u));
    }
  }
  if (left.empty())
    return "key " + key + (found != nullptr ? " has '" + *found + "'" : " is left out") + "; by the model it may be:\n" + describe(key);
  replace(key, std::move(left), o.when);
  return std::nullopt;
}

/// `within_bounds`: no row has more than its share.
std::pair<std::uint64_t, std::uint64_t> map_knowledge::entries_between(const span& when, bool within_bounds) const {
  std::map<partition_id, std::pair<std::uint64_t, std::uint64_t>> rows;
  for (const auto& [key, list] : keys_) {
    auto& [fewest, most] = rows[partition_of(key)];
    bool may_be = false, may_not = false;
    for (const auto& p : list) {
      for (const auto& u : unfold(key, p, when)) (u.state.entry ? may_be : may_not) = true;
    }
    fewest += may_not ? 0 : 1;
    most += may_be ? 1 : 0;
  }
  std::uint64_t fewest = 0, most = 0;
  for (const auto& [partition, row] : rows) {
    fewest += row.first;
    most += within_bounds ? std::min(row.second, bound_.most) : row.second;
  }
  return {fewest, most};
}

difference map_knowledge::learn_count(const observation& o) {
  const auto [fewest, most] = entries_between(o.when, o.is_calm && !may_be_locked());
  count_answer(fewest == most);
  const auto fits = o.asked.what == kind::is_empty ? (o.got.flag ? fewest == 0 : most > 0) : fewest <= o.got.number && o.got.number <= most;
  if (fits) return std::nullopt;
  return std::string{to_string(o.asked.what)} + " answered " + to_string(o.got) + "; by the model there are " + std::to_string(fewest) +
         " to " + std::to_string(most) + " entries";
}

difference map_knowledge::learn_clear(const observation& o) {
  std::uint64_t fewest = 0, most = 0;
  for (auto& [key, list] : keys_) {
    bool may_go = false, may_stay = false;
    possibilities left;
    for (const auto& p : list) {
      for (auto& u : unfold(key, p, o.when)) {
        (clear_key(u.state) ? may_go : may_stay) = true;
        add_new(left, std::move(u));
      }
    }
    replace(key, std::move(left), o.when);
    fewest += may_stay ? 0 : 1;
    most += may_go ? 1 : 0;
  }
  count_answer(fewest == most);
  if (fewest <= o.got.number && o.got.number <= most) return std::nullopt;
  return "clear removed " + std::to_string(o.got.number) + "; by the model " + std::to_string(fewest) + " to " + std::to_string(most);
}

/// Parts were refused, for reasons that the map itself has: the others are done all the same, but a walk through all entries ends with the
/// first failure. The processors of a call on several keys may have done some or all.
difference map_knowledge::learn_partial(const observation& o) {
  const auto is_locked = o.got.why == failure::locked && waits_for_locks(o.asked.what);
  const auto has_thrown = o.got.why == failure::processor_failed && o.asked.processor.what == rewrite::fail;
  if (!is_locked && !has_thrown) return "answered " + to_string(o.got) + ", for which the model knows no reason";
  bool is_explained = has_thrown;
  for (const auto& key : keys_of(o.asked)) {
    const auto part = part_of(o.asked, key);
    possibilities left;
    for (const auto& p : at(key)) {
      for (auto& u : unfold(key, p, o.when)) {
        is_explained = is_explained || must_wait(u.state, part);
        auto done = u;
        const auto can_be_done = do_part(done.state, part, {o.when, rules_.life});
        if (can_be_done) add_new(left, std::move(done));
        if (!can_be_done || o.asked.what != kind::put_all || !o.is_calm) add_new(left, std::move(u));
      }
    }
    replace(key, std::move(left), o.when);
  }
  if (!is_explained) return "answered " + to_string(o.got) + ", and by the model nothing is locked";
  return std::nullopt;
}

}  // namespace troupe::test::model
