#include "tests/actors/map_draw.hpp"

#include <algorithm>
#include <array>

namespace troupe::test::model {

namespace {

entry_options draw_life(dice& d) {
  entry_options life;
  const auto what = d.below(10);
  if (what >= 6 && what != 7) life.ttl_ms = d.one_of<std::int64_t>({0, 300, 1'000, 5'000, 30'000});
  if (what >= 7) life.max_idle_ms = d.one_of<std::int64_t>({0, 500, 1'000, 2'000, 10'000});
  return life;
}

/// So few that there is not room for all keys.
eviction_rule draw_eviction(dice& d, std::uint32_t partitions) {
  eviction_rule rule;
  rule.policy = d.one_of({eviction_policy::lru, eviction_policy::lfu, eviction_policy::random});
  rule.measure = d.one_of({size_measure::entries_per_node, size_measure::entries_per_partition});
  rule.size = rule.measure == size_measure::entries_per_node ? 1 + d.below(2 * partitions) : 1 + d.below(3);
  return rule;
}

/// States of a key that are possible before somebody asks.
constexpr std::size_t undecided_max = 8;

bool is_write(kind k) { return !only_reads(k) && !is_about_locks(k); }

}  // namespace

plan plan_of(std::uint64_t seed) {
  dice d{seed, 0};
  plan p{};
  p.members = 1 + d.below(living_max);
  p.has_faults = d.chance(85);
  p.settings.partition_count = static_cast<std::uint32_t>(d.one_of({1, 2, 3, 5, 7, 13}));
  const auto is_safe = d.chance(70);  // Then members may die.
  const auto maps = 2 + d.below(2);
  for (std::size_t i = 0; i < maps; ++i) {
    map_definition m{"map-" + std::to_string(i), {}};
    m.kind.backups = static_cast<std::uint8_t>(is_safe ? 1 + d.below(2) : d.below(3));
    m.kind.async_backups = static_cast<std::uint8_t>(d.below(2));
    if (d.chance(25)) m.life.ttl = milliseconds{d.one_of({2'000, 10'000})};
    if (d.chance(25)) m.life.max_idle = milliseconds{d.one_of({1'000, 5'000})};
    p.settings.maps.push_back(m);
  }
  const auto keys = 5 + d.below(6);
  for (std::size_t i = 0; i < keys; ++i) p.keys.push_back(i == 0 ? std::string{} : "k" + std::to_string(i));
  for (auto& m : p.settings.maps) {
    m.read_backup_data = d.chance(35);
    if (d.chance(30)) m.eviction = draw_eviction(d, p.settings.partition_count);
  }
  if (d.chance(15)) p.settings.reads = read_mode::confirm;
  if (d.chance(50)) p.clients = 1 + d.below(2);
  if (d.chance(30)) p.network = {.transit_max = milliseconds{d.one_of({3, 8})}, .seed = seed};
  p.may_lose = p.has_faults && d.chance(30);
  if (p.may_lose && d.chance(70)) p.members = living_max;
  return p;
}

wish_to_hear draw_wish_to_hear(dice& d, const std::vector<std::string>& keys) {
  wish_to_hear w;
  const auto what = d.below(10);
  if (what < 3) w.key = d.pick(keys);
  if (what >= 7) w.through = sieve{static_cast<std::int64_t>(d.below(64)), d.one_of({"13579", "0123456789", "02468"})};
  w.values = !d.chance(20);
  w.old_values = !d.chance(20);
  return w;
}

rewrite draw_processor(std::size_t number, dice& d, bool may_fail) {
  rewrite p;
  p.what = static_cast<std::int64_t>(d.below(may_fail ? 5 : 4));
  if (p.what == rewrite::set || p.what == rewrite::set_value_only) p.value = "p" + std::to_string(number);
  if (p.what == rewrite::set) {
    const auto life = draw_life(d);
    p.ttl_ms = life.ttl_ms;
    p.max_idle_ms = life.max_idle_ms;
  }
  return p;
}

request draw_request(std::size_t number, dice& d, const map_knowledge& known, const std::string& key,
                     const std::vector<std::size_t>& living, std::size_t& member) {
  static constexpr std::array kinds{kind::get,
                                    kind::get,
                                    kind::contains_key,
                                    kind::put,
                                    kind::put,
                                    kind::set,
                                    kind::set,
                                    kind::set,
                                    kind::put_if_absent,
                                    kind::put_if_absent,
                                    kind::replace,
                                    kind::replace_if_equal,
                                    kind::remove,
                                    kind::remove_if_equal,
                                    kind::erase,
                                    kind::set_ttl,
                                    kind::set_ttl,
                                    kind::execute_on_key,
                                    kind::execute_on_key,
                                    kind::lock,
                                    kind::try_lock,
                                    kind::unlock,
                                    kind::is_locked,
                                    kind::force_unlock};
  request r;
  r.what = kinds[d.below(kinds.size())];
  r.key = key;
  if (r.what == kind::get && number % 3 == 0) r.what = kind::get_entry_view;
  if (known.possibilities_of(key) > undecided_max) {
    r.what = kind::get_entry_view;  // The primary says which it is.
    return r;
  }
  if (known.may_be_idle(key) && d.chance(25)) r.what = d.one_of({kind::set_ttl, kind::set_ttl, kind::execute_on_key});
  const auto holders = known.holders(key);
  const auto is_held = !holders.empty();
  if (is_held && d.chance(25))
    r.what = d.one_of({kind::unlock, kind::unlock, kind::lock, kind::try_lock, kind::is_locked, kind::force_unlock});
  if (!is_held && (r.what == kind::unlock || r.what == kind::force_unlock) && d.chance(70)) r.what = kind::lock;
  const auto needs_owner = r.what == kind::lock || r.what == kind::try_lock || r.what == kind::unlock;
  const auto as_its_holder = is_held && std::find(living.begin(), living.end(), holders.front().member) != living.end() && d.chance(60);
  const auto number_drawn = static_cast<std::uint32_t>(1 + d.below(2));
  if (as_its_holder) {
    r.who = holders.front();
    member = r.who.member;
  } else if (needs_owner || d.chance(10)) {
    r.who = {member, number_drawn};
  }
  if (r.what == kind::set_ttl) {
    r.life.ttl_ms = d.one_of<std::int64_t>({0, 0, 500, 5'000, 30'000});
    if (d.chance(10)) r.copies = static_cast<std::uint8_t>(1 + d.below(3));
    return r;
  }
  if (r.what == kind::put || r.what == kind::set || r.what == kind::put_if_absent) r.life = draw_life(d);
  const auto lease = milliseconds{d.one_of({0, 0, 300, 2'000, 8'000})}, wait = milliseconds{d.one_of({0, 0, 100, 400})};
  if (r.what == kind::lock || r.what == kind::try_lock) r.lease = lease;
  if (r.what == kind::try_lock) r.wait = wait;
  if (r.what == kind::execute_on_key) r.processor = draw_processor(number, d, true);
  if (r.what == kind::replace_if_equal || r.what == kind::remove_if_equal)
    r.expected = d.chance(70) ? known.some_value(key).value_or("none") : "none";
  const auto takes_value = r.what == kind::put || r.what == kind::set || r.what == kind::put_if_absent || r.what == kind::replace ||
                           r.what == kind::replace_if_equal;
  if (takes_value) r.value = "v" + std::to_string(number);
  if (is_write(r.what) && d.chance(10)) r.copies = static_cast<std::uint8_t>(1 + d.below(3));
  // Some writes are tried, without further dice.
  const auto is_tried = number % 4 == 1 && (r.what == kind::set || r.what == kind::remove);
  if (!is_tried) return r;
  r.what = r.what == kind::set ? kind::try_put : kind::try_remove;
  r.life = {};
  r.wait = wait;
  return r;
}

}  // namespace troupe::test::model
