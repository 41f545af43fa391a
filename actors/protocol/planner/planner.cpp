#include <troupe/actors/protocol/planner/planner.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/planner/row_steps.hpp>
#include <troupe/actors/protocol/planner/transfers.hpp>

namespace troupe::protocol {

namespace {

using wish = membership_message::wish;

struct planned_row {
  row_id id;
  const row* before;  ///< null: it did not exist
  row now;
  wanted_row wanted;
  bool afresh = false;        ///< starts empty, on whoever is wanted
  member_set caught_up = {};  ///< learners that may enter the in-sync set
  member_set damaged = {};    ///< holders of copies that must be made anew
  bool renewed = false;       ///< counts as changed: its learners begin anew
  member_no handed_over_to = {};
  bool is_formed = false;     ///< its primary says so
  bool is_outgrown = false;   ///< its primary can't lead in this epoch
  bool lacks_primary = false; ///< and has no copy any more
};

/// The rows of one group, from their present state to the next view's.
class table_planning {
 public:
  /// `before`: null for a new group. `source`: the group that a map moves here from; its rows are formed after that one's.
  table_planning(const row_group& group, const durability& counts, const row_table* before, std::optional<row_group> source, const view& base)
      : group_(group), counts_(counts), source_(source), rules_(base.settings.rules_of(counts)), may_be_gone_(!base.lone.empty()) {
    const auto partition_count = base.settings.partition_count;
    rows_.reserve(partition_count);
    for (std::uint32_t p = 0; p < partition_count; ++p) {
      const auto* present = before != nullptr ? &before->rows[p] : nullptr;
      const bool is_orphan = present != nullptr && present->takes_over() && !source;  // Its map is gone.
      const bool is_afresh = present == nullptr ? !source : is_orphan;
      rows_.push_back({{group.began, partition_id{p}, group.number}, present, present != nullptr ? *present : row{}, {}, is_afresh});
      if (present == nullptr && source) rows_.back().now.status = row_status::unborn;
    }
  }

  [[nodiscard]] const row_group& group() const { return group_; }
  [[nodiscard]] const std::optional<row_group>& source() const { return source_; }
  [[nodiscard]] std::vector<planned_row>& rows() { return rows_; }

  void honour(const wish& w, const member_set& removed) {
    std::visit([&](const auto& x) { on(x, removed); }, w.what);
  }

  /// After all wishes have been heard: who is damaged neither comes in sync nor takes over, whatever else was wished for it.
  void exclude_damaged(const member_set& removed) {
    for (auto& r : rows_) {
      for (const auto m : r.damaged) exclude(r, m, removed);
    }
  }

  void hand_over() {
    for (auto& r : rows_) {
      if (r.handed_over_to != nobody && r.now.successor == r.handed_over_to && r.now.primary != nobody) lead(r.now, r.handed_over_to);
    }
  }

  void remove(const member_set& removed) {
    for (auto& r : rows_) {
      strip(r.now, removed);
      if (r.lacks_primary && keeps_its_epoch(r) && r.now.primary != nobody) depose_without_copy(r.now);
      const bool was_served = r.before != nullptr && r.before->status == row_status::served;
      if (was_served && r.now.in_sync.empty()) survive_loss(r);
    }
  }

  /// `source`: of rows that a map moves into; they are wanted where its entries are.
  void place(seating& house, const table_planning* source) {
    std::vector<const row*> rows;
    std::vector<row> to_be(source != nullptr ? rows_.size() : 0);
    for (std::size_t p = 0; p < rows_.size(); ++p) {
      auto& r = rows_[p];
      if (is_void(r.now) && house.size() > 0) r.afresh = true;
      if (r.now.status == row_status::lost && house.size() == 0) r.afresh = false;  // Nobody is there to go on with.
      if (r.afresh) clear_holders(r.now);
      rows.push_back(&r.now);
      if (source == nullptr || r.now.status != row_status::unborn || source->rows_[p].now.primary == nobody) continue;
      to_be[p].primary = source->rows_[p].now.primary;
      to_be[p].in_sync = {to_be[p].primary};
      rows.back() = &to_be[p];
    }
    auto wanted = wanted_placement(rows, counts_, house);
    for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i].wanted = std::move(wanted[i]);
  }

