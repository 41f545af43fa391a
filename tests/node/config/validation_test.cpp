#include <limits>

#include <catch2/catch.hpp>

#include <troupe/node/config/member_config.hpp>

using namespace troupe;

namespace {

/// The texts of all problems, `where: text` each.
std::vector<std::string> problems_of(const member_config& config) {
  std::vector<std::string> texts;
  for (const auto& p : validate(config)) texts.push_back(p.where + ": " + (p.severity == severity::warning ? "warning: " : "") + p.text);
  return texts;
}

std::vector<std::string> problems_with_maps(std::vector<map_definition> maps) {
  member_config config;
  config.settings.maps = std::move(maps);
  return problems_of(config);
}

using texts = std::vector<std::string>;

}  // namespace

SCENARIO("the defaults are valid") {
  const member_config config;
  CHECK(validate(config).empty());
  CHECK(config.port == 5701);
  CHECK(config.settings.partition_count == 271);
}

SCENARIO("all problems are found at once") {
  member_config config;
  config.cluster_name = "";
  config.settings.partition_count = 0;
  config.shards = 65;
  CHECK(problems_of(config) == texts{"cluster-name: cluster-name can't be empty",
                                     "properties/hazelcast.partition.count: hazelcast.partition.count can't be smaller than 1 (is 0)",
                                     "troupe/shards: shards can't be larger than 64 (is 65)"});
}

SCENARIO("counts of backups lie between 0 and 6, and so does their sum") {
  CHECK(problems_with_maps({{"m", {7, 0}, false}}) == texts{"map[1]/backup-count: backup-count can't be larger than 6 (is 7)"});
  CHECK(problems_with_maps({{"m", {0, 7}, false}}) == texts{"map[1]/async-backup-count: async-backup-count can't be larger than 6 (is 7)"});
  CHECK(problems_with_maps({{"m", {4, 3}, false}}) ==
        texts{"map[1]/async-backup-count: the sum of backup-count (4) and async-backup-count (3) can't be larger than 6 (is 7)"});
  for (std::uint8_t b = 0; b <= 6; ++b) {
    for (std::uint8_t a = 0; a + b <= 6; ++a) CHECK(problems_with_maps({{"m", {b, a}, false}}).empty());
  }
}

SCENARIO("reading backup data without backups is suspicious, not wrong") {
  CHECK(problems_with_maps({{"m", {0, 0}, true}}) ==
        texts{"map[1]/read-backup-data: warning: read-backup-data has no effect: map 'm' has no backups of either kind"});
  CHECK(problems_with_maps({{"m", {0, 1}, true}, {"n", {1, 0}, true}}).empty());
}

SCENARIO("names of maps") {
  CHECK(problems_with_maps({{"", {}, false}}) == texts{"map[1]: a map needs a name"});
  CHECK(problems_with_maps({{std::string(256, 'x'), {}, false}}) == texts{"map[1]: a map's name can't be longer than 255 bytes (has 256)"});
  CHECK(problems_with_maps({{"a*b*", {}, false}}) == texts{"map[1]: a map's name can't have more than one '*' (is 'a*b*')"});
  CHECK(problems_with_maps({{"a@b", {}, false}}) ==
        texts{"map[1]: warning: the definition of map 'a@b' has no effect: a map's name counts only up to its '@'"});
}

SCENARIO("a map is defined once, and no two patterns fit one name equally well") {
  member_config config;
  config.settings.maps = {{"a", {}, false}, {"x*", {}, false}, {"a", {2, 0}, false}, {"*y", {}, false}};
  const auto found = validate(config);
  REQUIRE(found.size() == 2);
  CHECK(found[0] == config_problem{"map[3]", "map 'a' is defined twice", severity::error, "map[1]"});
  CHECK(found[1] == config_problem{"map[4]", "the patterns 'x*' and '*y' fit map 'xy' equally well", severity::error, "map[2]"});
}

