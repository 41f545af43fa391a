// What a trial does: requests, alone and together, faults, and time.
#include <algorithm>
#include <functional>

#include "tests/actors/map_trial_state.hpp"

namespace troupe::test::model {

void trial::step(std::size_t number, dice d) {
  if (stage_.rows_move() && !stage_.is_cut() && d.chance(15)) rest();
  if (!stage_.rows_move() && !changing_ && d.chance(30)) listen_anew(d);
  const auto what = d.below(100);
  if (what < 56) return ask_keys(number, d, what < 8);
  if (what < 70) return ask_many(number, d);
  if (what < 74) return ask_behind_a_lock(number, d);
  if (what < 84) return let_pass(d);
  if (what < 92) return plan_.has_faults ? fault(d) : let_pass(d);
  if (what < 95) return change_counts(d);
  if (what < 96) return destroy(d);
  rest();
  compare_all_events();
}

/// Requests on different keys, under way together; and perhaps a fault in the middle of them.
void trial::ask_keys(std::size_t number, dice& d, bool with_fault) {
  if (with_fault && plan_.has_faults) rest();
  std::set<std::pair<std::size_t, std::size_t>> taken;
  std::vector<std::shared_ptr<question>> open;
  const auto count = 1 + d.below(d.chance(30) ? 6 : 2);
  for (std::size_t i = 0; i < count; ++i) {
    const auto which = d.below(subjects_.size());
    const auto key = d.below(plan_.keys.size());
    if (!taken.emplace(which, key).second) continue;
    auto& s = subjects_[which];
    auto member = some_member(d);
    auto what = draw_request(number * 10 + i, d, s.known, plan_.keys[key], stage_.living(), member);
    if (!what.value.empty() && i > 0) what.value += "." + std::to_string(i);
    open.push_back(ask(s, member, std::move(what), d));
    if (d.chance(30)) stage_.advance(milliseconds{1});
  }
  if (with_fault && plan_.has_faults) {
    stage_.advance(milliseconds{d.below(6)}, milliseconds{1});
    fault(d);
  }
  finish(open);
}

void trial::ask_many(std::size_t number, dice& d) {
  auto& s = d.pick(std::vector<std::reference_wrapper<subject>>(subjects_.begin(), subjects_.end())).get();
  const auto member = some_member(d);
  request r;
  r.what = d.one_of({kind::get_all, kind::get_all, kind::put_all, kind::put_all, kind::execute_on_keys, kind::execute_on_entries,
                     kind::execute_on_entries, kind::size, kind::is_empty, kind::entries, kind::entries, kind::clear});
  if (!s.known.is_decided() && d.chance(60)) r.what = kind::get_all;
  // A walk waits at each locked entry.
  if (r.what == kind::execute_on_entries && s.known.may_be_locked() && d.chance(80)) r.what = kind::get_all;
  const auto count = 1 + d.below(plan_.keys.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& key = plan_.keys[d.below(plan_.keys.size())];
    if (r.what == kind::get_all || r.what == kind::execute_on_keys) r.keys.push_back(key);
    if (r.what == kind::put_all) r.pairs.emplace_back(key, "a" + std::to_string(number) + "." + std::to_string(i));
  }
  if (r.what == kind::execute_on_keys || r.what == kind::execute_on_entries) r.processor = draw_processor(number, d, d.chance(20));
  if (r.what == kind::entries) r.page_bytes = d.one_of<std::uint32_t>({1, 20, 256 * 1024});
  std::vector<std::shared_ptr<question>> open{ask(s, member, std::move(r), d)};
  for (auto& other : subjects_) {  // Beside it, single keys of the other maps.
    if (&other == &s || d.chance(50)) continue;
    auto from = some_member(d);
    auto what = draw_request(number, d, other.known, d.pick(plan_.keys), stage_.living(), from);
    open.push_back(ask(other, from, std::move(what), d));
  }
  finish(open);
}

/// Others' writes wait for a lock, in the order in which they came.
void trial::ask_behind_a_lock(std::size_t number, dice& d) {
  if (stage_.rows_move()) return let_pass(d);
  auto& s = subjects_[d.below(subjects_.size())];
  const auto key = d.pick(plan_.keys);
  if (!s.known.holders(key).empty() || s.known.possibilities(key) > 1) return let_pass(d);
  const auto member = some_member(d);
  const holder first{member, 1}, second{some_member(d), 2};
  std::vector<std::shared_ptr<question>> order;
  order.push_back(ask(s, member, request{.what = kind::lock, .key = key, .who = first}, d));
  finish({order.back()});
  order.clear();
  if (stage_.rows_move()) return;
  const auto waits = 1 + d.below(3);
  std::vector<std::shared_ptr<question>> waiting;
  for (std::size_t i = 0; i < waits; ++i) {
    const auto from = some_member(d);
    const auto what = d.one_of({kind::put, kind::remove, kind::replace});
    request r{.what = what, .key = key, .value = what == kind::remove ? "" : "w" + std::to_string(number) + "." + std::to_string(i)};
    if (i + 1 == waits && d.chance(50)) r = request{.what = kind::lock, .key = key, .who = second};
    const auto asked_by = r.what == kind::lock ? second.member : from;
    waiting.push_back(stage_.ask(s.name, asked_by, std::move(r), seconds{20}, copies_of(s)));
    open_.push_back(waiting.back());
    stage_.advance(milliseconds{5}, milliseconds{1});
  }
  stage_.advance(milliseconds{d.below(400)});
  for (const auto& w : waiting) {
    if (w->got && !stage_.rows_move())
      throw differs{"what had to wait for a lock was answered: " + to_string(w->what) + " -> " + to_string(*w->got)};
  }
  order.push_back(stage_.ask(s.name, member, request{.what = kind::unlock, .key = key, .who = first}, seconds{20}, copies_of(s)));
  const auto freed = order.front()->called;
  for (auto& w : waiting) {
    w->called = freed;  // Nothing of it was done before.
    order.push_back(w);
  }
  finish(order);
}

void trial::let_pass(dice& d) {
  // Seldom for so long that the locks of the dead are freed.
  const auto by = milliseconds{d.chance(5) ? 17'000 : d.one_of({10, 100, 290, 500, 700, 1'000, 2'000, 4'000, 6'000})};
  note("let pass " + std::to_string(by.count()) + " ms");
  stage_.advance(by);
}

void trial::fault(dice& d) {
  const auto what = d.below(100);
  const auto is_done = what < 40 ? kill(d) : what < 62 ? cut(d) : what < 78 ? leave(d) : false;
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
  if (a == b || d.chance(40)) {
    note("isolate member " + std::to_string(a) + " for " + std::to_string(how_long.count()) + " ms");
    stage_.isolate(a, how_long);
  } else {
    note("cut members " + std::to_string(a) + " and " + std::to_string(b) + " for " + std::to_string(how_long.count()) + " ms");
    stage_.cut(a, b, how_long);
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
  s.counts = s.defined;
  if (s.listener && stage_.is_alive(s.listener->member)) {
    const auto is_told = stage_.wait_for([&] { return s.listener->has_ended; }, seconds{15});
    if (!is_told || s.listener->end != to_string(failure::unknown_map))
      throw differs{"a listener to " + s.name + ", which is destroyed, was told '" + s.listener->end + '\''};
  }
  s.listener.reset();
  if (d.chance(50)) gone(false);
  ++result_.destroyed;
}

}  // namespace troupe::test::model
