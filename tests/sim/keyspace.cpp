#include "tests/sim/keyspace.hpp"

#include <algorithm>
#include <charconv>

#include <troupe/messages/types/partitioning.hpp>

namespace troupe::sim {

blob encode_value(value_no number, std::size_t bytes_max) {
  auto text = std::to_string(number) + ".";
  const auto bytes = bytes_max == 0 ? 0 : (number * 2654435761u >> 8) % bytes_max;
  if (text.size() < bytes) text.append(bytes - text.size(), 'x');
  return blob{text};
}

value_no decode_value(const blob& text) {
  const auto bytes = text.view();
  value_no number = garbage;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), number);
  return error == std::errc{} && end != bytes.data() + bytes.size() && *end == '.' ? number : garbage;
}

keyspace::keyspace(const keyspace_options& options) : options_(options) {
  for (std::size_t m = 0; m < options_.maps.size(); ++m) {
    const auto keys = options_.hot_keys + options_.cold_keys;
    for (std::size_t k = 0; k < keys; ++k) {
      slots_.push_back({m, k < options_.hot_keys, 0, 0});
      refill(slots_.back());
    }
  }
}

void keyspace::refill(slot& s) {
  const auto& map = options_.maps[s.map];
  const auto number = static_cast<std::size_t>(&s - slots_.data());
  key_under_test key;
  key.map = map.pattern;
  key.name = blob{"k" + std::to_string(number) + "#" + std::to_string(s.generation++)};
  key.row = {map.kind, partition_of(key.name.view(), options_.partition_count)};
  s.key = keys_.size();
  keys_.push_back(std::move(key));
  slot_of_.push_back(number);
  for (auto& c : sweeps_) {
    if (!c.is_over && c.map == map.pattern) add(c, s.key);
  }
}

void keyspace::retire(std::size_t key) {
  const auto number = slot_of_[key];
  if (number == slots_.size()) return;
  slot_of_[key] = slots_.size();
  refill(slots_[number]);
}

std::size_t keyspace::pick(dice& rng) const {
  const bool hot = rng.chance(0.5);
  for (;;) {
    const auto& s = slots_[rng.index(slots_.size())];
    if (s.hot == hot) return s.key;
  }
}

std::vector<std::size_t> keyspace::keys_of(const std::string& map) const {
  std::vector<std::size_t> result;
  for (const auto& s : slots_) {
    if (keys_[s.key].map == map) result.push_back(s.key);
  }
  return result;
}

std::size_t keyspace::pick_neighbour(std::size_t key, dice& rng) const {
  for (int tries = 0; tries < 20; ++tries) {
    const auto other = slots_[rng.index(slots_.size())].key;
    if (keys_[other].map == keys_[key].map) return other;
  }
  return key;
}

operation_no keyspace::called(std::size_t key, key_operation what, duration asked_at) {
  what.called = next_place_++;
  auto& k = keys_[key];
  k.operations.push_back(what);
  k.not_applied.push_back(false);
  k.asked_at.push_back(asked_at);
  return {key, k.operations.size() - 1};
}

void keyspace::returned(const operation_no& n, bool found, value_no seen) {
  auto& op = of(n);
  op.returned = next_place_++;
  op.found = found;
  op.seen = seen;
  auto& key = keys_[n.key];
  if (op.kind == operation_kind::put || op.kind == operation_kind::set) key.last_seen = op.argument;
  else if (found && seen != absent) key.last_seen = seen;
}

void keyspace::returned_by_copy(const operation_no& n, real_time_order from, bool found, value_no seen) {
  auto& op = of(n);
  op.called = std::min(op.called, from);
  keys_[n.key].asked_at[n.operation] = {};  // It does not count as asking for the entry.
  op.returned = next_place_++;
  op.found = found;
  op.seen = seen;
}

void keyspace::was_not_applied(const operation_no& n) {
  // Whoever leads a row that began anew answers for its own history: an attempt may have been carried out, and seen, before that was lost.
  if (keys_[n.key].lost_at != never) return;
  keys_[n.key].not_applied[n.operation] = true;
}

