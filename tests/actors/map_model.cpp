#include "tests/actors/map_model.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

namespace troupe::test::model {

namespace {

constexpr std::array<std::string_view, 29> names{"get",
                                                 "get_entry_view",
                                                 "contains_key",
                                                 "put",
                                                 "set",
                                                 "put_if_absent",
                                                 "replace",
                                                 "replace_if_equal",
                                                 "remove",
                                                 "remove_if_equal",
                                                 "erase",
                                                 "try_put",
                                                 "try_remove",
                                                 "set_ttl",
                                                 "execute_on_key",
                                                 "lock",
                                                 "try_lock",
                                                 "unlock",
                                                 "is_locked",
                                                 "force_unlock",
                                                 "get_all",
                                                 "put_all",
                                                 "execute_on_keys",
                                                 "execute_on_entries",
                                                 "size",
                                                 "is_empty",
                                                 "entries",
                                                 "keys",
                                                 "clear"};

/// When something ends that takes this long; 0: it does not.
span end_of(const span& began, milliseconds length) { return length == milliseconds{} ? span{never, never} : later(began, length); }

milliseconds chosen(std::int64_t ms, milliseconds as_the_map) { return ms == entry_options::as_the_map ? as_the_map : milliseconds{ms}; }

/// An entry that is written now.
entry written(const std::string& value, const entry_options& life, const circumstances& c) {
  entry e{value, chosen(life.ttl_ms, c.life.ttl), chosen(life.max_idle_ms, c.life.max_idle)};
  e.too_old = end_of(c.when, e.ttl);
  e.too_idle = end_of(c.when, e.max_idle);
  return e;
}

std::optional<std::string> value_of(const key_state& k) { return k.entry ? std::optional{k.entry->value} : std::nullopt; }

void store(key_state& k, entry e) {
  k.told.push_back(k.entry ? event{entry_event_kind::updated, e.value, k.entry->value} : event{entry_event_kind::added, e.value, {}});
  k.entry = std::move(e);
}

void take_away(key_state& k) {
  if (!k.entry) return;
  k.told.push_back({entry_event_kind::removed, {}, k.entry->value});
  k.entry.reset();
}

answer refused(failure why) {
  answer a;
  a.how = outcome::not_applied;
  a.why = why;
  return a;
}

answer run_processor(key_state& k, const rewrite& p, const circumstances& c) {
  answer a;
  a.value = rewrite::old_text(value_of(k));
  switch (p.what) {
    case rewrite::set: store(k, written(p.value, {p.ttl_ms, p.max_idle_ms}, c)); break;
    case rewrite::set_value_only: {
      auto e = k.entry ? *k.entry : written({}, {}, c);
      e.value = p.value;
      store(k, std::move(e));
      break;
    }
    case rewrite::remove: take_away(k); break;
    case rewrite::fail: return refused(failure::processor_failed);
    default: break;
  }
  return a;
}

answer take_lock(key_state& k, const request& r, const circumstances& c) {
  const auto ends = end_of(c.when, r.lease);
  answer a;
  if (k.lock) {
    auto& l = *k.lock;
    ++l.holds;
    l.ends = {std::max(l.ends.from, ends.from), std::max(l.ends.to, ends.to)};
  } else {
    const auto grows = c.fence && *c.fence > k.greatest;
    k.lock = lock{r.who, 1, grows ? *c.fence : lock_fence{}, ends};
    if (!grows) return a;  // Which is no answer that a cluster may give.
    k.greatest = *c.fence;
  }
  a.fence = k.lock->fence;
  return a;
}

answer free_lock(key_state& k, const request& r) {
  if (!k.lock || k.lock->who != r.who) return refused(failure::not_owner);
  answer a;
  a.number = --k.lock->holds;
  if (a.number == 0) k.lock.reset();
  return a;
}

answer carry_out_on_lock(key_state& k, const request& r, const circumstances& c) {
  answer a;
  switch (r.what) {
    case kind::lock:
    case kind::try_lock: return take_lock(k, r, c);
    case kind::unlock: return free_lock(k, r);
    case kind::is_locked: a.flag = k.lock.has_value(); return a;
    default:
      a.flag = k.lock.has_value();
      k.lock.reset();
      return a;
  }
}

answer carry_out_on_entry(key_state& k, const request& r, const circumstances& c) {
  answer a;
  const auto is_equal = k.entry && k.entry->value == r.expected;
  switch (r.what) {
    case kind::get: a.value = value_of(k); break;
    case kind::get_entry_view:
      if (k.entry) a.value = view_text(k.entry->value, k.entry->ttl, k.entry->max_idle);
      break;
    case kind::contains_key: a.flag = k.entry.has_value(); break;
    case kind::put:
      a.value = value_of(k);
      store(k, written(r.value, r.life, c));
      break;
    case kind::set:
      a.number = c.copies;
      store(k, written(r.value, r.life, c));
      break;
    case kind::put_if_absent:
      a.value = value_of(k);
      if (!k.entry) store(k, written(r.value, r.life, c));
      break;
    case kind::replace:
      a.value = value_of(k);
      if (k.entry) store(k, written(r.value, {}, c));
      break;
    case kind::replace_if_equal:
      a.flag = is_equal;
      if (is_equal) store(k, written(r.value, {}, c));
      break;
    case kind::remove:
      a.value = value_of(k);
      take_away(k);
      break;
    case kind::remove_if_equal:
      a.flag = is_equal;
      if (is_equal) take_away(k);
      break;
    case kind::erase:
    case kind::try_remove:
      a.flag = k.entry.has_value();
      take_away(k);
      break;
    case kind::try_put:
      a.flag = true;
      store(k, written(r.value, {}, c));
      break;
    case kind::set_ttl:
      a.flag = k.entry.has_value();
      if (k.entry) {
        k.entry->ttl = milliseconds{r.life.ttl_ms};
        k.entry->too_old = end_of(c.when, k.entry->ttl);
      }
      break;
    case kind::execute_on_key: return run_processor(k, r.processor, c);
    default: throw std::logic_error{"no operation on the entry of a key"};
  }
  return a;
}

}  // namespace

span later(const span& s, milliseconds by) {
  const auto moved = [by](milliseconds t) { return t == never ? never : t + by; };
  return {moved(s.from), moved(s.to)};
}

std::string rewrite::operator()(entry& e) const {
  auto found = old_text(e.value());
  switch (what) {
    case set: e.set(value, {ttl_ms, max_idle_ms}); break;
    case set_value_only: e.set_value_only(value); break;
    case remove: e.remove(); break;
    case fail: throw std::runtime_error{"as it was told"};
    default: break;
  }
  return found;
}

std::string rewrite::old_text(const std::optional<std::string>& value) { return value ? "found " + *value : "found nothing"; }

std::string_view to_string(kind k) { return names.at(static_cast<std::size_t>(k)); }
bool is_of_one_key(kind k) { return k <= kind::force_unlock; }
bool is_about_locks(kind k) { return k >= kind::lock && k <= kind::force_unlock; }
bool only_reads(kind k) {
  return k == kind::get || k == kind::get_entry_view || k == kind::contains_key || k == kind::is_locked || k == kind::get_all || k == kind::size ||
         k == kind::is_empty || k == kind::entries || k == kind::keys;
}
bool is_fault(failure why) {
  return why == failure::deadline || why == failure::closed || why == failure::connection_lost || why == failure::no_cluster;
}
bool may_add(const request& r) {
  switch (r.what) {
    case kind::put:
    case kind::set:
    case kind::put_if_absent:
    case kind::try_put:
    case kind::put_all: return true;
    case kind::execute_on_key:
    case kind::execute_on_keys: return r.processor.what == rewrite::set || r.processor.what == rewrite::set_value_only;
    default: return false;
  }
}
bool waits_for_locks(kind k) { return !only_reads(k) && k != kind::unlock && k != kind::force_unlock && k != kind::clear; }

void key_state::expire() {
  told.push_back({entry_event_kind::expired, {}, entry->value});
  entry.reset();
}

void key_state::evict() {
  told.push_back({entry_event_kind::evicted, {}, entry->value});
  entry.reset();
}

bool must_wait(const key_state& k, const request& r) { return k.lock && waits_for_locks(r.what) && k.lock->who != r.who; }

answer waited_in_vain(const request& r) {
  const auto is_tried = r.what == kind::try_lock || r.what == kind::try_put || r.what == kind::try_remove;
  return is_tried ? answer{} : refused(failure::locked);
}

answer carry_out(key_state& k, const request& r, const circumstances& c) {
  if (is_about_locks(r.what)) return carry_out_on_lock(k, r, c);
  if (k.entry && r.what != kind::get_entry_view) k.entry->too_idle = end_of(c.when, k.entry->max_idle);
  return carry_out_on_entry(k, r, c);
}

bool clear_key(key_state& k) {
  if (!k.entry || k.lock) return false;
  k.told.push_back({entry_event_kind::cleared, {}, {}});
  k.entry.reset();
  return true;
}

std::string view_text(const std::string& value, milliseconds ttl, milliseconds max_idle) {
  return value + ", ttl " + std::to_string(ttl.count()) + " ms, idle " + std::to_string(max_idle.count()) + " ms";
}

// What is told.

bool sieve::lets_through(entry_event_kind kind_of_event, const std::string& value) const {
  const auto is_of_kind = ((kinds >> static_cast<int>(kind_of_event)) & 1) != 0;
  return is_of_kind && !value.empty() && ends.find(value.back()) != std::string::npos;
}

bool sieve::operator()(const event& e) const {
  if (e.before_unknown || e.key->starts_with(marker)) return true;
  return lets_through(e.what, e.value ? *e.value : e.old_value.value_or(""));
}

std::optional<event> wish_to_hear::told(const std::string& of_key, const event& e) const {
  if (e.what == entry_event_kind::cleared) return e;
  if (key && *key != of_key) return std::nullopt;
  if (through && !through->lets_through(e.what, e.value.empty() ? e.old_value : e.value)) return std::nullopt;
  return event{e.what, values ? e.value : std::string{}, old_values ? e.old_value : std::string{}};
}

// For people.

std::string to_string(const wish_to_hear& w) {
  auto text = w.key ? "of key '" + *w.key + '\'' : w.through ? "of kinds " + std::to_string(w.through->kinds) + ", ending in " + w.through->ends : "of all";
  if (!w.values) text += ", without values";
  if (!w.old_values) text += ", without old values";
  return text;
}

std::string to_string(const request& r) {
  std::ostringstream out;
  out << to_string(r.what) << '(' << r.key;
  if (!r.expected.empty()) out << ", expected " << r.expected;
  if (!r.value.empty()) out << ", " << r.value;
  if (r.life != entry_options{}) out << ", ttl " << r.life.ttl_ms << " ms, idle " << r.life.max_idle_ms << " ms";
  for (const auto& k : r.keys) out << ' ' << k;
  for (const auto& [k, v] : r.pairs) out << ' ' << k << '=' << v;
  if (r.what == kind::try_put || r.what == kind::try_remove) out << ", wait " << r.wait.count() << " ms";
  if (r.what == kind::lock || r.what == kind::try_lock) out << ", lease " << r.lease.count() << " ms, wait " << r.wait.count() << " ms";
  if (r.what == kind::execute_on_key || r.what == kind::execute_on_keys || r.what == kind::execute_on_entries) {
    constexpr std::array<const char*, 5> deeds{"keep", "set", "set_value_only", "remove", "fail"};
    out << ", " << deeds.at(static_cast<std::size_t>(r.processor.what)) << ' ' << r.processor.value;
    if (r.processor.what == rewrite::set) out << ", ttl " << r.processor.ttl_ms << " ms, idle " << r.processor.max_idle_ms << " ms";
  }
  if (r.copies != 0) out << ", with " << int{r.copies} << " copies";
  if (r.what == kind::entries || r.what == kind::keys) out << "pages of " << r.page_bytes << " bytes";
  out << ')';
  if (r.who.number != 0) out << " as " << r.who.number << " of member " << r.who.member;
  return out.str();
}

std::string to_string(const answer& a) {
  std::ostringstream out;
  out << to_string(a.how);
  if (a.why != failure::none) out << ": " << to_string(a.why);
  if (a.how != outcome::ok) return out.str();
  out << ", " << (a.value ? '\'' + *a.value + '\'' : "nothing") << (a.flag ? ", true" : ", false") << ", " << a.number;
  if (a.fence) out << ", fence " << to_string(*a.fence);
  for (const auto& [k, v] : a.pairs) out << ' ' << k << "='" << v << '\'';
  if (a.view) out << ", version " << a.view->version;
  if (a.view && a.view->ends_in) out << ", ends in " << a.view->ends_in->count() << " ms";
  return out.str();
}

std::string to_string(const event& e) {
  auto text = std::string{to_string(e.what)};
  if (!e.value.empty()) text += ' ' + e.value;
  if (!e.old_value.empty()) text += " (was " + e.old_value + ')';
  return text;
}

}  // namespace troupe::test::model
