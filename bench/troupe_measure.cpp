// Load on a Troupe cluster. One client has all operations in flight (--clients times --pipeline) on its connections to the members.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include <troupe/node/client/client.hpp>
#include <troupe/node/member/member.hpp>

#include "load.hpp"
#include "program.hpp"

namespace {

using namespace troupe;
using namespace troupe::bench;

constexpr auto examples = R"(Examples:
  troupe-measure --name bench --connect 127.0.0.1:5701 --map one
  troupe-measure --connect 127.0.0.1:5701 --clients 50 --pipeline 16 --reads 95
  troupe-measure --connect 127.0.0.1:5701 --reads 50 --rate 20000 --zipfian
  troupe-measure --embedded --reads 100
)";

struct options {
  workload load;
  std::string name = "dev";
  std::string connect;
  std::string map = "default";
  bool old_values = false;
  bool embedded = false;
};

std::vector<address> addresses(const std::string& list) {
  const auto parsed = parse_join_targets(list);
  if (const auto* wrong = std::get_if<join_syntax_error>(&parsed)) throw std::runtime_error("--connect: " + wrong->text);
  std::vector<address> all;
  for (const auto& t : std::get<std::vector<join_target>>(parsed)) all.push_back({t.host, t.port.value_or(5701)});
  return all;
}

/// A map as an application uses it from a thread of its own that waits for each answer. The keys that are to be there before are written together.
blocking_client one_by_one(const map<std::string, std::string>& map, const options& o) {
  return [map, value = std::string(o.load.value_bytes, 'v'), keeps_old = o.old_values](std::span<const request> batch) {
    if (batch.size() > 1 && std::none_of(batch.begin(), batch.end(), [](const request& what) { return what.reads; })) {
      std::vector<std::pair<std::string, std::string>> entries;
      for (const auto& what : batch) entries.emplace_back(key_of(what.key), value);
      return batch.size() - map.put_all(entries).wait().value_or(0);
    }
    const auto is_done = [&](const request& what, const std::string& key) {
      if (what.reads) return map.get(key).wait().value_or(std::nullopt).has_value();
      return keeps_old ? map.put(key, value).wait().has_value() : map.set(key, value).wait().has_value();
    };
    return static_cast<std::size_t>(std::count_if(batch.begin(), batch.end(), [&](const request& what) { return !is_done(what, key_of(what.key)); }));
  };
}

void run_client(const options& o) {
  caf::actor_system_config config;
  troupe::compat::set_option(config, "scheduler.policy", "sharing");
  troupe::compat::set_option(config, "scheduler.max-threads", 1);
  caf::actor_system system{config};
  client_config to;
  to.cluster_name = o.name;
  to.connect = addresses(o.connect);
  to.log_level = log_level::error;
  client c{system, to};
  if (!c.wait_ready(std::chrono::seconds(10))) throw std::runtime_error(c.connection_problem());
  if (o.load.in_flight() == 1 && !o.load.is_open_loop()) return run(o.load, one_by_one(c.map<std::string, std::string>(o.map), o));
  const blob value{std::string(o.load.value_bytes, 'v')};
  const auto write = o.old_values ? operation_kind::put : operation_kind::set;
  run(o.load, asynchronous_client{[&](const request& what, std::function<void(bool)> done) {
        protocol::map_call call;
        call.operation = what.reads ? operation_kind::get : write;
        call.key = blob{key_of(what.key)};
        if (!what.reads) call.value = value;
        c.submit(o.map, std::move(call), std::chrono::seconds(30), [reads = what.reads, done = std::move(done)](protocol::map_result&& r) {
          done(r.result == outcome::ok && (r.found || !reads));
        });
      }});
}

/// A member in this process, alone, so that every key is owned here.
void run_embedded(const options& o) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  member_config settings;
  settings.port = 0;
  settings.log_level = log_level::warn;
  local_member member{system, settings};
  if (!member.wait_ready(std::chrono::seconds(30))) throw std::runtime_error("no cluster: " + member.end_text());
  run(o.load, one_by_one(member.map<std::string, std::string>(o.map), o));
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::err);
  options o;
  CLI::App app{"Load on a Troupe cluster.", "troupe-measure"};
  app.footer(examples);
  app.add_option("--connect", o.connect, "Members to begin with")->type_name("HOST:PORT,...");
  app.add_option("--name", o.name, "Name of the cluster (dev)")->type_name("NAME");
  app.add_option("--map", o.map, "Name of the map (default)")->type_name("MAP");
  app.add_flag("--old-values", o.old_values, "Write with put, which answers with the old value, instead of set");
  app.add_flag("--embedded", o.embedded, "A member in this process, and one thread that uses it, instead of a client");
  describe(app, o.load);
  return run_program(app, argc, argv, [&] {
    if (o.embedded) return run_embedded(o);
    if (o.connect.empty()) throw std::runtime_error("--connect or --embedded is needed");
    run_client(o);
  });
}
