// A map that another CAF application uses through CAF's own network: one process, two actor systems, a connection on loopback between them.
#include "hosted_member.hpp"

#include <stop_token>
#include <thread>

#include <caf/io/all.hpp>

#include <troupe/troupe.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

struct networked {
  struct settings : caf::actor_system_config {
    settings() {
      register_types(*this);
      load<caf::io::middleman>();
      compat::set_option(*this, "scheduler.max-threads", 2);
    }
  };
  settings config;
  caf::actor_system system{config};
};

/// A member that publishes its map, and a visitor of it.
struct remote {
  networked here, there;
  local_member member{here.system, test_config()};
  troupe::map<std::string, std::string> own = ready().map<std::string, std::string>("stock", patience);
  std::uint16_t port = *here.system.middleman().publish(own.handle(), 0, "127.0.0.1");
  troupe::map<std::string, std::string> visitors{*there.system.middleman().remote_actor<map_actor>("127.0.0.1", port), patience};

  ~remote() { caf::anon_send_exit(own.handle(), caf::exit_reason::user_shutdown); }  // What is published ends when it is told to.

 private:
  local_member& ready() {
    REQUIRE(member.wait_ready(patience));
    return member;
  }
};

}  // namespace

SCENARIO("a map is used from another CAF application as from this one") {
  remote r;
  REQUIRE(r.visitors.handle());
  const auto& map = r.visitors;
  using texts = troupe::map<std::string, std::string>;
  const auto mine = texts::new_owner();
  std::stop_source source;
  THEN("what it writes is there") {
    const auto written = map.set("pears", "5").wait();
    INFO(written.text());
    REQUIRE(written);
    CHECK(written->members.size() == 1);
    CHECK(r.own.get("pears").wait().value() == "5");
    CHECK(map.try_put("pears", "6").wait().value());
    CHECK(map.try_remove("pears").cancelled_by(source.get_token()).wait().value());
    CHECK(map.size().future().get().value() == 0);
  }
  THEN("it adds listeners, and removes them") {
    const auto listener = r.there.system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](const entry_events&) {}}; });
    const auto added = map.add_entry_listener(listener).cancelled_by(source.get_token()).wait();
    INFO(added.text());
    REQUIRE(added);
    CHECK(map.remove_entry_listener(*added).wait().value());
    CHECK_FALSE(map.remove_entry_listener(*added).future().get().value());
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  }
  THEN("a write that is cancelled ends there, and may be done") {
    REQUIRE(r.own.lock("pears", mine).wait());
    auto write = map.set("pears", "7").cancelled_by(source.get_token()).future();
    std::optional<result<receipt>> waited;
    std::jthread waits{[&] { waited = map.set("pears", "8").cancelled_by(source.get_token()).wait(); }};
    CHECK(map.get("pears").wait().value() == std::nullopt);  // An answer: what was asked before has arrived as well.
    source.request_stop();
    const auto told = write.get();
    CHECK(told.failure() == failure::cancelled);
    CHECK(told.outcome() == outcome::indeterminate);
    waits.join();
    REQUIRE(waited);
    CHECK(waited->failure() == failure::cancelled);
    CHECK(r.own.unlock("pears", mine).wait().value() == 0);
  }
  THEN("what is cancelled before it is asked for is not done, nor is a listener added") {
    source.request_stop();
    CHECK(map.set("pears", "7").cancelled_by(source.get_token()).wait().outcome() == outcome::not_applied);
    const auto listener = r.there.system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](const entry_events&) {}}; });
    CHECK(map.add_entry_listener(listener).cancelled_by(source.get_token()).wait().failure() == failure::cancelled);
    CHECK(r.own.get("pears").wait().value() == std::nullopt);
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  }
}

SCENARIO("threads cancel what other threads wait for") {
  networked app;
  local_member member{app.system, test_config()};
  REQUIRE(member.wait_ready(patience));
  const auto map = member.map<std::string, std::string>("stock", patience);
  using texts = troupe::map<std::string, std::string>;
  const auto mine = texts::new_owner();
  REQUIRE(map.lock("pears", mine).wait());
  std::stop_source source;
  std::vector<std::jthread> threads;
  std::atomic<int> cancelled{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto r = map.set("pears", "8").cancelled_by(source.get_token()).wait();
      cancelled += r.failure() == failure::cancelled ? 1 : 0;
    });
  }
  auto later = map.set("pears", "9").cancelled_by(source.get_token()).future();
  CHECK(map.is_locked("pears").wait().value());
  source.request_stop();
  threads.clear();
  CHECK(cancelled == 8);
  CHECK(later.get().failure() == failure::cancelled);
  CHECK(map.unlock("pears", mine).wait().value() == 0);
  CHECK(map.set("pears", "10").wait());
}
