#include <fstream>

#include <catch2/catch.hpp>

#include <troupe/node/config/command_line.hpp>

using namespace troupe;

namespace {

std::variant<node_command, exit_now> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "/usr/bin/troupe-node");
  return parse_node_command_line(static_cast<int>(arguments.size()), arguments.data());
}

member_config config_of(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  const auto* stop = std::get_if<exit_now>(&parsed);
  INFO((stop != nullptr ? stop->text : ""));
  REQUIRE(stop == nullptr);
  return std::get<node_command>(parsed).config;
}

exit_now stop_of(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  REQUIRE(std::holds_alternative<exit_now>(parsed));
  return std::get<exit_now>(parsed);
}

std::string refusal(std::vector<const char*> arguments) {
  const auto stop = stop_of(std::move(arguments));
  CHECK(stop.status == 2);
  return stop.text;
}

const std::string see_help = "See 'troupe-node --help'.\n";

}  // namespace

SCENARIO("a node without arguments has the defaults") { CHECK(config_of({}) == member_config{}); }

SCENARIO("every flag sets what it says") {
  member_config wanted;
  wanted.host = "10.0.0.1";
  wanted.port = 5800;
  wanted.port_auto_increment = false;
  wanted.join = {{"a", 1}, {"b", std::nullopt}, {"c", 3}};
  wanted.bootstrap = true;
  wanted.cluster_name = "prod";
  wanted.log_level = log_level::debug;
  wanted.timing_scale = 0.25;
  wanted.memory = {memory_limit::unit::bytes, 512 * 1024 * 1024};
  wanted.insecure = true;
  CHECK(config_of({"--host", "10.0.0.1", "--port", "5800", "--port-strict", "--join", "a:1,b", "--join", "c:3", "--bootstrap", "--name",
                   "prod", "--log-level", "debug", "--timing-scale", "0.25", "--memory-limit", "512m", "--insecure"}) == wanted);
}

SCENARIO("a member without data") {
  CHECK(config_of({"--witness", "--join", "a:1"}).witness);
  CHECK(config_of({"--lite", "--join", "a:1"}).lite);
  CHECK(refusal({"--witness"}) ==
        "troupe-node: --witness: a witness holds no data, and so needs a cluster to join: name a member of it with --join\n" + see_help);
  CHECK(refusal({"--lite", "--bootstrap", "--join", "a:1"}) ==
        "troupe-node: --lite: a lite member holds no data, and so can't found a cluster: leave out --bootstrap\n" + see_help);
  CHECK(refusal({"--lite", "--witness", "--join", "a:1"}) ==
        "troupe-node: --witness: a member can't be both a lite member and a witness\n" + see_help);
}

SCENARIO("flags win over the file, and leave the rest of it") {
  const auto config = config_of({"--config", CONFIG_SAMPLES "/complete.xml", "--port", "6000", "--join", "z:1"});
  CHECK(config.port == 6000);
  CHECK(config.join == std::vector<join_target>{{"z", 1}});
  CHECK(config.cluster_name == "prod");
}

SCENARIO("warnings of the file come with the configuration") {
  const auto parsed = parse({"--config", CONFIG_SAMPLES "/default-5.xml"});
  REQUIRE(std::holds_alternative<node_command>(parsed));
  CHECK_FALSE(std::get<node_command>(parsed).warnings.empty());
}

SCENARIO("all problems of file and flags are told at once, with status 2") {
  CHECK(refusal({"--config", CONFIG_SAMPLES "/wrong.xml", "--port", "x"}) ==
        "troupe-node: --port: a port is a number from 0 to 65535 (is 'x')\n"
        "troupe-node: " CONFIG_SAMPLES
        "/wrong.xml:2: unknown element <netwrok> in <hazelcast>; did you mean <network>?\n"
        "troupe-node: " CONFIG_SAMPLES
        "/wrong.xml:4: backup-count can't be larger than 6 (is 7)\n"
        "troupe-node: warning: " CONFIG_SAMPLES "/wrong.xml:6: <queue> has no effect: maps are the only data structure\n" +
            see_help);
}

