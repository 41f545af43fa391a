// What rows have to do with: a share of entries that they may hold, and the loss of all their copies.
#include <algorithm>
#include <map>
#include <utility>

#include "tests/actors/map_knowledge.hpp"

namespace troupe::test::model {

namespace {

/// Entries that may be in a row while several things are asked.
struct crowd {
  std::set<std::string> present, added;
  bool grows = false;      ///< one comes that may not have been there
  bool has_locks = false;  ///< what is locked stays, so that another one may go that has just come, or when the lock ends
};

answer refusal_of(failure why) {
  answer a;
  a.how = outcome::not_applied;
  a.why = why;
  return a;
}

}  // namespace

/// "Before a write that would be too much, others go": where all that may be there and all that may come is no more than a row's share, nothing
/// goes. What comes is spared; what is locked, too (unfolded()).
std::set<std::string> map_knowledge::crowded_out(const std::vector<const request*>& together) const {
  if (!is_bounded()) return {};
  std::map<partition_id, crowd> rows;
  std::map<std::string, std::size_t> times;
  const auto is_certain = [](const possibility& p) { return p.state.entry && p.state.entry->dies().from == never && p.floating.empty(); };
  for (const auto& [key, list] : keys_) {
    auto& row = rows[partition_of(key)];
    for (const auto& p : list) {
      row.has_locks = row.has_locks || p.state.lock;
      if (p.state.entry) row.present.insert(key);
      if (std::none_of(p.floating.begin(), p.floating.end(), [](const afloat& f) { return may_add(f.what); })) continue;
      row.added.insert(key);
      row.grows = true;
    }
  }
  for (const auto* r : together) {
    for (const auto& key : keys_of(*r)) {
      const auto is_again = ++times[key] > 1;
      if (is_about_locks(r->what)) rows[partition_of(key)].has_locks = true;
      if (!may_add(*r)) continue;
      auto& row = rows[partition_of(key)];
      const auto known = keys_.find(key);
      row.added.insert(key);
      row.grows = row.grows || is_again || known == keys_.end() || !std::all_of(known->second.begin(), known->second.end(), is_certain);
    }
  }
  std::set<std::string> may_go;
  for (const auto& [partition, row] : rows) {
    auto all = row.present;
    if (row.grows) all.insert(row.added.begin(), row.added.end());
    if (all.size() <= bound_.least) continue;
    const auto has_excess = row.present.size() > bound_.least || row.has_locks;
    for (const auto& key : all) {
      const auto others = row.added.size() - (row.added.contains(key) ? 1 : 0);
      if (has_excess || (row.grows && others > 0)) may_go.insert(key);
    }
  }
  return may_go;
}

void map_knowledge::let_make_room(const std::vector<const request*>& together) { may_go_ = crowded_out(together); }
void map_knowledge::has_made_room(milliseconds now) { may_have_gone(std::exchange(may_go_, {}), now); }

void map_knowledge::may_have_gone(const std::set<std::string>& keys, milliseconds now) {
  for (const auto& key : keys) {
    const auto known = keys_.find(key);
    if (known == keys_.end()) continue;
    possibilities left;
    for (const auto& p : known->second) {
      for (auto& u : unfolded(p, {now, now}, rules_.life, true)) add_new(left, std::move(u));
    }
    replace(key, std::move(left), {now, now});
  }
}

/// "They answer `partition_lost` until `reset-lost`"; "the call ends with the worst outcome of its parts; the others are done all the same (but a
/// processor on all entries ends with its first failure)".
difference map_knowledge::learn_loss(const observation& o) {
  const auto is_alone = is_of_one_key(o.asked.what);
  if (o.asked.what == kind::unlock && o.got == refusal_of(failure::not_owner)) return std::nullopt;  // That says the asker's own side.
  const auto other_reason = !is_alone && (o.got.why == failure::locked || o.got.why == failure::processor_failed);
  if (o.got.how != outcome::not_applied || (o.got.why != failure::partition_lost && !other_reason))
    return "answered " + to_string(o.got) + ", and has to do with a partition that is lost";
  count_answer(true);
  if (is_alone || only_reads(o.asked.what)) return std::nullopt;
  for (const auto& key : keys_of(o.asked)) {
    if (is_lost(key)) continue;
    const auto part = part_of(o.asked, key);
    possibilities left;
    for (const auto& p : at(key)) {
      for (auto& u : unfold(key, p, o.when)) {
        auto done = u;
        const auto can_be_done = do_part(done.state, part, {o.when, rules_.life});
        if (can_be_done) add_new(left, std::move(done));
        if (!can_be_done || o.asked.what != kind::put_all) add_new(left, std::move(u));
      }
    }
    replace(key, std::move(left), o.when);
  }
  return std::nullopt;
}

/// Reset: they are empty, and their locks are gone.
void map_knowledge::serve_again() {
  for (auto& [key, list] : keys_) {
    if (!is_lost(key)) continue;
    lock_fence greatest;
    for (const auto& p : list) greatest = std::max(greatest, p.state.greatest);
    possibility empty;
    empty.state.greatest = greatest;
    list = {empty};
    past_.forget(key);
    versions_.erase(key);
  }
  for (const auto p : std::exchange(lost_, {})) past_.begin_anew(p);
}

}  // namespace troupe::test::model
