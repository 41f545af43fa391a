// An actor that a member can't do without does not die alone.
#include <catch2/catch.hpp>

#include <csignal>
#include <new>

#include <sys/wait.h>
#include <unistd.h>

#include <troupe/actors/membership_actor.hpp>
#include <troupe/actors/partition_actor.hpp>
#include <troupe/node/testing/cluster.hpp>

using namespace troupe;

namespace {

[[noreturn]] void fail() { throw std::bad_alloc{}; }

class failing_partition final : public partition_environment {
 public:
  protocol::moment now() const override { fail(); }
  void send(member_no, any_replication_message) override {}
  void answer(protocol::origin_id, reply) override {}
  void wish(membership_message::wish) override {}
  void tell_neighbour(protocol::neighbour_message) override {}
  void want_ticks(const row_id&, std::optional<instant>) override {}
  void report(const row_id&, const protocol::replica_event&) override {}
  void memory_changed(std::int64_t) override {}
  void step_done() override {}
};

class failing_membership final : public membership_environment {
 public:
  instant now() const override { fail(); }
  void send(const incarnation&, any_membership_message) override {}
  void probe(const address&) override {}
  void lease_changed(const protocol::lease&) override {}
  void installed(const view_ptr&, member_no) override {}
  void passed(const view_ptr&) override {}
  void ended(protocol::ending, std::optional<view_number>) override {}
  void report(const protocol::membership_event&) override {}
};

/// How a process ends in which this actor gets a tick.
template <class Spawn>
int status_after_tick(Spawn spawn) {
  const auto child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // The test framework would report it.
    test::system_config config;
    caf::actor_system system{config};
    compat::anonymous_send(spawn(system), local::tick{});
    compat::test_scheduler{system}.run();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

void check_aborted(int status) {
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

}  // namespace

SCENARIO("an exception in a partition ends the process") {
  check_aborted(status_after_tick([](caf::actor_system& s) { return spawn_partition(s, {}, std::make_shared<failing_partition>()); }));
}

SCENARIO("an exception in the membership ends the process") {
  check_aborted(status_after_tick([](caf::actor_system& s) { return spawn_membership(s, {}, std::make_shared<failing_membership>()); }));
}