  void take_steps(const seating& house) {
    for (auto& r : rows_) {
      if (r.now.primary != nobody) ++primaries_[r.now.primary];
    }
    for (auto& r : rows_) {
      if (!r.now.takes_over()) take_step(r, house);
    }
  }

  /// After the rows that have the entries took theirs.
  void follow(const table_planning& source) {
    for (std::size_t p = 0; p < rows_.size(); ++p) {
      if (rows_[p].now.takes_over()) follow(rows_[p], source.rows_[p]);
    }
  }
  /// A row that forms is served by nobody: so it begins when its copies can be made at once.
  void begin(const table_planning& source, forming_budget& budget) {
    for (std::size_t p = 0; p < rows_.size(); ++p) {
      const auto& from = source.rows_[p];
      if (!may_begin(rows_[p], from)) continue;
      auto targets = rows_[p].wanted.in_sync;
      targets.erase(from.now.primary);
      if (budget.take(from.now.primary, targets)) begin_forming(rows_[p].now, from.now.primary);
    }
  }
  void count_into(forming_budget& budget) const {
    for (const auto& r : rows_) {
      if (r.now.primary != nobody) budget.count(r.now);
    }
  }

  void request_transfers(std::vector<transfer_request>& requests) {
    for (auto& r : rows_) {
      if (!r.now.learners.empty() || (holds_copies(r) && !wanted_learners(r.now, r.wanted).empty()))
        requests.push_back({&r.now, &r.wanted});
    }
  }

  void write_updates(const member_set& removed, std::vector<row_update>& out) {
    for (auto& r : rows_) {
      if (r.before != nullptr) {
        auto unchanged = *r.before;
        unchanged.unsealed.erase_if([&](member_no m) { return removed.contains(m); });
        if (r.now == unchanged && !r.renewed) continue;
      }
      r.now.config = r.now.config.next();
      out.push_back({r.id, std::move(r.now)});
    }
  }

 private:
  planned_row* find(const row_id& id) {
    return id.group() == group_ && id.partition.value() < rows_.size() ? &rows_[id.partition.value()] : nullptr;
  }

  static bool keeps_its_epoch(const planned_row& r) { return r.before != nullptr && r.before->epoch == r.now.epoch; }

  /// Where the entries are, another primary leads: what has been taken over is void.
  static void follow(planned_row& r, const planned_row& from) {
    auto& now = r.now;
    const bool goes_on = now.primary == from.now.primary && keeps_its_epoch(from) && !r.is_outgrown;
    if (now.status == row_status::forming && goes_on) {
      for (const auto m : r.caught_up) {
        now.learners.erase(m);
        now.in_sync.insert(m);
      }
      now.learners.erase_if([&](member_no m) { return !r.wanted.in_sync.contains(m); });
      const bool has_copies = std::includes(now.in_sync.begin(), now.in_sync.end(), r.wanted.in_sync.begin(), r.wanted.in_sync.end());
      if ((r.is_formed || TROUPE_MUTATED(served_before_it_formed)) && (has_copies || TROUPE_MUTATED(formed_without_copies))) now.status = row_status::served;
    } else if (now.status == row_status::forming) {
      clear_holders(now);
      now.status = row_status::unborn;
      now.epoch = now.epoch.next();
    } else if (r.before == nullptr) {
      now.epoch = from.now.epoch;
    } else if (now.epoch < from.now.epoch) {
      now.epoch = now.epoch.next();  // As that one's, which does not jump either: locks that are taken here have greater fences.
    }
  }

