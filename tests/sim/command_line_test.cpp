// What the arguments of troupe-sim come to, and what is said about wrong ones.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <fstream>

#include "tests/sim/command_line.hpp"

namespace troupe::sim {
namespace {

std::variant<sim_command, exit_now> parsed(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "troupe-sim");
  return parse_sim_command_line(static_cast<int>(arguments.size()), arguments.data());
}

sim_command command_of(std::vector<const char*> arguments) {
  auto result = parsed(std::move(arguments));
  if (const auto* stop = std::get_if<exit_now>(&result)) FAIL(stop->text);
  return std::get<sim_command>(std::move(result));
}

/// The text of a refusal.
std::string refused(std::vector<const char*> arguments) {
  const auto result = parsed(std::move(arguments));
  const auto* stop = std::get_if<exit_now>(&result);
  REQUIRE(stop != nullptr);
  CHECK(stop->status == exit_usage);
  return stop->text;
}

/// A file that is gone with the test.
class config_file {
 public:
  explicit config_file(const std::string& inside_root)
      : path_(std::filesystem::temp_directory_path() / ("troupe-sim-test-" + std::to_string(::getpid()) + ".xml")) {
    std::ofstream{path_} << "<hazelcast>\n" << inside_root << "\n</hazelcast>\n";
  }
  config_file(const config_file&) = delete;
  config_file& operator=(const config_file&) = delete;
  ~config_file() { std::filesystem::remove(path_); }
  [[nodiscard]] const char* name() const { return path_.c_str(); }

 private:
  std::filesystem::path path_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("seeds are one, or a range") {
  CHECK(command_of({}).seeds.count == 100);
  const auto one = command_of({"--seed", "7"});
  CHECK(one.seeds.from == 7);
  CHECK(one.seeds.count == 1);
  const auto some = command_of({"--seeds", "10:20"});
  CHECK(some.seeds.from == 10);
  CHECK(some.seeds.count == 20);
  for (const auto* wrong : {"10", "10:", ":10", "1:0", "1:2:3", "1:2x"}) CHECK(has(refused({"--seeds", wrong}), "--seeds: FROM:COUNT"));
  CHECK(has(refused({"--seed", "x"}), "--seed: a seed is a number"));
  CHECK(has(refused({"--seed", "1", "--seeds", "1:2"}), "--seed: can't be given together with --seeds"));
}

TEST_CASE("faults are listed, and a wrong name is told with the nearest") {
  CHECK(command_of({}).wanted.faults.is_all());
  CHECK(command_of({"--faults", "crash,cut"}).wanted.faults.has(fault::cut));
  CHECK_FALSE(command_of({"--faults=-cut"}).wanted.faults.has(fault::cut));
  CHECK(has(refused({"--faults", "crash,shortpause"}), "there is no fault 'shortpause'; did you mean 'short_pause'?"));
  CHECK(has(refused({"--faults", "earthquake"}), "--list-faults"));
}

TEST_CASE("policies: two can be asked for, one is refused as still to come") {
  CHECK_FALSE(command_of({}).wanted.policy);
  CHECK(command_of({"--policy", "majority"}).wanted.policy == quorum_policy::majority);
  CHECK(command_of({"--policy", "strict"}).wanted.policy == quorum_policy::strict);
  CHECK(has(refused({"--policy", "availability"}), "'availability' does not exist yet"));
  CHECK(has(refused({"--policy", "anarchy"}), "there is no policy 'anarchy'"));
}

TEST_CASE("lists and help are printed with status 0") {
  for (const auto* flag : {"--list-faults", "--list-mutants", "--help"}) {
    const auto result = parsed({flag});
    REQUIRE(std::holds_alternative<exit_now>(result));
    CHECK(std::get<exit_now>(result).status == exit_done);
  }
}

TEST_CASE("what does not go together is refused, all of it at once") {
  const auto text = refused({"--trace", "--replay", "a", "--record", "b", "--all-mutants", "--mutant", "no_seal"});
  CHECK(has(text, "--record: can't be given together with --replay"));
  CHECK(has(text, "--trace and --frames: can't be given together with --record and --replay"));
  CHECK(has(text, "--all-mutants: can't be given together with --mutant"));
  CHECK(has(text, "--trace: only of one seed"));
  CHECK(has(refused({"--members", "99"}), "--members"));
  CHECK(has(refused({"--member", "9"}), "did you mean --members?"));
  CHECK(has(refused({"--mutant", "no_sael"}), "did you mean 'no_seal'?"));
}

TEST_CASE("a configuration is simulated: maps, partitions, times, limits") {
  const config_file file{R"(
    <properties><property name="hazelcast.partition.count">271</property></properties>
    <map name="orders-*"><backup-count>2</backup-count></map>
    <map name="default"><backup-count>0</backup-count><async-backup-count>1</async-backup-count></map>
    <troupe><timing-scale>2</timing-scale></troupe>)"};
  const auto c = command_of({"--config", file.name()});
  REQUIRE(c.wanted.settings);
  const auto& s = *c.wanted.settings;
  CHECK(s.partition_count == partitions_simulated_max);
  REQUIRE(c.notes.size() == 1);
  CHECK(has(c.notes[0], "16 of 271 partitions"));
  CHECK(s.times.lease == 2 * timing{}.lease);
  CHECK(command_of({"--config", file.name(), "--partitions", "300"}).wanted.settings->partition_count == 300);
  const auto drawn = draw_scenario(1, c.wanted);
  CHECK(drawn.settings == s);
  REQUIRE(drawn.maps.size() == 2);
  CHECK(drawn.maps[0].pattern == "orders-1");
  CHECK(drawn.maps[0].kind == durability{2, 0});
  CHECK(drawn.maps[1].pattern == "default");
  CHECK(drawn.maps[1].kind == durability{0, 1});
}

TEST_CASE("what is wrong with a configuration is told as a member tells it") {
  const config_file file{"<map name=\"a\"><backup-cuont>1</backup-cuont></map>\n<map name=\"b\"><backup-count>9</backup-count></map>"};
  const auto text = refused({"--config", file.name()});
  CHECK(has(text, ".xml:2: "));
  CHECK(has(text, "did you mean <backup-count>?"));
  CHECK(has(text, ".xml:3: "));
  CHECK(has(refused({"--config", "no-such-file.xml"}), "no-such-file.xml: cannot be read"));
  CHECK(has(refused({"--config", file.name(), "--backups", "1"}), "--backups and --async-backups: can't be given together with --config"));
}

TEST_CASE("maps of a configuration are few, and show every durability that they can") {
  cluster_settings s;
  for (std::uint8_t i = 0; i < 30; ++i) {
    map_definition m;
    m.pattern = "m" + std::to_string(i) + "-*";
    m.kind = {static_cast<std::uint8_t>(i < 28 ? 1 : i - 26), 0};
    s.maps.push_back(m);
  }
  const auto maps = maps_of(s);
  CHECK(maps.size() == maps_simulated_max);
  CHECK(maps[1].kind == durability{2, 0});
  CHECK(maps[2].kind == durability{3, 0});
  CHECK(maps_of({}).front().pattern == "default");
}

}  // namespace
}  // namespace troupe::sim
