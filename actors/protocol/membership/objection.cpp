// Which changes can't follow a view. Acceptors and installers share this judgement, so that a proposer's mistake decides nothing.
#include <algorithm>
#include <set>

#include <troupe/actors/protocol/membership/electorate.hpp>
#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/membership/voters.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

using reason = std::optional<std::string>;

std::string text(member_no m) { return "member " + std::to_string(m.value()); }

template <class Range>
bool has_twice(const Range& range) {
  std::set<typename Range::value_type> seen;
  return !std::all_of(range.begin(), range.end(), [&](const auto& x) { return seen.insert(x).second; });
}

reason object_to_joins(const view& base, const view_change& change) {
  auto expected = base.next_member;
  std::set<incarnation> ids;
  for (const auto& m : change.joins) {
    if (m.number != expected) return text(m.number) + " joins where " + text(expected) + " is next";
    if (m.id.is_nil()) return text(m.number) + " joins without an incarnation";
    if (base.find(m.id) != nullptr || !ids.insert(m.id).second) return "incarnation " + to_string(m.id) + " is a member already";
    if (base.has_lost(m.id) && !TROUPE_MUTATED(departed_come_back)) {  // Invariant 13.
      return "incarnation " + to_string(m.id) + " was a member before";
    }
    if (m.leaving) return text(m.number) + " joins leaving";
    expected = expected.next();
  }
  return std::nullopt;
}

reason object_to_departures(const view& base, const view_change& change) {
  if (has_twice(change.removals) || has_twice(change.leaving)) return "a member goes twice";
  for (auto m : change.removals) {
    if (!base.has(m)) return text(m) + " can't be removed: it is none";
  }
  for (auto m : change.leaving) {
    const auto* who = base.find(m);
    if (who == nullptr || who->leaving || removes(change, m)) return text(m) + " can't begin to leave";
  }
  if (voters_after(base, change).empty()) return "no voter would be left";
  return std::nullopt;
}

reason object_to_lone_decision(const view& base, const view_change& change) {
  if (change.forced) {
    const bool is_without_others = base.has(change.alone) && !removes(change, change.alone) && !change.removals.empty();
    return is_without_others ? reason{} : text(change.alone) + " can't be forced to decide";
  }
  if (change.alone == nobody) return std::nullopt;
  const auto of = electorate_of(base);
  auto others = of.voters();
  const bool is_one_of_two = of.lets_one_survive() && others.erase(change.alone);
  if (is_one_of_two && !removes(change, change.alone) && removes(change, *others.begin())) return std::nullopt;
  return text(change.alone) + " can't decide alone";
}

reason object_to_maps(const view& base, const view_change& change) {
  if (has_twice(change.maps_destroyed)) return "a map is destroyed twice";
  for (auto id : change.maps_destroyed) {
    if (base.find(id) == nullptr) return "map " + std::to_string(id.value()) + " can't be destroyed: there is none";
  }
  auto expected = base.next_map;
  std::set<std::string> names;
  for (const auto& m : change.maps_created) {
    if (m.id != expected) return "map " + m.name + " has the wrong number";
    if (m.name.empty() || !m.kind.is_valid() || m.moves_from) return "map " + m.name + " is malformed";
    const auto* table = base.find(m.group());
    if (table == nullptr ? m.number != group_number{} && m.number != base.next_group : !table->is_settled()) {
      return "map " + m.name + " can't be put into group " + to_string(m.group());
    }
    if (base.find_map(m.name) != nullptr || !names.insert(m.name).second) return "map " + m.name + " exists already";
    expected = expected.next();
  }
  if (base.maps.size() + change.maps_created.size() > base.settings.limits.maps_max + change.maps_destroyed.size()) return "too many maps";
  return std::nullopt;
}

reason object_to_counts(const view& base, const view_change& change) {
  if (!change.counts) return std::nullopt;
  const auto* map = base.find(change.counts->map);
  const auto name = "map " + std::to_string(change.counts->map.value());
  if (map == nullptr || std::ranges::find(change.maps_destroyed, map->id) != change.maps_destroyed.end()) return name + " can't get other backup counts: there is none";
  if (!change.counts->to.is_valid() || change.counts->to == base.counts_of(*map)) return name + " can't get these backup counts";
  if (map->moves_from || !base.find(map->group())->is_settled()) return name + " moves already";
  if (!change.maps_created.empty()) return name + " gets other backup counts with a map that is created";
  return std::nullopt;
}