SCENARIO("the number of map definitions is bounded") {
  std::vector<map_definition> maps;
  for (int i = 0; i < 1001; ++i) maps.push_back({"m" + std::to_string(i), {}, false});
  CHECK(problems_with_maps(maps) == texts{"map[1001]: there can't be more than 1000 map definitions (are 1001)"});
  maps.pop_back();
  CHECK(problems_with_maps(maps).empty());
}

SCENARIO("only loopback is listened at unless insecurity is asked for") {
  member_config config;
  for (const auto* host : {"127.0.0.1", "127.9.8.7", "localhost", "::1", "0:0:0:0:0:0:0:1"}) {
    config.host = host;
    INFO(host);
    CHECK(problems_of(config).empty());
  }
  for (const auto* host : {"10.0.0.1", "127.evil.example", "db1", "fe80::1"}) {
    config.host = host;
    config.insecure = false;
    CHECK(problems_of(config) ==
          texts{"network/interfaces: the host '" + std::string{host} +
                "' is not a loopback address: whoever reaches it could read and change every map; where the network can "
                "be trusted, allow it with --insecure"});
    config.insecure = true;
    CHECK(problems_of(config).empty());
  }
}

SCENARIO("a host that nobody can dial is refused") {
  member_config config;
  config.insecure = true;
  for (const auto* host : {"0.0.0.0", "::"}) {
    config.host = host;
    CHECK(problems_of(config) == texts{"network/interfaces: the host '" + std::string{host} +
                                       "' can't be given to other members: name one address of this machine"});
  }
  config.host = "";
  CHECK(problems_of(config) == texts{"network/interfaces: the host to listen at can't be empty"});
}

SCENARIO("a frame holds any operation") {
  member_config config;
  config.settings.partition_count = 1;  // So that views are small.
  auto& limits = config.settings.limits;
  limits = {100, 1000, 2 * 1000 + 100 + 65536, 1};
  CHECK(problems_of(config).empty());
  --limits.frame_bytes_max;
  CHECK(problems_of(config) ==
        texts{"troupe/limits/frame-bytes-max: frame-bytes-max must be at least 2 * value-bytes-max + key-bytes-max + "
              "65536 = 67636 (is 67635)"});
  GIVEN("sizes whose sum does not fit 32 bits") {
    limits = {1024, 1024 * 1024 * 1024, 1024 * 1024 * 1024, 1};
    CHECK(problems_of(config) ==
          texts{"troupe/limits/frame-bytes-max: frame-bytes-max must be at least 2 * value-bytes-max + key-bytes-max + "
                "65536 = 2147550208 (is 1073741824)"});
  }
  GIVEN("limits of nothing") {
    limits = {0, 0, 0, 0};
    CHECK(problems_of(config).size() == 4);
  }
}

SCENARIO("a frame holds the largest view") {
  member_config config;
  CHECK(problems_of(config).empty());
  GIVEN("many partitions of many durabilities") {
    config.settings.partition_count = partition_count_max;
    for (std::uint8_t backups = 0; backups <= 6; ++backups)
      config.settings.maps.push_back({"map-" + std::to_string(backups), {backups, 0}});
    CHECK(problems_of(config) ==
          texts{"troupe/limits/frame-bytes-max: frame-bytes-max must be at least 18275552, so that a frame holds the "
                "largest view that 10000 partitions and maps-max of 1000 allow (is 16777216)"});
    config.settings.limits.frame_bytes_max = 18275552;
    CHECK(problems_of(config).empty());
  }
  GIVEN("many maps") {
    config.settings.limits.maps_max = 1'000'000;
    CHECK(problems_of(config).size() == 1);
  }
}

