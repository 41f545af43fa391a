#include <fstream>

#include <nlohmann/json.hpp>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/stats.hpp>

#include "tests/node/cli/fake_cluster.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

const member_no one{1};
const member_no two{2};

/// Two members that hold everything twice, and answer.
struct healthy_cluster : fake_cluster {
  view now_installed = view_of(2);

  healthy_cluster() {
    now_installed.tables.push_back({{1, 0}, {row_of(one, {one, two}), row_of(two, {one, two})}});
    install();
    answers[one].stats.who = one;
    answers[two].stats.who = two;
  }

  void install() { current = std::make_shared<view>(now_installed); }
  row& first_row() { return now_installed.tables[0].rows[0]; }
};

}  // namespace

SCENARIO("members are listed, and two of them are warned of") {
  healthy_cluster cluster;
  const auto r = run_command(cluster, {"members"});
  CHECK(r.status == 0);
  CHECK(r.out.find("10.0.0.2:5701") != std::string::npos);
  CHECK(r.err == "troupe: two members are safe against a crash, not against a split between them; add a third\n");
  auto strict = *cluster.current;
  strict.settings.split_brain = quorum_policy::strict;
  cluster.current = std::make_shared<view>(strict);
  CHECK(run_command(cluster, {"members"}).err == "troupe: of two members the older one, 10.0.0.1:5701, has to be there; add a third\n");
  cluster.current = std::make_shared<view>(view_of(3));
  cluster.answers[member_no{3}].stats.who = member_no{3};
  CHECK(run_command(cluster, {"members"}).err.empty());
}

SCENARIO("a view that its members don't confirm is not shown as if all were well") {
  healthy_cluster cluster;
  cluster.now_installed.members = view_of(3).members;
  cluster.install();
  for (const auto* command : {"members", "partitions", "lost"}) {
    const auto r = run_command(cluster, {command});
    CHECK(r.status == 1);
    CHECK(r.err.find("no answer from 10.0.0.3:5701") != std::string::npos);
    CHECK(r.err.find("majority") == std::string::npos);
  }
  cluster.answers.erase(two);
  for (const auto* command : {"members", "partitions", "lost"}) {
    const auto r = run_command(cluster, {command});
    CHECK(r.status == 1);
    CHECK(r.err.find("without a majority nothing can be decided") != std::string::npos);
    CHECK(r.err.find("force-view") != std::string::npos);
  }
}

SCENARIO("colours are on a terminal only") {
  healthy_cluster cluster;
  for (const auto* command : {"members", "partitions", "stats"}) {
    CHECK(run_command(cluster, {command}).out.find('\x1b') == std::string::npos);
    CHECK(run_command(cluster, {command}, "", true).out.find('\x1b') != std::string::npos);
  }
}

SCENARIO("without any member every question ends with status 2") {
  fake_cluster cluster;
  cluster.current = nullptr;
  for (const auto* command : {"members", "partitions", "stats", "lost", "wait-safe"}) {
    const auto r = run_command(cluster, {command});
    CHECK(r.status == 2);
    CHECK(r.out.empty());
    CHECK_THAT(r.err, Catch::Contains("troupe: no member of the cluster could be reached\n"));
  }
}

SCENARIO("no command waits long for a cluster that is not there, except the one that is for waiting") {
  fake_cluster cluster;
  cluster.current = nullptr;
  const auto took = [&](std::vector<const char*> arguments) {
    const auto begin = cluster.time;
    CHECK(run_command(cluster, std::move(arguments)).status == 2);
    return cluster.time - begin;
  };
  CHECK(took({"put", "m", "k", "v"}) == seconds{10});
  CHECK(took({"load", "m", "-"}) == seconds{10});
  CHECK(took({"get", "m", "k", "--timeout", "2"}) == seconds{2});
  CHECK(took({"wait-safe", "--timeout", "60"}) == seconds{60});
}