  static bool may_begin(const planned_row& r, const planned_row& from) {
    return r.now.status == row_status::unborn && keeps_its_epoch(r) && from.now.status == row_status::served && keeps_its_epoch(from) &&
           from.now.successor == nobody && r.wanted.primary != nobody;
  }

  void on(const wish::caught_up& w, const member_set& removed) {
    auto* r = find(w.row);
    // The primary that awaits the learner has to stay: only then does the view that adds it follow one in which it was awaited.
    if (r == nullptr || r->now.config != w.config || removed.contains(r->now.primary) || removed.contains(w.learner)) return;
    if (r->now.learners.contains(w.learner)) r->caught_up.insert(w.learner);
  }
  void on(const wish::handed_over& w, const member_set& removed) {
    auto* r = find(w.row);
    if (r == nullptr || r->now.config != w.config || w.successor == nobody || r->now.successor != w.successor) return;
    if (r->now.in_sync.contains(w.successor) && !removed.contains(w.successor) && !removed.contains(r->now.primary))
      r->handed_over_to = w.successor;
  }
  void on(const wish::activated& w, const member_set&) {
    auto* r = find(w.row);
    if (r != nullptr && r->before != nullptr && r->before->epoch == w.epoch && r->now.epoch == w.epoch) r->now.unsealed.clear();
  }
  void on(const wish::damaged& w, const member_set&) {
    auto* r = find(w.row);
    if (r == nullptr || r->before == nullptr || r->before->config != w.config) return;
    if (r->now.status == row_status::forming && r->now.primary == w.holder) return;  // It goes on once it is served.
    r->damaged.insert(w.holder);
  }
  void on(const wish::formed& w, const member_set&) {
    if (auto* r = find(w.row); r != nullptr && r->now.status == row_status::forming && r->now.epoch == w.epoch) r->is_formed = true;
  }
  void on(const wish::outgrown& w, const member_set&) {
    auto* r = find(w.row);
    if (r == nullptr || r->before == nullptr || r->before->config != w.config || r->before->epoch > w.epoch) return;
    r->is_outgrown = true;
    r->lacks_primary |= !w.has_copy && may_be_gone_ && r->now.status == row_status::served;
  }
  void on(const wish::reset_lost&, const member_set&) {
    for (auto& r : rows_) r.afresh = r.afresh || r.now.status == row_status::lost;
  }
  void on(const wish::leave&, const member_set&) {}
  void on(const wish::create_map&, const member_set&) {}
  void on(const wish::destroy_map&, const member_set&) {}
  void on(const wish::set_counts&, const member_set&) {}

  /// The copy counts as lost, and its holder learns the row anew. The last one in sync stays: damaged is better than gone.
  static void exclude(planned_row& r, member_no holder, const member_set& removed) {
    r.caught_up.erase(holder);
    if (r.now.learners.contains(holder)) r.renewed = true;
    const auto is_gone = [&](member_no m) { return r.lacks_primary && m == r.before->primary; };
    const auto is_good = [&](member_no m) { return !removed.contains(m) && !r.damaged.contains(m) && !is_gone(m); };
    if (!r.now.in_sync.contains(holder) || std::none_of(r.now.in_sync.begin(), r.now.in_sync.end(), is_good)) return;
    r.now.in_sync.erase(holder);
    r.now.learners.insert(holder);
    if (r.now.successor == holder) r.now.successor = nobody;
    if (r.now.primary != holder) return;
    r.now.unsealed.insert(holder);
    r.now.primary = nobody;
  }

  /// The seal of a branch that is gone has ended its copy. If others have one, it learns the row anew; else the row is lost.
  static void depose_without_copy(row& r) {
    const auto former = std::exchange(r.primary, nobody);
    r.in_sync.erase(former);
    r.unsealed.insert(former);
    if (r.successor == former) r.successor = nobody;
    if (!r.in_sync.empty()) r.learners.insert(former);
  }

