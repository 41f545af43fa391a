#include <troupe/actors/protocol/row/evaluation.hpp>

#include <algorithm>

namespace troupe::protocol {

namespace {

evaluation evaluate_count(const operation& what, const newest_state& state) {
  evaluation result;
  const auto tally = state.count(what.map);
  result.answer.number = tally.entries;
  result.depends_on = tally.depends_on;
  if (what.kind == operation_kind::clear && tally.entries > 0) result.write = clear_map{what.map};
  return result;
}

evaluation evaluate_scan(const operation& what, const newest_state& state) {
  evaluation result;
  const auto after = what.from_start ? std::nullopt : std::optional{what.key.view()};
  auto page = state.scan(what.map, after, what.page_bytes, what.keys_only);
  result.answer.page = std::move(page.entries);
  result.answer.more = page.more;
  result.depends_on = page.depends_on;
  return result;
}

/// Does `what` write its value or erase its key, given what is there?
bool takes_effect(const operation& what, const blob* present) {
  switch (what.kind) {
    case operation_kind::put:
    case operation_kind::set: return true;
    case operation_kind::put_if_absent: return present == nullptr;
    case operation_kind::replace:
    case operation_kind::set_ttl:
    case operation_kind::remove:
    case operation_kind::erase: return present != nullptr;
    case operation_kind::replace_if_equal:
    case operation_kind::remove_if_equal: return present != nullptr && *present == what.expected;
    case operation_kind::get:
    case operation_kind::contains:
    case operation_kind::count:
    case operation_kind::clear:
    case operation_kind::scan:
    case operation_kind::execute:
    case operation_kind::execute_if_present:
    case operation_kind::listen:
    case operation_kind::get_entry_view:
    case operation_kind::lock:
    case operation_kind::unlock:
    case operation_kind::force_unlock:
    case operation_kind::withdraw_lock:
    case operation_kind::is_locked:
    case operation_kind::keep_locks: return false;
  }
  return false;
}

milliseconds span_between(row_time from, row_time to) {
  const auto span = to > from ? to.value() - from.value() : std::uint64_t{0};
  return milliseconds{static_cast<milliseconds::rep>(std::min(span, static_cast<std::uint64_t>(lifetime_max.count())))};
}

/// Who asked for it is noted of the entry that is stored, also while it gets another value.
const entry_notes* access_to(const operation& what, const newest_state::finding& found, const newest_state& state, row_time reigns_since) {
  const auto* stored = state.find_committed(what.map, what.key.view()).notes;
  const auto is_same = stored != nullptr && stored->times.created == found.notes->times.created;
  return is_same && stored->hits > 0 && stored->accessed >= reigns_since ? stored : nullptr;
}

entry_facts facts_of(const operation& what, const newest_state::finding& found, const newest_state& state, const evaluation_rules& rules) {
  const auto life = found.life();
  entry_facts facts{found.version, what.key.size() + found.value->size() + overhead_bytes(what.key.size(), found.notes), life.ttl, life.max_idle};
  if (life.is_limited()) facts.ends_in = span_between(rules.now, end_of(found, rules.now, rules.reigns_since));
  if (found.notes == nullptr || !found.notes->times.are_known()) return facts;
  const auto& notes = *found.notes;
  facts.is_counted = true;
  facts.since_created = span_between(notes.times.created, rules.now);
  facts.since_written = span_between(notes.times.written, rules.now);
  if (const auto* access = access_to(what, found, state, rules.reigns_since)) {
    facts.since_asked = span_between(access->accessed, rules.now);
    facts.hits = access->hits;
  }
  return facts;
}

evaluation evaluate_key(const operation& what, const newest_state& state, const evaluation_rules& rules) {
  evaluation result;
  const auto found = state.find(what.map, what.key.view());
  const auto applies = takes_effect(what, found.value);
  result.depends_on = found.depends_on;
  if (tells_presence(what.kind)) result.answer.found = takes_expected(what.kind) ? applies : found.value != nullptr;
  if (tells_value(what.kind) && found.value != nullptr) result.answer.value = *found.value;
  if (what.kind == operation_kind::get_entry_view && found.value != nullptr) result.answer.facts = facts_of(what, found, state, rules);
  if (!applies) return result;
  if (takes_value(what.kind)) {
    const auto times = rules.keeps_statistics ? found.times_from(rules.now) : entry_times{};
    result.write = put_entry{what.map, what.key, what.value.with_key(what.key.view()), rules.given, times};
  } else if (what.kind == operation_kind::set_ttl) {
    // With the value, so that no replica needs to have the entry before it can tell how long it lives.
    const lifetime life{rules.given.since, rules.given.ttl, found.life().max_idle};
    result.write = put_entry{what.map, what.key, *found.value, life.normalized(), found.notes == nullptr ? entry_times{} : found.notes->times};
  } else {
    result.write = erase_entry{what.map, what.key};
  }
  return result;
}

}  // namespace

evaluation completed(evaluation result, const operation& what) {
  result.answer.request = what.request;
  // An attempt before this one may still be on its way. It must find that the write is over, and had no effect.
  if (what.asked_before && !result.write && !is_read(what.kind)) result.write = no_change{what.map, what.key};
  return result;
}

row_time end_of(const newest_state::finding& entry, row_time now, row_time reigns_since) {
  if (entry.depends_on != seq_number{}) return entry.life().ends(now);
  return entry.life().ends(entry.notes == nullptr ? reigns_since : std::max(entry.notes->accessed, reigns_since));
}

evaluation evaluate(const operation& what, const newest_state& state, const evaluation_rules& rules) {
  auto result = what.kind == operation_kind::scan                                                  ? evaluate_scan(what, state)
                : what.kind == operation_kind::count || what.kind == operation_kind::clear ? evaluate_count(what, state)
                                                                                                   : evaluate_key(what, state, rules);
  return completed(std::move(result), what);
}

record_cause cause_of(const operation& what, const reply& answer) {
  if (what.stamp.number == write_number{}) return {};
  if (runs_processor(what.kind)) {
    const auto& told = answer.why == failure::none ? answer.value : answer.detail;
    return {what.stamp, what.kind, answer.found, 0, told, answer.why};
  }
  if (is_about_locks(what.kind)) return {what.stamp, what.kind, answer.found, answer.number, answer.value, answer.why};
  return {what.stamp, what.kind, answer.found, what.kind == operation_kind::clear ? answer.number : answer.value.size()};
}

bool grows(const record_body& write, const newest_state& state) {
  const auto* put = std::get_if<put_entry>(&write);
  if (put == nullptr) return false;
  const auto there = state.find(put->map, put->key.view());
  return there.value == nullptr || put->value.size() > there.value->size();
}

failure oversize(const operation& what, const size_limits& limits) {
  if (what.key.size() > limits.key_bytes_max) return failure::key_too_large;
  if (what.value.size() > limits.value_bytes_max || what.expected.size() > limits.value_bytes_max) return failure::value_too_large;
  return failure::none;
}

}  // namespace troupe::protocol
