// What befalls the cluster: faults, members that come and go, losses, other backup counts, maps that are destroyed.
#include <algorithm>

#include "tests/actors/map_trial_state.hpp"

namespace troupe::test::model {

void trial::fault(std::size_t number, dice& d) {
  if (plan_.may_lose && d.chance(40) && lose(number, d)) return;
  const auto what = d.below(100);
  const auto is_done = what < 32 ? kill(d) : what < 50 ? cut(d) : what < 64 ? pause(d) : what < 72 ? trouble_a_client(d) : what < 84 ? leave(d) : false;
  if (!is_done) join(d);
}

bool trial::kill(dice& d) {
  const auto living = stage_.living();
  const auto many = std::min<std::size_t>(losses_survived(), d.chance(70) ? 1 : 2);
  const auto is_enough = living.size() == 2 ? many == 1 : 2 * (living.size() - many) > living.size();
  if (stage_.rows_move() || changing_ || many == 0 || !is_enough) return false;
  disturbed_at_ = stage_.now();
  crashed_ = true;
  auto left = living;
  for (std::size_t i = 0; i < many; ++i) {
    const auto which = d.below(left.size());
    note("kill member " + std::to_string(left[which]));
    stage_.kill(left[which]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(which));
    ++result_.kills;
  }
  return true;
}

bool trial::cut(dice& d) {
  const auto living = stage_.living();
  if (stage_.rows_move() || changing_ || living.size() < 3 || losses_survived() == 0) return false;
  const auto how_long = milliseconds{d.one_of({100, 400, 900, 2'000, 4'000})};
  const auto a = d.pick(living), b = d.pick(living);
  disturbed_at_ = stage_.now();
  crashed_ = true;
  ++result_.cuts;
  const auto which = d.one_of({stage::direction::both, stage::direction::both, stage::direction::from, stage::direction::to});
  const auto words = which == stage::direction::both ? "" : which == stage::direction::from ? ", what it says," : ", what it hears,";
  if (a == b || d.chance(40)) {
    note("isolate member " + std::to_string(a) + words + " for " + std::to_string(how_long.count()) + " ms");
    stage_.isolate(a, which, how_long);
  } else {
    note("cut member " + std::to_string(a) + words + " off from " + std::to_string(b) + " for " + std::to_string(how_long.count()) + " ms");
    stage_.cut(a, b, which, how_long);
  }
  return true;
}

bool trial::pause(dice& d) {
  const auto living = stage_.living();
  if (stage_.rows_move() || changing_ || living.size() < 3 || losses_survived() == 0) return false;
  const auto how_long = milliseconds{d.one_of({50, 200, 500, 900, 1'500, 4'000})};
  const auto which = d.pick(living);
  disturbed_at_ = stage_.now();
  crashed_ = true;
  ++result_.pauses;
  note("pause member " + std::to_string(which) + " for " + std::to_string(how_long.count()) + " ms");
  stage_.pause(which, how_long);
  return true;
}

/// It may stand still, be cut off, or die, whatever becomes of members; another one comes.
bool trial::trouble_a_client(dice& d) {
  auto clients = stage_.askers();
  std::erase_if(clients, [this](std::size_t c) { return !stage_.is_client(c); });
  if (plan_.clients == 0 || stage_.is_cut()) return false;
  if (!stage_.rows_move()) disturbed_at_ = stage_.now();
  if (clients.empty()) {
    note("client " + std::to_string(stage_.connect()) + " connects");
    return true;
  }
  const auto which = d.pick(clients);
  const auto how_long = milliseconds{d.one_of({100, 900, 4'000})};
  switch (d.below(3)) {
    case 0:
      note("kill client " + std::to_string(which));
      stage_.kill(which);
      ++result_.kills;
      break;
    case 1:
      note("pause client " + std::to_string(which) + " for " + std::to_string(how_long.count()) + " ms");
      stage_.pause(which, how_long);
      ++result_.pauses;
      break;
    default:
      note("isolate client " + std::to_string(which) + " for " + std::to_string(how_long.count()) + " ms");
      stage_.isolate(which, d.one_of({stage::direction::both, stage::direction::from, stage::direction::to}), how_long);
      ++result_.cuts;
  }
  return true;
}

bool trial::leave(dice& d) {
  std::erase_if(leaving_, [&](std::size_t m) { return !stage_.is_alive(m); });
  auto can = stage_.living();
  std::erase_if(can, [&](std::size_t m) { return leaving_.contains(m); });
  // Whoever leaves while somebody is dead, and not yet let go, may leave a last one who can't tell that death from a split, and halts.
  const auto has_crashed = stage_.rows_move() && crashed_;
  if (stage_.members() < leaving_.size() + 2 || can.empty() || has_crashed || changing_) return false;
  const auto which = d.pick(can);
  note("member " + std::to_string(which) + " leaves");
  if (!stage_.rows_move()) disturbed_at_ = stage_.now();
  leaving_.insert(which);
  stage_.leave(which);
  ++result_.leaves;
  return true;
}

bool trial::join(dice&) {
  if (stage_.living().size() >= living_max || stage_.is_cut()) return false;
  if (!stage_.rows_move()) disturbed_at_ = stage_.now();
  note("member " + std::to_string(stage_.size()) + " joins");
  stage_.start();
  ++result_.joins;
  return true;
}

void trial::change_counts(dice& d) {
  rest();
  changed_ = d.below(subjects_.size());
  changes_to_ = {static_cast<std::uint8_t>(d.below(3)), static_cast<std::uint8_t>(d.below(2))};
  if (losses_survived() > 0 && d.chance(70)) changes_to_.backups = std::max<std::uint8_t>(changes_to_.backups, 1);
  auto& s = subjects_[changed_];
  // There has to be such a map.
  auto first = ask(s, some_member(d), request{.what = kind::contains_key, .key = plan_.keys.front()}, d);
  finish({first});
  disturbed_at_ = stage_.now();
  const auto member = some_member(d);
  note("member " + std::to_string(member) + ": " + s.name + " gets " + std::to_string(changes_to_.backups) + " backups and " +
       std::to_string(changes_to_.async_backups) + " async ones");
  changing_ = stage_.set_backups(s.name, member, changes_to_);
  if (d.chance(50)) rest();
}

void trial::destroy(dice& d) {
  rest();
  compare_all_events();
  auto& s = subjects_[d.below(subjects_.size())];
  const auto gone = [&](bool was) {
    disturbed_at_ = stage_.now();
    const auto done = stage_.destroy(s.name, some_member(d));
    if (!stage_.wait_for([&] { return done->is_there(); }, patience)) throw differs{"destroy has no answer"};
    if (!done->done || *done->done != was)
      throw differs{"destroy of " + s.name + " answered " + (done->done ? (*done->done ? "true" : "false") : done->error)};
    rest();
  };
  auto first = ask(s, some_member(d), request{.what = kind::contains_key, .key = plan_.keys.front()}, d);
  finish({first});
  note("destroy " + s.name);
  gone(true);
  s.known.forget_all();
  s.counts = s.defined.kind;
  forget_the_dead(s);
  for (const auto& e : s.ears) {
    const auto is_told = stage_.wait_for([&] { return e->has_ended; }, seconds{15});
    if (!is_told || e->end != to_string(failure::unknown_map))
      throw differs{"a listener to " + s.name + ", which is destroyed, was told '" + e->end + '\''};
  }
  s.ears.clear();
  s.removed.clear();
  s.rows.clear();
  s.known.end_listening();
  if (d.chance(50)) gone(false);
  ++result_.destroyed;
}

}  // namespace troupe::test::model
