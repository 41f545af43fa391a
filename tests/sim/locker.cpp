#include "tests/sim/locker.hpp"

#include <algorithm>
#include <utility>

namespace troupe::sim {

using namespace protocol;

locker::locker(world& around, caller& maps, keyspace& keys, lock_checker& checks, const std::vector<map_definition>& defined, const locker_options& options,
               dice rng)
    : around_(around), maps_(maps), keys_(keys), checks_(checks), defined_(defined), options_(options), rng_(rng) {
  for (std::uint32_t i = 0; i < agents_.size(); ++i) agents_[i].number = owner_number{i + 1};
  maps_.sent_operation = [this, before = maps_.sent_operation](const operation& o) {
    if (before) before(o);
    sent(o);
  };
  maps_.got_reply = [this, before = maps_.got_reply](const reply& r) {
    if (before) before(r);
    replied(r);
  };
}

void locker::begin() {
  for (std::size_t i = 0; i < agents_.size(); ++i) turn(i);
}

bool locker::idle() const {
  const auto is_idle = [this](const agent& a) { return !a.is_asking && (a.holds == 0 || !maps_.can_call()); };
  return bereaved_ || std::all_of(agents_.begin(), agents_.end(), is_idle);
}

void locker::turn(std::size_t which) {
  if (bereaved_) return;
  auto& a = agents_[which];
  if (maps_.can_call() && !a.is_asking) act(a);
  if (stopped_ && idle()) return;
  around_.plan_in(rng_.between(milliseconds{1}, options_.think_max), [this, which] { turn(which); });
}

void locker::act(agent& a) {
  if (stopped_) {
    if (a.holds > 0) unlock(a);
    return;
  }
  if (a.holds == 0) {
    if (rng_.chance(0.3)) return;
    choose_key(a);
    if (rng_.chance(0.03)) return force(a);
    return rng_.chance(0.1) ? look(a) : lock(a);
  }
  if (a.keeps_it && rng_.chance(0.9)) return;
  const auto draw = rng_.fraction();
  if (draw < 0.4) write(a);
  else if (draw < 0.5) lock(a);
  else if (draw < 0.55) look(a);
  else unlock(a);
}

void locker::choose_key(agent& a) {
  const auto& map = defined_[rng_.index(defined_.size())].pattern;
  const auto keys = keys_.keys_of(map);
  a.map = map;
  a.key_number = keys[rng_.index(std::min(options_.keys_locked, keys.size()))];
  a.key = keys_.at(a.key_number).name;
}

map_call locker::about(const agent& a, operation_kind kind) {
  map_call c;
  c.what = map_call::kind::single;
  c.operation = kind;
  c.key = a.key;
  c.owner = a.number;
  return c;
}

void locker::lock(agent& a) {
  auto c = about(a, operation_kind::lock);
  if (rng_.chance(0.25)) c.life.ttl = std::chrono::floor<milliseconds>(rng_.between(milliseconds{50}, milliseconds{1500}));
  if (rng_.chance(0.6)) c.wait = rng_.chance(0.4) ? milliseconds{} : std::chrono::floor<milliseconds>(rng_.between(milliseconds{5}, milliseconds{300}));
  a.open = checks_.called(a.map, a.key, operation_kind::lock);
  a.keeps_it = rng_.chance(0.05);
  call(a, std::move(c), rng_.between(milliseconds{100}, seconds{2}), [this](agent& self, const map_result& r) {
    if (r.result == outcome::ok && r.found) ++self.holds;
    end(self, r);
  });
}

// As often as it has locked, by its own count: what it holds beyond that nobody wants. One of which it is not known whether it was done is done later.
void locker::unlock(agent& a) {
  a.open = checks_.called(a.map, a.key, operation_kind::unlock);
  call(a, about(a, operation_kind::unlock), rng_.between(milliseconds{500}, seconds{4}), [this](agent& self, const map_result& r) {
    if (r.result != outcome::not_applied || r.why == failure::not_owner) --self.holds;
    if (r.result == outcome::not_applied && r.why == failure::not_owner) {
      checks_.returned(*self.open, false);
      self.open.reset();
    }
    auto told = r;
    told.found = true;  // As the history has it: it was the owner's.
    end(self, told);
  });
}

void locker::force(agent& a) {
  a.open = checks_.called(a.map, a.key, operation_kind::force_unlock);
  call(a, about(a, operation_kind::force_unlock), rng_.between(milliseconds{500}, seconds{4}), [this](agent& self, const map_result& r) { end(self, r); });
}

void locker::look(agent& a) {
  a.open = checks_.called(a.map, a.key, operation_kind::is_locked);
  call(a, about(a, operation_kind::is_locked), rng_.between(milliseconds{500}, seconds{4}), [this](agent& self, const map_result& r) { end(self, r); });
}

/// Into the key's history, as all writes; and under the lock, if it still is the agent's.
void locker::write(agent& a) {
  auto c = about(a, operation_kind::put);
  key_operation op;
  op.kind = operation_kind::put;
  op.argument = keys_.fresh_value();
  c.value = encode_value(op.argument, options_.value_bytes_max);
  const auto n = keys_.called(a.key_number, op, around_.now().time_since_epoch());
  call(a, std::move(c), rng_.between(milliseconds{500}, seconds{4}), [this, n](agent& self, const map_result& r) {
    self.is_asking = false;
    if (r.result == outcome::ok) return keys_.returned(n, r.found, r.found ? decode_value(r.value) : absent);
    return r.result == outcome::not_applied ? keys_.was_not_applied(n) : keys_.indeterminate(n);
  });
}

void locker::call(agent& a, map_call what, duration patience, std::function<void(agent&, const map_result&)> done) {
  a.is_asking = true;
  const auto map = a.map;
  maps_.call(map, std::move(what), patience, [this, &a, done = std::move(done)](const map_result& r) {
    if (!bereaved_) done(a, r);
  });
}

void locker::end(agent& a, const map_result& r) {
  a.is_asking = false;
  const auto open = std::exchange(a.open, std::nullopt);
  if (!open) return;
  if (r.result == outcome::ok) checks_.returned(*open, r.found);
  if (r.result == outcome::not_applied) checks_.was_not_applied(*open);
}

void locker::sent(const operation& what) {
  if (bereaved_) return;
  // What was done before, a primary of the past may tell as well.
  if (what.stamp.number != write_number{} && !what.asked_before) under_way_[what.request] = {what.stamp.client, what.row, around_.now().time_since_epoch()};
  checks_.sent_for_owner(what);
  if (!is_about_locks(what.kind) || what.kind == operation_kind::withdraw_lock) return;
  for (const auto& a : agents_) {
    if (a.open && a.number == what.owner && a.key == what.key) checks_.sent(*a.open, what);
  }
}

void locker::replied(const reply& what) {
  const auto asked = under_way_.extract(what.request);
  if (asked.empty() || bereaved_ || what.result != outcome::ok) return;
  checks_.was_heard(asked.mapped().client, asked.mapped().row, asked.mapped().sent_at, around_.now().time_since_epoch());
}

}  // namespace troupe::sim
