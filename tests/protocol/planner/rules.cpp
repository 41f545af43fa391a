// The rules that views and the steps between them keep, checked without the planner's own notions.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "planned_cluster.hpp"

namespace troupe::protocol::test {

namespace {

using wish = membership_message::wish;

template <class Visit>
void for_each_row(const view& v, Visit visit) {
  for (const auto& t : v.tables) {
    for (std::uint32_t p = 0; p < t.rows.size(); ++p) visit(row_id{t.kind, partition_id{p}}, t.rows[p]);
  }
}

bool disjoint(const member_set& a, const member_set& b) {
  return std::none_of(a.begin(), a.end(), [&](member_no m) { return b.contains(m); });
}

bool all_members(const view& v, const member_set& set) {
  return std::all_of(set.begin(), set.end(), [&](member_no m) { return v.has(m); });
}

void check_row(const view& v, const row& r) {
  REQUIRE(r.epoch >= epoch_number{1});
  REQUIRE(r.config >= config_number{1});
  REQUIRE(disjoint(r.in_sync, r.learners));
  REQUIRE(disjoint(r.in_sync, r.async_backups));
  REQUIRE(disjoint(r.learners, r.async_backups));
  for (const auto* set : {&r.in_sync, &r.learners, &r.async_backups, &r.unsealed}) REQUIRE(all_members(v, *set));
  REQUIRE_FALSE(r.unsealed.contains(r.primary));
  if (r.status == row_status::served) {
    REQUIRE(r.in_sync.contains(r.primary));
  } else {
    REQUIRE(r.primary == nobody);
    REQUIRE(r.in_sync.empty());
    REQUIRE(r.learners.empty());
  }
  if (r.successor != nobody) {
    REQUIRE(r.in_sync.contains(r.successor));
    REQUIRE(r.successor != r.primary);
  }
}

template <class Wish, class Predicate>
bool wished(const plan_input& input, const row_id& id, Predicate fits) {
  return std::any_of(input.wishes.begin(), input.wishes.end(), [&](const wish& w) {
    const auto* x = std::get_if<Wish>(&w.what);
    return x != nullptr && x->row == id && fits(*x);
  });
}

bool activated(const plan_input& input, const row_id& id, const row& before) {
  return wished<wish::activated>(input, id, [&](const wish::activated& w) { return w.epoch == before.epoch; });
}

bool caught_up(const plan_input& input, const row_id& id, const row& before, member_no m) {
  return before.learners.contains(m) &&
         wished<wish::caught_up>(input, id, [&](const wish::caught_up& w) { return w.learner == m && w.config == before.config; });
}

bool damaged(const plan_input& input, const row_id& id, const row& before, member_no m) {
  return wished<wish::damaged>(input, id, [&](const wish::damaged& w) { return w.holder == m && w.config == before.config; });
}

/// Was a later epoch asked for, by a primary that has its copy, or has none?
bool outgrown(const plan_input& input, const row_id& id, const row& before, bool has_copy) {
  return wished<wish::outgrown>(
      input, id, [&](const wish::outgrown& w) { return w.config == before.config && w.epoch >= before.epoch && w.has_copy == has_copy; });
}

/// Does the row start empty: by loss of all copies or an operator's reset?
bool started_afresh(const row& before, const row& after) { return after.empty_since > before.epoch; }

void check_epoch(const plan_input& input, const row_id& id, const row& before, const row& after) {
  if (after.primary == before.primary && !started_afresh(before, after)) {
    const bool has_later = after.epoch == before.epoch.next() && outgrown(input, id, before, true);
    REQUIRE((after.epoch == before.epoch || has_later));
    const bool cleared = activated(input, id, before) && after.unsealed.empty();
    auto expected = before.unsealed;
    expected.erase_if([&](member_no m) { return input.removals.contains(m); });
    REQUIRE((cleared || after.unsealed == expected));
    return;
  }
  REQUIRE(after.epoch > before.epoch);
  auto former = activated(input, id, before) ? member_set{} : before.unsealed;
  if (before.primary != nobody) former.insert(before.primary);
  for (auto m : former) {
    if (!input.removals.contains(m) && m != after.primary) REQUIRE(after.unsealed.contains(m));
  }
}

/// Does the row go on with the best that is left, its in-sync copies being gone?
bool is_best_effort(const cluster_settings& settings, const plan_input& input, const row_id& id, const row& before, const row& after) {
  auto async_backups = before.async_backups;
  async_backups.erase_if([&](member_no m) { return input.removals.contains(m); });
  const auto is_next_best = async_backups.contains(after.primary) || (async_backups.empty() && before.learners.contains(after.primary));
  return settings.rules_of(id.kind).on_loss == loss_policy::best_effort && is_next_best;
}

void check_promotion(const cluster_settings& settings, const plan_input& input, const row_id& id, const row& before, const row& after) {
  if (after.primary == before.primary || after.primary == nobody || started_afresh(before, after)) return;
  if (is_best_effort(settings, input, id, before, after)) {  // Only when nobody else was left.
    for (auto m : before.in_sync) REQUIRE((input.removals.contains(m) || (m == before.primary && outgrown(input, id, before, false))));
    return;
  }
  REQUIRE(before.in_sync.contains(after.primary));
  if (input.removals.contains(before.primary) || damaged(input, id, before, before.primary) || outgrown(input, id, before, false)) return;
  REQUIRE(wished<wish::handed_over>(input, id,
                                    [&](const wish::handed_over& w) { return w.successor == after.primary && w.config == before.config; }));
  REQUIRE(before.successor == after.primary);
}

/// Copies wanted in sync, as far as there are members for them.
std::size_t in_sync_wanted(const durability& kind, std::size_t holders) { return std::min<std::size_t>(1U + kind.backups, holders); }

std::size_t holder_count(const view& before, const plan_input& input) {
  const auto stays = [&](const member& m) {
    return m.kind == member_kind::data && !m.leaving && !input.leaving.contains(m.number) && !input.removals.contains(m.number);
  };
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::count_if(before.members.begin(), before.members.end(), stays)));
}

