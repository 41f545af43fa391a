#include "tests/sim/auditor.hpp"

#include <algorithm>

#include <troupe/actors/protocol/planner/planner.hpp>

namespace troupe::sim {

namespace {

/// A ring of committed records and the uncommitted ones, with room for the one record that may go over.
std::size_t tail_bytes_max(const protocol::replica_limits& l) {
  return std::max(l.ring_bytes_max, l.listened_bytes_max) + l.pending_bytes_max + l.message_bytes_max + 4096;
}

std::string holders_of(const row& r) {
  std::string text = ": primary=" + std::to_string(r.primary.value()) + " epoch=" + std::to_string(r.epoch.value());
  const auto add = [&](const char* what, const member_set& set) {
    text += std::string{" "} + what + "=";
    for (const auto m : set) text += std::to_string(m.value()) + ",";
  };
  add("in_sync", r.in_sync);
  add("learners", r.learners);
  add("async", r.async_backups);
  add("unsealed", r.unsealed);
  return text;
}

/// How many maps have their entries in that row.
std::size_t maps_at(const row_id& id, const view_ptr& v) {
  if (!v) return 0;
  return static_cast<std::size_t>(std::count_if(v->maps.begin(), v->maps.end(), [&](const map_info& m) { return v->home_of(m, id.partition) == id; }));
}

}  // namespace

auditor::auditor(world& around, keyspace& keys, const scenario& what)
    : world_(around), keys_(keys), scenario_(what), rows_(tail_bytes_max(what.replica)), lives_(keys, what.maps), locks_(keys, what.replica.lock_patience) {}

void auditor::installed(member_process& who, const view_ptr& what, const std::vector<protocol::membership_event>& events) {
  if (is_retired_) return;
  world_.log().mix(what->name.digest);
  world_.log().line(world_.now(), [&] {
    std::string text = "#" + std::to_string(who.number().value()) + " installs view " + std::to_string(what->name.number.value()) + " members";
    for (const auto& m : what->members) text += " " + std::to_string(m.number.value()) + (m.leaving ? "(leaving)" : "");
    return text;
  });
  const bool is_new = views_.installed(what);
  if (is_new && views_.newest() == what) {
    check_removed_have_no_lease(*what);
    if (scenario_.planned) check_removed_hold_nothing(*what);
    note_losses(*what);
    note_moves(*what);
  }
  check_losses_are_told(who, *what, events);
  if (!is_new) return;
  ++totals_.views;
  for (const auto& table : what->tables) {
    if (views_.newest() != what) break;
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto id = table.id_of(p);
      rows_.audit(id, table.rows[p], facts_of_all(id));
    }
  }
  if (on_decided) on_decided(*what, who);
}

void auditor::forced() {
  ++totals_.forced;
  view_number known;
  for (const auto* m : cluster_->living()) {
    if (m->installed()) known = std::max(known, m->installed()->name.number);
  }
  if (!views_.forget_after(known)) return;
  ++totals_.forked;
  untold_losses_.erase(untold_losses_.upper_bound(known), untold_losses_.end());
  for (const auto& table : views_.newest()->tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto id = table.id_of(p);
      rows_.emptied(id, table.rows[p].epoch);
      events_.emptied(id, table.rows[p].epoch);
      locks_.emptied(id);
      copy_reads_.emptied(id, table.rows[p].epoch);
      keys_.row_lost_data(id, *views_.newest());
    }
  }
}

/// Invariant 2, at the first installation of the view.
void auditor::check_removed_have_no_lease(const view& decided) {
  for (const auto& gone : views_.newly_removed()) {
    const auto* m = cluster_->find(gone.id);
    if (m == nullptr) continue;
    const auto held = m->membership().held_lease();
    if (m->clock() < held.until && held.view.number < decided.name.number) {
      throw violation{"invariant 2: view " + std::to_string(decided.name.number.value()) + " removes member " +
                      std::to_string(gone.number.value()) + ", which holds a lease"};
    }
  }
}

