// The programs as scripts see them: exit status, standard output, standard error.
#include <catch2/catch.hpp>

#include <csignal>

#include "tests/cluster/test_cluster.hpp"

namespace troupe::cluster {

namespace {

/// Runs `troupe` against a cluster.
class command_line {
 public:
  explicit command_line(const test_cluster& cluster) : cluster_(cluster) {}

  program_result operator()(const std::vector<std::string>& words, const std::string& input = {}) const {
    std::vector<std::string> command{TROUPE_CLI, "--name", cluster_.name(), "--connect", to_string(cluster_.addresses().front())};
    command.insert(command.end(), words.begin(), words.end());
    return run_program(command, input);
  }

 private:
  const test_cluster& cluster_;
};

/// `troupe-node` that is not expected to become a member.
program_result failed_start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), TROUPE_NODE);
  return run_program(arguments);
}

std::string last_line(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

SCENARIO("troupe: put, get, remove of single entries", "[programs]") {
  test_cluster cluster{2};
  const command_line troupe{cluster};
  CHECK(troupe({"put", "one", "France", "Paris"}).status == 0);

  const auto there = troupe({"get", "one", "France"});
  CHECK(there.status == 0);
  CHECK(there.output == "Paris\n");
  CHECK(there.errors.empty());

  const auto missing = troupe({"get", "one", "Atlantis"});
  CHECK(missing.status == 1);
  CHECK(missing.output.empty());
  CHECK_THAT(missing.errors, Catch::Contains("Atlantis"));

  CHECK(troupe({"contains", "one", "France"}).output == "true\n");
  CHECK(troupe({"remove", "one", "France"}).status == 0);
  CHECK(troupe({"remove", "one", "France"}).status == 1);
  CHECK(troupe({"contains", "one", "France"}).status == 1);
  CHECK(troupe({"get", "one"}).status == 2);
}

SCENARIO("troupe: load, verify and dump of a file", "[programs]") {
  test_cluster cluster{2};
  const command_line troupe{cluster};
  const std::string file = "a\t1\nb\ttwo\\nlines\nc\twith\\ttab\n";
  const auto loaded = troupe({"load", "one", "-"}, file);
  CHECK(loaded.status == 0);
  CHECK(last_line(loaded.output) == "3 acknowledged, 0 failed");

  const auto same = troupe({"verify", "one", "-"}, file);
  CHECK(same.status == 0);
  CHECK(last_line(same.output) == "3 verified, 0 missing, 0 different");

  const auto other = troupe({"verify", "one", "-"}, "a\t1\nb\tother\nd\tmissing\n");
  CHECK(other.status == 1);
  CHECK(last_line(other.output) == "1 verified, 1 missing, 1 different");

  const auto dumped = troupe({"dump", "one"});
  CHECK(dumped.status == 0);
  CHECK(dumped.output == file);

  CHECK(troupe({"size", "one"}).output == "3\n");
  const auto stats = troupe({"--json", "stats", "one"});
  CHECK(stats.status == 0);
  CHECK_THAT(stats.output, Catch::Contains(R"("totals":{"owned_entries":3)") && Catch::Contains(R"("backup_entries":3)") &&
                               Catch::Contains(R"("backup_reads":0)"));
  CHECK(troupe({"wait-safe"}).status == 0);
  CHECK(troupe({"clear", "one"}).status == 0);
  CHECK(troupe({"size", "one"}).output == "0\n");
}

SCENARIO("troupe: a reader that has seen enough ends a dump quietly, a full disk with a word", "[programs]") {
  test_cluster cluster{1};
  const command_line troupe{cluster};
  std::string file;
  for (int i = 0; i < 10; ++i) file += std::to_string(i) + "\t" + std::string(100'000, 'x') + "\n";  // More than a pipe holds.
  REQUIRE(troupe({"load", "one", "-"}, file).status == 0);
  const auto in_shell = [&](const std::string& script) {
    return run_program({"/bin/sh", "-c", script, "sh", TROUPE_CLI, "--name", cluster.name(), "--connect",
                        to_string(cluster.addresses().front()), "dump", "one"});
  };
  const auto cut_off = in_shell("{ \"$@\"; echo $? >&2; } | head -n 1");
  CHECK(cut_off.output == file.substr(0, file.find('\n') + 1));
  CHECK(cut_off.errors == std::to_string(128 + SIGPIPE) + "\n");

  const auto full = in_shell("\"$@\" > /dev/full");
  CHECK(full.status == 1);
  CHECK(full.errors == "troupe: the result could not be written to standard output\n");
  CHECK(run_program({"/bin/sh", "-c", "\"$@\" > /dev/full", "sh", TROUPE_CLI, "--help"}).status == 1);
}

SCENARIO("troupe: Ctrl-C ends a load in good order", "[programs]") {
  test_cluster cluster{1};
  std::string file;
  for (int i = 0; i < 100'000; ++i) file += std::to_string(i) + "\tvalue\n";
  const auto where = to_string(cluster.addresses().front());
  child_process load{{TROUPE_CLI, "--name", cluster.name(), "--connect", where, "load", "one", "-", "--rate", "100"}, file};
  REQUIRE(eventually([&] { return cluster.client().size("one") > 0; }));
  load.signal(SIGINT);
  CHECK(load.wait_ended() == 130);
  CHECK(load.read_rest() == std::to_string(cluster.client().size("one")) + " acknowledged, 0 failed\n");
  CHECK(load.error_output() == "troupe: interrupted: the rest of standard input was not sent\n");
}

SCENARIO("troupe: no connection is exit status 2, and no wrong answer", "[programs]") {
  const auto nobody_there = to_string(address{"127.0.0.1", free_ports(1)});
  for (const auto& words : std::vector<std::vector<std::string>>{{"get", "m", "k"}, {"put", "m", "k", "v"}, {"members"}, {"stats"}}) {
    std::vector<std::string> command{TROUPE_CLI, "--timeout", "0.5", "--connect", nobody_there};
    command.insert(command.end(), words.begin(), words.end());
    const auto result = run_program(command);
    CAPTURE(words.front(), result.errors);
    CHECK(result.status == 2);
    CHECK(result.output.empty());
    CHECK_THAT(result.errors, Catch::Contains(nobody_there));
  }
}

SCENARIO("troupe: a member of another cluster refuses, and the command says what to do", "[programs]") {
  test_cluster cluster{1};
  const auto where = to_string(cluster[0].address());
  // Only a command that does not wait ends within the patience of a test.
  const auto result = run_program({TROUPE_CLI, "--name", "another", "--timeout", "86400", "--connect", where, "wait-safe"});
  CHECK(result.status == 2);
  CHECK(result.output.empty());
  CHECK_THAT(result.errors, Catch::Contains(where + ": refused: ") && Catch::Contains("'another'") && Catch::Contains("--name"));
}

SCENARIO("troupe: of several members to connect to, one that lives is enough", "[programs]") {
  test_cluster cluster{3};  // Of two, the survivor may halt when the other dies right after a view.
  cluster.client().set("one", "key", "value");
  REQUIRE(cluster.wait_safe(3));
  const auto both = to_string(cluster[0].address()) + ',' + to_string(cluster[1].address());
  cluster[0].kill();
  const auto result = run_program({TROUPE_CLI, "--name", cluster.name(), "--connect", both, "get", "one", "key"});
  CAPTURE(result.errors);
  CHECK(result.status == 0);
  CHECK(result.output == "value\n");
}

SCENARIO("troupe-node: a wrong configuration is told in full, each problem with its line", "[programs]") {
  const auto file = configuration("wrong.xml");
  const auto result = failed_start({"--config", file});
  CHECK(result.status == 2);
  CHECK(result.output.empty());
  CHECK_THAT(result.errors, Catch::Contains(file + ":3: ") && Catch::Contains("backup-count can't be larger than 6 (is 7)"));
  CHECK_THAT(result.errors, Catch::Contains(file + ":6: ") && Catch::Contains("bakup-count"));
  CHECK(failed_start({"--no-such-flag"}).status == 2);
}

SCENARIO("troupe-node: a taken port means the next one, or with --port-strict the end", "[programs]") {
  const auto port = free_ports(4);
  const auto name = fresh_cluster_name();
  running_member first{port, {"--name", name, "--bootstrap"}};
  CHECK(first.wait_ready().address.port == port);
  running_member second{port, {"--name", name, "--join", to_string(first.address())}};
  CHECK(second.wait_ready().address.port == port + 1);
  CHECK(second.ready().members == 2);

  const auto refused =
      failed_start({"--name", name, "--port", std::to_string(port), "--port-strict", "--join", to_string(first.address())});
  CHECK(refused.status == 2);
  CHECK(refused.output.empty());
  CHECK_THAT(refused.errors, Catch::Contains(std::to_string(port)));
}

SCENARIO("troupe-node: a member that the cluster refuses says why, whatever its log level", "[programs]") {
  test_cluster cluster{1, "default-one-backup.xml"};
  const auto result =
      failed_start({"--name", cluster.name(), "--config", configuration("default-async-backup.xml"), "--port", std::to_string(free_ports(1)),
                    "--join", to_string(cluster[0].address()), "--log-level", "off"});
  CHECK(result.status == 2);
  CHECK(result.output.empty());
  CHECK_THAT(result.errors, Catch::StartsWith("troupe-node: the cluster refused this member: ") && Catch::Contains("default"));
}

}  // namespace troupe::cluster
