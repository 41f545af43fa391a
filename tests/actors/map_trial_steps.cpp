// What a trial does: requests, alone and together, faults, and time.
#include <algorithm>
#include <functional>

#include "tests/actors/map_trial_state.hpp"

namespace troupe::test::model {

void trial::step(std::size_t number, dice d) {
  if (stage_.rows_move() && !stage_.is_cut() && d.chance(15)) rest();
  if (!stage_.rows_move() && !changing_ && d.chance(30)) listen_anew(d);
  const auto what = d.below(100);
  if (what < 51) return ask_keys(number, d, what < 8);
  if (what < 56) return ask_beside_a_write(number, d);
  if (what < 70) return ask_many(number, d);
  if (what < 74) return ask_behind_a_lock(number, d);
  if (what < 84) return let_pass(d);
  if (what < 92) return plan_.has_faults ? fault(number, d) : let_pass(d);
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
    auto member = some_asker(d);
    auto what = draw_request(number * 10 + i, d, s.known, plan_.keys[key], stage_.askers(), member);
    if (s.defined.read_backup_data && d.chance(25)) what = request{.what = kind::get, .key = plan_.keys[key]};
    if (!what.value.empty() && i > 0) what.value += "." + std::to_string(i);
    open.push_back(ask(s, member, std::move(what), d));
    if (d.chance(30)) stage_.advance(milliseconds{1});
    if (d.chance(3)) {
      stage_.advance(milliseconds{d.below(3)}, milliseconds{1});
      if (!open.back()->got) stage_.cancel(*open.back());
    }
  }
  if (with_fault && plan_.has_faults) {
    stage_.advance(milliseconds{d.below(6)}, milliseconds{1});
    fault(number, d);
  }
  finish(open);
}

void trial::ask_many(std::size_t number, dice& d) {
  auto& s = d.pick(std::vector<std::reference_wrapper<subject>>(subjects_.begin(), subjects_.end())).get();
  const auto member = some_asker(d);
  request r;
  r.what = d.one_of({kind::get_all, kind::get_all, kind::put_all, kind::put_all, kind::execute_on_keys, kind::execute_on_entries,
                     kind::execute_on_entries, kind::size, kind::is_empty, kind::entries, kind::keys, kind::clear});
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
  if (r.what == kind::entries || r.what == kind::keys) r.page_bytes = d.one_of<std::uint32_t>({1, 20, 256 * 1024});
  std::vector<std::shared_ptr<question>> open{ask(s, member, std::move(r), d)};
  for (auto& other : subjects_) {  // Beside it, single keys of the other maps.
    if (&other == &s || d.chance(50)) continue;
    auto from = some_asker(d);
    auto what = draw_request(number, d, other.known, d.pick(plan_.keys), stage_.askers(), from);
    open.push_back(ask(other, from, std::move(what), d));
  }
  finish(open);
}

/// Others' writes wait for a lock, in the order in which they came.
void trial::ask_behind_a_lock(std::size_t number, dice& d) {
  if (stage_.rows_move()) return let_pass(d);
  auto& s = subjects_[d.below(subjects_.size())];
  const auto key = d.pick(plan_.keys);
  if (!s.known.holders(key).empty() || s.known.possibilities_of(key) > 1) return let_pass(d);
  const auto member = some_asker(d);
  const holder first{member, 1}, second{some_asker(d), 2};
  std::vector<std::shared_ptr<question>> order;
  order.push_back(ask(s, member, request{.what = kind::lock, .key = key, .who = first}, d));
  finish({order.back()});
  order.clear();
  if (stage_.rows_move()) return;
  const auto waits = 1 + d.below(3);
  const auto longest_way = std::chrono::duration_cast<milliseconds>(plan_.network.transit_max);
  std::vector<std::shared_ptr<question>> waiting;
  for (std::size_t i = 0; i < waits; ++i) {
    const auto from = some_asker(d);
    const auto what = d.one_of({kind::put, kind::remove, kind::replace});
    request r{.what = what, .key = key, .value = what == kind::remove ? "" : "w" + std::to_string(number) + "." + std::to_string(i)};
    if (i + 1 == waits && d.chance(50)) r = request{.what = kind::lock, .key = key, .who = second};
    const auto asked_by = r.what == kind::lock ? second.member : from;
    waiting.push_back(stage_.ask(s.name, asked_by, std::move(r), seconds{20}, copies_of(s)));
    open_.push_back(waiting.back());
    stage_.advance(milliseconds{5} + longest_way, milliseconds{1});
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

/// While a write is under way, others look, one after the other: what one of them has seen is so for those who look after it, a copy's answer
/// included, which says that the write has committed.
void trial::ask_beside_a_write(std::size_t number, dice& d) {
  const auto is_hindered = plan_.has_faults && d.chance(40);
  auto chosen = d.below(subjects_.size());
  for (std::size_t i = 0; is_hindered && i < subjects_.size(); ++i) {  // What commits late is told by copies, if by anybody.
    if (subjects_[i].defined.read_backup_data) chosen = i;
  }
  auto& s = subjects_[chosen];
  const auto& key = d.pick(plan_.keys);
  if (!s.known.holders(key).empty() || s.known.possibilities_of(key) > 2) return ask_keys(number, d, false);
  if (is_hindered) rest();
  if (is_hindered && !pause(d)) fault(number, d);
  request r{.what = d.one_of({kind::set, kind::set, kind::put, kind::erase, kind::remove}), .key = key};
  if (r.what == kind::set || r.what == kind::put) r.value = "b" + std::to_string(number);
  const auto write = ask(s, some_asker(d), r, d);
  s.known.let_make_room({&write->what});
  s.known.begin(write->what, write->called);
  const auto looks = is_hindered ? 10 + d.below(10) : 2 + d.below(8);
  for (std::size_t i = 0; i < looks; ++i) {
    stage_.advance(milliseconds{d.below(is_hindered ? 60 : 3)}, milliseconds{1});
    const auto what = d.one_of({kind::get, kind::get, kind::get, kind::get_entry_view, kind::contains_key});
    const auto look = ask(s, some_asker(d), request{.what = what, .key = key}, d);
    if (!stage_.wait_for([&] { return look->got.has_value(); }, patience)) throw differs{"a request has no answer"};
    learn(*look);
  }
  if (!stage_.wait_for([&] { return write->got.has_value(); }, patience)) throw differs{"a request has no answer"};
  open_.clear();
  note("beside that, member " + std::to_string(write->member) + ", " + s.name + ": " + to_string(write->what) + " -> " + to_string(*write->got));
  if (auto x = s.known.end({write->what, *write->got, {write->called, write->ended}, write->is_calm, write->copies, write->member})) throw differs{s.name + ": " + *x};
  s.known.has_made_room(stage_.now());
  pass();
}

void trial::let_pass(dice& d) {
  // Seldom for so long that the locks of the dead are freed.
  const auto by = milliseconds{d.chance(5) ? 17'000 : d.one_of({10, 100, 290, 500, 700, 1'000, 2'000, 4'000, 6'000})};
  note("let pass " + std::to_string(by.count()) + " ms");
  stage_.advance(by);
}

}  // namespace troupe::test::model
