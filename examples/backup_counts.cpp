// More copies of a map, while it is in use: three members in one process, and a map that turns out to matter.
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include <troupe/troupe.hpp>

namespace {

troupe::member_config settings_of_a_member() {
  troupe::member_config settings;
  settings.cluster_name = "copies";
  settings.port = 0;  // any free port
  settings.log_level = troupe::log_level::error;
  return settings;
}

}  // namespace

int main() {
  using namespace std::chrono_literals;
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  std::vector<std::unique_ptr<troupe::local_member>> members;
  for (int i = 0; i < 3; ++i) {
    auto settings = settings_of_a_member();
    if (i > 0) settings.join = {{"127.0.0.1", members.front()->listens_at().port}};
    members.push_back(std::make_unique<troupe::local_member>(system, settings));
    if (!members.back()->wait_ready(30s)) return 1;
  }
  const auto orders = members.front()->map<int, int>("orders");
  const auto sessions = members.front()->map<int, int>("sessions");
  (void)orders.set(0, 0).wait();
  (void)sessions.set(0, 0).wait();
  std::this_thread::sleep_for(1s);  // Copies are being made.
  if (const auto stored = orders.set(0, 0).wait()) std::cout << "an order is held by " << static_cast<int>(stored->copies) << " members\n";

  // The change returns when each entry has its copies. Writes go on meanwhile.
  std::jthread writer{[&orders](const std::stop_token& enough) {
    for (int i = 0; !enough.stop_requested(); ++i) (void)orders.set(i % 1000, i).wait();
  }};
  const auto changed = orders.set_backups(2).within(60s).wait();
  if (!changed) std::cout << changed.text() << '\n';
  else std::cout << (*changed ? "changed\n" : "there is no such map\n");
  writer.request_stop();
  writer.join();

  if (const auto stored = orders.set(0, 0).wait()) std::cout << "an order is held by " << static_cast<int>(stored->copies) << " members\n";
  if (const auto stored = sessions.set(0, 0).wait()) std::cout << "a session is held by " << static_cast<int>(stored->copies) << " members\n";
}
