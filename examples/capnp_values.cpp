// Cap'n Proto structs as values: read where their bytes are, and free to gain fields later.
#include <iostream>

#include <order.capnp.h>
#include <troupe/messages/encoding/capnp.hpp>
#include <troupe/troupe.hpp>

int main() {
  using namespace std::chrono_literals;
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  troupe::member_config settings;
  settings.cluster_name = "capnp-values";
  settings.port = 0;
  settings.log_level = troupe::log_level::warn;
  troupe::local_member member{system, settings};
  if (!member.wait_ready(30s)) return 1;

  using order = troupe::capnp_value<Order>;
  const auto orders = member.map<std::string, order>("orders");
  const auto apples = order::with([](Order::Builder o) {
    o.setItem("apples");
    o.setCount(2);
    o.initNotes(1).set(0, "ripe");
  });
  if (!orders.set("4711", apples).wait()) return 1;

  const auto found = orders.get("4711").wait();
  if (!found || !*found) return 1;
  const auto read = (*found)->get();  // Valid as long as `found` is.
  std::cout << read.getCount() << ' ' << read.getItem().cStr() << ", " << read.getNotes()[0].cStr() << '\n';
}
