#include "tests/actors/map_knowledge.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <sstream>

namespace troupe::test::model {

namespace {

/// What ends by the row's time does so by a record, at a tick or an operation; and a new primary's time may be behind by what messages
/// take.
constexpr milliseconds late_by{50};
/// An entry whose time is over while it is locked is looked after again after 250 ms.
constexpr milliseconds late_by_lock{300};
/// Without a lease: ten times `suspect-after`. Its client says each quarter of that, that it lives, and the primary looks as often.
constexpr milliseconds silence_min{7'500 - 100}, silence_max{15'000};
/// No key has more: the trial asks before that.
constexpr std::size_t possibilities_max = 4096;

void add_new(std::vector<possibility>& list, possibility p) {
  if (std::find(list.begin(), list.end(), p) == list.end()) list.push_back(std::move(p));
}

/// Does what a request, maybe on several keys, means for this one; whether it can be done now.
bool do_part(key_state& k, const request& part, const circumstances& c) {
  if (must_wait(k, part)) return false;
  if (part.what == kind::clear) {
    clear_key(k);
  } else if (part.what != kind::execute_on_entries || k.entry) {
    auto one = part;
    if (part.what == kind::put_all) one.what = kind::set;
    if (part.what == kind::execute_on_keys || part.what == kind::execute_on_entries) one.what = kind::execute_on_key;
    static_cast<void>(carry_out(k, one, c));
  }
  return true;
}

/// Everything that may have become of `start` by the time of a request.
std::vector<possibility> unfolded(const possibility& start, const span& when, const lifetime_defaults& life) {
  std::vector<possibility> all{start};
  for (std::size_t i = 0; i < all.size() && all.size() < possibilities_max; ++i) {
    const auto now = all[i];  // The list grows.
    const auto& k = now.state;
    if (k.entry && !k.lock && k.entry->dies().from <= when.to) {
      auto next = now;
      next.state.expire();
      add_new(all, std::move(next));
    }
    if (k.lock && k.lock->ends.from <= when.to) {
      auto next = now;
      next.state.lock.reset();
      add_new(all, std::move(next));
    }
    for (std::size_t f = 0; f < now.floating.size(); ++f) {
      const auto& what = now.floating[f];
      auto next = now;
      next.floating.erase(next.floating.begin() + static_cast<std::ptrdiff_t>(f));
      if (do_part(next.state, what.what, {{what.called, when.to}, life})) add_new(all, std::move(next));
    }
  }
  return all;
}

/// Whoever waits in vain is told so shortly before the deadline; the lock is held until then.
bool may_wait_in_vain(const key_state& k, const observation& o) { return !o.is_calm || k.lock->ends.to >= o.when.to - late_by; }

bool agree(const answer& foretold, const observation& o) {
  auto expected = foretold;
  auto got = o.got;
  if (!o.is_calm) {  // An attempt after the first leaves a record without effect; and how many copies there are changes.
    if (o.asked.what == kind::erase) expected.flag = got.flag;
    if (o.asked.what == kind::set) expected.number = got.number;
  }
  return expected == got;
}

/// What fails without having been done, or with nobody knowing, where there are faults.
bool is_fault(failure why) {
  return why == failure::deadline || why == failure::closed || why == failure::connection_lost || why == failure::no_cluster;
}

request part_of(const request& whole, kind what, const std::string& key) {
  auto part = whole;
  part.what = what;
  part.key = key;
  part.keys.clear();
  part.pairs.clear();
  return part;
}

std::string told(const std::vector<event>& list) {
  std::string text;
  for (const auto& e : list) text += (text.empty() ? "" : ", ") + to_string(e);
  return text.empty() ? "nothing" : text;
}

/// Events of one key are as foretold. Clears that found nothing of this key are not in what was foretold.
bool is_heard(const std::vector<event>& foretold, const std::vector<event>& heard) {
  auto next = foretold.begin();
  for (const auto& h : heard) {
    if (next != foretold.end() && *next == h)
      ++next;
    else if (h.what != entry_event_kind::cleared)
      return false;
  }
  return next == foretold.end();
}

void age(possibility& p, milliseconds settled, milliseconds now, bool rows_move) {
  auto& k = p.state;
  if (k.lock) {
    auto& ends = k.lock->ends;
    if (rows_move && ends.to != never) ends.to = std::max(ends.to, now + (k.lock->is_of_silent ? silence_max : late_by));
    if (ends.to != never && ends.to + late_by < settled) k.lock.reset();
  }
  if (!k.entry) return;
  auto& e = *k.entry;
  const auto lives_until = [&](milliseconds from, milliseconds to) {
    for (auto* s : {&e.too_old, &e.too_idle}) {
      if (s->from != never) *s = {std::max(s->from, from), std::max(s->to, to)};
    }
  };
  if (k.lock) lives_until(std::min(settled, k.lock->ends.from), now + late_by_lock);
  if (rows_move) {
    lives_until({}, now + late_by);
    if (e.max_idle != milliseconds{}) e.too_idle.to = std::max(e.too_idle.to, now + e.max_idle + late_by);
  }
  if (e.dies().to != never && e.dies().to + late_by < settled) k.expire();
}

}  // namespace

map_knowledge::possibilities_of_key& map_knowledge::at(const std::string& key) {
  return keys_.try_emplace(key, possibilities_of_key(1)).first->second;
}

void map_knowledge::pass(milliseconds settled, milliseconds now, bool rows_move) {
  for (auto& [key, list] : keys_) {
    possibilities_of_key aged;
    for (auto& p : list) {
      age(p, settled, now, rows_move);
      if (!is_listening_) p.state.told.clear();
      if (list.size() > 1) add_new(aged, p);
    }
    if (list.size() > 1) list = std::move(aged);
  }
}

void map_knowledge::member_ended(std::size_t member, milliseconds heard, milliseconds now) {
  for (auto& [key, list] : keys_) {
    for (auto& p : list) {
      auto& l = p.state.lock;
      if (!l || l->who.member != member || l->ends.to != never) continue;
      l->ends = {heard + silence_min, now + silence_max};
      l->is_of_silent = true;
    }
  }
}

void map_knowledge::come_to_rest(milliseconds now) {
  for (auto& [key, list] : keys_) {
    possibilities_of_key settled;
    for (const auto& p : list) {
      if (p.floating.empty()) {
        add_new(settled, p);
        continue;
      }
      for (auto& u : unfolded(p, {now, now}, life_)) {
        u.floating.clear();
        add_new(settled, std::move(u));
      }
    }
    list = std::move(settled);
  }
}

difference map_knowledge::learn(const observation& o) {
  const auto has_failed = o.got.how != outcome::ok;
  if (o.got.how == outcome::indeterminate || (has_failed && is_fault(o.got.why))) return learn_fault(o);
  if (is_of_one_key(o.asked.what)) return learn_of_key(o.asked.key, o);
  if (has_failed) return learn_partial(o);
  return learn_of_parts(o);
}

difference map_knowledge::learn_of_key(const std::string& key, const observation& o) {
  auto& list = at(key);
  possibilities_of_key left;
  std::vector<answer> possible;
  for (const auto& p : list) {
    for (auto& u : unfolded(p, o.when, life_)) {
      auto expected = waited_in_vain(o.asked);
      if (!must_wait(u.state, o.asked)) {
        expected = carry_out(u.state, o.asked, {o.when, life_, o.got.fence, o.copies});
      } else if (!may_wait_in_vain(u.state, o)) {
        continue;
      }
      if (std::find(possible.begin(), possible.end(), expected) == possible.end()) possible.push_back(expected);
      if (agree(expected, o)) add_new(left, std::move(u));
    }
  }
  count_answer(possible.size() == 1);
  if (left.empty()) {
    std::ostringstream out;
    out << "key " << key << ": answered " << to_string(o.got) << "; by the model";
    for (const auto& a : possible) out << "\n    " << to_string(a);
    out << "\n  because of it may be the case:\n" << describe(key);
    return out.str();
  }
  list = std::move(left);
  return std::nullopt;
}

/// A call on several keys that has succeeded is one on each of them.
difference map_knowledge::learn_of_parts(const observation& o) {
  switch (o.asked.what) {
    case kind::get_all: return learn_pairs(o, kind::get);
    case kind::entries: return learn_pairs(o, kind::entries);
    case kind::execute_on_keys:
    case kind::execute_on_entries: return learn_pairs(o, kind::execute_on_key);
    case kind::put_all: {
      if (o.got.number != o.asked.pairs.size())
        return "put_all stored " + std::to_string(o.got.number) + " of " + std::to_string(o.asked.pairs.size());
      std::map<std::string, std::string> last;
      for (const auto& [k, v] : o.asked.pairs) last.insert_or_assign(k, v);
      for (const auto& [k, v] : last) {
        auto part = part_of(o.asked, kind::set, k);
        part.value = v;
        answer done;
        done.number = o.copies;
        if (auto d = learn_of_key(k, {part, done, o.when, o.is_calm, o.copies})) return d;
      }
      return std::nullopt;
    }
    case kind::clear: return learn_clear(o);
    default: return learn_count(o);
  }
}

/// `entries` is no operation on a key, and so tells without asking: what is not locked may die meanwhile, and idle goes on.
difference map_knowledge::learn_pairs(const observation& o, kind part) {
  std::map<std::string, std::string> got;
  for (const auto& [k, v] : o.got.pairs) {
    const auto times =
        static_cast<std::ptrdiff_t>(o.asked.what == kind::get_all ? std::count(o.asked.keys.begin(), o.asked.keys.end(), k) : 1);
    const auto comes = std::count_if(o.got.pairs.begin(), o.got.pairs.end(), [&key = k](const auto& p) { return p.first == key; });
    if (times != comes) return "key " + k + " comes " + std::to_string(comes) + " times, and should " + std::to_string(times);
    got.emplace(k, v);
  }
  std::set<std::string> asked{o.asked.keys.begin(), o.asked.keys.end()};
  if (o.asked.what == kind::entries || o.asked.what == kind::execute_on_entries) {
    for (const auto& [k, list] : keys_) asked.insert(k);
    for (const auto& [k, v] : got) asked.insert(k);
  }
  for (const auto& key : asked) {
    const auto found = got.find(key);
    const auto is_there = found != got.end();
    if (part == kind::entries || (o.asked.what == kind::execute_on_entries && !is_there)) {
      auto& list = at(key);
      possibilities_of_key left;
      for (const auto& p : list) {
        for (auto& u : unfolded(p, o.when, life_)) {
          const auto fits = is_there ? u.state.entry && u.state.entry->value == found->second : !u.state.entry;
          if (fits) add_new(left, std::move(u));
        }
      }
      if (left.empty())
        return "key " + key + (is_there ? " has '" + found->second + "'" : " is left out") + "; by the model it may be:\n" + describe(key);
      list = std::move(left);
      continue;
    }
    answer one;
    if (is_there) one.value = found->second;
    if (auto d = learn_of_key(key, {part_of(o.asked, part, key), one, o.when, o.is_calm, o.copies})) return d;
  }
  return std::nullopt;
}

std::pair<std::uint64_t, std::uint64_t> map_knowledge::entries_between(const span& when) const {
  std::uint64_t fewest = 0, most = 0;
  for (const auto& [key, list] : keys_) {
    bool may_be = false, may_not = false;
    for (const auto& p : list) {
      for (const auto& u : unfolded(p, when, life_)) (u.state.entry ? may_be : may_not) = true;
    }
    fewest += may_not ? 0 : 1;
    most += may_be ? 1 : 0;
  }
  return {fewest, most};
}

difference map_knowledge::learn_count(const observation& o) {
  const auto [fewest, most] = entries_between(o.when);
  count_answer(fewest == most);
  const auto fits = o.asked.what == kind::is_empty ? (o.got.flag ? fewest == 0 : most > 0) : fewest <= o.got.number && o.got.number <= most;
  if (fits) return std::nullopt;
  return std::string{to_string(o.asked.what)} + " answered " + to_string(o.got) + "; by the model there are " + std::to_string(fewest) +
         " to " + std::to_string(most) + " entries";
}

difference map_knowledge::learn_clear(const observation& o) {
  std::uint64_t fewest = 0, most = 0;
  for (auto& [key, list] : keys_) {
    bool may_go = false, may_stay = false;
    possibilities_of_key left;
    for (const auto& p : list) {
      for (auto& u : unfolded(p, o.when, life_)) {
        (clear_key(u.state) ? may_go : may_stay) = true;
        add_new(left, std::move(u));
      }
    }
    list = std::move(left);
    fewest += may_stay ? 0 : 1;
    most += may_go ? 1 : 0;
  }
  count_answer(fewest == most);
  if (fewest <= o.got.number && o.got.number <= most) return std::nullopt;
  return "clear removed " + std::to_string(o.got.number) + "; by the model " + std::to_string(fewest) + " to " + std::to_string(most);
}

/// The key's part of a call is done, or is not; or is done later, too.
void map_knowledge::maybe_done(const std::string& key, const request& part, const span& when, bool later_too) {
  auto& list = at(key);
  possibilities_of_key left;
  for (auto p : list) {
    if (later_too) {
      p.floating.push_back({part, when.from});
      add_new(left, std::move(p));
      continue;
    }
    for (auto& u : unfolded(p, when, life_)) {
      add_new(left, u);
      if (do_part(u.state, part, {when, life_})) add_new(left, std::move(u));
    }
  }
  list = std::move(left);
}

/// Parts were refused, for reasons that the map itself has: the others are done all the same, but a walk through all entries ends with the
/// first failure. The processors of a call on several keys may have done some or all.
difference map_knowledge::learn_partial(const observation& o) {
  const auto is_locked = o.got.why == failure::locked && waits_for_locks(o.asked.what);
  const auto has_thrown = o.got.why == failure::processor_failed && o.asked.processor.what == rewrite::fail;
  if (!is_locked && !has_thrown) return "answered " + to_string(o.got) + ", for which the model knows no reason";
  std::set<std::string> keys{o.asked.keys.begin(), o.asked.keys.end()};
  for (const auto& [k, v] : o.asked.pairs) keys.insert(k);
  if (o.asked.what == kind::execute_on_entries) {
    for (const auto& [k, list] : keys_) keys.insert(k);
  }
  bool is_explained = has_thrown;
  for (const auto& key : keys) {
    auto part = part_of(o.asked, o.asked.what, key);
    for (const auto& [k, v] : o.asked.pairs) {
      if (k == key) part.value = v;
    }
    possibilities_of_key left;
    for (const auto& p : at(key)) {
      for (auto& u : unfolded(p, o.when, life_)) {
        is_explained = is_explained || must_wait(u.state, part);
        auto done = u;
        const auto can_be_done = do_part(done.state, part, {o.when, life_});
        if (can_be_done) add_new(left, std::move(done));
        if (!can_be_done || o.asked.what != kind::put_all || !o.is_calm) add_new(left, std::move(u));
      }
    }
    at(key) = std::move(left);
  }
  if (!is_explained) return "answered " + to_string(o.got) + ", and by the model nothing is locked";
  return std::nullopt;
}

/// What was granted to nobody is given back, and an unlock is done, as soon as the row can be asked; unless the member ends meanwhile,
/// whose locks are freed in time. Whoever uses this lets that be, before asking for anything else.
void map_knowledge::learn_open_lock(const observation& o) {
  const auto has_ended = o.got.why == failure::closed;
  const auto is_unlock = o.asked.what == kind::unlock;
  auto& list = at(o.asked.key);
  possibilities_of_key left;
  for (const auto& p : list) {
    for (auto& u : unfolded(p, o.when, life_)) {
      auto done = u;
      const auto is_its = done.state.lock && done.state.lock->who == o.asked.who;
      if (!is_unlock || !is_its || o.got.why != failure::deadline) add_new(left, std::move(u));
      if (must_wait(done.state, o.asked)) continue;
      static_cast<void>(carry_out(done.state, o.asked, {o.when, life_}));
      if (!is_unlock && !has_ended) {
        auto given_back = o.asked;
        given_back.what = kind::unlock;
        static_cast<void>(carry_out(done.state, given_back, {o.when, life_}));
      }
      add_new(left, std::move(done));
    }
  }
  list = std::move(left);
}

difference map_knowledge::learn_fault(const observation& o) {
  const auto text = std::string{to_string(o.asked.what)} + " answered " + to_string(o.got);
  if (o.is_calm) return text + ", and there was no fault";
  const auto is_open = o.got.how == outcome::indeterminate;
  if (only_reads(o.asked.what)) {
    if (is_open && o.got.why != failure::closed) return text + ": a read is never indeterminate";
    return std::nullopt;
  }
  if (is_of_one_key(o.asked.what)) {
    if (!is_open) return std::nullopt;
    if (is_about_locks(o.asked.what) && o.asked.what != kind::force_unlock)
      learn_open_lock(o);
    else
      maybe_done(o.asked.key, o.asked, o.when, true);
    return std::nullopt;
  }
  std::map<std::string, std::string> parts;
  for (const auto& k : o.asked.keys) parts.emplace(k, "");
  for (const auto& [k, v] : o.asked.pairs) parts.insert_or_assign(k, v);
  const auto is_of_all = o.asked.what == kind::clear || o.asked.what == kind::execute_on_entries;
  if (is_of_all) {
    for (const auto& [k, list] : keys_) parts.emplace(k, "");
  }
  for (const auto& [key, value] : parts) {
    auto part = part_of(o.asked, o.asked.what, key);
    if (!value.empty()) part.value = value;
    maybe_done(key, part, o.when, is_open);
  }
  return std::nullopt;
}

/// What may be over by now is over, or its end is still to be heard.
/// Whose time has come may be removed a little later. So the removal may be what a listener hears first, of an entry that nobody finds any more.
void map_knowledge::begin_to_listen(milliseconds now) {
  is_listening_ = true;
  for (auto& [key, list] : keys_) {
    possibilities_of_key left;
    for (const auto& p : list) {
      for (auto& u : unfolded(p, {now, now}, life_)) {
        const auto ended = !u.state.told.empty() && u.state.told.back().what == entry_event_kind::expired;
        if (ended) {
          auto late = u;
          late.state.told = {u.state.told.back()};
          add_new(left, std::move(late));
        }
        u.state.told.clear();
        add_new(left, std::move(u));
      }
    }
    list = std::move(left);
  }
}

difference map_knowledge::compare_events(const std::string& key, const std::vector<event>& heard, bool knows_all, milliseconds now) {
  possibilities_of_key left;
  std::vector<std::vector<event>> possible;
  for (const auto& p : at(key)) {
    for (auto& u : unfolded(p, {now, now}, life_)) {
      possible.push_back(u.state.told);
      if (knows_all && !is_heard(u.state.told, heard)) continue;
      u.state.told.clear();
      add_new(left, std::move(u));
    }
  }
  if (left.empty()) {
    auto text = "of key " + key + " a listener heard:\n    " + told(heard) + "\n  by the model:";
    for (const auto& f : possible) text += "\n    " + told(f);
    return text;
  }
  at(key) = std::move(left);
  return std::nullopt;
}

std::vector<std::string> map_knowledge::keys() const {
  std::vector<std::string> all;
  for (const auto& [key, list] : keys_) all.push_back(key);
  return all;
}

std::size_t map_knowledge::possibilities(const std::string& key) const {
  const auto known = keys_.find(key);
  return known == keys_.end() ? 1 : known->second.size();
}

bool map_knowledge::is_decided() const {
  return std::all_of(keys_.begin(), keys_.end(), [](const auto& k) { return k.second.size() == 1; });
}

std::vector<holder> map_knowledge::holders(const std::string& key) const {
  std::vector<holder> all;
  const auto known = keys_.find(key);
  if (known == keys_.end()) return all;
  for (const auto& p : known->second) {
    if (p.state.lock) all.push_back(p.state.lock->who);
  }
  return all;
}

bool map_knowledge::may_be_locked() const {
  return std::any_of(keys_.begin(), keys_.end(), [this](const auto& k) { return !holders(k.first).empty(); });
}

bool map_knowledge::may_be_idle(const std::string& key) const {
  const auto known = keys_.find(key);
  return known != keys_.end() && std::any_of(known->second.begin(), known->second.end(), [](const possibility& p) {
           return p.state.entry && p.state.entry->max_idle != milliseconds{};
         });
}

std::optional<std::string> map_knowledge::some_value(const std::string& key) const {
  const auto known = keys_.find(key);
  if (known == keys_.end()) return std::nullopt;
  for (const auto& p : known->second) {
    if (p.state.entry) return p.state.entry->value;
  }
  return std::nullopt;
}

std::string map_knowledge::describe(const std::string& key) const {
  const auto known = keys_.find(key);
  if (known == keys_.end()) return "    nothing was ever there\n";
  std::ostringstream out;
  const auto moments = [&out](const char* what, const span& s) {
    if (s.from != never) out << ", " << what << ' ' << s.from.count() << ".." << s.to.count() << " ms";
  };
  for (const auto& p : known->second) {
    out << "    " << (p.state.entry ? '\'' + p.state.entry->value + '\'' : "no entry");
    if (p.state.entry) {
      moments("too old at", p.state.entry->too_old);
      moments("too idle at", p.state.entry->too_idle);
    }
    if (p.state.lock) {
      const auto& l = *p.state.lock;
      out << "; locked by " << l.who.number << " of member " << l.who.member << ", holds " << l.holds << ", fence " << to_string(l.fence);
      moments("until", l.ends);
    }
    for (const auto& f : p.floating) out << "; perhaps still " << to_string(f.what);
    out << '\n';
  }
  return out.str();
}

}  // namespace troupe::test::model
