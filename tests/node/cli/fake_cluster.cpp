#include "tests/node/cli/fake_cluster.hpp"

#include <algorithm>

#include <troupe/node/cli/arguments.hpp>

namespace troupe::testing {

using protocol::map_call;
using protocol::map_result;

view_ptr fake_cluster::current_view(instant deadline) {
  const auto refuses = [](const cli::unreached_address& a) { return a.refuses_for_good(); };
  if (!current && std::all_of(addresses.begin(), addresses.end(), refuses)) return nullptr;
  const auto there_at = current ? current_from.value_or(time) : instant::max();
  time = std::max(time, std::min(deadline, there_at));
  return time >= there_at ? current : nullptr;
}

void fake_cluster::start(protocol::call_id id, const std::string& map, map_call what, instant deadline) {
  ++calls;
  starts.push_back(time);
  timeouts.push_back(deadline - time);
  const std::string key{what.key.view()};
  if (what.what == map_call::kind::single) {
    INFO("two operations on the key " << key << " at once may change places");
    CHECK(keys_under_way_.insert(key).second);
  }
  CHECK(std::none_of(under_way_.begin(), under_way_.end(), [&](const started& s) { return s.id == id; }));
  bytes_under_way_ += what.key.size() + what.value.size();
  under_way_.push_back({id, map, std::move(what), std::min(time + latency, deadline)});
  most_under_way = std::max(most_under_way, under_way_.size());
  most_bytes_under_way = std::max(most_bytes_under_way, bytes_under_way_);
}

std::vector<cli::finished_call> fake_cluster::wait(instant until) {
  auto next = until;
  for (const auto& s : under_way_) next = std::min(next, s.ends_at);
  time = std::max(time, next);
  if (at_each_wait) at_each_wait(time);
  std::vector<cli::finished_call> finished;
  std::vector<started> still;
  for (auto& s : under_way_) {
    if (s.ends_at > time) {
      still.push_back(std::move(s));
      continue;
    }
    bytes_under_way_ -= s.what.key.size() + s.what.value.size();
    keys_under_way_.erase(std::string{s.what.key.view()});
    finished.push_back({s.id, carry_out(s)});
  }
  under_way_ = std::move(still);
  return finished;
}

map_result fake_cluster::carry_out(const started& s) {
  if (result_of_all) return *result_of_all;
  if (const auto at = results_by_key.find(std::string{s.what.key.view()}); at != results_by_key.end()) return at->second;
  auto& entries = maps[s.map];
  map_result result;
  switch (s.what.what) {
    case map_call::kind::single: return single(entries, s.what);
    case map_call::kind::scan: return scan(entries, s.what);
    case map_call::kind::size: result.number = entries.size(); return result;
    case map_call::kind::clear:
      result.number = entries.size();
      entries.clear();
      return result;
    case map_call::kind::get_all:
    case map_call::kind::put_all:
    case map_call::kind::execute_keys:
    case map_call::kind::execute_entries:
    case map_call::kind::listen: break;
  }
  FAIL("a call that no command makes");
  return result;
}

map_result fake_cluster::single(std::map<std::string, std::string>& entries, const map_call& what) {
  map_result result;
  const std::string key{what.key.view()};
  const auto at = entries.find(key);
  result.found = at != entries.end();
  switch (what.operation) {
    case operation_kind::get:
      if (result.found) result.value = blob{at->second};
      break;
    case operation_kind::get_entry_view:
      if (result.found) result.value = blob{at->second}, result.facts = entry_facts{seq_number{7}, 130};
      break;
    case operation_kind::contains: break;
    case operation_kind::is_locked: result.found = locked.contains(key); break;
    case operation_kind::force_unlock: result.found = locked.erase(key) > 0; break;
    case operation_kind::set: entries[key] = std::string{what.value.view()}; break;
    case operation_kind::remove: entries.erase(key); break;
    default: FAIL("an operation that no command uses");
  }
  return result;
}

map_result fake_cluster::scan(const std::map<std::string, std::string>& entries, const map_call& what) const {
  // Backwards, so that whoever wants an order has to make it.
  std::vector<map_entry> all;
  for (auto at = entries.rbegin(); at != entries.rend(); ++at) all.push_back({blob{at->first}, blob{at->second}});
  const auto first = what.cursor.empty() ? 0 : static_cast<std::size_t>(std::stoul(what.cursor));
  const auto last = std::min(all.size(), first + entries_a_page);
  map_result result;
  result.entries.assign(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(last));
  if (last < all.size()) result.cursor = std::to_string(last);
  return result;
}

std::vector<client_message::command_result> fake_cluster::ask(const std::vector<member_no>& whom, const cli::admin_command& what,
                                                              instant deadline) {
  asked.emplace_back(whom, what);
  std::vector<client_message::command_result> all;
  for (const auto m : whom) {
    const auto at = answers.find(m);
    if (at == answers.end()) {
      time = std::max(time, deadline);
      all.push_back({{}, "no answer in time", {}});
    } else {
      all.push_back(at->second);
    }
  }
  return all;
}

outcome_of_run run_command(fake_cluster& cluster, std::vector<const char*> arguments, const std::string& standard_input, bool terminal) {
  arguments.insert(arguments.begin(), "troupe");
  const auto parsed = cli::parse_arguments(static_cast<int>(arguments.size()), arguments.data());
  if (const auto* stop = std::get_if<exit_now>(&parsed)) FAIL(stop->text);
  std::istringstream in{standard_input};
  std::ostringstream out;
  std::ostringstream err;
  const cli::console io{in, out, err, cluster.interrupt, terminal, terminal, 80};
  outcome_of_run result;
  result.status = cli::run(std::get<cli::request>(parsed), cluster, io);
  result.out = out.str();
  result.err = err.str();
  return result;
}

map_result failed(outcome result, failure why) {
  map_result r;
  r.result = result;
  r.why = why;
  return r;
}

view view_of(unsigned count) {
  view v;
  v.name.number = view_number{7};
  v.settings.partition_count = 3;
  for (unsigned i = 1; i <= count; ++i) {
    member m;
    m.number = member_no{i};
    m.id.bytes[15] = static_cast<std::uint8_t>(i);
    m.address = {"10.0.0." + std::to_string(i), 5701};
    m.host = "10.0.0." + std::to_string(i);
    v.members.push_back(m);
  }
  v.next_member = member_no{count + 1};
  return v;
}

row row_of(member_no primary, member_set in_sync, member_set async_backups, member_set learners) {
  row r;
  r.epoch = epoch_number{1};
  r.config = config_number{1};
  r.primary = primary;
  r.in_sync = std::move(in_sync);
  r.async_backups = std::move(async_backups);
  r.learners = std::move(learners);
  return r;
}

}  // namespace troupe::testing
