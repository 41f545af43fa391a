#include "random_values.hpp"

#include <tuple>
#include <algorithm>

namespace troupe::test {

namespace {

template <class Make>
auto list_of(std::size_t count, Make make) {
  std::vector<decltype(make())> list;
  for (std::size_t i = 0; i < count; ++i) list.push_back(make());
  return list;
}

}  // namespace

std::string random_values::text(std::size_t bytes_min) {
  std::string t(bytes_min + below(20), ' ');
  for (auto& c : t) c = static_cast<char>(below(256));
  return t;
}

blob random_values::bytes() {
  auto t = text();
  if (below(10) == 0) t.resize(below(3000), 'x');
  return blob{t};
}

durability random_values::kind() {
  const auto backups = below(7);
  return {static_cast<std::uint8_t>(backups), static_cast<std::uint8_t>(below(7 - backups))};
}

member random_values::a_member(member_no number) {
  return {number, id<incarnation>(), {text(1), integer<std::uint16_t>()}, text(), text(), static_cast<member_kind>(below(3)), coin()};
}

row random_values::a_row(const std::vector<member_no>& roles_for) {
  member_set in_sync, learners, async_backups, unsealed;
  for (auto m : roles_for) {
    if (coin()) unsealed.insert(m);
    switch (below(4)) {
      case 0: in_sync.insert(m); break;
      case 1: learners.insert(m); break;
      case 2: async_backups.insert(m); break;
      default: break;
    }
  }
  const auto one_in_sync = [&] {
    return in_sync.empty() ? nobody : *(in_sync.begin() + static_cast<std::ptrdiff_t>(below(in_sync.size())));
  };
  const bool is_unborn = in_sync.empty() && coin();
  return {epoch_number{1 + below(1000)},
          config_number{1 + below(1000)},
          one_in_sync(),
          in_sync,
          is_unborn ? member_set{} : learners,
          is_unborn ? member_set{} : async_backups,
          unsealed,
          coin() ? one_in_sync() : nobody,
          in_sync.empty() ? (is_unborn ? row_status::unborn : row_status::lost) : coin() ? row_status::served : row_status::forming,
          number<epoch_number>()};
}

map_info random_values::a_map(map_id id) {
  const auto number = group_number{static_cast<std::uint16_t>(below(3))};
  return {id, text(1) + std::to_string(id.value()), kind(), coin(), life_defaults(), {}, number, coin() ? std::optional{row_group{kind(), number}} : std::nullopt,
          coin()};
}

cluster_settings random_values::settings() {
  const auto definition = [&] { return map_definition{text(), kind(), coin(), life_defaults(), {}, coin()}; };
  const auto up_to_a_year = [&] { return duration{static_cast<std::int64_t>(below(std::uint64_t{365} * 24 * 3600 * 1'000'000'000))}; };
  return {static_cast<std::uint32_t>(1 + below(100'000)),
          static_cast<quorum_policy>(below(3)),
          list_of(below(4), definition),
          {integer<std::uint32_t>(), integer<std::uint32_t>(), integer<std::uint32_t>(), integer<std::uint32_t>()},
          {up_to_a_year(), up_to_a_year(), up_to_a_year(), up_to_a_year(), up_to_a_year()},
          coin() ? std::vector<durability_rules>{} : std::vector<durability_rules>{{{0, 2}, loss_policy::empty, 1}, {{2, 1}, static_cast<loss_policy>(below(3)), 3}},
          coin() ? read_mode::lease : read_mode::confirm};
}

view_ptr random_values::a_view() {
  view v;
  v.cluster = id<cluster_id>();
  v.name = {view_number{1 + below(1'000'000)}, integer<std::uint64_t>()};
  v.voters_since = view_number{below(v.name.number.value() + 1)};
  v.settings = settings();
  v.settings.partition_count = static_cast<std::uint32_t>(1 + below(20));

  std::vector<member_no> numbers;
  for (auto n = 1 + below(3); numbers.size() < 5; n += 1 + below(3)) numbers.push_back(member_no{static_cast<std::uint32_t>(n)});
  for (auto n : numbers) v.members.push_back(a_member(n));
  v.next_member = numbers.back().next();
  v.departed_since = view_number{below(v.name.number.value() + 1)};
  for (auto departures = below(3); departures > 0; --departures) v.departed.push_back({id<incarnation>(), v.name.number, coin() ? address{text(1), 7} : address{}});
  if (v.name.number > view_number{2} && coin()) {
    v.lone.push_back({{view_number{1}, integer<std::uint64_t>()}, member_no{1}, member_no{2}});
    v.lone.push_back({{view_number{v.name.number.value() - 1}, integer<std::uint64_t>()}, member_no{4}, member_no{3}, coin()});
  }

  auto map = map_id{1};
  for (auto maps = below(5); maps > 0; --maps, map = map_id{static_cast<std::uint32_t>(map.value() + 1 + below(3))})
    v.maps.push_back(a_map(map));
  v.next_map = map;

  std::vector<row_group> groups;
  for (const auto& m : v.maps) {
    groups.push_back(m.group());
    if (m.moves_from) groups.push_back(*m.moves_from);
  }
  groups.push_back({kind()});
  std::ranges::sort(groups);
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  for (const auto& g : groups) {
    v.tables.push_back({g.began, list_of(v.settings.partition_count, [&] { return a_row(numbers); }), g.number, coin() ? std::optional{kind()} : std::nullopt});
  }
  for (auto& m : v.maps) {
    if (m.moves_from == m.group()) m.moves_from.reset();
  }
  for (auto& t : v.tables) {
    const auto arrive = std::ranges::count_if(v.maps, [&](const map_info& m) { return m.moves_from && m.group() == t.group(); });
    for (auto& r : t.rows) {
      if (arrive != 1 && r.status == row_status::unborn) r.status = row_status::lost;
      if (arrive != 1 && r.status == row_status::forming) r.status = row_status::served;
      if (r.status == row_status::unborn) r.learners = r.async_backups = {};
    }
  }
  v.next_group = group_number{static_cast<std::uint16_t>(3 + below(100))};
  return std::make_shared<const view>(std::move(v));
}

view_change random_values::change() {
  view_change c;
  auto next = member_no{1 + static_cast<std::uint32_t>(below(1000))};
  for (auto joins = below(3); joins > 0; --joins, next = next.next()) c.joins.push_back(a_member(next));
  c.removals = numbers<member_no>();
  c.leaving = numbers<member_no>();
  c.rows = list_of(below(5), [&] { return row_update{row_name(), a_row({member_no{1}, member_no{2}, member_no{3}})}; });
  auto map = map_id{1 + static_cast<std::uint32_t>(below(1000))};
  for (auto maps = below(3); maps > 0; --maps, map = map.next()) c.maps_created.push_back(a_map(map));
  c.maps_destroyed = numbers<map_id>();
  c.forced = coin();
  c.alone = coin() ? member_no{2} : nobody;
  if (coin()) c.counts = counts_change{map_id{7}, kind()};
  return c;
}

membership_message::wishes random_values::make(of<membership_message::wishes>) {
  return {name(), list_of(below(8), [&] { return a_wish(); })};
}

std::vector<record> random_values::log(seq_number first) {
  return list_of(below(6), [&, seq = first]() mutable {
    record r{number<epoch_number>(), seq, any<record_body>(), {}};
    // A lock is taken by somebody's write.
    const auto is_somebodys = coin() || std::holds_alternative<take_lock>(r.body);
    if (is_somebodys) r.cause = {a_stamp(), static_cast<operation_kind>(below(24)), coin(), integer<std::uint64_t>() / 2, bytes(), {}};
    if (r.cause.stamp.number != write_number{} && coin()) {
      r.cause.result = blob{text()};
      r.cause.why = static_cast<failure>(below(24));
    }
    seq = seq.next();
    return r;
  });
}

replication_message::records random_values::make(of<replication_message::records>) {
  const seq_number first{1 + below(1'000'000)};
  return {row_name(), number<epoch_number>(), first, number<seq_number>(), log(first), number<epoch_number>(), number<row_time>(),
          coin() ? std::optional{integer<std::uint64_t>()} : std::nullopt};
}

replication_message::pulled random_values::make(of<replication_message::pulled>) {
  return {row_name(), number<epoch_number>(), log(seq_number{1 + below(1'000'000)})};
}

replication_message::snapshot_chunk random_values::make(of<replication_message::snapshot_chunk>) {
  const auto entry = [&] { return snapshot_entry{number<map_id>(), number<seq_number>(), bytes(), bytes(), coin() ? a_life() : lifetime{}, coin() ? some_times() : entry_times{}}; };
  const auto branch = [&] { return branch_point{number<view_number>(), number<seq_number>()}; };
  return {
      row_name(), number<epoch_number>(),   number<feed_number>(),  integer<std::uint32_t>(), number<seq_number>(), number<epoch_number>(),
      coin(),     list_of(below(6), entry), number<config_number>(), some_sessions(), number<row_time>(), list_of(below(4), branch), some_locks()};
}

clear_map random_values::make(of<clear_map>) {
  return {number<map_id>(), coin() ? list_of(below(4), [&] { return bytes(); }) : std::vector<blob>{}, coin()};
}

std::vector<lock_image> random_values::some_locks() {
  auto list = list_of(below(4), [&] {
    auto holds = numbers<write_number>();
    holds.push_back(write_number{1});
    return lock_image{number<map_id>(), bytes(), {{id<client_id>(), owner()}, std::move(holds), {number<epoch_number>(), number<seq_number>()}, coin() ? a_lease() : lifetime{}}};
  });
  const auto name = [](const lock_image& l) { return std::tie(l.map, l.key); };
  std::sort(list.begin(), list.end(), [&](const auto& a, const auto& b) { return name(a) < name(b); });
  list.erase(std::unique(list.begin(), list.end(), [&](const auto& a, const auto& b) { return name(a) == name(b); }), list.end());
  return list;
}

write_stamp random_values::a_stamp() {
  const auto number = 1 + below(1'000'000);
  return {id<client_id>(), write_number{number}, write_number{below(number + 1)}};
}

sessions_image random_values::some_sessions() {
  const auto result = [&] {
    return write_result{number<write_number>(), number<epoch_number>(),   number<seq_number>(),     coin(),
                        coin(),                 integer<std::uint64_t>(), integer<std::uint64_t>() / 2, bytes(),
                        {}};
  };
  const auto failed = [&] {
    auto r = result();
    r.value = blob{text()};
    r.why = static_cast<failure>(below(21));
    return r;
  };
  const auto session = [&] {
    return session_image{id<client_id>(),      number<write_number>(), number<write_number>(),
                         number<seq_number>(), number<seq_number>(),   list_of(below(4), [&] { return coin() ? result() : failed(); })};
  };
  return {number<seq_number>(), list_of(below(4), session)};
}

replication_batch random_values::batch() {
  return {number<member_no>(), name(), list_of(below(12), [&] { return any<any_replication_message>(); })};
}

/// With what its kind has on the wire, and nothing else.
operation random_values::an_operation() {
  operation o;
  o.request = number<request_number>();
  o.routed_by = number<view_number>();
  o.row = row_name();
  o.map = number<map_id>();
  o.kind = static_cast<operation_kind>(below(24));
  o.key = bytes();
  o.value = bytes();
  if (asks_for_page(o.kind)) {
    o.from_start = coin();
    o.processor = bytes();
    o.since = number<seq_number>();
    o.epoch = number<epoch_number>();
    o.page_bytes = integer<std::uint32_t>();
    o.keys_only = coin();
    o.by_key = coin();
    o.old_values = coin();
  } else if (names_client(o.kind)) {
    o.asked_before = coin();
    o.copies_min = static_cast<std::uint8_t>(below(8));
    o.expected = bytes();
    o.processor = bytes();
    if (coin()) o.stamp = a_stamp();
    o.since = number<seq_number>();
    o.life = life_choice();
    if (coin()) o.owner = owner();
    o.wait_ms = integer<std::uint32_t>();
  }
  return o;
}

row_event random_values::an_event() {
  row_event e{static_cast<row_event_kind>(below(6)), number<seq_number>(), bytes(), bytes(), bytes(), coin(), 0, static_cast<gap_reason>(below(4)), {}};
  if (e.what == row_event_kind::gap) e.since = number<seq_number>();
  else e.number = integer<std::uint64_t>();
  return e;
}

entry_facts random_values::some_facts() {
  const auto span = [&] { return milliseconds{below(1'000'000)}; };
  return {number<seq_number>(), integer<std::uint64_t>(), span(), span(), span(), coin(), span(), span(), span(), integer<std::uint64_t>()};
}

reply random_values::a_reply() {
  reply r;
  r.request = number<request_number>();
  r.result = static_cast<outcome>(below(4));
  r.why = static_cast<failure>(below(24));
  r.found = coin();
  r.more = coin();
  r.copies = static_cast<std::uint8_t>(below(8));
  r.value = bytes();
  r.number = integer<std::uint64_t>();
  r.epoch = number<epoch_number>();
  r.seq = number<seq_number>();
  r.committed = number<seq_number>();
  switch (below(6)) {
    case 0: break;
    case 1: r.page = list_of(below(5), [&] { return map_entry{bytes(), bytes()}; }); break;
    case 2: r.events = list_of(below(5), [&] { return an_event(); }); break;
    case 3: r.detail = blob{text()}; break;
    case 4: r.facts = some_facts(); break;
    case 5: {
      member_set members;
      for (auto n = below(holders::size_max + 3); n > 0; --n) members.insert(number<member_no>().next());
      r.held_by = holders{members};
      break;
    }
  }
  return r;
}

client_message::operations random_values::make(of<client_message::operations>) {
  return {list_of(below(8), [&] { return an_operation(); })};
}
client_message::replies random_values::make(of<client_message::replies>) {
  return {list_of(below(8), [&] { return a_reply(); })};
}

map_stats random_values::stats_of_map() {
  const auto n = [&] { return integer<std::uint64_t>(); };
  const auto waits = [&] {
    const auto longest = std::chrono::microseconds{below(1'000'000)};
    return wait_stats{longest + std::chrono::microseconds{below(1'000'000)}, longest};
  };
  return {text(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), waits(), waits(), n()};
}
member_stats random_values::stats_of_member() {
  const auto n = [&] { return integer<std::uint64_t>(); };
  return {number<member_no>(), list_of(below(4), [&] { return stats_of_map(); }), n(), n(), n(), n(), n(), n(), n(), n(),
          {n(), n(), n(), n(), n(), n(), n(), n(), n()}, n(), n()};
}

hello random_values::a_hello() {
  const auto role = static_cast<connection_role>(below(3));
  const auto where = role == connection_role::client ? address{} : address{text(1), static_cast<std::uint16_t>(1 + below(65535))};
  return {protocol_version, text(), role, id<incarnation>(), where};
}
welcome random_values::a_welcome() { return {protocol_version, id<incarnation>(), text()}; }

}  // namespace troupe::test
