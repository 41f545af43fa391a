// Nothing that was acknowledged is lost: three members in one process, one of which dies while entries are written.
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include <troupe/troupe.hpp>

namespace {

troupe::member_config settings_of_a_member() {
  troupe::member_config settings;
  settings.cluster_name = "survivors";
  settings.port = 0;  // any free port
  settings.log_level = troupe::log_level::error;  // That a member is suspected and removed is what shall happen here.
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
  const auto numbers = members.front()->map<int, int>("numbers", 60s);

  // A write that two members hold survives the death of either. With fewer, as long as copies are being made, it is refused, and asked again.
  constexpr int writes = 3000;
  int acknowledged = 0;
  for (int i = 0; i < writes; ++i) {
    if (i == writes / 2) members.back().reset();  // The third one ends at once, as a crash is, with its share of the entries.
    auto stored = numbers.set(i, i * i).with_copies(2).wait();
    while (!stored && stored.failure() == troupe::failure::under_replicated) {
      std::this_thread::sleep_for(10ms);
      stored = numbers.set(i, i * i).with_copies(2).wait();
    }
    if (stored) ++acknowledged;
  }

  int found = 0;
  for (int i = 0; i < writes; ++i) {
    const auto value = numbers.get(i).wait();
    if (value && *value == i * i) ++found;
  }
  std::cout << acknowledged << " acknowledged, " << found << " found\n";
}
