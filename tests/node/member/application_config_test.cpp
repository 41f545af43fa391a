// Settings of a member, and of a client, from CAF's own configuration.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <troupe/actors/caf_compat.hpp>
#include <troupe/node/member/application_config.hpp>

using namespace troupe;

namespace {

/// What the application's file and command line say.
void parse(caf::actor_system_config& config, const std::string& file, std::vector<std::string> arguments) {
  std::istringstream in{file};
  const auto error = config.parse(std::move(arguments), in);
  INFO(caf::to_string(error));
  REQUIRE_FALSE(error);
}

read_config read_from(const std::string& file, std::vector<std::string> arguments = {}) {
  application_config config;
  parse(config, file, std::move(arguments));
  return read_application_config(config);
}

read_client_config read_client_from(const std::string& file, std::vector<std::string> arguments = {}) {
  application_config config;
  parse(config, file, std::move(arguments));
  return read_application_client_config(config);
}

using lines = std::vector<std::string>;
const std::vector<address> local_members{{"127.0.0.1", 5701}, {"127.0.0.1", 5702}, {"127.0.0.1", 5703}};

/// Of a client, as a file has them.
std::string client_section(const std::string& keys) { return compat::config_section("troupe.client", keys); }

}  // namespace

TEST_CASE("without keys a member has the defaults") {
  const auto read = read_from(compat::config_section("scheduler", "max-threads=2\n"));
  CHECK(read.errors.empty());
  CHECK(read.config == member_config{});
}

TEST_CASE("the keys of the file are the settings of the member; those of the command line win") {
  const auto file = compat::config_section("troupe", R"(cluster-name="orders"
port=5800
port-auto-increment=false
join=["10.0.0.1:5701", "10.0.0.2"]
bootstrap=true
zone="west"
host-label="rack-7"
shards=3
log-level="warn"
memory-limit="2g"
timing-scale=2
)");
  const auto read = read_from(file, {"--troupe.port=5900", "--troupe.zone=east", "--troupe.timing-scale=0.5"});
  REQUIRE(read.errors.empty());
  member_config expected;
  expected.cluster_name = "orders";
  expected.port = 5900;
  expected.port_auto_increment = false;
  expected.join = {{"10.0.0.1", 5701}, {"10.0.0.2", std::nullopt}};
  expected.bootstrap = true;
  expected.zone = "east";
  expected.host_label = "rack-7";
  expected.shards = 3;
  expected.log_level = log_level::warn;
  expected.memory = {memory_limit::unit::bytes, 2ULL << 30};
  expected.timing_scale = 0.5;
  CHECK(read.config.join == expected.join);
  CHECK(read.config.port == expected.port);
  CHECK(read.config.zone == expected.zone);
  CHECK(read.config.timing_scale == expected.timing_scale);
  CHECK(read.config == expected);
}

TEST_CASE("a file of CAF's alone is read as well, without application_config") {
  caf::actor_system_config config;
  std::istringstream in{compat::config_section("troupe", "port=5801\njoin=\"localhost:5701\"\nlite=true\n")};
  REQUIRE_FALSE(config.parse(std::vector<std::string>{}, in));
  const auto read = read_application_config(config);
  REQUIRE(read.errors.empty());
  CHECK(read.config.port == 5801);
  CHECK(read.config.join == std::vector<join_target>{{"localhost", 5701}});
  CHECK(read.config.lite);
}

TEST_CASE("the keys win over the file that `config` names") {
  const auto xml = std::filesystem::temp_directory_path() / "troupe-application-config-test.xml";
  std::ofstream{xml} << "<hazelcast><cluster-name>of-the-file</cluster-name><network><port>5999</port></network></hazelcast>";
  const auto read = read_from(compat::config_section("troupe", "port=6000\n"), {"--troupe.config=" + xml.string()});
  std::filesystem::remove(xml);
  REQUIRE(read.errors.empty());
  CHECK(read.config.cluster_name == "of-the-file");
  CHECK(read.config.port == 6000);
}

TEST_CASE("every problem is reported, with its key") {
  const auto read = read_from(
      compat::config_section("troupe", "clustername=\"a\"\nport=70000\nlog-level=\"loud\"\nbootstrap=7\nhost=5\njoin=\"a:b:c:1\"\n"
                                       "timing-scale=\"x\"\nmemory-limit=2\n"),
      {"--troupe.shards=many"});
  const std::string all = [&] {
    std::string lines;
    for (const auto& e : read.errors) lines += e + '\n';
    return lines;
  }();
  INFO(all);
  CHECK(read.errors.size() == 9);
  CHECK(all.find("troupe.clustername: there is no such key; did you mean troupe.cluster-name?") != std::string::npos);
  CHECK(all.find("troupe.port: must be a number from 0 to 65535 (is 70000)") != std::string::npos);
  CHECK(all.find("troupe.log-level: must be one of trace") != std::string::npos);
  CHECK(all.find("troupe.bootstrap: must be true or false (is 7)") != std::string::npos);
  CHECK(all.find("troupe.host: must be a text") != std::string::npos);
  CHECK(all.find("troupe.shards: must be a number from 0 to 64") != std::string::npos);
  CHECK(all.find("troupe.memory-limit: must be a text: bytes such as 512m") != std::string::npos);
  CHECK(all.find("troupe.join: ") != std::string::npos);
  CHECK(all.find("troupe.timing-scale: must be a number") != std::string::npos);
}

