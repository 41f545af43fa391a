// All copies of some rows die at once.
#include <algorithm>

#include <troupe/messages/types/partitioning.hpp>

#include "tests/actors/map_trial_state.hpp"

namespace troupe::test::model {

namespace {

/// Everybody is gone who has a copy in sync.
bool is_bereft(const row& r, const member_set& dead) {
  return std::all_of(r.in_sync.begin(), r.in_sync.end(), [&](member_no m) { return dead.contains(m); });
}

std::set<row_id> rows_of(const std::vector<cluster_event>& heard, cluster_event_kind what) {
  std::set<row_id> rows;
  for (const auto& e : heard) {
    if (e.what == what) rows.insert(e.rows.begin(), e.rows.end());
  }
  return rows;
}

std::string text_of(const std::set<row_id>& rows) {
  std::string text;
  for (const auto& r : rows) text += ' ' + to_string(r);
  return text.empty() ? " none" : text;
}

template <class Predicate>
std::set<row_id> rows_where(const view& v, Predicate is_so) {
  std::set<row_id> rows;
  for (const auto& table : v.tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      if (is_so(table, table.rows[p])) rows.insert(table.id_of(p));
    }
  }
  return rows;
}

}  // namespace

/// "When more is lost, `troupe lost` names exactly which partitions; they answer `partition_lost` until `troupe reset-lost`. (A map without sync
/// backups goes on with what is left.)" At rest async backups have everything, so they go on with all of it.
bool trial::lose(std::size_t number, dice& d) {
  if (!open_.empty() || stage_.rows_move() || changing_ || stage_.living().size() < 3 || !leaving_.empty()) return false;
  compare_all_events();
  const auto before = stage_.newest_view();
  const auto& s = subjects_[d.below(subjects_.size())];
  const auto* map = before->find_map(s.name);
  if (map == nullptr) return false;
  const auto* doomed = before->find(before->home_of(*map, partition_id{static_cast<std::uint32_t>(d.below(plan_.settings.partition_count))}));
  if (doomed == nullptr || 2 * (stage_.living().size() - doomed->in_sync.size()) <= stage_.living().size()) return false;
  const auto dead = doomed->in_sync;
  const auto policy_of = [&](const row_table& t) { return plan_.settings.rules_of(t.counts()).on_loss; };
  const auto lost = rows_where(*before, [&](const auto& t, const row& r) { return is_bereft(r, dead) && policy_of(t) == loss_policy::hold; });
  const auto emptied = rows_where(*before, [&](const auto& t, const row& r) { return is_bereft(r, dead) && policy_of(t) != loss_policy::hold; });
  std::vector<std::set<partition_id>> held;
  std::vector<std::set<partition_id>> empty;
  for (const auto& x : subjects_) {
    const auto policy = plan_.settings.rules_of(x.counts).on_loss;
    held.push_back(stage_.partitions_where(x.name, [&](const row& r) { return policy == loss_policy::hold && is_bereft(r, dead); }));
    empty.push_back(stage_.partitions_where(x.name, [&](const row& r) {
      return policy != loss_policy::hold && is_bereft(r, dead) &&
             std::all_of(r.async_backups.begin(), r.async_backups.end(), [&](member_no m) { return dead.contains(m); });
    }));
  }
  std::vector<std::size_t> victims;
  for (const auto m : stage_.living()) {
    if (dead.contains(stage_.number_of(m))) victims.push_back(m);
  }
  auto survivors = stage_.living();
  std::erase_if(survivors, [&](std::size_t m) { return std::find(victims.begin(), victims.end(), m) != victims.end(); });
  const auto heard = stage_.watch(d.pick(survivors));
  disturbed_at_ = stage_.now();
  crashed_ = true;
  for (const auto m : victims) {
    note("kill member " + std::to_string(m) + ", and all copies of some rows with it");
    stage_.kill(m);
    ++result_.kills;
  }
  const auto are_gone = [&] { return stage_.agree_on(survivors.size()); };
  if (!stage_.wait_for(are_gone, seconds{20})) throw differs{"those who lost their copies are not let go\n" + stage_.describe()};
  stage_.advance(milliseconds{20});
  const auto expect = [&](cluster_event_kind what, const std::set<row_id>& rows) {
    const auto named = rows_of(*heard, what);
    if (named != rows) throw differs{std::string{to_string(what)} + " named" + text_of(named) + "; by the model" + text_of(rows)};
  };
  expect(cluster_event_kind::rows_lost, lost);
  expect(cluster_event_kind::rows_lost_data, emptied);
  for (std::size_t i = 0; i < subjects_.size(); ++i) {
    auto& x = subjects_[i];
    x.known.lose(empty[i]);
    x.known.serve_again();
    x.known.lose(held[i]);
    x.rows.clear();
    result_.rows_lost += held[i].size();
    result_.rows_emptied += empty[i].size();
    for (const auto* partitions : {&held[i], &empty[i]}) {
      for (const auto p : *partitions) {
        if (std::any_of(plan_.keys.begin(), plan_.keys.end(), [&](const auto& k) { return partition_of(k, plan_.settings.partition_count) == p; }))
          x.lost.insert(p);
      }
    }
  }
  if (lost.empty()) return true;
  const auto asked = 2 + d.below(5);
  for (std::size_t i = 0; i < asked; ++i) {
    if (d.chance(70)) {
      ask_keys(10'000 + number * 10 + i, d, false);
    } else {
      ask_many(10'000 + number * 10 + i, d);
    }
  }
  note("lost rows are reset");
  stage_.reset_lost(d.pick(stage_.living()));
  const auto is_lost = [](const auto&, const row& r) { return r.status == row_status::lost; };
  if (!stage_.wait_for([&] { return rows_where(*stage_.newest_view(), is_lost).empty(); }, seconds{20})) throw differs{"lost rows are not reset\n" + stage_.describe()};
  for (auto& x : subjects_) x.known.serve_again();
  rest();
  expect(cluster_event_kind::rows_served_again, lost);
  return true;
}

}  // namespace troupe::test::model