/// Whoever leaves has handed everything over, if there is anybody to take it.
void auditor::check_removed_hold_nothing(const view& decided) {
  for (const auto& gone : views_.newly_removed()) {
    for (const auto& table : views_.before_newest()->tables) {  // There is none before the first view, which removes nobody.
      for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
        const auto& r = table.rows[p];
        if (!r.in_sync.contains(gone.number) && !r.async_backups.contains(gone.number)) continue;
        throw violation{"planned joins and leaves: view " + std::to_string(decided.name.number.value()) + " lets member " +
                        std::to_string(gone.number.value()) + " go with its copy of row " + to_string(table.id_of(p))};
      }
    }
  }
}

void auditor::note_moves(const view& decided) {
  const auto& before = views_.before_newest();
  if (!before) return;
  for (const auto& m : decided.maps) {
    const auto* was = before->find(m.id);
    if (was == nullptr) continue;
    for (std::uint32_t p = 0; p < decided.settings.partition_count; ++p) {
      const auto from = before->home_of(*was, partition_id{p});
      const auto to = decided.home_of(m, partition_id{p});
      if (from == to) continue;
      ++totals_.rows_moved;
      const auto begins = beginning_of(to, *decided.find(to));
      locks_.moved(m.id, from, to, begins);
      events_.moved(m.id, from, to, decided.find(to)->epoch, begins.value_or(seq_number{1}));
    }
  }
}

/// The position of the first record of its epoch. Where nobody's log has it any more, nothing came behind it yet.
std::optional<seq_number> auditor::beginning_of(const row_id& id, const row& now) const {
  std::optional<seq_number> last;
  for (auto* m : cluster_->living()) {
    const auto* hosted = now.in_sync.contains(m->number()) ? m->find_row(id) : nullptr;
    if (hosted == nullptr) continue;
    for (const auto& r : hosted->copy.log_tail()) {
      if (r.epoch == now.epoch) return r.seq;
    }
    if (hosted->copy.committed() > seq_number{}) last = hosted->copy.committed();
  }
  return last;
}

void auditor::note_losses(const view& decided) {
  for (const auto& begun : views_.newly_begun()) {
    rows_.emptied(begun, decided.find(begun)->epoch);
    events_.emptied(begun, decided.find(begun)->epoch);
    copy_reads_.emptied(begun, decided.find(begun)->epoch);
  }
  for (const auto& lost : views_.newly_lost()) {
    ++totals_.rows_lost;
    rows_.declared_lost(lost.row, decided.find(lost.row)->epoch);
    events_.emptied(lost.row, decided.find(lost.row)->epoch);
    locks_.emptied(lost.row);
    copy_reads_.emptied(lost.row, decided.find(lost.row)->epoch);
    keys_.row_lost_data(lost.row, decided);
    untold_losses_[decided.name.number].push_back(lost.row);
  }
}

/// Invariant 16: whoever installs the view and knew the one before says which rows it lost.
void auditor::check_losses_are_told(const member_process& who, const view& decided, const std::vector<protocol::membership_event>& events) {
  using kind = protocol::membership_event::kind;
  const auto before = std::exchange(installed_by_[who.at()], decided.name.number);
  const auto untold = untold_losses_.find(decided.name.number);
  if (untold == untold_losses_.end() || before.next() != decided.name.number) return;
  for (const auto& row : untold->second) {
    const auto named = to_string(row);
    const bool told = std::any_of(events.begin(), events.end(), [&](const auto& e) {
      return (e.what == kind::row_lost || e.what == kind::row_lost_data || e.what == kind::row_served_again) &&
             e.text.find(named) != std::string::npos;
    });
    if (!told) throw violation{"invariant 16: row " + named + " lost its data and no event says so"};
  }
  untold_losses_.erase(untold);
}

