#include "tests/cluster/connection.hpp"

#include <future>
#include <stdexcept>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/client/client.hpp>

namespace troupe::cluster {

namespace {

client_config config_of(const std::string& cluster, std::vector<address> members) {
  client_config config;
  config.cluster_name = cluster;
  config.connect = std::move(members);
  config.log_level = log_level::warn;  // That links of the client come and go is what these tests are about.
  return config;
}

map_result succeeded(map_result result) {
  if (result.result == outcome::ok) return result;
  throw std::runtime_error("an operation failed: " + std::string{to_string(result.result)} + ", " + std::string{to_string(result.why)});
}

}  // namespace

map_call single(operation_kind kind, std::string_view key, std::string_view value) {
  map_call call;
  call.operation = kind;
  call.key = blob{key};
  call.value = blob{value};
  return call;
}

class connection::parts {
 public:
  parts(const std::string& cluster, std::vector<address> members) : wire{system, config_of(cluster, std::move(members))} {}

  caf::actor_system_config config;
  caf::actor_system system{config};
  client wire;
};

connection::connection(const std::string& cluster, std::vector<address> members)
    : parts_{std::make_unique<parts>(cluster, std::move(members))} {
  if (!parts_->wire.wait_ready(patience)) throw std::runtime_error("no connection: " + parts_->wire.connection_problem());
}

connection::~connection() = default;

view_ptr connection::view() const { return parts_->wire.current_view(); }

void connection::submit(const std::string& map, map_call what, std::function<void(map_result&&)> done) {
  parts_->wire.submit(map, std::move(what), patience, std::move(done));
}

map_result connection::call(const std::string& map, map_call what) {
  auto answer = std::make_shared<std::promise<map_result>>();
  auto result = answer->get_future();
  submit(map, std::move(what), [answer](map_result&& r) { answer->set_value(std::move(r)); });
  return result.get();
}

void connection::set(const std::string& map, std::string_view key, std::string_view value) {
  (void)succeeded(call(map, single(operation_kind::set, key, value)));
}

std::optional<std::string> connection::get(const std::string& map, std::string_view key) {
  const auto result = succeeded(call(map, single(operation_kind::get, key)));
  return result.found ? std::optional{std::string{result.value.view()}} : std::nullopt;
}

std::uint64_t connection::size(const std::string& map) {
  map_call whole;
  whole.what = map_call::kind::size;
  return succeeded(call(map, std::move(whole))).number;
}

cli::stats_sums connection::totals(const std::string& map) {
  std::vector<member_no> whom;
  std::vector<client_message::command_result> answers;
  const auto now = view();
  for (const auto& m : now->members) {
    client_message::command stats;
    stats.what = client_message::command::stats{};
    whom.push_back(m.number);
    answers.push_back(parts_->wire.command(m.number, std::move(stats), patience));
    if (!answers.back().error.empty()) throw std::runtime_error("no statistics of a member: " + answers.back().error);
  }
  return cli::report_on(whom, answers, map).totals;
}

}  // namespace troupe::cluster
