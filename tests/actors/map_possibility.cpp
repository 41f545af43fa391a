#include "tests/actors/map_possibility.hpp"

#include <algorithm>

namespace troupe::test::model {

namespace {

/// An entry whose time is over while it is locked is looked after again after 250 ms.
constexpr milliseconds late_by_lock{300};
/// Without a lease: ten times `suspect-after`. Its client says each quarter of that, that it lives, and the primary looks as often.
constexpr milliseconds silence_min{7'500 - 100}, silence_max{15'000};
/// No key has more: the trial asks before that.
constexpr std::size_t possibilities_max = 4096;

}  // namespace

void add_new(possibilities& list, possibility p) {
  if (std::find(list.begin(), list.end(), p) == list.end()) list.push_back(std::move(p));
}

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

possibilities unfolded(const possibility& start, const span& when, const lifetime_defaults& life, bool may_go) {
  possibilities all{start};
  for (std::size_t i = 0; i < all.size() && all.size() < possibilities_max; ++i) {
    const auto now = all[i];  // The list grows.
    const auto& k = now.state;
    if (k.entry && !k.lock && k.entry->dies().from <= when.to) {
      auto next = now;
      next.state.expire();
      add_new(all, std::move(next));
    }
    if (may_go && k.entry && !k.lock) {
      auto next = now;
      next.state.evict();
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

request part_of(const request& whole, kind what, const std::string& key) {
  auto part = whole;
  part.what = what;
  part.key = key;
  part.keys.clear();
  part.pairs.clear();
  return part;
}

request part_of(const request& whole, const std::string& key) {
  auto part = part_of(whole, whole.what, key);
  for (const auto& [k, v] : whole.pairs) {
    if (k == key) part.value = v;
  }
  return part;
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

void holder_ended(lock& l, milliseconds heard, milliseconds now) {
  l.ends = {heard + silence_min, now + silence_max};
  l.is_of_silent = true;
}

}  // namespace troupe::test::model
