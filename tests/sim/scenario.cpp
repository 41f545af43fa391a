#include "tests/sim/scenario.hpp"

#include <algorithm>

#include "tests/sim/random.hpp"

namespace troupe::sim {

std::string_view to_string(fault f) {
  switch (f) {
    case fault::crash: return "crash";
    case fault::restart: return "restart";
    case fault::join: return "join";
    case fault::leave: return "leave";
    case fault::short_pause: return "short_pause";
    case fault::long_pause: return "long_pause";
    case fault::mid_step_pause: return "mid_step_pause";
    case fault::cut: return "cut";
    case fault::one_way_cut: return "one_way_cut";
    case fault::isolate: return "isolate";
    case fault::delay_spike: return "delay_spike";
    case fault::connection_reset: return "connection_reset";
    case fault::client_crash: return "client_crash";
    case fault::member_list_storm: return "member_list_storm";
    case fault::silent_death: return "silent_death";
    case fault::transfer_crash: return "transfer_crash";
    case fault::view_crash: return "view_crash";
    case fault::view_cut: return "view_cut";
  }
  return "unknown";
}

map_definition map_of(durability kind) {
  map_definition m;
  m.pattern = "m" + to_string(kind);
  m.kind = kind;
  return m;
}

namespace {

network_profile draw_weather(dice& rng) {
  network_profile w;
  w.delay_min = rng.between(microseconds{20}, milliseconds{1});
  w.delay_spread = rng.chance(0.3) ? rng.between(milliseconds{5}, milliseconds{60}) : rng.between(microseconds{100}, milliseconds{3});
  w.ordered = rng.chance(0.5);
  if (!w.ordered) {
    w.loss = rng.chance(0.6) ? rng.fraction() * 0.1 : 0;
    w.duplication = rng.chance(0.6) ? rng.fraction() * 0.2 : 0;
  }
  return w;
}

std::vector<map_definition> draw_maps(dice& rng, const run_options& wanted) {
  std::vector<map_definition> maps;
  const auto count = wanted.backups || wanted.async_backups ? 1 : rng.between(1, 2);
  while (maps.size() < count) {
    durability kind;
    kind.backups = wanted.backups.value_or(static_cast<std::uint8_t>(rng.chance(0.15) ? 0 : rng.between(1, 3)));
    kind.async_backups = wanted.async_backups.value_or(static_cast<std::uint8_t>(rng.chance(0.6) ? 0 : rng.between(1, 2)));
    const auto fresh = map_of(kind);
    if (std::none_of(maps.begin(), maps.end(), [&](const map_definition& m) { return m.kind == kind; })) maps.push_back(fresh);
  }
  return maps;
}

/// In some runs a transfer takes many chunks, whatever the size of the row; in some of these long, too.
void draw_transfers(dice rng, protocol::replica_limits& limits) {
  if (!rng.chance(0.5)) return;
  limits.chunk_bytes = rng.between(64, 256);
  if (rng.chance(0.5)) limits.chunks_in_flight_max = 1;
}

void draw_stragglers(dice rng, network_profile& weather) {
  if (!weather.ordered && rng.chance(0.4)) weather.straggling = rng.fraction() * 0.05;
}

/// What people do on purpose fails no operation. (Promise: see docs/reliability.md.)
void plan_only(scenario& s) {
  s.planned = true;
  s.faults = {};
  s.enable(fault::join);
  s.enable(fault::leave);
  s.data_loss = false;
  s.weather.ordered = true;
  s.weather.loss = s.weather.duplication = s.weather.straggling = 0;
}

/// Views follow each other fast, and break off as they do.
void make_views_churn(scenario& s, dice rng) {
  s.faults = {};
  for (const auto f : {fault::view_cut, fault::view_crash, fault::restart, fault::join, fault::leave}) s.enable(f);
  for (const auto f : {fault::crash, fault::isolate, fault::long_pause, fault::mid_step_pause, fault::transfer_crash}) {
    if (rng.chance(0.5)) s.enable(f);
  }
  s.members = rng.between(2, 5);
  s.fault_interval_max = rng.between(milliseconds{150}, milliseconds{800});
}

}  // namespace

scenario draw_scenario(std::uint64_t seed, const run_options& wanted) {
  auto rng = dice::of(seed, "scenario");
  scenario s;
  s.seed = seed;
  s.members = wanted.members.value_or(rng.between(2, 7));
  s.clients = rng.between(1, 3);
  s.length = wanted.length;
  s.settings.partition_count = wanted.partitions.value_or(static_cast<std::uint32_t>(rng.between(1, 7)));
  s.settings.maps = draw_maps(rng, wanted);
  s.weather = draw_weather(rng);
  s.replica.sizes = s.settings.limits;
  s.replica.ring_bytes_max = rng.between(512, 16 * 1024);  // Small, so that repairs by snapshot happen.
  s.replica.chunk_bytes = rng.between(128, 8 * 1024);
  s.replica.message_bytes_max = rng.between(512, 64 * 1024);
  s.replica.async_bytes_max = rng.between(1024, 64 * 1024);
  s.replica.session_bytes_max = rng.chance(0.5) ? rng.between(512, 8 * 1024) : s.replica.session_bytes_max;  // Small: much is forgotten.
  s.row_lag_max = rng.chance(0.5) ? rng.between(microseconds{1}, milliseconds{50}) : duration{0};
  s.drift_max = rng.chance(0.5) ? rng.fraction() * 0.024 : 0;
  s.fault_interval_max = rng.between(milliseconds{300}, seconds{4});
  for (auto& on : s.faults) on = rng.chance(0.4);
  s.data_loss = rng.chance(0.2);
  draw_transfers(dice::of(seed, "transfers"), s.replica);
  if (dice::of(seed, "frames").chance(0.4)) s.frame_messages_max = 1;
  draw_stragglers(dice::of(seed, "stragglers"), s.weather);
  if (auto churn = dice::of(seed, "churn"); !wanted.members && churn.chance(0.15)) make_views_churn(s, churn);
  if (dice::of(seed, "planned").chance(0.05)) plan_only(s);
  return s;
}

std::string describe(const scenario& s) {
  std::string text = "members=" + std::to_string(s.members) + " partitions=" + std::to_string(s.settings.partition_count) + " maps=";
  for (const auto& m : s.settings.maps) text += m.pattern + ",";
  text += s.weather.ordered ? " ordered" : " unordered loss=" + std::to_string(s.weather.loss) + " dup=" + std::to_string(s.weather.duplication);
  text += " row_lag_us=" + std::to_string(std::chrono::duration_cast<microseconds>(s.row_lag_max).count());
  text += " drift=" + std::to_string(s.drift_max) + (s.data_loss ? " data_loss" : "") + (s.planned ? " planned" : "") + " faults=";
  for (std::size_t i = 0; i < fault_kinds; ++i) {
    if (s.faults[i]) text += std::string{to_string(static_cast<fault>(i))} + ",";
  }
  return text;
}

}  // namespace troupe::sim