/// An async backup is fed what has committed, and nothing else.
void auditor::replicates(member_process& who, member_no to, const any_replication_message& what) {
  const auto* m = std::get_if<replication_message::records>(&what);
  auto* hosted = m != nullptr && !m->list.empty() ? who.find_row(m->row) : nullptr;
  const auto* row = hosted != nullptr && hosted->knows ? hosted->knows->find(m->row) : nullptr;
  if (row == nullptr || !row->async_backups.contains(to) || m->list.back().seq <= hosted->copy.committed()) return;
  throw violation{"an async backup is fed what has not committed: row=" + to_string(m->row) + " member=" + std::to_string(to.value())};
}

void auditor::event(member_process& who, const protocol::membership_event& what) {
  if (what.what == protocol::membership_event::kind::halted) ++totals_.halts;
  world_.log().line(world_.now(), [&] { return "  #" + std::to_string(who.number().value()) + " membership: " + what.text; });
}

void auditor::row_committed(member_process& who, const row_id& id) {
  if (is_retired_) return;
  if (!scenario_.listeners && !scenario_.locks) return;
  const auto& hosted = *who.find_row(id);
  const auto* row = hosted.knows ? hosted.knows->find(id) : nullptr;
  const auto role = hosted.copy.role();
  const bool holds_committed_state = role == protocol::replica_role::primary || role == protocol::replica_role::backup;
  if (row == nullptr || !holds_committed_state) return;
  if (scenario_.locks) locks_.stepped(id, hosted.copy, *hosted.knows, world_.now().time_since_epoch());
  if (!scenario_.listeners || hosted.copy.committed() <= events_.known_up_to(id, row->epoch)) return;
  events_.committed(id, row->epoch, hosted.copy.committed(), hosted.copy.log_tail());
}

void auditor::acknowledges(member_process& who, const row_id& id) {
  if (is_retired_) return;
  const auto& hosted = *who.find_row(id);
  const auto* row = hosted.knows ? hosted.knows->find(id) : nullptr;
  if (row == nullptr) return;
  rows_.acknowledged(id, who.number(), row->epoch);
  const auto wanted = hosted.knows->settings.rules_of(hosted.knows->find(id.group())->counts()).min_in_sync;
  if (row->in_sync.size() < wanted) {
    throw violation{"section 4.2 (min-in-sync): a write is told as done with " + std::to_string(row->in_sync.size()) + " of " + std::to_string(wanted) +
                    " copies in sync: row=" + to_string(id)};
  }
}

void auditor::row_stepped(member_process& who, const row_id& id) {
  if (is_retired_) return;
  auto* hosted = who.find_row(id);
  if (hosted == nullptr) return;
  const auto facts = facts_of(who, id, *hosted);
  world_.log().mix(facts.committed.value());
  world_.log().mix(facts.length.value());
  rows_.stepped(id, facts);
  if (scenario_.removes_unasked() && hosted->knows) {
    lives_.stepped(who.at(), id, hosted->copy, *hosted->knows, world_.now().time_since_epoch());
    totals_.expired = lives_.expired();
    totals_.evicted = lives_.evicted();
  }
  if (scenario_.memory_bytes_max > 0) memory_.stepped(who.at(), id, hosted->copy, who.was_full(), maps_at(id, hosted->knows));
  for (const auto& contested : rows_.contested()) rows_.check_single_server(contested, facts_of_all(contested));
}

void auditor::asks(member_process& who, const operation& what) {
  const auto* row = who.installed() ? who.installed()->find(what.row) : nullptr;
  if (row != nullptr) copy_reads_.asks(who.at(), what.request, what.row, row->epoch);
}

void auditor::is_told(member_process& who, const reply& what) { copy_reads_.is_told(who.at(), what.request, what.committed); }

void auditor::reads_copy(member_process& who, const operation& get, const reply& what) {
  copy_reads_.reads_copy(who.at(), get.row, what.epoch, what.committed);
}

