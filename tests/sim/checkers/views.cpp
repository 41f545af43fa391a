#include "tests/sim/checkers/views.hpp"

#include <algorithm>
#include <iterator>

#include <troupe/actors/protocol/membership/view_change.hpp>

#include "tests/sim/world.hpp"

namespace troupe::sim {

namespace {

void require(bool holds, const std::string& what) {
  if (!holds) throw violation{what};
}

std::string in_view(const view& v, const row_id& id) { return " row=" + to_string(id) + " view=" + std::to_string(v.name.number.value()); }

bool intersects(const member_set& a, const member_set& b) {
  return std::any_of(a.begin(), a.end(), [&](member_no m) { return b.contains(m); });
}

bool any_member(const view& v, const member_set& s) {
  return std::any_of(s.begin(), s.end(), [&](member_no m) { return v.has(m); });
}

/// Those who can be given copies by the second view.
std::size_t holders(const view& before, const view& after) {
  const auto can_hold = [&](const member& m) { return m.kind == member_kind::data && !m.leaving && before.has(m.number); };
  return static_cast<std::size_t>(std::count_if(after.members.begin(), after.members.end(), can_hold));
}

bool all_members(const view& v, const member_set& s) {
  return std::all_of(s.begin(), s.end(), [&](member_no m) { return v.has(m); });
}

}  // namespace

void check_row_shape(const view& v, const row_id& id, const row& r) {
  const auto where = in_view(v, id);
  require(r.epoch.value() >= 1 && r.config.value() >= 1, "a row has no epoch or config:" + where);
  for (const auto* set : {&r.in_sync, &r.learners, &r.async_backups, &r.unsealed}) {
    require(all_members(v, *set), "invariant 17: a row names somebody who is no member:" + where);
  }
  require(!intersects(r.in_sync, r.learners) && !intersects(r.in_sync, r.async_backups) && !intersects(r.learners, r.async_backups),
          "invariant 17: two copies of a row on one member:" + where);
  for (const auto m : r.in_sync) require(v.find(m)->kind == member_kind::data, "invariant 17: a copy on a member that holds none:" + where);
  if (!r.is_held()) {
    require(r.primary == nobody && r.in_sync.empty(), "a row that is lost or unborn has a primary or an in-sync copy:" + where);
    return;
  }
  require(r.in_sync.contains(r.primary), "the primary of a row is not in sync:" + where);
  require(r.successor == nobody || r.in_sync.contains(r.successor), "invariant 8: a successor that is not in sync:" + where);
}

bool may_decide(const view& v, const member_set& there) {
  const auto voters = protocol::voters_of(v);
  const auto present = std::count_if(voters.begin(), voters.end(), [&](member_no m) { return there.contains(m); });
  const auto absent = static_cast<std::ptrdiff_t>(voters.size()) - present;
  if (present == absent) return present > 0 && v.settings.split_brain == quorum_policy::strict && there.contains(*voters.begin());
  return present > absent;
}

bool view_checker::installed(const view_ptr& v) {
  newly_lost_.clear();
  newly_begun_.clear();
  const auto known = decided_.find(v->name.number);
  if (known != decided_.end()) {
    require(known->second == v || *known->second == *v,
            "invariant 1: two views are decided for number " + std::to_string(v->name.number.value()));
    return false;
  }
  for (const auto& table : v->tables) {
    require(table.rows.size() == v->settings.partition_count, "a table has not one row a partition");
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) check_row_shape(*v, table.id_of(p), table.rows[p]);
  }
  const auto before = decided_.find(view_number{v->name.number.value() - 1});
  if (before != decided_.end()) check_successor(*before->second, *v);
  const auto after = decided_.find(v->name.number.next());
  if (after != decided_.end()) check_successor(*v, *after->second);
  decided_.emplace(v->name.number, v);
  if (!newest_ || newest_->name.number < v->name.number) before_newest_ = std::exchange(newest_, v);
  return true;
}

bool view_checker::forget_after(view_number newest_known) {
  const auto known = decided_.find(newest_known);
  if (known == decided_.end() || newest_ == known->second) return false;
  decided_.erase(std::next(known), decided_.end());
  newest_ = known->second;
  is_forked_ = true;
  for (const auto& m : newest_->members) removed_.erase(m.id);
  before_newest_ = known == decided_.begin() ? nullptr : std::prev(known)->second;
  return true;
}

std::vector<member> view_checker::newly_removed() const {
  std::vector<member> result;
  if (!before_newest_) return result;
  for (const auto& m : before_newest_->members) {
    if (!newest_->has(m.number)) result.push_back(m);
  }
  return result;
}

void view_checker::check_successor(const view& before, const view& after) {
  require(before.cluster == after.cluster, "invariant 1: a view of another cluster follows");
  check_members(before, after);
  check_moves(before, after);
  for (const auto& table : after.tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto id = table.id_of(p);
      if (const auto* was = before.find(id)) check_row(after, id, *was, table.rows[p]);
    }
  }
}

