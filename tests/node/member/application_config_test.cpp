// Settings of a member from CAF's own configuration.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <troupe/actors/caf_compat.hpp>
#include <troupe/node/member/application_config.hpp>

using namespace troupe;

namespace {

/// What the application's file and command line say.
read_config read_from(const std::string& file, std::vector<std::string> arguments = {}) {
  application_config config;
  std::istringstream in{file};
  const auto error = config.parse(std::move(arguments), in);
  INFO(caf::to_string(error));
  REQUIRE_FALSE(error);
  return read_application_config(config);
}

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
