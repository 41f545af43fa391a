// How to test actors that use a map: a whole cluster in this process and thread, on virtual time, without sockets.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <troupe/node/testing/cluster.hpp>
#include <troupe/troupe.hpp>

namespace {

/// The actor under test: counts visits per guest, and says the new count.
caf::behavior visit_counter(caf::event_based_actor* self, troupe::map_actor visits) {
  return {
      [=](const std::string& guest) {
        auto promise = self->make_response_promise();
        self->request(visits, caf::infinite, troupe::get_atom_v, guest).then([=](const troupe::lookup& before) mutable {
          const auto count = before ? std::stoi(before.value) + 1 : 1;
          self->request(visits, caf::infinite, troupe::set_atom_v, guest, std::to_string(count))
              .then([=](const troupe::receipt&) mutable { promise.deliver(count); });
        });
        return promise;
      },
  };
}

/// Asks, lets virtual time pass, and returns the answer; 0: there was none.
int visit(caf::actor_system& system, troupe::test::cluster& cluster, const caf::actor& counter, const std::string& guest) {
  auto answer = std::make_shared<int>(0);
  auto asker = system.spawn([=](caf::event_based_actor* self) {
    self->request(counter, caf::infinite, guest).then([=](int count) { *answer = count; });
  });
  cluster.advance(std::chrono::seconds(10));
  return *answer;
}

}  // namespace

SCENARIO("visits are counted across the crash of a member") {
  troupe::test::system_config config;
  caf::actor_system system{config};
  GIVEN("three members, and a counter on the last of them") {
    troupe::test::cluster cluster{system, 3};
    auto counter = system.spawn(visit_counter, cluster.map("visits", 2));
    CHECK(visit(system, cluster, counter, "ada") == 1);
    WHEN("a member dies") {
      cluster.kill(0);
      THEN("no visit is forgotten") {
        CHECK(visit(system, cluster, counter, "ada") == 2);
        CHECK(cluster.settle());
        cluster.kill(1);
        CHECK(visit(system, cluster, counter, "ada") == 3);
      }
    }
    caf::anon_send_exit(counter, caf::exit_reason::user_shutdown);
    cluster.run();
  }
}