void auditor::ended(member_process& who, protocol::ending how, std::optional<view_number>) {
  world_.log().line(world_.now(), [&] { return "#" + std::to_string(who.number().value()) + " ended how=" + std::to_string(int(how)); });
  const auto& v = views_.newest();
  is_over_ = is_over_ || (how == protocol::ending::left && v && v->members.size() == 1 && v->find(who.id()) != nullptr);
  rows_.died(who.at());
  if (on_ended) on_ended(who, how);
}

void auditor::audit_rows() {
  if (is_retired_) return;
  const auto& v = views_.newest();
  if (!v) return;
  for (const auto& table : v->tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto id = table.id_of(p);
      rows_.audit(id, table.rows[p], facts_of_all(id));
    }
  }
}

replica_facts auditor::facts_of(member_process& m, const row_id& id, member_process::hosted_row& hosted) const {
  replica_facts f;
  auto& copy = hosted.copy;
  f.process = m.at();
  f.who = m.number();
  f.role = copy.role();
  f.serves = copy.serves_reads();
  f.leased = hosted.knows && m.membership().held_lease().covers(hosted.knows->name, m.clock());
  const auto* row = hosted.knows ? hosted.knows->find(id) : nullptr;
  if (row != nullptr) f.epoch = row->epoch;
  f.sealed = copy.sealed_epoch();
  f.committed = copy.committed();
  f.length = copy.log_length();
  f.begins = copy.history_begins();
  f.doubts = copy.upkeep().differences + copy.upkeep().damaged;
  f.tail = [&copy] { return copy.log_tail(); };
  f.checksum = [&copy] { return copy.checksum(); };
  return f;
}

std::vector<replica_facts> auditor::facts_of_all(const row_id& id) const {
  std::vector<replica_facts> result;
  for (auto* m : cluster_->living()) {
    if (auto* hosted = m->find_row(id)) result.push_back(facts_of(*m, id, *hosted));
  }
  return result;
}

std::optional<std::string> auditor::still_locked() const {
  for (auto* m : cluster_->living()) {
    for (const auto& [id, hosted] : m->rows()) {
      const auto locks = hosted.copy.committed_locks();
      if (!locks.empty()) return "key " + std::string{locks.front().key.view()} + " of row " + to_string(id) + " is locked, and nobody wants it to be";
      if (hosted.copy.waiting_for_locks() > 0) return "row " + to_string(id) + " has operations that wait for locks";
    }
  }
  return std::nullopt;
}

void auditor::check_histories() {
  locks_.check_histories(*views_.newest());
  for (std::size_t k = 0; k < keys_.all().size(); ++k) {
    const auto history = keys_.history_of(k);
    const auto found = check_key(history);
    ++totals_.keys_checked;
    totals_.operations_checked += history.size();
    if (found.what == verdict::kind::undecided) {
      ++totals_.keys_undecided;
      world_.log().line(world_.now(), [&] { return "undecided\n" + describe(history, found); });
    }
    if (found.what != verdict::kind::violated) continue;
    const auto& key = keys_.at(k);
    throw violation{"invariant 7 (linearizability): no order explains key " + key.map + "/" + std::string{key.name.view()} +
                    " row=" + to_string(key.row) + "\n" + describe(history, found)};
  }
}

std::optional<std::string> auditor::unsettled() const {
  const auto& v = views_.newest();
  if (!v) return "no view";
  const auto living = cluster_->living();
  for (const auto* m : living) {
    const auto name = "host " + std::to_string(m->host().value());
    if (!m->installed() || m->installed()->name != v->name) return name + " has not installed the newest view";
    if (v->find(m->id()) == nullptr) return name + " is no member";
  }
  if (living.size() != v->members.size()) return "the view has members that are not alive";
  for (const auto& table : v->tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      if (auto why = unsettled_row(*v, table.id_of(p), table.rows[p])) return why;
    }
  }
  return std::nullopt;
}

void auditor::check_lives_at_rest(duration quiet) const {
  const auto& v = *views_.newest();
  for (auto* m : cluster_->living()) {
    for (const auto& [id, hosted] : m->rows()) {
      if (hosted.copy.role() == protocol::replica_role::primary) lives_.at_rest(hosted.copy, v, world_.now().time_since_epoch(), quiet);
    }
  }
}