  void survive_loss(planned_row& r) const {
    if (rules_.on_loss == loss_policy::hold && !TROUPE_MUTATED(loss_policy_ignored)) {
      lose(r.now);
      return;
    }
    const auto others = r.now.async_backups.empty() ? r.now.learners : r.now.async_backups;
    if (rules_.on_loss == loss_policy::empty || others.empty()) {
      r.afresh = true;
      return;
    }
    r.now.learners.clear();
    lead(r.now, *others.begin());
  }

  static void clear_holders(row& r) {
    if (r.primary != nobody) r.unsealed.insert(r.primary);
    r.in_sync.clear();
    r.learners.clear();
    r.async_backups.clear();
    r.primary = nobody;
    r.successor = nobody;
    r.status = row_status::served;
  }

  static bool holds_copies(const planned_row& r) { return r.now.is_held() && r.wanted.primary != nobody; }

  void take_step(planned_row& r, const seating& house) {
    if (r.afresh) return start_afresh(r.now, r.wanted);
    if (r.now.status == row_status::lost) {
      // A leaving member need not stay for a copy that nobody feeds.
      return r.now.async_backups.erase_if([&](member_no m) { return house.size() > 0 && !house.seat_of(m); });
    }
    if (r.now.primary == nobody) promote(r, house);
    for (auto m : r.caught_up) {
      r.now.learners.erase(m);
      r.now.in_sync.insert(m);
    }
    if (r.wanted.primary != nobody) approach(r.now, r.wanted, *r.before);
    if (r.is_outgrown && keeps_its_epoch(r)) lead(r.now, r.now.primary);
  }

  /// From the in-sync set only: whoever is wanted there, or else has the fewest primaries and stays.
  void promote(planned_row& r, const seating& house) {
    auto next = r.wanted.primary;
    if (!r.now.in_sync.contains(next)) {
      const auto key = [&](member_no m) { return std::tuple{!house.seat_of(m), primaries_[m], m}; };
      next = *std::min_element(r.now.in_sync.begin(), r.now.in_sync.end(), [&](member_no a, member_no b) { return key(a) < key(b); });
    }
    if (TROUPE_MUTATED(async_backup_promoted) && !r.now.async_backups.empty()) next = *r.now.async_backups.begin();
    if (TROUPE_MUTATED(learner_promoted) && !r.now.learners.empty()) next = *r.now.learners.begin();
    ++primaries_[next];
    lead(r.now, next);
  }

