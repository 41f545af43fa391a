#include "tests/node/cli/fake_cluster.hpp"

#include <troupe/messages/types/client_message.hpp>

using namespace troupe;
using namespace troupe::testing;
using command = client_message::command;

namespace {

const std::vector<member_no> the_one_connected{nobody};

}  // namespace

SCENARIO("an order goes to the member connected, and its answer is the status") {
  fake_cluster cluster;
  cluster.answers[nobody] = {};
  std::string said;
  const auto ordered = [&](std::vector<const char*> arguments) {
    cluster.asked.clear();
    const auto r = run_command(cluster, std::move(arguments));
    CHECK(r.status == 0);
    CHECK(r.out.empty());
    said = r.err;
    REQUIRE(cluster.asked.size() == 1);
    CHECK(cluster.asked.front().first == the_one_connected);
    return cluster.asked.front().second;
  };
  CHECK(ordered({"reset-lost"}) == cli::admin_command{command::reset_lost{}});
  CHECK(said == "troupe: no row was lost: there was nothing to reset\n");
  CHECK(ordered({"force-view"}) == cli::admin_command{command::force_view{}});
  CHECK(said.find("without the members that it can't hear") != std::string::npos);
  CHECK(ordered({"shutdown"}) == cli::admin_command{command::shutdown{false}});
  CHECK(said == "troupe: it hands its rows over, then ends; 'troupe members' shows when\n");
  CHECK(ordered({"destroy", "m"}) == cli::admin_command{command::destroy_map{"m"}});
}

SCENARIO("an order that is refused says why") {
  fake_cluster cluster;
  cluster.answers[nobody].error = "no map 'm'";
  const auto r = run_command(cluster, {"destroy", "m", "--json"});
  CHECK(r.status == 1);
  CHECK(r.err == "troupe: destroy: no map 'm'\n");
  CHECK(r.out == "{\"outcome\":\"not applied\",\"why\":\"no map 'm'\"}\n");
}

SCENARIO("shutdown --all asks every member to stop without moving") {
  fake_cluster cluster;
  cluster.current = std::make_shared<view>(view_of(3));
  for (unsigned i = 1; i <= 3; ++i) cluster.answers[member_no{i}] = {};
  const auto r = run_command(cluster, {"shutdown", "--all"});
  CHECK(r.status == 0);
  CHECK(r.err == "troupe: 3 of 3 members shut down\n");
  REQUIRE(cluster.asked.size() == 1);
  CHECK(cluster.asked.front().first == std::vector<member_no>{member_no{1}, member_no{2}, member_no{3}});
  CHECK(cluster.asked.front().second == cli::admin_command{command::shutdown{true}});
  GIVEN("one that does not answer") {
    cluster.answers.erase(member_no{2});
    const auto partly = run_command(cluster, {"shutdown", "--all"});
    CHECK(partly.status == 1);
    CHECK(partly.err == "troupe: shutdown of 10.0.0.2:5701: no answer in time\ntroupe: 2 of 3 members shut down\n");
  }
}

SCENARIO("without any member there is nothing to shut down") {
  fake_cluster cluster;
  cluster.current = nullptr;
  const auto r = run_command(cluster, {"shutdown", "--all"});
  CHECK(r.status == 2);
  CHECK_THAT(r.err, Catch::Contains("troupe: no member of the cluster could be reached\n"));
}