std::optional<std::string> auditor::unquiet() const {
  for (auto* m : cluster_->living()) {
    for (const auto& [id, hosted] : m->rows()) {
      const auto name = "row " + to_string(id);
      if (hosted.copy.uncommitted_records() != 0) return name + " has writes that nobody acknowledges";
      if (hosted.copy.async_behind() != 0) return name + " has an async backup that is behind";
      if (auto why = differs_at_rest(*m, id)) return why;
    }
  }
  return std::nullopt;
}

std::optional<std::string> auditor::unheard() const {
  const auto& v = *views_.newest();
  for (const auto& l : cluster_->listeners()) {
    if (!l->is_listening()) continue;
    for (const auto& table : v.tables) {
      const auto* listened = v.find_map(l->map());
      if (listened == nullptr || table.group() != listened->group()) continue;
      for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
        const auto id = table.id_of(p);
        auto* primary = cluster_->find(v.find(table.rows[p].primary)->id);
        const auto* map = v.find_map(l->map());
        if (auto why = l->unheard(id, primary->find_row(id)->copy, map->id)) return why;
      }
    }
  }
  return std::nullopt;
}

/// When nobody asks for anything, all copies of a row are one, and nobody else has any of it.
std::optional<std::string> auditor::differs_at_rest(member_process& m, const row_id& id) const {
  const auto where = " of row " + to_string(id) + " on member " + std::to_string(m.number().value());
  const auto& v = *views_.newest();
  const auto& row = *v.find(id);
  auto& primary = *cluster_->find(v.find(row.primary)->id);
  const auto& first = primary.find_row(id)->copy;
  const auto& copy = m.find_row(id)->copy;
  if (copy.role() == protocol::replica_role::none) {
    const bool is_empty = copy.log_length() == seq_number{} && copy.committed_entries().empty();
    return is_empty ? std::nullopt : std::optional{"a copy without a role" + where};
  }
  if (copy.committed() != first.committed() || copy.log_length() != first.log_length()) return "the copy is behind at rest" + where;
  if (copy.checksum() != first.checksum()) return "invariant 14: the copy differs at rest" + where;
  if (copy.damaged_values() > 0) return "section 5: values of the copy are not what was written" + where;
  // What was damaged, and then overwritten, only a comparison finds.
  const bool is_compared = row.in_sync.size() + row.async_backups.size() > 1;
  if (is_compared && copy.checksum() != copy.recomputed_checksum()) return "invariant 14: the copy is damaged at rest" + where;
  return std::nullopt;
}

std::optional<std::string> auditor::unsettled_row(const view& v, const row_id& id, const row& r) const {
  const auto name = "row " + to_string(id);
  if (r.status == row_status::lost) return name + " is lost";
  if (r.status != row_status::served) return name + " has not been formed" + holders_of(r);
  const auto& counts = v.find(id.group())->counts();
  const auto lacks = protocol::shortfall_of(v, id);
  const auto room = v.members.size() - 1;
  const auto backups = std::min<std::size_t>(counts.backups, room);
  const auto async = std::min<std::size_t>(counts.async_backups, room - backups);
  // Counted here as well: the planner is under test.
  if (r.in_sync.size() != backups + 1 || r.async_backups.size() != async) return name + " has not all its copies" + holders_of(r);
  if (!r.learners.empty() || r.successor != nobody) return name + " is on the move" + holders_of(r);
  if (lacks.backups_missing + lacks.async_backups_missing != 0 || lacks.catching_up) return name + " is called short of copies";
  auto* primary = cluster_->find(v.find(r.primary)->id);
  auto* hosted = primary != nullptr ? primary->find_row(id) : nullptr;
  if (hosted == nullptr || !hosted->copy.serves()) return name + " is not served by its primary " + std::to_string(r.primary.value());
  return std::nullopt;
}

}  // namespace troupe::sim
