// What listeners hear, and whether copies are the same: compared when the cluster is at rest.
#include <algorithm>

#include <troupe/messages/types/partitioning.hpp>

#include "tests/actors/map_trial_state.hpp"

namespace troupe::test::model {

/// What one listener has heard, by key.
struct trial::heard_by {
  std::map<std::string, std::vector<event>> events{};
  std::set<partition_id> gaps{};
  std::set<std::string> unsure{};  ///< keys of which there is an event that does not say what was before
  std::uint64_t cleared = 0;
};

// ---- Who listens ----

void trial::listen_anew(dice& d) {
  for (auto& s : subjects_) {
    forget_the_dead(s);
    if (s.ears.empty() && !d.chance(40)) listen_to(s, d);
  }
}

/// Listeners of a map begin together, so that all that happens since is there for each of them.
void trial::listen_to(subject& s, dice& d) {
  const auto count = 1 + d.below(3);
  s.rows.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const auto wanted = i == 0 && d.chance(70) ? wish_to_hear{} : draw_wish_to_hear(d, plan_.keys);
    const auto e = stage_.listen(s.name, some_asker(d), wanted);
    if (!stage_.wait_for([&] { return e->is_confirmed || e->has_ended; }, patience) || e->has_ended)
      throw differs{"nobody can listen to " + s.name + ": " + e->end};
    note("member " + std::to_string(e->member) + " listens to " + s.name + ", " + to_string(e->wanted));
    s.ears.push_back(e);
  }
  pass();
  s.known.begin_to_listen(stage_.now());
  for (const auto& e : s.ears) e->events.clear();
  begin_comparison(s);
  if (!s.known.is_bounded()) return;
  const auto scan = ask(s, some_asker(d), request{.what = kind::entries, .page_bytes = 256 * 1024}, d);
  finish({scan});
  if (scan->got->how != outcome::ok) return;
  for (std::uint32_t p = 0; p < plan_.settings.partition_count; ++p) {
    std::set<std::string> there;
    for (const auto& [k, v] : scan->got->pairs) {
      if (partition_of(k, plan_.settings.partition_count) == partition_id{p}) there.insert(k);
    }
    s.rows.emplace(partition_id{p}, row_events{std::move(there)});
  }
}

void trial::begin_comparison(subject& s) {
  s.cleared = 0;
  s.all_clears_known = true;
  s.lost.clear();
  s.was_locked = s.known.may_be_locked();
  s.bound = bound_of(s);
}

void trial::forget_the_dead(subject& s) {
  const auto is_dead = [this](const auto& e) { return !stage_.is_alive(e->member); };
  std::erase_if(s.ears, is_dead);
  std::erase_if(s.removed, is_dead);
  if (s.ears.empty()) s.known.end_listening();
}

/// "It hears nothing more; was it there?"
void trial::remove_a_listener(subject& s, dice& d) {
  const auto e = d.pick(s.ears);
  const auto removal = stage_.stop_listening(*e);
  if (!stage_.wait_for([&] { return removal->is_there(); }, patience) || !removal->done || !*removal->done)
    throw differs{"a listener to " + s.name + " can't be removed: " + removal->error};
  stage_.advance(milliseconds{50});  // What is under way to it still comes.
  note("member " + std::to_string(e->member) + " no longer listens to " + s.name + ", " + to_string(e->wanted));
  std::erase(s.ears, e);
  e->events.clear();
  s.removed.push_back(e);
}

// ---- What they heard ----

void trial::compare_all_events() {
  rest();
  for (auto& s : subjects_) {
    forget_the_dead(s);
    for (const auto& e : s.removed) {
      if (!e->events.empty()) throw differs{"a listener to " + s.name + " that was removed heard of " + e->events.front().key.value_or("a whole partition")};
    }
    if (s.ears.empty()) continue;
    for (const auto& e : s.ears) {
      if (e->has_ended) throw differs{"a listener to " + s.name + " was told the end: " + e->end};
    }
    compare_events(s);
    dice d{seed_, 4'000'000 + s.known.answers};
    if (d.chance(10)) remove_a_listener(s, d);
  }
  compare_copies();
  stage_.advance(milliseconds{20});
  dice d{seed_, 5'000'000 + answer_number_};
  for (auto& s : subjects_) {
    if (s.known.is_bounded()) finish({ask(s, some_asker(d), request{.what = kind::keys, .page_bytes = 256 * 1024}, d)});
  }
}