SCENARIO("a result that can't be written is a failure") {
  fake_cluster cluster;
  cluster.maps["m"] = {{"k", "v"}};
  std::istringstream in;
  std::ostringstream err;
  std::ofstream full{"/dev/full"};
  const cli::console io{in, full, err, cluster.interrupt};
  cli::request dump;
  dump.what = cli::dump_request{"m"};
  CHECK(cli::run(dump, cluster, io) == 1);
  CHECK(err.str() == "troupe: the result could not be written to standard output\n");
}

SCENARIO("partitions are shown as text and as JSON") {
  healthy_cluster cluster;
  CHECK(run_command(cluster, {"partitions"}).out.find("all 2 rows have all their copies in sync") != std::string::npos);
  CHECK(nlohmann::json::parse(run_command(cluster, {"partitions", "--json"}).out)["rows"] == 2);
}

SCENARIO("stats ask every member") {
  healthy_cluster cluster;
  map_stats m;
  m.name = "m";
  m.owned_entries = 7;
  cluster.answers[one].stats.maps = {m};
  cluster.answers[two].stats.maps = {m};
  const auto r = run_command(cluster, {"stats", "--json"});
  CHECK(r.status == 0);
  CHECK(nlohmann::json::parse(r.out)["totals"]["owned_entries"] == 14);
  CHECK(cluster.asked.at(0).first == std::vector<member_no>{one, two});
  CHECK(run_command(cluster, {"stats", "m"}).status == 0);
}

SCENARIO("stats that lack a member's share say so") {
  healthy_cluster cluster;
  cluster.answers.erase(two);
  const auto r = run_command(cluster, {"stats", "--json"});
  CHECK(r.status == 1);
  CHECK(r.err == "troupe: the sums lack what did not answer: 10.0.0.2:5701\n");
  CHECK(nlohmann::json::parse(r.out)["unanswered"][0]["address"] == "10.0.0.2:5701");
}

SCENARIO("stats of a map that nobody knows are a no") {
  healthy_cluster cluster;
  const auto r = run_command(cluster, {"stats", "nosuch"});
  CHECK(r.status == 1);
  CHECK(r.err == "troupe: no map 'nosuch'\n");
}

SCENARIO("lost rows are listed") {
  healthy_cluster cluster;
  const auto none = run_command(cluster, {"lost"});
  CHECK(none.status == 0);
  CHECK(none.out.empty());
  CHECK(none.err == "troupe: no row is lost\n");
  cluster.first_row() = row_of(nobody, {});
  cluster.first_row().status = row_status::lost;
  cluster.install();
  const auto some = run_command(cluster, {"lost"});
  CHECK(some.status == 1);
  CHECK(some.out == "ROW    PRIMARY  STATE\n1+0/0  -        lost\n");
  CHECK(some.err == "troupe: 1 row is lost; see 'troupe reset-lost --help'\n");
  CHECK(nlohmann::json::parse(run_command(cluster, {"lost", "--json"}).out)["lost"][0]["row"] == "1+0/0");
  cluster.answers[nobody] = {};
  CHECK(run_command(cluster, {"reset-lost"}).err == "troupe: lost rows go on, empty; 'troupe lost' shows what is left\n");
}

SCENARIO("other backup counts are asked of the cluster") {
  healthy_cluster cluster;
  cluster.answers[nobody] = {};
  const auto done = run_command(cluster, {"set-backups", "plays", "--backup-count", "2", "--async-backup-count", "1"});
  CHECK(done.status == 0);
  CHECK(done.err == "troupe: 2 backups and 1 async backup of every entry, as far as there are members for them\n");
  REQUIRE(cluster.asked.size() == 1);
  CHECK(cluster.asked.front().second == cli::admin_command{client_message::command::set_counts{"plays", {2, 1}}});
  cluster.answers[nobody].error = "there is no map 'plays'";
  const auto refused = run_command(cluster, {"set-backups", "plays", "--backup-count", "2"});
  CHECK(refused.status == 1);
  CHECK(refused.err.find("there is no map 'plays'") != std::string::npos);
}

