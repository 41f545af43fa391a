// A member with a processor, which a plain troupe-node has not: an application that embeds one. It takes troupe-node's flags, says as that does that it is
// ready, starts anew when the others have removed it, and lives until it is killed.
#include <iostream>
#include <memory>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <troupe/actors/processor_registry.hpp>
#include <troupe/node/config/command_line.hpp>
#include <troupe/node/config/rejoin.hpp>
#include <troupe/node/member/member.hpp>

#include "tests/cluster/addition.hpp"
#include "tests/cluster/patience.hpp"

int main(int argc, char** argv) {
  using namespace troupe;
  auto parsed = parse_node_command_line(argc, argv);
  const auto* command = std::get_if<node_command>(&parsed);
  if (command == nullptr) return 2;
  // Standard output belongs to the line that the test waits for.
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("troupe", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
  auto processors = std::make_shared<processor_registry>();
  processors->add<cluster::addition>();
  auto configured = command->config;
  configured.processors = processors;

  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  for (auto config = configured;;) {
    local_member member{system, config};
    if (!member.wait_ready(cluster::patience)) return 1;
    const auto view = member.current_view();
    std::cout << "ready member=" << to_string(member.id()) << " address=" << to_string(member.listens_at()) << " view=" << view->name.number.value()
              << " members=" << view->members.size() << std::endl;
    if (!member.wait_ended(duration_max) || member.how_ended() != member_end::expelled) return 1;
    config = rejoin_config(configured, *member.current_view(), member.listens_at());
  }
}