  row_group group_;
  durability counts_;
  std::optional<row_group> source_;
  durability_rules rules_;
  bool may_be_gone_;  // A view on the way to this one was decided outside of any quorum: seals of views that nobody has may have ended copies (ADR 17).
  std::vector<planned_row> rows_;
  std::map<member_no, std::size_t> primaries_;
};

/// Who may hold copies in the next view: data members that stay. Joiners get theirs by the view after the one that lets them in.
/// When all leave, the oldest of them waits for the others: so the rest can go, and the last member ends with the cluster.
std::vector<const member*> holders(const view& base, const member_set& removed, const member_set& leaving) {
  std::vector<const member*> staying;
  const member* oldest_leaving = nullptr;
  for (const auto& m : base.members) {
    if (m.kind != member_kind::data || removed.contains(m.number)) continue;
    if (!m.leaving && !leaving.contains(m.number)) {
      staying.push_back(&m);
    } else if (oldest_leaving == nullptr) {
      oldest_leaving = &m;
    }
  }
  if (staying.empty() && oldest_leaving != nullptr) staying.push_back(oldest_leaving);
  return staying;
}

bool is_among(map_id map, const std::vector<map_id>& ids) { return std::find(ids.begin(), ids.end(), map) != ids.end(); }

std::vector<table_planning> tables_of(const view& base, const plan_input& input) {
  struct planned_group {
    const row_table* before = nullptr;
    durability counts;
    std::optional<row_group> source{};
  };
  std::map<row_group, planned_group> groups;
  for (const auto& m : input.maps_created) groups[m.group()] = {nullptr, m.group().began};
  for (const auto& t : base.tables) groups[t.group()] = {&t, t.counts()};
  for (const auto& m : base.maps) {
    if (m.moves_from && !is_among(m.id, input.maps_destroyed)) groups[m.group()].source = m.moves_from;
  }
  if (input.counts) {
    const auto& map = *base.find(input.counts->map);
    if (base.has_group_alone(map)) {
      groups[map.group()].counts = input.counts->to;
    } else {
      groups[{input.counts->to, base.next_group}] = {nullptr, input.counts->to, map.group()};
    }
  }
  std::vector<table_planning> tables;
  for (const auto& [group, g] : groups) tables.emplace_back(group, g.counts, g.before, g.source, base);
  return tables;
}

const table_planning* source_of(const table_planning& t, const std::vector<table_planning>& tables) {
  if (!t.source()) return nullptr;
  return &*std::find_if(tables.begin(), tables.end(), [&](const table_planning& s) { return s.group() == *t.source(); });
}

void form_rows(std::vector<table_planning>& tables, std::size_t transfers_max) {
  for (auto& t : tables) {
    if (const auto* source = source_of(t, tables)) t.follow(*source);
  }
  forming_budget budget{transfers_max};
  for (const auto& t : tables) t.count_into(budget);
  for (auto& t : tables) {
    if (const auto* source = source_of(t, tables)) t.begin(*source, budget);
  }
}

std::vector<row_update> plan_rows(const view& base, const plan_input& input) {
  seating house{holders(base, input.removals, input.leaving)};
  auto tables = tables_of(base, input);
  std::vector<transfer_request> requests;
  for (auto& t : tables) {
    for (const auto& w : input.wishes) t.honour(w, input.removals);
    t.exclude_damaged(input.removals);
    t.hand_over();
    t.remove(input.removals);
  }
  for (auto& t : tables) {
    t.place(house, source_of(t, tables));
    t.take_steps(house);
  }
  form_rows(tables, input.transfers_max);
  for (auto& t : tables) t.request_transfers(requests);
  transfers{house, input.transfers_max}.grant(std::move(requests));
  std::vector<row_update> updates;
  for (auto& t : tables) t.write_updates(input.removals, updates);
  return updates;
}

}  // namespace

view_change plan(const view& base, const plan_input& input) {
  view_change change;
  change.joins = input.joins;
  change.removals.assign(input.removals.begin(), input.removals.end());
  for (auto m : input.leaving) {
    const auto* who = base.find(m);
    if (who != nullptr && !who->leaving && !input.removals.contains(m)) change.leaving.push_back(m);
  }
  change.maps_created = input.maps_created;
  change.maps_destroyed = input.maps_destroyed;
  change.counts = input.counts;
  change.rows = plan_rows(base, input);
  return change;
}

bool has_work(const view& base) { return !plan_rows(base, {}).empty(); }

row_shortfall shortfall_of(const view& v, const row_id& id) {
  row_shortfall result;
  const auto* table = v.find(id.group());
  const auto* r = v.find(id);
  if (r == nullptr) return result;
  if (r->takes_over()) {  // Its entries have their copies, in the other row.
    result.catching_up = true;
    return result;
  }
  const auto& counts = table->counts();
  const auto room = std::max<std::size_t>(1, holders(v, {}, {}).size()) - 1;
  const auto backups_wanted = std::min<std::size_t>(counts.backups, room);
  const auto async_wanted = std::min<std::size_t>(counts.async_backups, room - backups_wanted);
  const auto backups = std::max<std::size_t>(1, r->in_sync.size()) - 1;
  result.backups_missing = backups_wanted - std::min(backups, backups_wanted);
  result.async_backups_missing = async_wanted - std::min(r->async_backups.size(), async_wanted);
  result.beyond_members = counts.backups + counts.async_backups - backups_wanted - async_wanted;
  result.catching_up = !r->learners.empty() || r->successor != nobody;
  return result;
}

}  // namespace troupe::protocol