TEST_CASE("what validation finds names the key") {
  const auto read = read_from(compat::config_section("troupe", "host=\"10.0.0.1\"\ntiming-scale=0.0001\n"));
  const auto names = [&](const std::string& name) {
    return std::any_of(read.errors.begin(), read.errors.end(), [&](const std::string& e) { return e.find(name) != std::string::npos; });
  };
  CHECK(names("troupe.timing-scale"));
  CHECK(names("troupe.host"));
}

// ---- a client ----

TEST_CASE("without keys a client has the defaults, and looks for members on this machine") {
  const auto read = read_client_from("");
  CHECK(read.errors.empty());
  CHECK(read.warnings.empty());
  CHECK(read.config.cluster_name == "dev");
  CHECK(read.config.connect == local_members);
  CHECK(read.config.log_level == log_level::info);
}

TEST_CASE("a client's keys are its settings; those of the command line win") {
  const auto file = client_section("cluster-name=\"orders\"\nconnect=[\"10.0.0.1:5801\", \"10.0.0.2\"]\nlog-level=\"warn\"\n");
  const auto read = read_client_from(file, {"--troupe.client.log-level=debug"});
  REQUIRE(read.errors.empty());
  CHECK(read.config.cluster_name == "orders");
  CHECK(read.config.connect == std::vector<address>{{"10.0.0.1", 5801}, {"10.0.0.2", 5701}, {"10.0.0.2", 5702}, {"10.0.0.2", 5703}});
  CHECK(read.config.log_level == log_level::debug);
  const auto other = read_client_from(file, {"--troupe.client.connect=10.0.0.3:1,10.0.0.4:2", "--troupe.client.cluster-name=mine"});
  CHECK(other.config.connect == std::vector<address>{{"10.0.0.3", 1}, {"10.0.0.4", 2}});
  CHECK(other.config.cluster_name == "mine");
}

TEST_CASE("a member and a client in one application: neither has anything from the other") {
  const lines arguments{"--troupe.cluster-name=here", "--troupe.port=5800", "--troupe.client.cluster-name=there", "--troupe.client.connect=10.0.0.1:5701"};
  const auto member = read_from("", arguments);
  const auto client = read_client_from("", arguments);
  CHECK(member.errors == lines{});
  CHECK(member.config.cluster_name == "here");
  CHECK(member.config.join.empty());
  CHECK(client.errors == lines{});
  CHECK(client.warnings == lines{});
  CHECK(client.config.cluster_name == "there");
}

TEST_CASE("a name that is the member's only is said not to be the client's") {
  CHECK(read_client_from("", {"--troupe.cluster-name=orders"}).warnings ==
        lines{"troupe.cluster-name: is a member's; the client's cluster is 'dev', as troupe.client.cluster-name says nothing else"});
}

TEST_CASE("a client's keys are read from a file of CAF's alone as well") {
  caf::actor_system_config config;
  parse(config, client_section("connect=\"10.0.0.1:5801\"\n"), {});
  const auto read = read_application_client_config(config);
  CHECK(read.errors == lines{});
  CHECK(read.config.connect == std::vector<address>{{"10.0.0.1", 5801}});
}

TEST_CASE("a client's keys win over the file that its `config` names") {
  const auto xml = std::filesystem::temp_directory_path() / "troupe-application-client-test.xml";
  std::ofstream{xml} << "<hazelcast-client><cluster-name>of-the-file</cluster-name><network><cluster-members><address>10.0.0.9:1</address>"
                        "</cluster-members></network></hazelcast-client>";
  const auto read = read_client_from("", {"--troupe.client.config=" + xml.string(), "--troupe.client.connect=10.0.0.1:2"});
  std::filesystem::remove(xml);
  CHECK(read.errors == lines{});
  CHECK(read.config.cluster_name == "of-the-file");
  CHECK(read.config.connect == std::vector<address>{{"10.0.0.1", 2}});
}

TEST_CASE("every problem of a client is reported, with its key") {
  const auto read = read_client_from(client_section("clustername=\"a\"\nconnect=5\nlog-level=3\nport=5701\nconfig=7\n") +
                                     compat::config_section("troupe", "conect=\"a\"\nport=70000\n"));
  auto errors = read.errors;
  std::sort(errors.begin(), errors.end());
  CHECK(errors == lines{"troupe.client.clustername: there is no such key; did you mean troupe.client.cluster-name?",
                        "troupe.client.config: must be the path of a file (is 7)",
                        "troupe.client.connect: must be a text HOST:PORT,..., or a list of such (is 5)",
                        "troupe.client.log-level: must be one of trace, debug, info, warn, error, off (is 3)",
                        "troupe.client.port: there is no such key; did you mean troupe.port?",
                        "troupe.conect: there is no such key; did you mean troupe.client.connect?"});
}

TEST_CASE("what validation finds of a client names the key") {
  CHECK(read_client_from("", {"--troupe.client.cluster-name=" + std::string(256, 'x')}).errors ==
        lines{"troupe.client.cluster-name: cluster-name can't be longer than 255 bytes (has 256)"});
  CHECK(read_client_from("", {"--troupe.client.connect=a:b:c:1"}).errors == lines{"troupe.client.connect: 'a:b:c:1' is no HOST or HOST:PORT, and no IPv6 address"});
}

TEST_CASE("a section of client keys is one") {
  const auto file = compat::config_section("troupe", "client=5\n");
  CHECK(read_client_from(file).errors == lines{"troupe.client: must be a section, of keys such as troupe.client.connect (is 5)"});
  CHECK(read_from(file).errors == read_client_from(file).errors);
}
