#include "tests/sim/application.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/sim/fold.hpp"

namespace troupe::sim {

using namespace protocol;

namespace {

/// When a scan asked for an entry: it does not count as asking for it.
constexpr duration is_no_access{};

}  // namespace

application::application(world& around, caller& maps, keyspace& keys, operation_totals& totals, const application_options& options,
                         dice rng)
    : around_(around), maps_(maps), keys_(keys), totals_(totals), options_(options), rng_(rng), regrets_(rng) {
  maps_.sent_operation = [this](const operation& o) { sent(o); };
  maps_.got_reply = [this](const reply& r) { replied(r); };
  maps_.operation_not_sent = [this](request_number r) { not_sent(r); };
}

duration application::turn() {
  if (options_.cancels) cancel_some();
  if (!stopped_ && maps_.can_call() && open_.size() < options_.in_flight_max) {
    const auto key = keys_.pick(rng_);
    if (rng_.chance(0.002) && keys_.may_sweep(keys_.at(key).map)) ask_clear(keys_.at(key).map);
    else if (rng_.chance(0.002)) ask_scan(keys_.at(key).map);
    else if (options_.processors && rng_.chance(0.004) && keys_.may_sweep(keys_.at(key).map)) ask_process_all(keys_.at(key).map);
    else if (options_.processors && rng_.chance(0.03)) ask_process(key);
    else if (rng_.chance(0.06)) ask_many(key, false);
    else if (rng_.chance(0.03)) ask_many(key, true);
    else ask_single(key, varied(draw_kind()));
  }
  return rng_.between(duration{1}, options_.think_max);
}

void application::read(std::size_t key) { ask_single(key, operation_kind::get); }

operation_kind application::draw_kind() {
  using k = operation_kind;
  if (options_.processors && rng_.chance(0.3)) return rng_.chance(0.7) ? k::execute : k::execute_if_present;
  static constexpr std::array mix{k::get,     k::get,           k::get, k::get,   k::get,           k::contains, k::put, k::put, k::put, k::put_if_absent, k::put_if_absent,
                                  k::replace, k::replace_if_equal, k::replace_if_equal, k::remove, k::remove_if_equal, k::set, k::set, k::erase};
  const auto kind = mix[rng_.index(mix.size())];
  return options_.limited_lives && kind == k::contains && rng_.chance(0.5) ? k::set_ttl : kind;
}

operation_kind application::varied(operation_kind drawn) {
  return drawn == operation_kind::get && ++gets_ % 5 == 0 ? operation_kind::get_entry_view : drawn;
}

application::part application::add_part(std::size_t key, operation_kind kind, value_no argument, value_no expected, const blob& value,
                                        duration asked_at) {
  key_operation op;
  op.kind = kind;
  op.argument = argument;
  op.expected = expected;
  ++totals_.called;
  return {keys_.called(key, op, asked_at), kind, keys_.at(key).name, value, 0, {}, {}, {}};
}

void application::ask_single(std::size_t key, operation_kind kind) {
  const auto& k = keys_.at(key);
  map_call call;
  call.what = map_call::kind::single;
  call.operation = kind;
  call.key = k.name;
  const auto argument = takes_value(kind) || runs_processor(kind) ? keys_.fresh_value() : absent;
  // A comparison with a value that was never stored must fail; mostly it is with one that may be there.
  const auto expected = takes_expected(kind) ? (k.last_seen == absent ? keys_.fresh_value() : k.last_seen) : absent;
  if (takes_value(kind)) call.value = encode_value(argument, options_.value_bytes_max);
  if (runs_processor(kind)) call.value = encode_fold_argument(argument, call.processor);
  if (takes_expected(kind)) call.expected = expected >= token_min ? encode_token(expected) : encode_value(expected, options_.value_bytes_max);
  open_call parts;
  const auto asks = asks_for_entry(kind) || is_about_locks(kind) ? now() : is_no_access;
  parts.parts.push_back(add_part(key, kind, argument, expected, call.value, asks));
  issue(k.map, std::move(call), std::move(parts));
}

void application::ask_many(std::size_t key, bool write) {
  map_call call;
  call.what = write ? map_call::kind::put_all : map_call::kind::get_all;
  open_call parts;
  for (const auto k : draw_neighbours(key)) {
    if (write) {
      const auto argument = keys_.fresh_value();
      call.entries.push_back({keys_.at(k).name, encode_value(argument, options_.value_bytes_max)});
      parts.parts.push_back(add_part(k, operation_kind::set, argument, absent, call.entries.back().value, now()));
    } else {
      call.keys.push_back(keys_.at(k).name);
      parts.parts.push_back(add_part(k, operation_kind::get, absent, absent, {}, now()));
    }
  }
  issue(keys_.at(key).map, std::move(call), std::move(parts));
}

std::vector<std::size_t> application::draw_neighbours(std::size_t key) {
  std::vector<std::size_t> chosen{key};
  for (int i = 0; i < 3; ++i) {
    const auto other = keys_.pick_neighbour(key, rng_);
    if (std::find(chosen.begin(), chosen.end(), other) == chosen.end()) chosen.push_back(other);
  }
  return chosen;
}

void application::ask_process(std::size_t key) {
  map_call call;
  call.what = map_call::kind::execute_keys;
  const auto argument = keys_.fresh_value();
  call.value = encode_fold_argument(argument, call.processor);
  open_call parts;
  for (const auto k : draw_neighbours(key)) {
    call.keys.push_back(keys_.at(k).name);
    parts.parts.push_back(add_part(k, operation_kind::execute, argument, absent, call.value, now()));
  }
  issue(keys_.at(key).map, std::move(call), std::move(parts));
}

void application::ask_process_all(const std::string& map) {
  map_call call;
  call.what = map_call::kind::execute_entries;
  const auto argument = keys_.fresh_value();
  call.value = encode_fold_argument(argument, call.processor);
  open_call walk;
  walk.is_walk = true;
  walk.sweep = keys_.sweep_called(map, operation_kind::execute_if_present, argument);
  ++totals_.called;
  issue(map, std::move(call), std::move(walk));
}

void application::ask_clear(const std::string& map) {
  map_call call;
  call.what = map_call::kind::clear;
  open_call cleared;
  cleared.sweep = keys_.sweep_called(map);
  ++totals_.called;
  issue(map, std::move(call), std::move(cleared));
}

/// One page: maybe all of the map, maybe not.
void application::ask_scan(const std::string& map) {
  map_call call;
  call.what = map_call::kind::scan;
  open_call parts;
  parts.is_scan = true;
  for (const auto k : keys_.keys_of(map)) parts.parts.push_back(add_part(k, operation_kind::get, absent, absent, {}, is_no_access));
  issue(map, std::move(call), std::move(parts));
}

void application::issue(const std::string& map, map_call what, open_call parts) {
  const auto number = next_call_++;
  if (options_.asks_for_copies && rng_.chance(0.15)) parts.copies_min = what.copies_min = static_cast<std::uint8_t>(rng_.between(2, 3));
  open_.emplace(number, std::move(parts));
  const auto patience = rng_.between(options_.patience_min, options_.patience_max);
  const auto call = maps_.call(map, std::move(what), patience, [this, number](const map_result& r) { finished(number, r); });
  const auto at = open_.find(number);
  if (at == open_.end() || !options_.cancels || !regrets_.chance(0.15)) return;
  at->second.call = call;
  at->second.cancelled_at = around_.now() + regrets_.between(duration{1}, milliseconds{120});
}

void application::cancel_some() {
  std::vector<call_id> due;
  for (auto& [number, call] : open_) {
    if (!call.cancelled_at || *call.cancelled_at > around_.now()) continue;
    call.cancelled_at.reset();
    due.push_back(call.call);
  }
  if (!maps_.can_call()) return;
  for (const auto which : due) maps_.cancel(which);
}

void application::finished(std::uint64_t number, const map_result& what) {
  const auto call = open_.extract(number);
  if (call.empty()) throw violation{"a call was finished twice"};
  if (what.result == outcome::retry) throw violation{"an application was told to retry"};
  const auto& parts = call.mapped().parts;
  // (A read that keeps an idle entry alive leaves a record as well.)
  const bool is_write = what.result == outcome::ok && what.seq != seq_number{} && parts.size() == 1 && !is_read(parts.front().kind);
  if (is_write && what.copies < call.mapped().copies_min) throw violation{"a write is ok that fewer members hold than it asked for"};
  if (what.result != outcome::ok) {
    const auto text = [&] { return "  call fails: " + std::string{to_string(what.result)} + " " + std::string{to_string(what.why)}; };
    around_.log().line(around_.now(), text);
  }
  if (call.mapped().sweep) conclude_sweep(*call.mapped().sweep, call.mapped().is_walk, what);
  for (const auto& p : call.mapped().parts) {
    const auto is_entry = [&](const map_entry& e) { return e.key == p.key; };
    const bool is_part_of_map = call.mapped().is_scan && !what.cursor.empty();
    if (is_part_of_map && std::none_of(what.entries.begin(), what.entries.end(), is_entry)) {  // It may be on a later page, or not there.
      ++totals_.ok;
      keys_.was_not_applied(p.number);
      continue;
    }
    conclude(p, what);
    around_.log().mix(p.number.key);
    around_.log().mix(static_cast<std::uint64_t>(what.result));
  }
}

/// False: that tells nothing of this run.
bool application::note_run(const part& p, const map_result& what) {
  const auto entry = std::find_if(what.entries.begin(), what.entries.end(), [&](const map_entry& e) { return e.key == p.key; });
  const bool is_listed = entry != what.entries.end();
  if (!is_listed && what.result != outcome::ok) return false;
  ++totals_.ok;
  ++totals_.processed;
  const bool is_single = what.entries.empty();
  if (is_listed || !is_single) {
    keys_.returned(p.number, true, is_listed ? decode_value(entry->value) : garbage);
  } else {
    const bool was_run = what.found || p.kind == operation_kind::execute;
    keys_.returned(p.number, what.found, was_run ? decode_value(what.value) : absent);
  }
  return true;
}

void application::conclude(const part& p, const map_result& what) {
  if (runs_processor(p.kind) && note_run(p, what)) return;
  if (what.result == outcome::ok) {
    ++totals_.ok;
    bool found = what.found;
    auto seen = found && p.kind != operation_kind::contains ? decode_value(what.value) : absent;
    if (!what.entries.empty() || (p.kind == operation_kind::get && !what.found)) {
      const auto entry = std::find_if(what.entries.begin(), what.entries.end(), [&](const map_entry& e) { return e.key == p.key; });
      found = entry != what.entries.end();
      seen = found ? decode_value(entry->value) : absent;
    }
    if (p.kind == operation_kind::get_entry_view) check_view(p, what);
    if (what.by_copy) return keys_.returned_by_copy(p.number, known_since(p.number.key), found, seen);
    note_known(p.number);
    return keys_.returned(p.number, found, seen);
  }
  if (what.why == failure::closed) ++totals_.ended_with_process;
  totals_.overloaded += what.why == failure::overloaded;
  totals_.cancelled += what.why == failure::cancelled;
  if (what.why == failure::out_of_memory) {
    ++totals_.out_of_memory;
    if (is_read(p.kind) || p.kind == operation_kind::remove || p.kind == operation_kind::erase) {
      throw violation{"section 4.3: what makes nothing longer was refused for want of memory"};
    }
  }
  // A bulk call reports the worst of its parts only: of the others nothing is known.
  const bool definite = what.result == outcome::not_applied && (p.kind != operation_kind::set || what.number == 0);
  if (definite) {
    ++totals_.not_applied;
    return keys_.was_not_applied(p.number);
  }
  ++totals_.indeterminate;
  totals_.forgotten += what.why == failure::session_unknown;
  keys_.indeterminate(p.number);
}

void application::check_view(const part& p, const map_result& what) const {
  const auto is_wrong = [&]() -> const char* {
    if (what.found != static_cast<bool>(what.facts)) return "its facts are missing, or there are some of nothing";
    if (!what.found) return nullptr;
    const auto& facts = *what.facts;
    if (facts.version == seq_number{}) return "nothing wrote it";
    if (facts.bytes < p.key.size() + what.value.size()) return "it takes less than its key and value";
    if (facts.is_counted != options_.counted_maps.contains(keys_.at(p.number.key).map)) return "it has statistics against its map's definition";
    return facts.since_created < facts.since_written ? "it was written before it came" : nullptr;
  };
  if (const auto* why = is_wrong()) throw violation{"the view of an entry is wrong: " + std::string{why} + ", key " + std::string{p.key.view()}};
}

/// Of what it has been told about the key, the latest to be asked for: later reads from copies are not from before that.
void application::note_known(const operation_no& n) {
  const auto called = keys_.at(n.key).operations[n.operation].called;
  auto& known = known_since_[n.key];
  known = std::max(known, called);
}

real_time_order application::known_since(std::size_t key) const {
  const auto at = known_since_.find(key);
  return at == known_since_.end() ? real_time_order{} : at->second;
}

void application::conclude_sweep(keyspace::sweep_no number, bool is_walk, const map_result& what) {
  if (is_walk) {
    ++(what.result == outcome::ok ? totals_.ok : what.result == outcome::not_applied ? totals_.not_applied : totals_.indeterminate);
    if (what.why == failure::closed) ++totals_.ended_with_process;
    return keys_.sweep_ran(number, what.entries, what.result);
  }
  if (what.result == outcome::ok) {
    ++totals_.ok;
    return keys_.sweep_returned(number);
  }
  if (what.why == failure::out_of_memory) throw violation{"section 4.3: a clear was refused for want of memory"};
  if (what.why == failure::closed) ++totals_.ended_with_process;
  if (what.result == outcome::not_applied && what.number == 0) {
    ++totals_.not_applied;
    return keys_.sweep_was_not_applied(number);
  }
  ++totals_.indeterminate;
  keys_.sweep_is_indeterminate(number);
}

void application::bereaved() {
  stopped_ = true;
  maps_.sent_operation = nullptr;
  maps_.got_reply = nullptr;
  maps_.operation_not_sent = nullptr;
  for (const auto& [number, call] : std::exchange(open_, {})) {
    if (call.sweep) {
      ++totals_.abandoned;
      keys_.sweep_is_indeterminate(*call.sweep);
    }
    for (const auto& p : call.parts) {
      ++totals_.abandoned;
      keys_.indeterminate(p.number);
    }
  }
}

template <class Wanted>
application::part* application::find_part(Wanted wanted) {
  for (auto& [number, call] : open_) {
    for (auto& p : call.parts) {
      if (wanted(p)) return &p;
    }
  }
  return nullptr;
}

void application::sent(const operation& what) {
  // Each attempt has a request number of its own. A write is known by its number in its session; the first attempt, and reads, by what they
  // do; of equal ones, by what has become of them.
  const auto does_it = [&](const part& x) { return x.kind == what.kind && x.key == what.key && x.value == what.value; };
  const auto is_it = [&](const part& x) {
    const bool goes_on_elsewhere = x.row.partition == what.row.partition && does_it(x);  // Its map has moved.
    return !is_read(what.kind) && (x.row == what.row || goes_on_elsewhere) && x.stamp.client == what.stamp.client && x.stamp.number == what.stamp.number;
  };
  auto* p = find_part(is_it);
  if (p == nullptr) p = find_part([&](const part& x) { return does_it(x) && x.fates_open == 0 && x.request == request_number{}; });
  if (p == nullptr) p = find_part([&](const part& x) { return does_it(x) && x.fates_open == 0; });
  if (p == nullptr) p = find_part(does_it);
  if (p == nullptr) return;  // Of a call that is over: nothing hangs on it.
  p->request = what.request;
  if (++p->fates_open > 1 && !is_read(p->kind)) {
    if (!is_it(*p) || !what.asked_before) throw violation{"invariant 11: a write was sent again as another one while its fate was open"};
    ++totals_.repeated;
  }
  p->row = what.row;
  p->stamp = what.stamp;
}

void application::replied(const reply& what) {
  if (what.result != outcome::retry && what.result != outcome::not_applied) return;
  if (auto* p = find_part([&](const part& x) { return x.request == what.request; })) --p->fates_open;
}

void application::not_sent(request_number which) {
  if (auto* p = find_part([&](const part& x) { return x.request == which; })) --p->fates_open;
}

}  // namespace troupe::sim