void check_in_sync(const view& base, const plan_input& input, const row_id& id, const row& before, const row& after) {
  if (started_afresh(before, after) || before.in_sync.empty()) return;
  bool dropped = false;
  for (auto m : before.in_sync) {
    const bool is_gone = m == before.primary && outgrown(input, id, before, false);
    dropped = dropped || (!after.in_sync.contains(m) && !input.removals.contains(m) && !damaged(input, id, before, m) && !is_gone);
  }
  const auto goes = [&](member_no m) { return input.removals.contains(m) || (m == before.primary && outgrown(input, id, before, false)); };
  REQUIRE((!after.in_sync.empty() || std::all_of(before.in_sync.begin(), before.in_sync.end(), goes)));
  if (dropped) REQUIRE(after.in_sync.size() >= in_sync_wanted(id.kind, holder_count(base, input)));
  for (auto m : after.in_sync) {
    const bool best_effort = m == after.primary && is_best_effort(base.settings, input, id, before, after);
    if (!before.in_sync.contains(m) && !best_effort) REQUIRE(caught_up(input, id, before, m));
  }
}

void check_newcomers_to_row(const view& base, const plan_input& input, const row& before, const row& after) {
  for (const auto& m : base.members) {
    const bool may_hold = m.kind == member_kind::data && !m.leaving && !input.leaving.contains(m.number);
    const bool refuge = holder_count(base, input) == 1;
    if (!may_hold && !refuge) REQUIRE((holds(before, m.number) || !holds(after, m.number)));
  }
}

std::set<std::string> hosts_of(const view& v, const row& r) {
  std::set<std::string> hosts;
  for (const auto* set : {&r.in_sync, &r.async_backups}) {
    for (auto m : *set) hosts.insert(v.find(m)->host);
  }
  return hosts;
}

void check_transfers(const plan_input& input, const view& after) {
  std::map<member_no, std::size_t> fed, learnt;
  for_each_row(after, [&](const row_id&, const row& r) {
    fed[r.primary] += r.learners.size();
    for (auto m : r.learners) ++learnt[m];
  });
  for (const auto& [m, count] : fed) REQUIRE(count <= input.transfers_max);
  for (const auto& [m, count] : learnt) REQUIRE(count <= input.transfers_max);
}

}  // namespace

void check_rows(const view& v) {
  for_each_row(v, [&](const row_id& id, const row& r) {
    INFO("row " << to_string(id) << " of view " << v.name.number.value());
    check_row(v, r);
  });
}

void check_step(const view& before, const plan_input& input, const view_change& change, const view& after) {
  std::set<row_id> updated;
  for (const auto& u : change.rows) {
    INFO("row " << to_string(u.id) << " of view " << after.name.number.value());
    REQUIRE(updated.insert(u.id).second);
    const auto* was = before.find(u.id);
    REQUIRE(u.now.config == (was != nullptr ? was->config.next() : config_number{1}));
    if (was == nullptr) {
      REQUIRE(u.now.epoch == epoch_number{1});
      continue;
    }
    check_epoch(input, u.id, *was, u.now);
    check_promotion(before.settings, input, u.id, *was, u.now);
    check_in_sync(before, input, u.id, *was, u.now);
    check_newcomers_to_row(before, input, *was, u.now);
  }
  check_transfers(input, after);
}

void check_settled(const planned_cluster& c, bool all_apart) {
  const auto members = c.data_members();
  if (members.empty()) return;
  row everywhere;
  everywhere.in_sync = members;
  const auto hosts = hosts_of(c.now(), everywhere).size();
  for_each_row(c.now(), [&](const row_id& id, const row& r) {
    INFO("row " << to_string(id) << " with " << members.size() << " members");
    if (r.status == row_status::lost) return;
    const auto in_sync = in_sync_wanted(id.kind, members.size());
    REQUIRE(r.in_sync.size() == in_sync);
    REQUIRE(r.async_backups.size() == std::min<std::size_t>(id.kind.async_backups, members.size() - in_sync));
    REQUIRE(r.learners.empty());
    REQUIRE(r.successor == nobody);
    REQUIRE(r.unsealed.empty());
    for (const auto* set : {&r.in_sync, &r.async_backups}) {
      for (auto m : *set) REQUIRE(members.contains(m));
    }
    REQUIRE(hosts_of(c.now(), r).size() == std::min(hosts, r.in_sync.size() + r.async_backups.size()));
    const auto shortfall = shortfall_of(c.now(), id);
    REQUIRE(shortfall.backups_missing == 0);
    REQUIRE(shortfall.async_backups_missing == 0);
    REQUIRE_FALSE(shortfall.catching_up);
  });
  if (!all_apart) return;
  for (const auto& t : c.now().tables) {
    const auto is_lost = [](const row& r) { return r.status == row_status::lost; };
    if (std::any_of(t.rows.begin(), t.rows.end(), is_lost)) continue;
    INFO("durability " << to_string(t.kind) << " on " << members.size() << " members");
    REQUIRE(imbalance(c, t.kind, leads) <= 1);
    REQUIRE(imbalance(c, t.kind, holds) <= 1);
  }
}

}  // namespace troupe::protocol::test