SCENARIO("a flag with a wrong value is refused by its name") {
  CHECK(refusal({"--port", "65536"}) == "troupe-node: --port: a port is a number from 0 to 65535 (is '65536')\n" + see_help);
  CHECK(refusal({"--port", "-1"}) == "troupe-node: --port: a port is a number from 0 to 65535 (is '-1')\n" + see_help);
  CHECK(refusal({"--join", "a:b"}) == "troupe-node: --join: 'a:b': a port is a number from 1 to 65535\n" + see_help);
  CHECK(refusal({"--join", ""}) == "troupe-node: --join: needs at least one HOST:PORT\n" + see_help);
  CHECK(refusal({"--log-level", "loud"}) ==
        "troupe-node: --log-level: must be one of trace, debug, info, warn, error, off (is 'loud')\n" + see_help);
  CHECK(refusal({"--timing-scale", "x"}) == "troupe-node: --timing-scale: must be a number (is 'x')\n" + see_help);
  CHECK(refusal({"--timing-scale", "0"}) == "troupe-node: --timing-scale: timing-scale must lie between 0.01 and 1000\n" + see_help);
  CHECK(refusal({"--timing-scale", "nan"}) == "troupe-node: --timing-scale: timing-scale must lie between 0.01 and 1000\n" + see_help);
  CHECK(refusal({"--memory-limit", "much"}) ==
        "troupe-node: --memory-limit: must be bytes such as 512m or 2g, a share such as 60%, or off (is 'much')\n" + see_help);
  CHECK(refusal({"--memory-limit", "4k"}) == "troupe-node: --memory-limit: memory-limit must lie between 1m and 1024t (is 4k)\n" + see_help);
  CHECK(refusal({"--name", ""}) == "troupe-node: --name: cluster-name can't be empty\n" + see_help);
  CHECK(refusal({"--host", "10.0.0.1"}).starts_with("troupe-node: --host: the host '10.0.0.1' is not a loopback address: "));
}

SCENARIO("a flag that does not exist is refused with the nearest one") {
  CHECK(refusal({"--prot", "1"}) == "troupe-node: unknown option '--prot'; did you mean --port?\n" + see_help);
  CHECK(refusal({"--boostrap"}) == "troupe-node: unknown option '--boostrap'; did you mean --bootstrap?\n" + see_help);
}

SCENARIO("a word that belongs to no flag is refused") {
  CHECK(refusal({"--bootstrap", "now"}) == "troupe-node: unexpected argument 'now'; 'troupe-node' takes nothing but options\n" + see_help);
}

SCENARIO("what is refused can't move the cursor of the terminal") {
  CHECK(refusal({"--log-level", "\x1b[2J\n"}) ==
        "troupe-node: --log-level: must be one of trace, debug, info, warn, error, off (is ' [2J ')\n" + see_help);
}

SCENARIO("a flag without its value is refused") { CHECK(refusal({"--port"}) == "troupe-node: --port: N is missing\n" + see_help); }

SCENARIO("a file that is not there is refused") {
  CHECK(refusal({"--config", "/nonexistent.xml"}) ==
        "troupe-node: /nonexistent.xml: cannot be read: No such file or directory\n" + see_help);
}

SCENARIO("help teaches by examples, on standard output") {
  const auto stop = stop_of({"--help"});
  CHECK(stop.status == 0);
  for (const auto* part :
       {"Usage: troupe-node [OPTIONS]", "--config FILE", "--host ADDR", "--port N", "--port-strict", "--join HOST:PORT,...", "--bootstrap",
        "--name NAME", "--log-level LEVEL", "--timing-scale X", "--memory-limit SIZE", "--insecure", "--version", "Examples:", "Exit status: 0 "}) {
    INFO(stop.text);
    CHECK(stop.text.find(part) != std::string::npos);
  }
}

SCENARIO("the version is one line") {
  const auto stop = stop_of({"--version"});
  CHECK(stop.status == 0);
  CHECK(stop.text == "troupe-node 0.1.0\n");
}
