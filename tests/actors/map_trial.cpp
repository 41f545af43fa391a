// What a trial learns from answers and events.
#include "tests/actors/map_trial.hpp"

#include <algorithm>
#include <sstream>

#include <troupe/messages/types/partitioning.hpp>

#include "tests/actors/map_trial_state.hpp"

namespace troupe::test::model {

namespace {

constexpr std::size_t lines_shown = 30;

}  // namespace

trial::trial(std::uint64_t seed, const trial_options& options)
    : seed_{seed}, options_{options}, plan_{plan_of(seed)}, stage_{plan_.members, plan_.settings} {
  for (const auto& m : plan_.settings.maps) subjects_.push_back({m.pattern, m.kind, m.kind, false, map_knowledge{m.life}});
  stage_.on_passing([this] { pass(); });
}

trial_result trial::run() {
  try {
    begin();
    for (std::size_t i = 1; i <= options_.steps; ++i) {
      if (options_.left_out.contains(i)) continue;
      result_.steps = i;
      step(i, dice{seed_, i});
    }
    note("at the end");
    compare_all_events();
    read_everything();
  } catch (const differs& d) {
    result_.difference = report(d.text);
  }
  for (const auto& s : subjects_) {
    result_.answers += s.known.answers;
    result_.foretold += s.known.foretold;
  }
  return result_;
}

// ---- What time does ----

void trial::pass() {
  const auto now = stage_.now();
  auto settled = now;
  for (const auto& q : open_) settled = std::min(settled, q->called);
  for (std::size_t m = 0; m < stage_.size(); ++m) {
    if (!stage_.is_alive(m)) ended_.try_emplace(m, std::min(disturbed_at_, now));
  }
  for (auto& s : subjects_) {
    for (const auto& [member, heard] : ended_) s.known.member_ended(member, heard, now);
    s.known.pass(settled, now, stage_.rows_move());
  }
}

void trial::rest() {
  const auto counts_are_changed = [this] { return !changing_ || changing_->is_there(); };
  if (!stage_.rest(counts_are_changed)) throw differs{"the cluster does not come to rest\n" + stage_.describe()};
  pass();
  crashed_ = false;
  if (changing_) {
    if (!changing_->done || !*changing_->done)
      throw differs{"other backup counts: " + (changing_->done ? "no such map" : changing_->error)};
    subjects_[changed_].counts = changes_to_;
    changing_.reset();
    ++result_.counts_changed;
  }
  for (auto& s : subjects_) {
    s.known.come_to_rest(stage_.now());
    s.has_copies = stage_.has_map(s.name);
  }
  note("at rest, members " + [&] {
    std::string list;
    for (const auto m : stage_.living()) list += (list.empty() ? "" : " ") + std::to_string(m);
    return list;
  }());
}

/// Maps are made by whoever asks first.
void trial::begin() {
  dice d{seed_, 3'000'000};
  for (auto& s : subjects_) {
    if (d.chance(80)) finish({ask(s, some_member(d), request{.what = kind::size}, d)});
  }
  rest();
}

// ---- Asking and learning ----

std::shared_ptr<question> trial::ask(subject& s, std::size_t member, request what, dice& d) {
  duration within = seconds{30};
  const auto may_wait = waits_for_locks(what.what) && s.known.may_be_locked();
  if (may_wait)
    within = milliseconds{d.one_of({600, 1'000})};
  else if (stage_.rows_move() && d.chance(30))
    within = milliseconds{d.one_of({100, 700, 3'000})};
  open_.push_back(stage_.ask(s.name, member, std::move(what), within, copies_of(s)));
  return open_.back();
}

void trial::finish(const std::vector<std::shared_ptr<question>>& open) {
  const auto all_answered = [&] { return std::all_of(open.begin(), open.end(), [](const auto& q) { return q->got.has_value(); }); };
  if (!stage_.wait_for(all_answered, patience)) throw differs{"a request has no answer"};
  open_.clear();
  bool must_rest = false;
  for (const auto& q : open) {
    learn(*q);
    must_rest = must_rest || (q->got->how == outcome::indeterminate && is_about_locks(q->what.what));
  }
  pass();
  if (must_rest) rest();
}

void trial::learn(const question& q) {
  auto got = *q.got;
  if (++answer_number_ >= options_.doctored && options_.doctored > 0 && !is_doctored_ && got.how == outcome::ok) {
    is_doctored_ = true;
    if (got.value)
      *got.value += '?';
    else if (!got.pairs.empty())
      got.pairs.pop_back();
    else if (is_of_one_key(q.what.what))
      got.flag = !got.flag;
    else
      got.number += 100;
  }
  note(std::to_string(q.called.count()) + ".." + std::to_string(q.ended.count()) + " ms, member " + std::to_string(q.member) + ", " +
       q.map + (q.is_calm ? ": " : ", not calm: ") + to_string(q.what) + " -> " + to_string(got));
  if (got.how == outcome::indeterminate) ++result_.open;
  if (got.why == failure::locked) ++result_.locked;
  auto& s = named(q.map);
  if (q.what.what == kind::clear) {
    s.cleared += got.number;
    s.all_clears_known = s.all_clears_known && got.how == outcome::ok;
  }
  if (auto d = s.known.learn({q.what, got, {q.called, q.ended}, q.is_calm, q.copies}))
    throw differs{q.map + ", " + to_string(q.what) + "\n" + *d};
}

std::uint64_t trial::copies_of(const subject& s) const { return 1 + std::min<std::uint64_t>(s.counts.backups, stage_.living().size() - 1); }

std::size_t trial::losses_survived() const {
  auto fewest = std::max<std::size_t>(stage_.fewest_copies_in_sync(), 1) - 1;
  for (const auto& s : subjects_) fewest = std::min<std::size_t>(fewest, s.has_copies ? copies_of(s) - 1 : 0);
  return fewest;
}

// ---- Events ----

void trial::listen_anew(dice& d) {
  for (auto& s : subjects_) {
    if (s.listener && !stage_.is_alive(s.listener->member)) s.listener.reset();
    if (s.listener || d.chance(40)) continue;
    const auto e = stage_.listen(s.name, some_member(d));
    if (!stage_.wait_for([&] { return e->is_confirmed || e->has_ended; }, patience) || e->has_ended)
      throw differs{"nobody can listen to " + s.name + ": " + e->end};
    s.known.begin_to_listen(stage_.now());
    e->events.clear();
    s.listener = e;
    s.cleared = 0;
    s.all_clears_known = true;
    note("member " + std::to_string(e->member) + " listens to " + s.name);
  }
}

void trial::compare_all_events() {
  rest();
  for (auto& s : subjects_) {
    if (!s.listener) continue;
    if (!stage_.is_alive(s.listener->member)) {
      s.listener.reset();
      continue;
    }
    if (s.listener->has_ended) throw differs{"a listener to " + s.name + " was told the end: " + s.listener->end};
    compare_events(s);
  }
}

void trial::must_be_done(const question& q) {
  if (q.got->how != outcome::ok) throw differs{q.map + ", at rest: " + to_string(q.what) + " answered " + to_string(*q.got)};
}

/// One more write in each partition: when that is heard, so is all before it.
void trial::wait_for_markers(subject& s) {
  const auto count = plan_.settings.partition_count;
  std::vector<std::string> markers(count);
  for (std::size_t n = 0, found = 0; found < count; ++n) {
    auto key = "marker " + std::to_string(n);
    auto& place = markers[partition_of(key, count).value()];
    if (!place.empty()) continue;
    place = std::move(key);
    ++found;
  }
  dice d{seed_, 1'000'000 + s.known.answers};
  const auto member = some_member(d);
  const auto on_all = [&](kind what) {
    std::vector<std::shared_ptr<question>> open;
    for (const auto& key : markers)
      open.push_back(stage_.ask(s.name, member, request{.what = what, .key = key, .value = "here"}, seconds{30}, 1));
    if (!stage_.wait_for([&] { return std::all_of(open.begin(), open.end(), [](const auto& q) { return q->got.has_value(); }); }, patience))
      throw differs{"a marker has no answer"};
    for (const auto& q : open) must_be_done(*q);
  };
  on_all(kind::set);
  const auto is_heard = [&](const std::string& key) {
    return std::any_of(s.listener->events.begin(), s.listener->events.end(), [&](const texts::event& e) {
      return e.key == key || (e.what == entry_event_kind::gap && e.partition == partition_of(key, count));
    });
  };
  if (!stage_.wait_for([&] { return std::all_of(markers.begin(), markers.end(), is_heard); }, seconds{20}))
    throw differs{"a listener to " + s.name + " does not hear"};
  on_all(kind::erase);
}

void trial::compare_events(subject& s) {
  wait_for_markers(s);
  std::map<partition_id, seq_number> last;
  std::map<partition_id, bool> is_whole;
  std::map<std::string, std::vector<event>> heard;
  std::set<std::string> unsure;
  std::uint64_t cleared = 0;
  bool all_whole = true;
  const auto now = stage_.now();
  for (const auto& e : s.listener->events) {
    if (e.at <= last[e.partition])
      throw differs{"a listener to " + s.name + " heard of position " + std::to_string(e.at.value()) + " twice, or too late"};
    last[e.partition] = e.at;
    is_whole.try_emplace(e.partition, true);
    if (e.what == entry_event_kind::gap) {
      ++result_.gaps;
      is_whole[e.partition] = all_whole = false;
      note("gap: " + e.text);
      continue;
    }
    ++result_.events;
    if (e.what == entry_event_kind::unreadable || e.what == entry_event_kind::evicted)
      throw differs{"a listener to " + s.name + " was told " + std::string{to_string(e.what)}};
    if (e.what == entry_event_kind::expired) ++result_.expired;
    if (e.what == entry_event_kind::cleared) {
      cleared += e.entries;
      for (const auto& key : plan_.keys) {
        if (partition_of(key, plan_.settings.partition_count) == e.partition) heard[key].push_back({entry_event_kind::cleared, {}, {}});
      }
      continue;
    }
    if (e.before_unknown) unsure.insert(*e.key);
    heard[*e.key].push_back({e.what, e.value.value_or(""), e.old_value.value_or("")});
  }
  s.listener->events.clear();
  for (const auto& key : plan_.keys) {
    const auto place = is_whole.find(partition_of(key, plan_.settings.partition_count));
    const auto knows_all = (place == is_whole.end() || place->second) && !unsure.contains(key);
    if (auto d = s.known.compare_events(key, heard[key], knows_all, now)) throw differs{s.name + ": " + *d};
  }
  if (all_whole && s.all_clears_known && cleared != s.cleared) {
    throw differs{"clears of " + s.name + " removed " + std::to_string(s.cleared) + " entries, and a listener heard of " +
                  std::to_string(cleared)};
  }
  s.cleared = 0;
  s.all_clears_known = true;
}

void trial::read_everything() {
  dice d{seed_, 2'000'000};
  for (auto& s : subjects_) {
    for (const auto what : {kind::get_all, kind::entries, kind::size}) {
      request r{.what = what, .page_bytes = 1};
      if (what == kind::get_all) r.keys = plan_.keys;
      finish({ask(s, some_member(d), std::move(r), d)});
    }
  }
}

// ---- For people ----

void trial::note(const std::string& line) {
  lines_.push_back("step " + std::to_string(result_.steps) + ": " + line);
  if (lines_.size() > lines_shown) lines_.pop_front();
}

std::string trial::report(const std::string& text) const {
  std::ostringstream out;
  out << "seed " << seed_ << ", step " << result_.steps << ", " << plan_.members << " members at first, " << plan_.settings.partition_count
      << " partitions";
  for (const auto& m : plan_.settings.maps) {
    out << "\n  " << m.pattern << ": " << int{m.kind.backups} << " backups, " << int{m.kind.async_backups} << " async ones, time to live "
        << m.life.ttl.count() << " ms, max idle " << m.life.max_idle.count() << " ms";
  }
  out << '\n' << text << "\nthe last requests:\n";
  for (const auto& l : lines_) out << "  " << l << '\n';
  return out.str();
}

trial_result& trial_result::operator+=(const trial_result& x) {
  steps += x.steps;
  for (auto member : {&trial_result::answers, &trial_result::foretold, &trial_result::open, &trial_result::locked, &trial_result::events,
                      &trial_result::gaps, &trial_result::expired, &trial_result::kills, &trial_result::cuts, &trial_result::leaves,
                      &trial_result::joins, &trial_result::counts_changed, &trial_result::destroyed}) {
    this->*member += x.*member;
  }
  return *this;
}

std::string to_string(const trial_result& r) {
  std::ostringstream out;
  out << r.steps << " steps, " << r.answers << " answers, of which only one was possible " << r.foretold << ", open " << r.open
      << ", locked " << r.locked << "; " << r.events << " events, of them expired " << r.expired << ", gaps " << r.gaps << "; kills "
      << r.kills << ", cuts " << r.cuts << ", leaves " << r.leaves << ", joins " << r.joins << ", changes of counts " << r.counts_changed
      << ", maps destroyed " << r.destroyed;
  return out.str();
}

trial_result run_trial(std::uint64_t seed, const trial_options& options) { return trial{seed, options}.run(); }

trial_options shortened(std::uint64_t seed, trial_options failing) {
  constexpr int trials_max = 200;
  int trials = 0;
  failing.steps = std::min(failing.steps, run_trial(seed, failing).steps);
  for (auto length = std::max<std::size_t>(failing.steps / 2, 1);; length /= 2) {
    for (std::size_t from = 1; from <= failing.steps; from += length) {
      auto shorter = failing;
      for (std::size_t i = from; i < std::min(from + length, failing.steps + 1); ++i) shorter.left_out.insert(i);
      if (shorter.left_out.size() > failing.left_out.size() && ++trials <= trials_max && !run_trial(seed, shorter).difference.empty())
        failing = std::move(shorter);
    }
    if (length == 1) return failing;
  }
}

}  // namespace troupe::test::model