/// One more write in each partition: when that is heard, so is all before it.
void trial::wait_for_markers(subject& s) {
  const auto count = plan_.settings.partition_count;
  std::vector<std::string> markers(count);
  for (std::size_t n = 0, found = 0; found < count; ++n) {
    auto key = std::string{marker} + std::to_string(n);
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
    return open;
  };
  const auto written = on_all(kind::set);
  const auto hears = [&](const ear& e, const std::string& key) {
    return e.wanted.key || std::any_of(e.events.begin(), e.events.end(), [&](const texts::event& x) {
             return x.key == key || (x.what == entry_event_kind::gap && x.partition == partition_of(key, count));
           });
  };
  const auto all_hear = [&] {
    return std::all_of(s.ears.begin(), s.ears.end(),
                       [&](const auto& e) { return std::all_of(markers.begin(), markers.end(), [&](const auto& key) { return hears(*e, key); }); });
  };
  if (!stage_.wait_for(all_hear, seconds{20})) throw differs{"a listener to " + s.name + " does not hear"};
  stage_.advance(milliseconds{50});  // So that those hear, too, who want to hear of single keys.
  static_cast<void>(on_all(kind::erase));
  stage_.advance(milliseconds{50});
  std::vector<const request*> together;  // As long as they were there, the row had so much more.
  for (const auto& q : written) together.push_back(&q->what);
  s.known.let_make_room(together);
  s.known.has_made_room(stage_.now());
}

trial::heard_by trial::take_heard(subject& s, ear& e) {
  heard_by heard;
  std::map<partition_id, seq_number> last;
  const auto place = [&](const std::string& key) { return partition_of(key, plan_.settings.partition_count); };
  for (const auto& x : e.events) {
    const auto begins_anew = x.what == entry_event_kind::gap && x.why == gap_reason::history_lost;
    if (x.at <= last[x.partition] && !begins_anew)
      throw differs{"a listener to " + s.name + " heard of position " + std::to_string(x.at.value()) + " twice, or too late"};
    last[x.partition] = x.at;
    if (x.what == entry_event_kind::gap) {
      ++result_.gaps;
      heard.gaps.insert(x.partition);
      note("gap: " + x.text);
      continue;
    }
    ++result_.events;
    if (x.what == entry_event_kind::unreadable) throw differs{"a listener to " + s.name + " was told " + x.text};
    if (x.what == entry_event_kind::expired) ++result_.expired;
    if (x.what == entry_event_kind::evicted) ++result_.evicted;
    if (x.what == entry_event_kind::evicted && !s.known.is_bounded()) throw differs{s.name + " has no bound, and an entry was evicted"};
    if (x.what == entry_event_kind::cleared) {
      heard.cleared += x.entries;
      for (const auto& key : plan_.keys) {
        if (place(key) == x.partition) heard.events[key].push_back({entry_event_kind::cleared, {}, {}});
      }
      continue;
    }
    if (e.wanted.key && x.key != e.wanted.key) throw differs{"a listener to " + s.name + ", " + to_string(e.wanted) + ", heard of key " + *x.key};
    if (x.before_unknown) heard.unsure.insert(*x.key);
    heard.events[*x.key].push_back({x.what, x.value.value_or(""), x.old_value.value_or("")});
  }
  for (const auto p : s.lost) {
    const auto could_hear = !e.wanted.key || place(*e.wanted.key) == p;
    if (could_hear && !heard.gaps.contains(p)) throw differs{"a listener to " + s.name + " was told of no gap in partition " + std::to_string(p.value()) + ", which lost its data"};
  }
  return heard;
}

