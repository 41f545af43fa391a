// Keys and values of one's own types: an `inspect` function is all they need. And three ways to call a map.
#include <iostream>

#include <troupe/troupe.hpp>

struct order {
  std::string item;
  std::uint32_t count = 0;
  bool operator==(const order&) const = default;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, order& o) {
  return f(o.item, o.count);
}

using order_map = troupe::map<std::uint64_t, order>;

/// Inside an actor: as with requests of CAF's.
caf::behavior clerk(caf::event_based_actor* self, order_map orders) {
  return {
      [=](std::uint64_t number) {
        auto answer = self->make_response_promise();
        orders.get(number).request(self).then([=](std::optional<order> found) mutable { answer.deliver(found ? found->item : "nothing"); },
                                              [=](const caf::error& e) mutable { answer.deliver(e); });
        return answer;
      },
  };
}

int main() {
  using namespace std::chrono_literals;
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  troupe::member_config settings;
  settings.cluster_name = "typed-values";
  settings.port = 0;  // any free port; a cluster of one
  settings.log_level = troupe::log_level::warn;
  troupe::local_member member{system, settings};
  if (!member.wait_ready(30s)) return 1;
  const auto orders = member.map<std::uint64_t, order>("orders");

  // A thread that waits: a result, which is a value or an error.
  const auto old = orders.put(4711, {"apples", 2}).within(5s).wait();
  if (!old) {
    std::cerr << old.text() << '\n';
    return 1;
  }
  std::cout << (*old ? "replaced " + (*old)->item : "new") << '\n';

  // Two calls under way at once.
  auto first = orders.replace(4711, {"apples", 2}, {"pears", 3}).future();
  auto second = orders.contains_key(4712).future();
  std::cout << "replaced: " << first.get().value_or(false) << ", another: " << second.get().value_or(true) << '\n';

  // An actor.
  auto actor = system.spawn(clerk, orders);
  caf::scoped_actor self{system};
  self->request(actor, 10s, std::uint64_t{4711})
      .receive([](const std::string& item) { std::cout << "the clerk says: " << item << '\n'; },
               [](const caf::error& e) { std::cout << troupe::describe(e) << '\n'; });
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);

  // The same map, taken for one of numbers: an error, not a crash.
  const auto wrong = member.map<std::uint64_t, std::uint16_t>("orders").get(4711).wait();
  std::cout << wrong.text() << '\n';
}
