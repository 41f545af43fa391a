#include <troupe/actors/protocol/row/listeners.hpp>

#include <algorithm>
#include <iterator>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/processing.hpp>
#include <troupe/actors/protocol/row/refusal.hpp>

namespace troupe::protocol {

namespace {

row_event_kind kind_of(removal why) {
  switch (why) {
    case removal::asked: return row_event_kind::removed;
    case removal::expired: return row_event_kind::expired;
    case removal::evicted: return row_event_kind::evicted;
  }
  return row_event_kind::removed;
}

void refuse(origin_id to, const operation& what, outcome result, failure why, std::string_view text, replica_effects& out) {
  auto r = refusal(what.request, result, why);
  r.detail = detail_of(text);
  out.answers.push_back({to, std::move(r), {}});
}

std::size_t bytes_of(const row_event& e) { return record_overhead_bytes + e.key.size() + e.value.size() + e.old_value.size(); }

std::size_t bytes_of(const operation& o) { return record_overhead_bytes + o.key.size() + o.value.size() + o.processor.size(); }

row_event gap(gap_reason why, seq_number since, seq_number up_to) {
  row_event e;
  e.what = row_event_kind::gap;
  e.why = why;
  e.since = since;
  e.at = up_to;
  return e;
}

/// What keeps a listener from going on behind its position: it is trimmed, or this log never had it. Nothing: nothing.
std::optional<row_event> gap_behind(const row_copy& copy, const log_position& told) {
  const auto& log = copy.log();
  const auto lost = [&] { return gap(gap_reason::history_lost, told.seq, copy.committed()); };
  if (told.seq < copy.history_begins()) return lost();
  if (told.seq < log.base()) {
    if (TROUPE_MUTATED(trimmed_positions_passed_over)) return std::nullopt;
    return gap(gap_reason::too_late, told.seq, log.base());
  }
  const auto is_of_this_history = told.seq <= log.end() && log.epoch_at(told.seq) == told.epoch;
  if (is_of_this_history || (TROUPE_MUTATED(listener_epoch_not_compared) && told.seq <= log.end())) return std::nullopt;
  // What both histories have in common has been told, and nobody knows how much that is: so nothing is told twice.
  return lost();
}

/// What a committed record did to the key or map that is asked for; nothing: nothing.
std::optional<row_event> event_of(const record& r, const displaced& before, const operation& wanted) {
  if (map_of(r.body) != wanted.map) return std::nullopt;
  row_event e;
  e.at = r.seq;
  e.before_unknown = !before.is_known || (wanted.old_values && !before.has_value);
  if (std::holds_alternative<clear_map>(r.body)) {
    e.what = row_event_kind::cleared;
    e.number = before.is_known ? before.entries : 0;
    return e;
  }
  e.key = *key_of(r.body);
  if (wanted.by_key && e.key != wanted.key) return std::nullopt;
  e.old_value = before.value;
  if (const auto* put = std::get_if<put_entry>(&r.body)) {
    if (r.cause.stamp.number != write_number{} && r.cause.kind == operation_kind::set_ttl) return std::nullopt;
    e.what = before.is_known && !before.was_there ? row_event_kind::added : row_event_kind::updated;
    e.value = put->value;
    return e;
  }
  if (const auto* erase = std::get_if<erase_entry>(&r.body)) {
    e.what = kind_of(erase->why);
    return e;
  }
  return std::nullopt;
}

struct page {
  std::vector<row_event> events;
  std::size_t bytes = 0;
  seq_number through;  ///< nothing of what is asked for is missing up to here
  std::optional<processor_failure> failed{};
};

/// A clear is told whatever a predicate would say: it is about entries that none was shown.
predicate_outcome admits(const replica_base& base, const operation& wanted, const row_event& e, const displaced& before) {
  if (wanted.processor.empty() || e.what == row_event_kind::cleared) return true;
  if (base.processors == nullptr) return processor_failure{failure::unknown_processor, std::string{wanted.processor.view()}};
  const bool has_value = e.what == row_event_kind::added || e.what == row_event_kind::updated;
  const bool has_old_value = before.is_known && before.was_there && before.has_value;
  return base.processors->admits(wanted.processor.view(), {e.what, e.key, has_value ? &e.value : nullptr, has_old_value ? &e.old_value : nullptr},
                                 wanted.value);
}

/// Adds what has committed behind page.through, until the page is full, or its predicate fails.
void fill(page& into, const replica_base& base, const operation& wanted) {
  const auto& log = base.copy.log();
  into.through = std::max(into.through, log.base());
  const auto end = TROUPE_MUTATED(listener_told_before_commit) ? log.end() : base.copy.committed();
  for (auto s = into.through.next(); s <= end; s = s.next()) {
    auto e = event_of(log.at(s), log.displaced_at(s), wanted);
    if (e) {
      auto verdict = admits(base, wanted, *e, log.displaced_at(s));
      if (auto* failed = std::get_if<processor_failure>(&verdict)) {
        into.failed = std::move(*failed);
        return;
      }
      if (std::get<bool>(verdict)) {
        if (wanted.keys_only) e->value = {};
        if (!wanted.old_values) e->old_value = {};
        const auto bytes = bytes_of(*e);
        if (!into.events.empty() && into.bytes + bytes > wanted.page_bytes) {
          if (TROUPE_MUTATED(full_page_ends_at_commit)) into.through = end;
          return;
        }
        into.bytes += bytes;
        into.events.push_back(std::move(*e));
      }
    }
    into.through = s;
  }
}

}  // namespace

void listeners::ask(const replica_base& base, origin_id from, operation&& what, instant now, replica_effects& out) {
  if (!what.processor.empty() && (base.processors == nullptr || !base.processors->has_predicate(what.processor.view()))) {
    return refuse(from, what, outcome::not_applied, failure::unknown_processor, what.processor.view(), out);
  }
  const auto& copy = base.copy;
  request r{from, std::move(what), {}, now + base.limits.listen_patience};
  if (r.what.from_start) {
    r.told = copy.committed();
    r.until = now;
    static_cast<void>(tell(base, r, {}, now, out));
    return;
  }
  r.told = r.what.since;
  note_return(r.told);
  std::vector<row_event> events;
  if (const auto missing = gap_behind(copy, {r.what.epoch, r.told})) {
    events.push_back(*missing);
    r.told = missing->at;
  }
  if (tell(base, r, std::move(events), now, out)) return;
  const auto bytes = bytes_of(r.what);
  if (waiting_.size() >= base.limits.listeners_max || bytes_ + bytes > base.limits.pending_bytes_max) {
    // Who can't wait here goes on from where it has come to all the same: it must not fall out of the log for want of room.
    if (r.told > r.what.since) {
      r.until = now;
      static_cast<void>(tell(base, r, {}, now, out));
      return;
    }
    return refuse(from, r.what, outcome::not_applied, failure::overloaded, {}, out);
  }
  bytes_ += bytes;
  waiting_.push_back(std::move(r));
}

template <class Predicate>
void listeners::erase_waiting(Predicate is_over) {
  std::erase_if(waiting_, [&](request& r) {
    const auto bytes = bytes_of(r.what);
    if (!is_over(r)) return false;
    bytes_ -= bytes;
    return true;
  });
}

bool listeners::tell(const replica_base& base, request& r, std::vector<row_event> events, instant now, replica_effects& out) {
  // Positions that its map has in common with the row that takes it over end where it does so.
  if (base.is_leaving(r.what.map)) return false;
  page p{std::move(events), 0, r.told};
  fill(p, base, r.what);
  if (p.failed && p.events.empty()) {
    refuse(r.from, r.what, outcome::not_applied, p.failed->why, p.failed->text, out);
    return true;
  }
  r.told = p.through;
  if (p.events.empty() && now < r.until) return false;
  reply answer;
  answer.request = r.what.request;
  answer.epoch = *base.copy.log().epoch_at(p.through);
  answer.seq = TROUPE_MUTATED(last_event_told_again) && !p.events.empty() ? before(p.through) : p.through;
  answer.committed = base.copy.committed();
  answer.events = std::move(p.events);
  out.answers.push_back({r.from, std::move(answer), {}});
  expect_back(base.limits, p.through, now);
  return true;
}

void listeners::serve(const replica_base& base, instant now, replica_effects& out) {
  erase_waiting([&](request& r) { return tell(base, r, {}, now, out); });
}

void listeners::drop_destroyed(const replica_base& base, replica_effects& out) {
  erase_waiting([&](const request& r) {
    if (base.view->find(r.what.map) != nullptr) {
      if (!base.has_left(r.what.map)) return false;
      refuse(r.from, r.what, outcome::retry, failure::not_primary, {}, out);
      return true;
    }
    refuse(r.from, r.what, outcome::not_applied, failure::unknown_map, {}, out);
    return true;
  });
}

void listeners::forget(origin_id from) {
  erase_waiting([from](const request& r) { return r.from == from; });
}

void listeners::resign(replica_effects& out) {
  for (const auto& r : waiting_) refuse(r.from, r.what, outcome::retry, failure::not_primary, {}, out);
  waiting_.clear();
  bytes_ = 0;
  readers_.clear();
}

// Where there are more readers than room for them, those who were told first are expected no longer: they may get a gap.
void listeners::expect_back(const replica_limits& limits, seq_number told, instant now) {
  if (readers_.size() >= limits.listeners_max) readers_.erase(readers_.begin());
  readers_.push_back({told, now + limits.listener_patience});
}

void listeners::note_return(seq_number told) {
  const auto back = std::find_if(readers_.begin(), readers_.end(), [told](const reader& r) { return r.told == told; });
  if (back != readers_.end()) readers_.erase(back);
}

std::optional<row_copy::retention> listeners::retention(const replica_limits& limits, instant now) {
  readers_.erase(readers_.begin(), std::find_if(readers_.begin(), readers_.end(), [now](const reader& r) { return r.until > now; }));
  if (readers_.empty()) return std::nullopt;
  const auto slowest = std::min_element(readers_.begin(), readers_.end(), [](const reader& a, const reader& b) { return a.told < b.told; });
  return row_copy::retention{slowest->told, limits.listened_bytes_max};
}

std::optional<instant> listeners::next_due() const {
  std::optional<instant> due;
  if (!readers_.empty()) due = readers_.front().until;
  for (const auto& r : waiting_) due = due ? std::min(*due, r.until) : r.until;
  return due;
}

}  // namespace troupe::protocol
