// The router actor: what it adds to the router that it drives.
#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <stdexcept>

#include <troupe/actors/router_actor.hpp>
#include <troupe/node/testing/cluster.hpp>

using namespace troupe;

namespace {

constexpr auto tick = milliseconds{10};

struct recording_environment final : router_environment {
  instant time{seconds{1000}};
  std::vector<protocol::router_effects::send> sends;
  std::vector<operation> backup_reads;
  std::vector<std::string> thrown;
  bool has_copies = false;
  bool is_broken = false;

  instant now() const override { return time; }
  void send(std::vector<protocol::router_effects::send> list) override {
    if (is_broken) throw std::logic_error{"broken"};
    sends.insert(sends.end(), list.begin(), list.end());
  }
  void create_map(const std::string&) override {}
  bool read_backup(operation get) override {
    if (has_copies) backup_reads.push_back(std::move(get));
    return has_copies;
  }
  void callback_threw(const std::string& what) override { thrown.push_back(what); }
};

reply ok_to(const operation& what) {
  reply r;
  r.request = what.request;
  return r;
}

/// A router whose view has one member, which does nothing by itself, and a map whose gets may be served by copies.
struct lone_router {
  test::system_config config;
  caf::actor_system system{config};
  compat::test_scheduler scheduler{system};
  std::shared_ptr<recording_environment> around = std::make_shared<recording_environment>();
  router_handle router;
  std::vector<protocol::map_result> results;

  explicit lone_router(const protocol::router_limits& limits = {}) : router{spawn_router(system, client_id{{1}}, limits, around)} {
    auto v = std::make_shared<view>();
    v->name.number = view_number{1};
    v->settings.partition_count = 1;
    v->members.push_back({});
    v->members.back().number = member_no{1};
    v->maps.push_back({map_id{1}, "quotes", {0, 0}, true});
    row only;
    only.epoch = epoch_number{1};
    only.primary = member_no{1};
    only.in_sync.insert(only.primary);
    v->tables.push_back({{0, 0}, {only}});
    tells(local::view_installed{v});
  }
  ~lone_router() {
    caf::anon_send_exit(router.actor, caf::exit_reason::kill);
    scheduler.run();
  }
  template <class Message>
  void tells(Message what) {
    compat::anonymous_send(router.actor, std::move(what));
    scheduler.run();
  }
  void gets(std::function<void(protocol::map_result&&)> done, duration timeout = seconds{30}) {
    router.submit({"quotes", {}, timeout, std::move(done)});
    scheduler.run();
  }
  void gets() {
    gets([this](protocol::map_result&& r) { results.push_back(std::move(r)); });
  }
  void passes(duration time) {
    around->time += time;
    scheduler.advance_time(tick);
    scheduler.run();
  }
  void answers_all() {
    local::replies all{member_no{1}, {}};
    for (const auto& s : std::exchange(around->sends, {})) all.list.push_back(ok_to(s.what));
    tells(std::move(all));
  }
};

}  // namespace

SCENARIO("what an application's function throws ends neither the router nor other calls") {
  lone_router r;
  r.gets([](protocol::map_result&&) { throw std::runtime_error{"the application's"}; });
  r.gets([](protocol::map_result&&) { throw 7; });  // NOLINT: strangers may throw anything.
  r.gets();
  r.answers_all();
  CHECK(r.results.size() == 1);
  CHECK(r.around->thrown == std::vector<std::string>{"the application's", "something that is no std::exception"});
  r.gets();
  r.answers_all();
  CHECK(r.results.size() == 2);
}

SCENARIO("calls at the gate of a router that goes end, whatever became of them") {
  lone_router r;
  const auto gate = make_call_gate(r.router, "quotes", true);
  const auto ask = [&] {
    gate->submit({}, seconds{30}, {}, [&r](protocol::map_result&& what) { r.results.push_back(std::move(what)); });
  };
  ask();
  r.scheduler.run();
  caf::anon_send_exit(r.router.actor, caf::exit_reason::kill);
  r.scheduler.run();
  REQUIRE(r.results.size() == 1);
  CHECK(r.results[0].result == outcome::indeterminate);  // It was under way.
  CHECK(r.results[0].why == failure::closed);
  ask();
  REQUIRE(r.results.size() == 2);
  CHECK(r.results[1].result == outcome::not_applied);
  CHECK(r.results[1].why == failure::closed);
}

SCENARIO("an exception of the router's own ends the process") {
  const auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    (void)std::signal(SIGABRT, SIG_DFL);  // The test's own handler would report a failure.
    (void)std::freopen("/dev/null", "w", stderr);
    lone_router r;
    r.around->is_broken = true;
    r.gets();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

SCENARIO("a get that a local copy does not answer goes to the primary, and ends with its time") {
  lone_router r;
  r.around->has_copies = true;
  r.gets();
  CHECK(r.around->backup_reads.size() == 1);
  CHECK(r.around->sends.empty());
  WHEN("the copy is silent") {
    r.passes(protocol::router_limits{}.reroute_after);
    REQUIRE(r.around->sends.size() == 1);
    THEN("the primary's answer counts, and a late one of the copy's does not") {
      r.answers_all();
      CHECK(r.results.size() == 1);
      r.tells(local::backup_replies{{ok_to(r.around->backup_reads[0])}});
      CHECK(r.results.size() == 1);
    }
    THEN("the call ends with its time") {
      r.passes(seconds{30});
      REQUIRE(r.results.size() == 1);
      CHECK(r.results[0].why == failure::deadline);
    }
  }
  WHEN("the call's time is shorter than the patience with the copy") {
    std::optional<protocol::map_result> result;
    r.gets([&](protocol::map_result&& what) { result = std::move(what); }, milliseconds{100});
    r.passes(milliseconds{100});
    REQUIRE(result);
    CHECK(result->why == failure::deadline);
    CHECK(r.around->sends.empty());
  }
}

SCENARIO("gets that wait for a local copy count as in flight") {
  protocol::router_limits limits;
  limits.in_flight_max = 2;
  lone_router r{limits};
  r.around->has_copies = true;
  for (int i = 0; i < 3; ++i) r.gets();
  REQUIRE(r.results.size() == 1);
  CHECK(r.results[0].why == failure::overloaded);
  CHECK(r.around->backup_reads.size() == 2);
}
