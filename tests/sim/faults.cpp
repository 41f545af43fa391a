#include "tests/sim/faults.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace troupe::sim {

namespace {

struct description {
  fault what;
  std::string_view name, explanation;
};

constexpr std::array<description, fault_kinds> descriptions{{
    {fault::crash, "crash", "a member's process ends at once"},
    {fault::restart, "restart", "where a process ended a new one starts, as a new member"},
    {fault::join, "join", "a member joins on a new host"},
    {fault::leave, "leave", "a member leaves in good order"},
    {fault::short_pause, "short_pause", "a process stands still, shorter than the lease"},
    {fault::long_pause, "long_pause", "a process stands still, up to five times the lease"},
    {fault::mid_step_pause, "mid_step_pause", "a process stands still between a step and its effects"},
    {fault::cut, "cut", "two groups of hosts can't reach each other"},
    {fault::one_way_cut, "one_way_cut", "one group of hosts can't reach another, which can reach the first"},
    {fault::isolate, "isolate", "one host can't reach the others, or can't be reached, or both"},
    {fault::delay_spike, "delay_spike", "one path takes longer for a while"},
    {fault::connection_reset, "connection_reset", "a connection breaks, and with it some of what was under way"},
    {fault::client_crash, "client_crash", "a client's process ends, and another one starts"},
    {fault::member_list_storm, "member_list_storm", "a join, a leave and a crash at one moment"},
    {fault::silent_death, "silent_death", "a host dies, and no connection breaks: there is only silence"},
    {fault::transfer_crash, "transfer_crash", "one that feeds a copy, gets one, or takes part in a hand-over crashes"},
    {fault::view_crash, "view_crash", "the first to install a view crashes before the others hear of it"},
    {fault::view_cut, "view_cut", "as a view spreads its members are cut into two groups, also after joins"},
    {fault::bridge, "bridge", "two groups of hosts can't reach each other, and one member reaches both"},
    {fault::flapping_link, "flapping_link", "a host's links are cut and healed again several times within seconds"},
    {fault::zone_loss, "zone_loss", "all members of a zone crash at one moment"},
    {fault::drift_change, "drift_change", "a member's clock changes its rate, within the bound"},
    {fault::slow_member, "slow_member", "each step of a member takes some milliseconds for a while"},
    {fault::handover_crash, "handover_crash", "one side of a hand-over crashes just as the view with it spreads"},
    {fault::rolling_restart, "rolling_restart", "one member after the other leaves and comes back as a new one"},
    {fault::shared_pause, "shared_pause", "several processes stand still at the same time"},
    {fault::pair_split, "pair_split", "the only two voters can't reach each other, and both go on: all else that happens are joins"},
    {fault::corruption, "corruption", "an entry of a copy is no longer what was written, and nobody has said so"},
    {fault::loss, "loss", "up to 10 % of the frames are lost"},
    {fault::duplication, "duplication", "up to 20 % of the frames between members arrive twice"},
    {fault::reordering, "reordering", "frames overtake each other"},
    {fault::stragglers, "stragglers", "up to 5 % of the frames take up to a second longer"},
    {fault::small_frames, "small_frames", "each message of the replication travels alone"},
    {fault::small_chunks, "small_chunks", "snapshots go in many chunks"},
    {fault::late_rows, "late_rows", "rows learn of a view later than their member"},
    {fault::clock_drift, "clock_drift", "clocks run at different rates, within the bound"},
    {fault::short_memory, "short_memory", "rows remember little of their clients' writes"},
    {fault::small_queues, "small_queues", "queues hold so little that operations are refused"},
    {fault::memory_full, "memory_full", "members may hold so little that writes are refused"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < fault_kinds; ++i) {
    if (descriptions[i].what != static_cast<fault>(i)) return false;
  }
  return true;
}
static_assert(in_order());

std::optional<fault> find(std::string_view name) {
  const auto at = std::find_if(descriptions.begin(), descriptions.end(), [name](const description& d) { return d.name == name; });
  return at == descriptions.end() ? std::nullopt : std::optional{at->what};
}

/// False when there is none of this name.
bool apply(std::string_view name, bool on, fault_set& to) {
  if (name == "all" || name == "none") {
    to = (name == "all") == on ? fault_set::all() : fault_set{};
    return true;
  }
  const auto which = find(name);
  if (which) to.set(*which, on);
  return which.has_value();
}

void append(std::string& list, std::string_view prefix, std::string_view name) {
  if (!list.empty()) list += ',';
  list += prefix;
  list += name;
}

}  // namespace

fault_set fault_set::happening() const {
  fault_set result;
  for_each_fault([&](fault f) { result.set(f, has(f) && !is_weather(f)); });
  return result;
}

fault_set fault_set::weather() const {
  fault_set result;
  for_each_fault([&](fault f) { result.set(f, has(f) && is_weather(f)); });
  return result;
}

std::string_view to_string(fault f) { return descriptions[static_cast<std::size_t>(f)].name; }

std::string_view explanation_of(fault f) { return descriptions[static_cast<std::size_t>(f)].explanation; }

std::variant<fault_set, unknown_fault> parse_faults(std::string_view list) {
  auto result = list.starts_with('-') ? fault_set::all() : fault_set{};
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    const auto item = list.substr(at, end - at);
    const bool excludes = item.starts_with('-');
    const auto name = item.substr(excludes ? 1 : 0);
    if (!apply(name, !excludes, result)) return unknown_fault{std::string{name}};
    at = end + 1;
  }
  return result;
}

std::string to_string(const fault_set& set) {
  if (set.is_all()) return "all";
  if (!set.any()) return "none";
  std::string with, without;
  for_each_fault([&](fault f) { set.has(f) ? append(with, "", to_string(f)) : append(without, "-", to_string(f)); });
  return without.size() < with.size() ? "all," + without : with;
}

std::string faults_text() {
  std::string text;
  for_each_fault([&](fault f) {
    std::string name{to_string(f)};
    name.resize(20, ' ');
    text += name + std::string{explanation_of(f)} + '\n';
  });
  return text + std::to_string(fault_kinds) + " kinds; the last " + std::to_string(fault_kinds - happening_kinds) +
         " are the weather: drawn for a whole run\n";
}

}  // namespace troupe::sim
