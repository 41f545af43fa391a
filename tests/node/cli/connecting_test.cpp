// What a command says and does when no member lets it in.
#include "tests/node/cli/fake_cluster.hpp"

using namespace troupe;
using namespace troupe::testing;
using cause = cli::unreached_address::cause;

namespace {

const address first{"10.0.0.1", 5701};
const address second{"10.0.0.2", 5701};

/// A cluster that nobody gets into.
struct closed_cluster : fake_cluster {
  explicit closed_cluster(std::vector<cli::unreached_address> all) {
    current = nullptr;
    addresses = std::move(all);
  }
};

}  // namespace

SCENARIO("where all addresses refuse for good, a command ends at once and says what to do") {
  using addresses = std::vector<cli::unreached_address>;
  const auto [refusing, words] = GENERATE(table<addresses, std::string>(
      {{{{first, cause::another_cluster, "this member belongs to another cluster"}},
        "troupe: 10.0.0.1:5701: this member belongs to another cluster\n"
        "troupe: is the cluster's name 'prod'? --name gives another one\n"},
       {{{first, cause::another_version, "too old"}, {second, cause::another_version, "too new"}},
        "troupe: 10.0.0.1:5701: too old\n"
        "troupe: 10.0.0.2:5701: too new\n"
        "troupe: use the 'troupe' that came with the members\n"}}));
  closed_cluster cluster{refusing};
  const auto begin = cluster.time;
  for (const auto* command : {"members", "wait-safe"}) {
    const auto r = run_command(cluster, {command, "--name", "prod"});
    CHECK(r.status == 2);
    CHECK(r.out.empty());
    CHECK(r.err == "troupe: no member of the cluster could be reached\n" + words);
  }
  CHECK(cluster.time == begin);
}

SCENARIO("where somebody may still come, a command says once that it waits, and then gives up") {
  closed_cluster cluster{{{first, cause::no_answer, "Connection refused"}, {second, cause::another_cluster, "another cluster"}}};
  const auto begin = cluster.time;
  const auto r = run_command(cluster, {"get", "m", "k"});
  CHECK(r.status == 2);
  CHECK(cluster.time - begin == seconds{10});
  CHECK(r.err ==
        "troupe: no connection yet (10.0.0.1:5701: Connection refused; 10.0.0.2:5701: another cluster); trying for another 9 s\n"
        "troupe: no member of the cluster could be reached\n"
        "troupe: 10.0.0.1:5701: Connection refused\n"
        "troupe: 10.0.0.2:5701: another cluster\n"
        "troupe: is the cluster's name 'dev'? --name gives another one\n"
        "troupe: is a member running there? --connect names other addresses\n");
}

SCENARIO("a member that is not ready needs no advice") {
  closed_cluster cluster{{{first, cause::not_yet, "it is not yet a member of a cluster"}}};
  const auto r = run_command(cluster, {"get", "m", "k"});
  CHECK(r.status == 2);
  CHECK(r.err ==
        "troupe: no connection yet (10.0.0.1:5701: it is not yet a member of a cluster); trying for another 9 s\n"
        "troupe: no member of the cluster could be reached\n"
        "troupe: 10.0.0.1:5701: it is not yet a member of a cluster\n");
}

SCENARIO("a wait that is over soon needs no words") {
  closed_cluster cluster{{{first, cause::no_answer, "Connection refused"}}};
  const auto r = run_command(cluster, {"get", "m", "k", "--timeout", "1.5"});
  CHECK(r.status == 2);
  CHECK_THAT(r.err, Catch::StartsWith("troupe: no member of the cluster could be reached\n"));
}

SCENARIO("a command waits for members that restart") {
  fake_cluster cluster;
  cluster.maps["m"]["k"] = "v";
  WHEN("it is a short wait") {
    cluster.current_from = cluster.time + milliseconds{900};
    const auto r = run_command(cluster, {"get", "m", "k"});
    CHECK(r.status == 0);
    THEN("nobody needs to know") { CHECK(r.err.empty()); }
  }
  WHEN("it is a longer one") {
    cluster.current_from = cluster.time + seconds{5};
    const auto r = run_command(cluster, {"get", "m", "k"});
    CHECK(r.status == 0);
    CHECK(r.out == "v\n");
    THEN("it says so") { CHECK(r.err == "troupe: no connection yet (10.0.0.1:5701: Connection refused); trying for another 9 s\n"); }
  }
}