void trial::compare_events(subject& s) {
  wait_for_markers(s);
  std::vector<heard_by> heard;
  for (const auto& e : s.ears) heard.push_back(take_heard(s, *e));
  const auto now = stage_.now();
  for (const auto& key : plan_.keys) {
    std::vector<hearing> all;
    for (std::size_t i = 0; i < heard.size(); ++i) {
      if (s.ears[i]->wanted.key.value_or(key) != key) continue;
      const auto knows_all = !heard[i].gaps.contains(partition_of(key, plan_.settings.partition_count)) && !heard[i].unsure.contains(key);
      all.push_back({s.ears[i]->wanted, heard[i].events[key], knows_all});
    }
    if (auto d = s.known.compare_events(key, all, now)) throw differs{s.name + ": " + *d};
  }
  bool had_gaps = false;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    had_gaps = had_gaps || !heard[i].gaps.empty();
    const auto is_of_all = !s.ears[i]->wanted.key;  // Clears pass every predicate.
    if (is_of_all && heard[i].gaps.empty() && s.all_clears_known && heard[i].cleared != s.cleared) {
      throw differs{"clears of " + s.name + " removed " + std::to_string(s.cleared) + " entries, and a listener heard of " +
                    std::to_string(heard[i].cleared)};
    }
  }
  const auto of_all = std::find_if(s.ears.begin(), s.ears.end(), [](const auto& e) { return !e->wanted.key && !e->wanted.through; });
  if (of_all != s.ears.end()) {
    compare_events_of_rows(s, **of_all, !had_gaps);
  } else {
    s.rows.clear();
  }
  for (const auto& e : s.ears) e->events.clear();
  begin_comparison(s);
}

void trial::compare_events_of_rows(subject& s, const ear& e, bool all_whole) {
  if (!all_whole) s.rows.clear();
  std::map<partition_id, std::vector<texts::event>> heard;
  for (const auto& x : e.events) heard[x.partition].push_back(x);
  for (auto& [partition, row] : s.rows) {
    if (auto d = row.replay(heard[partition], s.bound, s.was_locked)) throw differs{s.name + ", partition " + std::to_string(partition.value()) + ": " + *d};
  }
  std::erase_if(s.rows, [](const auto& r) { return r.second.is_lost_track(); });
}

// ---- Copies ----

/// An entry is on all its copies or on none, what made room for others included: they have as many entries, and as many bytes.
void trial::compare_copies() {
  for (auto& s : subjects_) {
    if (!s.has_copies) continue;
    const auto others = stage_.living().size() - 1;
    const auto backups = std::min<std::uint64_t>(s.counts.backups, others);
    const auto async = std::min<std::uint64_t>(s.counts.async_backups, others - backups);
    const auto are_same = [&] {
      const auto c = stage_.count(s.name);
      return c.backup_entries == backups * c.entries && c.backup_bytes == backups * c.bytes && c.async_entries == async * c.entries && c.async_bytes == async * c.bytes;
    };
    if (stage_.wait_for(are_same, seconds{3})) continue;
    const auto c = stage_.count(s.name);
    throw differs{"the copies of " + s.name + " differ: " + std::to_string(c.entries) + " entries of " + std::to_string(c.bytes) + " bytes, backups (" +
                  std::to_string(backups) + ") " + std::to_string(c.backup_entries) + " of " + std::to_string(c.backup_bytes) + ", async ones (" +
                  std::to_string(async) + ") " + std::to_string(c.async_entries) + " of " + std::to_string(c.async_bytes)};
  }
}

void trial::read_everything() {
  dice d{seed_, 2'000'000};
  stage_.advance(milliseconds{20});  // Now it is calm.
  for (auto& s : subjects_) {
    for (const auto what : {kind::get_all, kind::entries, kind::keys, kind::size}) {
      request r{.what = what, .page_bytes = 1};
      if (what == kind::get_all) r.keys = plan_.keys;
      finish({ask(s, some_asker(d), std::move(r), d)});
    }
    if (!s.defined.read_backup_data) continue;
    for (const auto member : stage_.living()) finish({ask(s, member, request{.what = kind::get, .key = d.pick(plan_.keys)}, d)});
  }
}

}  // namespace troupe::test::model