/// Whether a row, in itself and as the successor of another, can be in the next view.
class row_check {
 public:
  row_check(const view& base, const view_change& change) : base_(base), change_(change) {}

  [[nodiscard]] reason object(const row_update& update) const {
    if (!update.id.kind.is_valid() || update.id.partition.value() >= base_.settings.partition_count) return "no such row";
    if (auto why = object_to_holders(update.now)) return why;
    const auto* before = base_.find(update.id);
    if (before == nullptr) return update.now.config == config_number{1} && update.now.epoch >= epoch_number{1} ? reason{} : "a new row starts with 1";
    return object_to_step(*before, update.now);
  }

  [[nodiscard]] bool refers_to_the_removed(const row& r) const {
    const auto gone = [&](member_no m) { return removes(change_, m); };
    return gone(r.primary) || gone(r.successor) || std::any_of(r.in_sync.begin(), r.in_sync.end(), gone) ||
           std::any_of(r.learners.begin(), r.learners.end(), gone) || std::any_of(r.async_backups.begin(), r.async_backups.end(), gone);
  }

 private:
  [[nodiscard]] bool can_hold(member_no m) const {
    const auto* who = base_.find(m);
    if (who == nullptr) {
      for (const auto& joiner : change_.joins) {
        if (joiner.number == m) who = &joiner;
      }
    }
    return who != nullptr && who->kind == member_kind::data && !removes(change_, m);
  }

  [[nodiscard]] reason object_to_holders(const row& r) const {
    member_set seen;
    for (const auto* set : {&r.in_sync, &r.learners, &r.async_backups}) {
      for (auto m : *set) {
        if (!can_hold(m)) return text(m) + " can't hold a copy";
        if (!seen.insert(m)) return text(m) + " would hold two copies of a row";
      }
    }
    if (r.is_held() ? !r.in_sync.contains(r.primary) : r.primary != nobody || !r.in_sync.empty()) return "the primary is not in sync";
    if (r.status == row_status::unborn && !seen.empty()) return "it is unborn, and has copies";
    if (r.successor != nobody && !r.in_sync.contains(r.successor)) return "the successor is not in sync";
    return std::nullopt;
  }

  [[nodiscard]] reason object_to_step(const row& before, const row& now) const {
    if (now.config != before.config.next()) return "a row's config does not follow";
    if (now.epoch < before.epoch || (now.epoch == before.epoch && now.primary != before.primary)) return "a row's epoch does not follow";
    if (now.epoch > before.epoch.next()) return "a row's epoch jumps";
    if (now.takes_over() && !before.takes_over()) return "a row that was formed would be formed again";
    // What it had taken over is where it came from still.
    if (before.takes_over() && now.epoch != before.epoch) return object_to_unsealed(before, now);
    const bool survives = std::any_of(before.in_sync.begin(), before.in_sync.end(), [&](member_no m) { return !removes(change_, m); });
    if (!survives) return std::nullopt;
    if (is_without_last_copy(before, now)) return object_to_unsealed(before, now);
    if (now.status == row_status::lost || now.empty_since != before.empty_since) return "a row is given up that has copies";
    if (!before.in_sync.contains(now.primary) && !TROUPE_MUTATED(async_backup_promoted) && !TROUPE_MUTATED(learner_promoted)) {
      return "promoted from outside the in-sync set";  // Invariant 8.
    }
    for (auto m : now.in_sync) {  // Invariant 9.
      if (!before.in_sync.contains(m) && !before.learners.contains(m)) return text(m) + " becomes in sync without having been awaited";
    }
    return object_to_unsealed(before, now);
  }

  /// After a view that was decided outside of any quorum, a seal of the other branch may have ended the copy of the last one that the row has in sync.
  [[nodiscard]] bool is_without_last_copy(const row& before, const row& now) const {
    const bool is_next_best = now.in_sync == member_set{now.primary} && (before.async_backups.contains(now.primary) || before.learners.contains(now.primary));
    const bool is_given_up = now.status == row_status::lost || now.empty_since == now.epoch || is_next_best;
    const auto stay = std::count_if(before.in_sync.begin(), before.in_sync.end(), [&](member_no m) { return !removes(change_, m); });
    return !base_.lone.empty() && stay == 1 && before.status == row_status::served && now.epoch > before.epoch && is_given_up;
  }