void keyspace::indeterminate(const operation_no& n) {
  if (is_read(of(n).kind)) return;
  if (++keys_[n.key].indeterminate >= options_.indeterminate_max) retire(n.key);
}

bool keyspace::may_sweep(const std::string& map) const {
  return std::none_of(sweeps_.begin(), sweeps_.end(), [&](const map_sweep& c) { return !c.is_over && c.map == map; });
}

void keyspace::add(map_sweep& c, std::size_t key) {
  key_operation op;
  op.kind = c.what;
  op.argument = c.argument;
  op.called = c.called;
  op.may_pass = options_.clears_spare && c.what == operation_kind::erase;
  keys_[key].operations.push_back(op);
  keys_[key].not_applied.push_back(false);
  keys_[key].asked_at.emplace_back();
  c.touched.push_back({key, keys_[key].operations.size() - 1});
}

keyspace::sweep_no keyspace::sweep_called(const std::string& map, operation_kind what, value_no argument) {
  sweeps_.push_back({map, what, argument, next_place_++, {}});
  for (std::size_t k = 0; k < keys_.size(); ++k) {
    if (keys_[k].map == map) add(sweeps_.back(), k);
  }
  return sweeps_.size() - 1;
}

void keyspace::sweep_returned(sweep_no n) {
  sweeps_[n].is_over = true;
  const auto place = next_place_++;
  for (const auto& e : sweeps_[n].touched) of(e).returned = place;
}

void keyspace::sweep_ran(sweep_no n, const std::vector<map_entry>& runs, outcome rest) {
  sweeps_[n].is_over = rest != outcome::indeterminate;
  const auto known = sweeps_[n].touched;  // Keys that take the place of others are touched as well.
  for (const auto& op : known) {
    const auto run = std::find_if(runs.begin(), runs.end(), [&](const map_entry& e) { return e.key == keys_[op.key].name; });
    if (run != runs.end()) returned(op, true, decode_value(run->value));
    else if (rest == outcome::ok) returned(op, false, absent);
    else if (rest == outcome::not_applied) was_not_applied(op);
    else indeterminate(op);
  }
}

void keyspace::sweep_was_not_applied(sweep_no n) {
  sweeps_[n].is_over = true;
  for (const auto& e : sweeps_[n].touched) was_not_applied(e);
}

void keyspace::sweep_is_indeterminate(sweep_no n) {
  const auto known = sweeps_[n].touched;  // Keys that take the place of others are touched as well.
  for (const auto& e : known) indeterminate(e);
}

row_id keyspace::home_of(const key_under_test& key, const view& v) {
  const auto* map = v.find_map(key.map);
  return map == nullptr ? key.row : v.home_of(*map, key.row.partition);
}

void keyspace::row_lost_data(const row_id& row, const view& v) {
  const auto place = next_place_++;
  const auto known = keys_.size();
  for (std::size_t k = 0; k < known; ++k) {
    if (home_of(keys_[k], v) != row || keys_[k].lost_at != never) continue;
    keys_[k].lost_at = place;
    retire(k);
  }
}

std::optional<std::size_t> keyspace::find(const std::string& map, const blob& key) const {
  const auto at = std::find_if(keys_.begin(), keys_.end(), [&](const key_under_test& k) { return k.name == key && k.map == map; });
  return at == keys_.end() ? std::nullopt : std::optional{static_cast<std::size_t>(at - keys_.begin())};
}

std::optional<operation_no> keyspace::expiry_written(const std::string& map, const blob& key, real_time_order began) {
  const auto k = find(map, key);
  if (!k) return std::nullopt;
  key_operation op;
  op.kind = operation_kind::erase;
  const auto n = called(*k, op);
  of(n).called = began;
  return n;
}

std::vector<key_operation> keyspace::history_of(std::size_t key) const {
  const auto& k = keys_[key];
  std::vector<key_operation> result;
  for (std::size_t i = 0; i < k.operations.size(); ++i) {
    auto op = k.operations[i];
    if (k.not_applied[i] || op.called > k.lost_at) continue;
    if (op.returned > k.lost_at) op.returned = never;
    result.push_back(op);
  }
  return result;
}

}  // namespace troupe::sim
