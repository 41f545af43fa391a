// A map that moves into a group of its own (ADR 16): the primary of the row that has its entries hands them to the row of the same partition, on the
// same member, that forms. What is handed over has committed, and nothing can be added to it: so it is all that the map has.
#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/replica_state.hpp>

namespace troupe::protocol {

void replica::state::note_leaving() {
  const auto& view = *base_.view;
  base_.leaving.clear();
  for (const auto& m : view.maps) {
    if (m.moves_from != base_.id.group()) continue;
    const auto* forms = view.find(row_id{m.kind, base_.id.partition, m.number});
    if (forms != nullptr && forms->status == row_status::forming) base_.leaving.push_back(m.id);
  }
}

bool replica::state::lacks_entries() const {
  const auto* row = base_.row;
  if (row == nullptr || row->status != row_status::forming || row->primary != base_.self || !may_lead()) return false;
  return !base_.copy.is_whole() || base_.copy.log().last_epoch() < row->epoch;
}

void replica::state::ask_for_entries(replica_effects& out) const {
  for (const auto& m : base_.view->maps) {
    if (m.group() != base_.id.group() || !m.moves_from) continue;
    const row_id from{m.moves_from->began, base_.id.partition, m.moves_from->number};
    out.neighbours.push_back({from, neighbour_message::ask{base_.id, base_.row->epoch}});
  }
}

// Whoever asks does so again; by then what is pending has committed, or another primary is asked.
void replica::state::on(neighbour_message::ask& m, const moment& at, replica_effects& out) {
  const auto* forms = base_.view ? base_.view->find(m.by) : nullptr;
  if (as_primary() == nullptr || forms == nullptr || forms->epoch != m.epoch || forms->status != row_status::forming || forms->primary != base_.self) return;
  const bool is_on_its_way = handed_out_.by == m.by && handed_out_.epoch == m.epoch && at.now - handed_out_.at < base_.limits.resend_after;
  if (is_on_its_way) return;
  for (const auto map : base_.leaving) {
    if (base_.view->find(map)->group() == m.by.group()) hand_out(map, m, at, out);
  }
}

void replica::state::hand_out(map_id map, const neighbour_message::ask& to, const moment& at, replica_effects& out) {
  auto& copy = base_.copy;
  if (copy.has_uncommitted(map) && !TROUPE_MUTATED(pending_left_behind)) return;
  // The primary before may have told listeners of this map positions up to where this reign began, be they of records of other maps.
  if (!as_primary()->has_recommitted()) return;
  const auto seq = std::to_string(copy.committed().value());
  auto part = copy.part_of(map);
  if (!part) {  // Another copy shall lead, and hand out what it has.
    ++base_.upkeep.damaged;
    base_.report("copy_damaged", "seq=" + seq + " found_by=move", out);
    return copy.note_damage();
  }
  handed_out_ = {to.by, to.epoch, at.now};
  base_.report("handed_out", "to=" + to_string(to.by) + " map=" + std::to_string(map.value()) + " seq=" + seq, out);
  out.neighbours.push_back({to.by, neighbour_message::entries{to.epoch, map, std::make_shared<moved_entries>(moved_entries{*std::move(part), base_.clock.read(at.now)})}});
}

void replica::state::on(neighbour_message::entries& m, const moment& at, replica_effects& out) {
  if (!lacks_entries() || base_.row->epoch != m.epoch) return;
  base_.copy = std::move(m.what->copy);
  // In this epoch the row begins with a record: who has none of it has nothing of the row, whatever it holds. It is committed, as all before it:
  // if this member goes, so does the epoch.
  base_.copy.append({m.epoch, base_.copy.log().end().next(), no_change{m.map, {}}, {}});
  base_.copy.commit_next();
  base_.clock.set(m.what->time, at.now);
  base_.report("taken_over", "epoch=" + std::to_string(m.epoch.value()) + " seq=" + std::to_string(base_.copy.log().end().value()), out);
  stand(at, out);
}

}  // namespace troupe::protocol