  [[nodiscard]] reason object_to_unsealed(const row& before, const row& now) const {
    if (now.primary != before.primary && base_.has(before.primary) && !removes(change_, before.primary) &&
        !now.unsealed.contains(before.primary)) {
      return "a deposed primary would stay unsealed";
    }
    return std::nullopt;
  }

  const view& base_;
  const view_change& change_;
};

/// A row that forms does so at the primary of the row that has the entries, and only in one of its epochs: so at one place at a time.
reason object_to_moves(const view& base, const view_change& change) {
  for (const auto& map : base.maps) {
    if (!map.moves_from || std::ranges::find(change.maps_destroyed, map.id) != change.maps_destroyed.end()) continue;
    const auto next = [&](const row_id& id) {
      const auto at = std::ranges::find(change.rows, id, &row_update::id);
      return at == change.rows.end() ? base.find(id) : &at->now;
    };
    for (std::uint32_t p = 0; p < base.settings.partition_count; ++p) {
      const row_id to{map.kind, partition_id{p}, map.number};
      const row_id from{map.moves_from->began, partition_id{p}, map.moves_from->number};
      const auto& before = *base.find(to);
      const auto& now = *next(to);
      const bool forms = now.status == row_status::forming;
      const bool has_formed = before.takes_over() && now.status == row_status::served;
      if ((forms || has_formed) && (next(from)->primary != now.primary || next(from)->epoch != base.find(from)->epoch)) {
        return "row " + to_string(to) + " forms away from row " + to_string(from);
      }
      if (has_formed && (before.status != row_status::forming || now.epoch != before.epoch)) return "row " + to_string(to) + " is served without having formed";
      const bool begins = forms && before.status == row_status::unborn;
      if (begins && (now.in_sync.size() != 1 || now.empty_since != now.epoch)) return "row " + to_string(to) + " forms with more than its primary has";
    }
  }
  return std::nullopt;
}

reason object_to_rows(const view& base, const view_change& change) {
  const row_check check{base, change};
  std::set<row_id> updated;
  std::set<row_group> groups;
  for (const auto& update : change.rows) {
    if (auto why = check.object(update)) return "row " + to_string(update.id) + ": " + *why;
    if (!updated.insert(update.id).second) return "row " + to_string(update.id) + " changes twice";
    if (base.find(update.id.group()) == nullptr) groups.insert(update.id.group());
  }
  for (const auto& m : change.maps_created) groups.insert(m.group());
  if (change.counts && !base.has_group_alone(*base.find(change.counts->map))) groups.insert({change.counts->to, base.next_group});
  for (const auto& group : groups) {
    if (base.find(group) == nullptr && group.number > base.next_group) return "group " + to_string(group) + " has the wrong number";
    if (group.number.next() == group_number{}) return "there are too many groups";
    for (std::uint32_t p = 0; p < base.settings.partition_count; ++p) {
      const row_id id{group.began, partition_id{p}, group.number};
      if (base.find(id) == nullptr && !updated.contains(id)) return "group " + to_string(group) + " lacks row " + to_string(id);
    }
  }
  if (change.removals.empty()) return std::nullopt;
  for (const auto& table : base.tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto id = table.id_of(p);
      if (!updated.contains(id) && check.refers_to_the_removed(table.rows[p])) return "row " + to_string(id) + " keeps a removed member";
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> objection(const view& base, const view_change& change) {
  if (change.empty()) return "nothing changes";
  if (auto why = object_to_joins(base, change)) return why;
  if (auto why = object_to_departures(base, change)) return why;
  if (auto why = object_to_lone_decision(base, change)) return why;
  if (auto why = object_to_maps(base, change)) return why;
  if (auto why = object_to_counts(base, change)) return why;
  if (auto why = object_to_moves(base, change)) return why;
  return object_to_rows(base, change);
}

}  // namespace troupe::protocol
