#include "tests/node/cli/fake_cluster.hpp"

using namespace troupe;
using namespace troupe::testing;

SCENARIO("put stores a value and says nothing") {
  fake_cluster cluster;
  const auto r = run_command(cluster, {"put", "capitals", "France", "Paris"});
  CHECK(r.status == 0);
  CHECK(r.out.empty());
  CHECK(r.err.empty());
  CHECK(cluster.maps["capitals"]["France"] == "Paris");
}

SCENARIO("get prints the value") {
  fake_cluster cluster;
  cluster.maps["capitals"]["France"] = "Paris";
  const auto r = run_command(cluster, {"get", "capitals", "France"});
  CHECK(r.status == 0);
  CHECK(r.out == "Paris\n");
  CHECK(r.err.empty());
  CHECK(run_command(cluster, {"get", "capitals", "France", "--json"}).out == "{\"outcome\":\"ok\",\"found\":true,\"value\":\"Paris\"}\n");
}

SCENARIO("get of a key that is not there prints nothing, says so, and is a no") {
  fake_cluster cluster;
  const auto r = run_command(cluster, {"get", "capitals", "Fra\x1bnce"});
  CHECK(r.status == 1);
  CHECK(r.out.empty());
  CHECK(r.err == "troupe: no key 'Fra\\x1bnce' in map 'capitals'\n");
  CHECK(run_command(cluster, {"get", "capitals", "x", "--json"}).out == "{\"outcome\":\"ok\",\"found\":false}\n");
}

SCENARIO("entry prints what is known of one") {
  fake_cluster cluster;
  cluster.maps["capitals"]["France"] = "Paris";
  const auto r = run_command(cluster, {"entry", "capitals", "France"});
  CHECK(r.status == 0);
  CHECK_THAT(r.out, Catch::Contains("version              7\n"));
  CHECK(run_command(cluster, {"entry", "capitals", "France", "--json"}).out.starts_with("{\"outcome\":\"ok\",\"found\":true,\"value_bytes\":5,"));
  const auto none = run_command(cluster, {"entry", "capitals", "Spain"});
  CHECK(none.status == 1);
  CHECK(none.out.empty());
  CHECK(none.err == "troupe: no key 'Spain' in map 'capitals'\n");
  CHECK(run_command(cluster, {"entry", "capitals", "Spain", "--json"}).out == "{\"outcome\":\"ok\",\"found\":false}\n");
}

SCENARIO("a value that is no text is printed as it is, and in JSON as hexadecimal digits") {
  fake_cluster cluster;
  cluster.maps["m"]["k"] = std::string("\xff\0z", 3);
  CHECK(run_command(cluster, {"get", "m", "k"}).out == std::string("\xff\0z\n", 4));
  CHECK(run_command(cluster, {"get", "m", "k", "--json"}).out == "{\"outcome\":\"ok\",\"found\":true,\"value_hex\":\"ff007a\"}\n");
}

SCENARIO("remove removes, and is a no when there was nothing") {
  fake_cluster cluster;
  cluster.maps["m"]["k"] = "v";
  CHECK(run_command(cluster, {"remove", "m", "k"}).status == 0);
  CHECK(cluster.maps["m"].empty());
  const auto again = run_command(cluster, {"remove", "m", "k"});
  CHECK(again.status == 1);
  CHECK(again.err == "troupe: no key 'k' in map 'm'\n");
}

SCENARIO("contains answers in words and by its status") {
  fake_cluster cluster;
  cluster.maps["m"]["k"] = "v";
  const auto yes = run_command(cluster, {"contains", "m", "k"});
  CHECK(yes.status == 0);
  CHECK(yes.out == "true\n");
  const auto no = run_command(cluster, {"contains", "m", "x"});
  CHECK(no.status == 1);
  CHECK(no.out == "false\n");
  CHECK(run_command(cluster, {"contains", "m", "x", "--json"}).out == "{\"outcome\":\"ok\",\"found\":false}\n");
}

SCENARIO("is-locked says whether somebody holds a lock, and force-unlock takes it") {
  fake_cluster cluster;
  cluster.locked = {"pears"};
  auto with_stock = std::make_shared<view>();
  with_stock->maps.emplace_back().name = "stock";
  cluster.current = with_stock;
  const auto yes = run_command(cluster, {"is-locked", "stock", "pears"});
  CHECK(yes.status == 0);
  CHECK(yes.out == "true\n");
  const auto taken = run_command(cluster, {"force-unlock", "stock", "pears"});
  CHECK(taken.status == 0);
  CHECK(taken.err == "troupe: taken; whoever waits for it has it next\n");
  const auto no = run_command(cluster, {"is-locked", "stock", "pears", "--json"});
  CHECK(no.status == 1);
  CHECK(no.out == "{\"outcome\":\"ok\",\"locked\":false}\n");
  const auto again = run_command(cluster, {"force-unlock", "stock", "pears"});
  CHECK(again.status == 1);
  CHECK(again.err == "troupe: nobody holds a lock of key 'pears' in map 'stock'\n");
  const auto calls = cluster.calls;
  for (const auto* command : {"is-locked", "force-unlock"}) {
    const auto misspelt = run_command(cluster, {command, "stocks", "pears"});
    CHECK(misspelt.status == 1);
    CHECK(misspelt.err == std::string{"troupe: "} + command + ": there is no map 'stocks'\n");
  }
  CHECK(cluster.calls == calls);
}

SCENARIO("size counts and clear empties") {
  fake_cluster cluster;
  cluster.maps["m"] = {{"a", "1"}, {"b", "2"}};
  CHECK(run_command(cluster, {"size", "m"}).out == "2\n");
  CHECK(run_command(cluster, {"size", "m", "--json"}).out == "{\"outcome\":\"ok\",\"size\":2}\n");
  const auto cleared = run_command(cluster, {"clear", "m"});
  CHECK(cleared.status == 0);
  CHECK(cleared.out.empty());
  CHECK(cleared.err == "troupe: 2 entries removed\n");
  CHECK(run_command(cluster, {"size", "m"}).out == "0\n");
}

SCENARIO("a failure is told from an uncertain end, and neither is a success") {
  fake_cluster cluster;
  GIVEN("a definite failure") {
    cluster.result_of_all = failed(outcome::not_applied, failure::value_too_large);
    const auto r = run_command(cluster, {"put", "m", "k", "v", "--json"});
    CHECK(r.status == 1);
    CHECK(r.err == "troupe: put: not done: the value is larger than the cluster allows\n");
    CHECK(r.out == "{\"outcome\":\"not applied\",\"why\":\"the value is larger than the cluster allows\"}\n");
  }
  GIVEN("an uncertain end") {
    cluster.result_of_all = failed(outcome::indeterminate, failure::deadline);
    const auto r = run_command(cluster, {"remove", "m", "k"});
    CHECK(r.status == 1);
    CHECK(r.err == "troupe: remove: may have been done or not: the deadline passed\n");
  }
  GIVEN("no member at all") {
    cluster.result_of_all = failed(outcome::not_applied, failure::no_cluster);
    const auto r = run_command(cluster, {"get", "m", "k"});
    CHECK(r.status == 2);
    CHECK(r.err == "troupe: get: not done: no member of the cluster could be reached\n");
  }
}

SCENARIO("an operation has the time that --timeout gives it") {
  fake_cluster cluster;
  cluster.latency = seconds{100};
  CHECK(run_command(cluster, {"get", "m", "k", "--timeout", "2"}).status == 1);
  CHECK(cluster.timeouts == std::vector<duration>{seconds{2}});
  CHECK(cluster.time == instant{seconds{1002}});
}
