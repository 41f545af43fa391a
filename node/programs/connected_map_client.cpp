#include <troupe/node/programs/connected_map_client.hpp>

#include <algorithm>
#include <future>
#include <utility>

#include <troupe/node/transport/boot_clock.hpp>

namespace troupe::cli {

namespace {

unreached_address::cause cause_of(const dialled_address& a) {
  using cause = unreached_address::cause;
  if (a.is_connected) return cause::not_yet;
  if (!a.failure || a.failure->reason != end_reason::refused) return cause::no_answer;
  switch (a.failure->cause) {
    case refusal_cause::another_cluster: return cause::another_cluster;
    case refusal_cause::another_version: return cause::another_version;
    case refusal_cause::other: break;
  }
  return cause::not_yet;
}

duration left_until(instant deadline) { return std::max(duration{}, deadline - boot_clock::now()); }

}  // namespace

instant connected_map_client::now() const { return boot_clock::now(); }

view_ptr connected_map_client::current_view(instant deadline) {
  return wire_.wait_ready(left_until(deadline)) ? wire_.current_view() : nullptr;
}

std::vector<unreached_address> connected_map_client::unreached() const {
  std::vector<unreached_address> all;
  for (const auto& a : wire_.addresses()) all.push_back({a.where, cause_of(a), problem_of(a)});
  return all;
}

void connected_map_client::start(protocol::call_id id, const std::string& map, protocol::map_call what, instant deadline) {
  wire_.submit(map, std::move(what), left_until(deadline), [finished = finished_, id](protocol::map_result&& result) {
    {
      std::lock_guard guard{finished->mutex};
      finished->list.push_back({id, std::move(result)});
    }
    finished->arrived.notify_one();
  });
}

std::vector<finished_call> connected_map_client::wait(instant until) {
  std::unique_lock lock{finished_->mutex};
  finished_->arrived.wait_for(lock, left_until(until), [this] { return !finished_->list.empty(); });
  return std::exchange(finished_->list, {});
}

std::vector<client_message::command_result> connected_map_client::ask(const std::vector<member_no>& whom, const admin_command& what,
                                                                      instant deadline) {
  std::vector<std::future<client_message::command_result>> answers;
  for (const auto m : whom) {
    client_message::command command;
    command.what = what;
    answers.push_back(std::async(std::launch::async, [this, m, command = std::move(command), deadline]() mutable {
      return wire_.command(m, std::move(command), left_until(deadline));
    }));
  }
  std::vector<client_message::command_result> results;
  results.reserve(answers.size());
  for (auto& a : answers) results.push_back(a.get());
  return results;
}

}  // namespace troupe::cli
