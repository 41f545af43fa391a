// Receipts: what a write has come to, and how to ask for more copies than a map promises at any time.
#include <iostream>
#include <thread>
#include <utility>

#include <troupe/troupe.hpp>

namespace {

troupe::member_config settings_of_a_member() {
  troupe::member_config settings;
  settings.cluster_name = "receipts";
  settings.port = 0;  // any free port
  settings.log_level = troupe::log_level::warn;
  return settings;
}

}  // namespace

int main() {
  using namespace std::chrono_literals;
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  troupe::local_member first{system, settings_of_a_member()};
  if (!first.wait_ready(30s)) return 1;
  const auto payments = first.map<std::string, std::int64_t>("payments");

  // A map has one backup, unless its definition says something else. A member that is alone has nowhere to put it, and goes on without.
  const auto alone = payments.set("rent", 700).wait();
  if (!alone) return 1;
  std::cout << "alone: " << int{alone->copies} << " copy\n";

  // Who does not want that says so, with each write.
  const auto refused = payments.set("rent", 800).with_copies(2).wait();
  std::cout << "two copies, please: " << refused.text() << '\n';
  std::cout << "the rent is still " << payments.get("rent").wait().value().value_or(0) << '\n';

  // With a second member there is a copy to be made. Until it is, the write is refused, and worth asking again.
  auto settings = settings_of_a_member();
  settings.join = {{"127.0.0.1", first.listens_at().port}};
  troupe::local_member second{system, settings};
  if (!second.wait_ready(30s)) return 1;
  auto stored = payments.set("rent", 800).with_copies(2).wait();
  while (!stored && stored.failure() == troupe::failure::under_replicated) {
    std::this_thread::sleep_for(10ms);
    stored = payments.set("rent", 800).with_copies(2).wait();
  }
  if (!stored) return 1;
  std::cout << "two members: " << int{stored->copies} << " copies, on members";
  for (const auto m : stored->members) std::cout << ' ' << m.value();  // As `troupe members` numbers them.
  std::cout << '\n';

  // Receipts of a key order its writes: by epoch (it grows when another member leads), then by position.
  std::cout << "later: " << (std::pair{stored->epoch, stored->seq} > std::pair{alone->epoch, alone->seq}) << '\n';
}