SCENARIO("times outlive a lost heartbeat") {
  member_config config;
  config.settings.times.lease = milliseconds{299};
  config.settings.times.suspect_after = milliseconds{200};
  CHECK(
      problems_of(config) ==
      texts{"troupe/timing/lease-millis: lease-millis can't be smaller than 300, three times heartbeat-millis, (is 299)",
            "troupe/timing/suspect-after-millis: suspect-after-millis can't be smaller than 300, three times heartbeat-millis, (is 200)"});
  config = {};
  config.settings.times.heartbeat = nanoseconds{0};
  CHECK(problems_of(config) == texts{"troupe/timing/heartbeat-millis: heartbeat-millis can't be smaller than 1 (is 0)"});
  config = {};
  config.settings.times.leave_deadline = seconds{-1};
  CHECK(problems_of(config) == texts{"troupe/timing/leave-deadline-seconds: leave-deadline-seconds can't be smaller than 0 (is -1)"});
  config = {};
  config.settings.times.lease = duration::max();
  CHECK(problems_of(config) == texts{"troupe/timing/lease-millis: lease-millis can't be larger than 604800000 (is 9223372036854)"});
}

SCENARIO("the scale of times is a sane number and multiplies them all") {
  member_config config;
  for (const double wrong : {0.0, -1.0, 0.009, 1001.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    config.timing_scale = wrong;
    CHECK(problems_of(config) == texts{"troupe/timing-scale: timing-scale must lie between 0.01 and 1000"});
  }
  config.timing_scale = 0.5;
  CHECK(validate(config).empty());
  CHECK(scaled_settings(config).times == timing{milliseconds{50}, milliseconds{500}, milliseconds{500}, milliseconds{1500}, seconds{300}});
  CHECK(scaled_settings(config).maps == config.settings.maps);
}

SCENARIO("the quorum policy to come is refused, those that are there are not") {
  member_config config;
  config.settings.split_brain = quorum_policy::strict;
  CHECK(validate(config).empty());
  config.settings.split_brain = quorum_policy::availability;
  CHECK(problems_of(config) == texts{"troupe/split-brain: split-brain can only be 'majority' or 'strict' in this version"});
}

SCENARIO("members to join need a host and a port") {
  member_config config;
  config.join = {{"", 1}, {"a", 0}};
  CHECK(problems_of(config) ==
        texts{"network/join/tcp-ip: a member to join needs a host", "network/join/tcp-ip: the port of member 'a' to join can't be 0"});
}

TEST_CASE("a memory limit is bytes, a share, or off") {
  using unit = memory_limit::unit;
  const auto is = [](std::string_view text, unit in, std::uint64_t amount) { return parse_memory_limit(text) == memory_limit{in, amount}; };
  CHECK(is("1048576", unit::bytes, 1048576));
  CHECK(is("512m", unit::bytes, 512ULL << 20));
  CHECK(is(" 2G ", unit::bytes, 2ULL << 30));
  CHECK(is("1t", unit::bytes, 1ULL << 40));
  CHECK(is("60%", unit::percent, 60));
  CHECK(is("OFF", unit::off, 0));
  for (const auto* wrong : {"", "m", "-1", "2gb", "1.5g", "60 %", "%", "none", "99999999999999999999", "99999999999t"}) {
    INFO(wrong);
    CHECK_FALSE(parse_memory_limit(wrong));
  }
  for (const auto* text : {"off", "60%", "1m", "3g", "1024t", "1000001"}) CHECK(to_string(*parse_memory_limit(text)) == text);
  CHECK(bytes_of({unit::percent, 60}, 1000) == 600);
  CHECK(bytes_of({unit::percent, 60}, 0) == 0);
  CHECK(bytes_of({unit::bytes, 7}, 1000) == 7);
  CHECK(bytes_of({unit::off, 0}, 1000) == 0);
}

SCENARIO("a log level has a name") {
  for (const auto* name : {"trace", "debug", "info", "warn", "error", "off"}) CHECK(to_string(parse_log_level(name).value()) == name);
  CHECK(parse_log_level("verbose") == std::nullopt);
}