/// A map moves (ADR 16): one of its two rows has its entries, at one primary, in one epoch.
void view_checker::check_moves(const view& before, const view& after) {
  for (const auto& m : after.maps) {
    const auto* was = before.find(m.id);
    if (was == nullptr) continue;
    for (std::uint32_t p = 0; p < after.settings.partition_count; ++p) {
      const auto left = before.home_of(*was, partition_id{p});
      const auto now = after.home_of(m, partition_id{p});
      const auto* to = m.moves_from ? after.find(row_id{m.kind, partition_id{p}, m.number}) : nullptr;
      const auto* from = m.moves_from ? after.find(row_id{m.moves_from->began, partition_id{p}, m.moves_from->number}) : nullptr;
      if (to != nullptr && to->status == row_status::forming) {
        require(from->primary == to->primary, "a row forms where its entries are not:" + in_view(after, now));
        require(to->epoch > from->epoch, "a row forms in an epoch that is not above that of its entries:" + in_view(after, now));
      }
      if (left == now) continue;
      const auto* formed = before.find(now);
      require(formed != nullptr && formed->status == row_status::forming, "a map has moved to a row that was not formed:" + in_view(after, now));
      const auto wanted = std::min<std::size_t>(after.counts_of(m).backups + 1U, holders(before, after));
      require(after.find(now)->in_sync.size() >= wanted, "a map has moved to a row with too few copies:" + in_view(after, now));
      require(after.find(left)->primary == after.find(now)->primary, "a map has moved from where its entries are not:" + in_view(after, now));
    }
  }
}

void view_checker::check_members(const view& before, const view& after) {
  for (const auto& m : before.members) {
    const auto* stays = after.find(m.number);
    if (stays == nullptr) removed_.insert(m.id);
    else require(stays->id == m.id, "invariant 13: a member number was given twice");
  }
  for (const auto& m : after.members) {
    require(!removed_.contains(m.id), "invariant 13: an incarnation came back: " + to_string(m.id));
    if (!before.has(m.number)) require(m.number >= before.next_member, "invariant 13: a joiner got a number that was given before");
  }
}

void view_checker::check_row(const view& after, const row_id& id, const row& was, const row& is) {
  const auto where = in_view(after, id);
  if (is.config == was.config) {
    auto same = is;
    same.unsealed = was.unsealed;  // Who left the cluster vanishes from it without a word.
    require(same == was, "a row changed without a new config:" + where);
    return;
  }
  require(is.config > was.config && is.epoch >= was.epoch, "epoch or config of a row went back:" + where);
  require(is.primary == was.primary || is.primary == nobody || is.epoch > was.epoch, "a primary changed without a new epoch:" + where);
  const bool emptied = is.empty_since != was.empty_since;
  require(!is.takes_over() || was.takes_over(), "a row that was served is formed:" + where);
  if (was.takes_over() && is.epoch != was.epoch) {  // Its entries, if there are any, are in another row.
    if (is.status != row_status::unborn) newly_begun_.push_back(id);
    return;
  }
  // A seal of views that are forgotten may have ended the last copy.
  const bool is_given_up = is.status == row_status::lost || emptied || !was.in_sync.contains(is.primary);
  const bool was_gone = is_forked_ && is.epoch > was.epoch && is_given_up && was.status == row_status::served &&
                        std::count_if(was.in_sync.begin(), was.in_sync.end(), [&](member_no m) { return after.has(m); }) == 1;
  if (was_gone) {
    newly_lost_.push_back({id, false});
    return;
  }
  if (is.status == row_status::lost) {
    require(!any_member(after, was.in_sync), "invariant 16: a row is called lost, but an in-sync copy is there:" + where);
    if (was.status != row_status::lost) newly_lost_.push_back({id, false});
    return;
  }
  if (was.status == row_status::lost || !was.in_sync.contains(is.primary)) {
    require(!any_member(after, was.in_sync), "invariant 8: promoted somebody who was not in sync, while an in-sync copy is there:" + where);
    require(after.find(id.group())->counts().backups == 0 || was.status == row_status::lost, "invariant 16: a row that lost its in-sync copies is not held:" + where);
    newly_lost_.push_back({id, was.status == row_status::lost});
    return;
  }
  require(!emptied, "invariant 16: a row was emptied although a copy is there:" + where);
  for (const auto m : is.in_sync) {
    require(was.in_sync.contains(m) || was.learners.contains(m), "invariant 9: in sync without having been awaited:" + where);
  }
  if (is.primary != was.primary && after.has(was.primary)) {
    require(is.unsealed.contains(was.primary) || is.in_sync.contains(was.primary), "a former primary that nobody will seal:" + where);
  }
}

}  // namespace troupe::sim
