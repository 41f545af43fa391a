// What is learned from answers that say little: what was asked is done, or not, or is done later.
#include "tests/actors/map_knowledge.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace troupe::test::model {

/// The key's part of a call is done, or is not; or is done later, too.
void map_knowledge::maybe_done(const std::string& key, const request& part, const span& when, bool later_too) {
  auto& list = at(key);
  possibilities left;
  for (auto p : list) {
    if (later_too) {
      p.floating.push_back({part, when.from});
      add_new(left, std::move(p));
      continue;
    }
    for (auto& u : unfold(key, p, when)) {
      add_new(left, u);
      if (do_part(u.state, part, {when, rules_.life})) add_new(left, std::move(u));
    }
  }
  for (const auto* v : {&part.value, &part.processor.value}) {
    if (!v->empty()) past_.may_come(key, *v, when.from);
  }
  if (later_too) {
    list = std::move(left);
  } else {
    replace(key, std::move(left), when);
  }
}

void map_knowledge::begin(const request& write, milliseconds called) { maybe_done(write.key, write, {called, called}, true); }

/// What came of a write that began: it is done, or it is not, or that is open.
difference map_knowledge::end(const observation& o) {
  const auto is_done = o.got.how == outcome::ok;
  const auto may_fail = is_fault(o.got.why) || (o.is_cancelled && o.got.why == failure::cancelled);
  if (!is_done && (o.is_calm || !may_fail)) return std::string{to_string(o.asked.what)} + " answered " + to_string(o.got) + ", and there was no fault";
  if (o.got.how == outcome::indeterminate) return std::nullopt;
  const auto is_it = [&](const afloat& f) { return f.what == o.asked && f.called == o.when.from; };
  possibilities left;
  for (const auto& p : at(o.asked.key)) {
    for (auto& u : unfold(o.asked.key, p, o.when)) {
      const auto open = std::find_if(u.floating.begin(), u.floating.end(), is_it);
      if (is_done != (open == u.floating.end())) continue;
      if (!is_done) u.floating.erase(open);
      add_new(left, std::move(u));
    }
  }
  if (left.empty()) return to_string(o.asked) + " answered " + to_string(o.got) + "; by what was read meanwhile:\n" + describe(o.asked.key);
  replace(o.asked.key, std::move(left), o.when);
  if (is_done) past_.has_seen(o.reader, o.asked.key, partition_of(o.asked.key), o.when.from);
  return std::nullopt;
}

/// What was granted to nobody is given back, and an unlock is done, as soon as the row can be asked; unless the member ends meanwhile,
/// whose locks are freed in time. Whoever uses this lets that be, before asking for anything else.
void map_knowledge::learn_open_lock(const observation& o) {
  const auto has_ended = o.got.why == failure::closed;
  const auto is_unlock = o.asked.what == kind::unlock;
  possibilities left;
  for (const auto& p : at(o.asked.key)) {
    for (auto& u : unfold(o.asked.key, p, o.when)) {
      auto done = u;
      const auto is_its = done.state.lock && done.state.lock->who == o.asked.who;
      if (!is_unlock || !is_its || o.got.why != failure::deadline) add_new(left, std::move(u));
      if (must_wait(done.state, o.asked)) continue;
      static_cast<void>(carry_out(done.state, o.asked, {o.when, rules_.life}));
      if (!is_unlock && !has_ended) {
        auto given_back = o.asked;
        given_back.what = kind::unlock;
        static_cast<void>(carry_out(done.state, given_back, {o.when, rules_.life}));
      }
      add_new(left, std::move(done));
    }
  }
  replace(o.asked.key, std::move(left), o.when);
}

difference map_knowledge::learn_fault(const observation& o) {
  const auto text = std::string{to_string(o.asked.what)} + " answered " + to_string(o.got);
  if (o.is_calm && !o.is_cancelled) return text + ", and there was no fault";
  const auto is_open = o.got.how == outcome::indeterminate;
  if (only_reads(o.asked.what)) {
    if (is_open && o.got.why != failure::closed) return text + ": a read is never indeterminate";
    return std::nullopt;
  }
  if (is_of_one_key(o.asked.what)) {
    if (!is_open) return std::nullopt;
    if (is_about_locks(o.asked.what) && o.asked.what != kind::force_unlock)
      learn_open_lock(o);
    else
      maybe_done(o.asked.key, o.asked, o.when, true);
    return std::nullopt;
  }
  std::map<std::string, std::string> parts;
  for (const auto& k : o.asked.keys) parts.emplace(k, "");
  for (const auto& [k, v] : o.asked.pairs) parts.insert_or_assign(k, v);
  const auto is_of_all = o.asked.what == kind::clear || o.asked.what == kind::execute_on_entries;
  if (is_of_all) {
    for (const auto& [k, list] : keys_) parts.emplace(k, "");
  }
  for (const auto& [key, value] : parts) {
    auto part = part_of(o.asked, o.asked.what, key);
    if (!value.empty()) part.value = value;
    maybe_done(key, part, o.when, is_open);
  }
  return std::nullopt;
}

}  // namespace troupe::test::model
