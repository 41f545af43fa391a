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
    : seed_{seed}, options_{options}, plan_{plan_of(seed)}, stage_{plan_.members, plan_.settings, plan_.network} {
  for (const auto& m : plan_.settings.maps) {
    const map_rules rules{m.life, plan_.settings.partition_count, m.kind.async_backups > 0};
    subjects_.push_back({m.pattern, m, m.kind, false, map_knowledge{rules}});
  }
  for (std::size_t i = 0; i < plan_.clients; ++i) stage_.connect();
  members_least_ = members_most_ = plan_.members;
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
    result_.old_from_copies += s.known.old;
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
  members_least_ = std::min(members_least_, stage_.data_members());
  members_most_ = std::max(members_most_, stage_.data_members());
  for (auto& s : subjects_) {
    const auto bound = bound_of(s);
    s.known.bounded_by(bound);
    s.bound = {std::min(s.bound.least, bound.least), std::max(s.bound.most, bound.most)};
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
  for (auto& s : subjects_) s.known.come_to_rest(stage_.now());
  members_least_ = members_most_ = stage_.data_members();
  pass();
  for (auto& s : subjects_) {
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
    if (d.chance(80)) finish({ask(s, some_asker(d), request{.what = kind::size}, d)});
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
  for (auto& s : subjects_) {
    std::vector<const request*> together;
    for (const auto& q : open) {
      if (q->map == s.name) together.push_back(&q->what);
    }
    s.known.let_make_room(together);
  }
  bool must_rest = false;
  auto in_order = open;  // What a copy says at once, its reader is told before the others' answers, and doesn't know better.
  std::stable_partition(in_order.begin(), in_order.end(), [](const auto& q) { return q->may_be_copys && q->what.what == kind::get; });
  for (const auto& q : in_order) {
    learn(*q);
    must_rest = must_rest || (q->got->how == outcome::indeterminate && is_about_locks(q->what.what));
  }
  for (auto& s : subjects_) s.known.has_made_room(stage_.now());
  pass();
  if (must_rest) rest();
}

answer trial::doctored(answer got, kind what) {
  if (++answer_number_ < options_.doctored || options_.doctored == 0 || is_doctored_ || got.how != outcome::ok) return got;
  is_doctored_ = true;
  if (got.value)
    *got.value += '?';
  else if (!got.pairs.empty())
    got.pairs.pop_back();
  else if (is_of_one_key(what))
    got.flag = !got.flag;
  else
    got.number += 100;
  return got;
}

void trial::learn(const question& q) {
  const auto got = doctored(*q.got, q.what.what);
  note(std::to_string(q.called.count()) + ".." + std::to_string(q.ended.count()) + " ms, member " + std::to_string(q.member) + ", " +
       q.map + (q.is_calm ? ": " : ", not calm: ") + (q.may_be_copys ? "perhaps of a copy, " : "") + to_string(q.what) + " -> " + to_string(got));
  if (got.how == outcome::indeterminate) ++result_.open;
  if (got.why == failure::locked) ++result_.locked;
  if (got.why == failure::cancelled) ++result_.cancelled;
  if (got.why == failure::under_replicated) ++result_.few_copies;
  if (q.may_be_copys && q.what.what == kind::get) ++result_.from_copies;
  if (stage_.is_client(q.member)) ++result_.by_clients;
  auto& s = named(q.map);
  s.was_locked = s.was_locked || is_about_locks(q.what.what);
  if (q.what.what == kind::clear) {
    s.cleared += got.number;
    s.all_clears_known = s.all_clears_known && got.how == outcome::ok;
  }
  const observation seen{q.what, got, {q.called, q.ended}, q.is_calm, q.copies, q.member, q.may_be_copys, q.is_cancelled};
  if (auto d = s.known.learn(seen)) throw differs{q.map + ", " + to_string(q.what) + "\n" + *d};
}

row_bound trial::bound_of(const subject& s) const {
  const auto& rule = s.defined.eviction;
  if (!rule.is_on()) return {};
  const auto with = [&](std::size_t members) { return budget_of(rule, members, plan_.settings.partition_count, 1).entries; };
  return {with(members_least_), with(members_most_)};
}

std::uint64_t trial::copies_of(const subject& s) const { return 1 + std::min<std::uint64_t>(s.counts.backups, stage_.living().size() - 1); }

std::size_t trial::losses_survived() const {
  auto fewest = std::max<std::size_t>(stage_.fewest_copies_in_sync(), 1) - 1;
  for (const auto& s : subjects_) fewest = std::min<std::size_t>(fewest, s.has_copies ? copies_of(s) - 1 : 0);
  return fewest;
}

void trial::must_be_done(const question& q) {
  if (q.got->how != outcome::ok) throw differs{q.map + ", at rest: " + to_string(q.what) + " answered " + to_string(*q.got)};
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
  out << ", messages take up to " << std::chrono::duration_cast<milliseconds>(plan_.network.transit_max).count() << " ms" << (plan_.settings.reads == read_mode::confirm ? ", reads are confirmed" : "");
  for (const auto& m : plan_.settings.maps) {
    out << "\n  " << m.pattern << ": " << int{m.kind.backups} << " backups, " << int{m.kind.async_backups} << " async ones, time to live "
        << m.life.ttl.count() << " ms, max idle " << m.life.max_idle.count() << " ms" << (m.read_backup_data ? ", read from copies" : "");
    if (m.eviction.is_on())
      out << ", " << m.eviction.size << " entries a " << (m.eviction.measure == size_measure::entries_per_node ? "member" : "partition");
  }
  out << '\n' << text << "\nthe last requests:\n";
  for (const auto& l : lines_) out << "  " << l << '\n';
  return out.str();
}

trial_result& trial_result::operator+=(const trial_result& x) {
  steps += x.steps;
  for (auto member : {&trial_result::answers, &trial_result::foretold, &trial_result::open, &trial_result::locked, &trial_result::events,
                      &trial_result::gaps, &trial_result::expired, &trial_result::kills, &trial_result::cuts, &trial_result::leaves,
                      &trial_result::joins, &trial_result::counts_changed, &trial_result::destroyed, &trial_result::pauses, &trial_result::evicted,
                      &trial_result::from_copies, &trial_result::old_from_copies, &trial_result::by_clients, &trial_result::cancelled,
                      &trial_result::few_copies, &trial_result::rows_lost, &trial_result::rows_emptied}) {
    this->*member += x.*member;
  }
  return *this;
}

std::string to_string(const trial_result& r) {
  std::ostringstream out;
  out << r.steps << " steps, " << r.answers << " answers, of which only one was possible " << r.foretold << ", open " << r.open
      << ", locked " << r.locked << "; " << r.events << " events, of them expired " << r.expired << ", gaps " << r.gaps << "; kills "
      << r.kills << ", cuts " << r.cuts << ", pauses " << r.pauses << ", leaves " << r.leaves << ", joins " << r.joins << ", changes of counts " << r.counts_changed
      << ", maps destroyed " << r.destroyed << "; evicted " << r.evicted << ", perhaps of copies " << r.from_copies << ", old " << r.old_from_copies << ", by clients " << r.by_clients << ", cancelled "
      << r.cancelled << ", too few copies " << r.few_copies << ", rows lost " << r.rows_lost << ", emptied " << r.rows_emptied;
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