SCENARIO("a cluster that is safe is so at once") {
  healthy_cluster cluster;
  const auto begin = cluster.time;
  const auto r = run_command(cluster, {"wait-safe"});
  CHECK(r.status == 0);
  CHECK(r.err == "troupe: safe: all 2 rows have all their copies in sync\n");
  CHECK(cluster.time == begin);
  CHECK(run_command(cluster, {"wait-safe", "--json"}).out == "{\"safe\":true}\n");
}

SCENARIO("wait-safe waits until a missing backup is there") {
  healthy_cluster cluster;
  cluster.first_row() = row_of(one, {one}, {}, {two});
  cluster.install();
  const auto healed_at = cluster.time + seconds{3};
  cluster.at_each_wait = [&](instant now) {
    if (now < healed_at) return;
    cluster.first_row() = row_of(one, {one, two});
    cluster.now_installed.name.number = view_number{8};
    cluster.install();
  };
  const auto r = run_command(cluster, {"wait-safe", "--timeout", "10"});
  CHECK(r.status == 0);
  CHECK(cluster.time >= healed_at);
  CHECK(cluster.time <= healed_at + seconds{1});
}

SCENARIO("wait-safe gives up at its deadline and says what is missing") {
  healthy_cluster cluster;
  cluster.first_row() = row_of(one, {one});
  cluster.install();
  const auto begin = cluster.time;
  const auto r = run_command(cluster, {"wait-safe", "--timeout", "5", "--json"});
  CHECK(r.status == 1);
  CHECK(r.err == "troupe: not safe: of 2 rows: 1 under-replicated, 0 catching up\n");
  CHECK(r.out == "{\"safe\":false,\"why\":\"of 2 rows: 1 under-replicated, 0 catching up\"}\n");
  CHECK(cluster.time - begin == seconds{5});
}

SCENARIO("wait-safe says what is missing when Ctrl-C ends it") {
  healthy_cluster cluster;
  cluster.first_row() = row_of(one, {one});
  cluster.install();
  cluster.at_each_wait = [&](instant) { cluster.interrupt.pressed = true; };
  const auto begin = cluster.time;
  const auto r = run_command(cluster, {"wait-safe", "--timeout", "60"});
  CHECK(r.status == 130);
  CHECK(r.err == "troupe: not safe: of 2 rows: 1 under-replicated, 0 catching up\ntroupe: interrupted\n");
  CHECK(cluster.time - begin <= seconds{1});
}

SCENARIO("a member that crashed unnoticed is not safe, whatever the view says") {
  healthy_cluster cluster;
  cluster.answers.erase(two);
  const auto r = run_command(cluster, {"wait-safe", "--timeout", "5"});
  CHECK(r.status == 1);
  CHECK(r.err == "troupe: not safe: no answer from 10.0.0.2:5701\n");
}

SCENARIO("the last question of wait-safe is not cut short by its deadline") {
  healthy_cluster cluster;
  cluster.answers.erase(two);
  const auto begin = cluster.time;
  (void)run_command(cluster, {"wait-safe", "--timeout", "0.1"});
  CHECK(cluster.time - begin == seconds{1});
}

SCENARIO("rows that are not served yet, or lag behind, are not safe") {
  healthy_cluster cluster;
  GIVEN("a row in activation") {
    cluster.answers[one].stats.rows_not_serving = 1;
    CHECK(run_command(cluster, {"wait-safe", "--timeout", "1"}).err == "troupe: not safe: 1 row is not served yet\n");
  }
  GIVEN("an async backup that lags") {
    cluster.answers[two].stats.async_behind = 2;
    CHECK(run_command(cluster, {"wait-safe", "--timeout", "1"}).err == "troupe: not safe: 2 async backups lag behind\n");
  }
}
