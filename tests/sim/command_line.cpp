#include "tests/sim/command_line.hpp"

#include <algorithm>
#include <charconv>

#include <troupe/node/config/argument_parser.hpp>
#include <troupe/node/config/nearest_name.hpp>
#include <troupe/node/config/xml_config.hpp>

#include "tests/sim/mutants/catalogue.hpp"

namespace troupe::sim {

namespace {

constexpr auto program = "troupe-sim";

constexpr auto examples = R"(Examples:
  Two thousand clusters, two at a time; each seed draws its own cluster,
  network and faults:
    troupe-sim --seeds 1:2000 --jobs 2
  What happens in one of them, with every frame:
    troupe-sim --seed 1784 --frames
  Your own configuration, with all faults but those that pause processes:
    troupe-sim --config hazelcast.xml --members 3
               --faults all,-short_pause,-long_pause,-shared_pause
  Nothing but crashes and restarts on a network that loses frames:
    troupe-sim --faults crash,restart,loss
  A long batch that can be stopped at any time: the same command goes on with
  what is missing, and sums up all of it; then the same runs once more, to see
  that they are the same:
    troupe-sim --seeds 1:100000 --seconds 60 --jobs 8 --record runs.txt
    troupe-sim --seconds 60 --jobs 8 --replay runs.txt

A seed is a run: the same seed and options give the same hash, everywhere.

Exit status: 0 every seed passed (or every planted bug was found), 1 some seed
failed or is not the run that was recorded, 2 wrong usage or configuration.
)";

/// The arguments as they were given.
struct arguments {
  std::optional<std::string> seed, seeds, faults, policy, mutant;
  std::optional<std::string> config, record, replay;
  std::optional<std::size_t> members;
  std::optional<std::uint32_t> partitions;
  std::optional<unsigned> backups, async_backups;
  double seconds = 20;
  std::size_t jobs = 1;
  bool trace = false, frames = false;
  bool list_faults = false, list_mutants = false, all_mutants = false;
};

void describe_cluster(CLI::App& app, arguments& into) {
  app.add_option("--members", into.members, "Members at first (drawn for each seed)")->option_text("N")->check(CLI::Range(1, 50));
  app.add_option("--partitions", into.partitions, "Partitions (drawn; at most 16 of a configuration's)")
      ->option_text("N")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--backups", into.backups, "Backups of the one map (maps are drawn)")->option_text("N")->check(CLI::Range(0, 6));
  app.add_option("--async-backups", into.async_backups, "Async backups of the one map (drawn)")->option_text("N")->check(CLI::Range(0, 6));
  app.add_option("--policy", into.policy, "Who decides views: majority or strict (drawn, or the configuration's)")->option_text("NAME");
  app.add_option("--config", into.config, "Simulate the maps, times and limits of this XML, as of Hazelcast")->option_text("FILE");
}

void describe_runs(CLI::App& app, arguments& into) {
  app.add_option("--seed", into.seed, "Run this one seed")->option_text("N");
  app.add_option("--seeds", into.seeds, "Run these seeds (1:100)")->option_text("FROM:COUNT");
  app.add_option("--seconds", into.seconds, "Virtual seconds with faults (20)")->option_text("S")->check(CLI::Range(0.0, 1e6));
  app.add_option("--jobs", into.jobs, "Seeds run at the same time (1)")->option_text("N")->check(CLI::Range(1, 256));
  app.add_option("--faults", into.faults, "Kinds that may be drawn: names, all, none, -NAME (all)")->option_text("NAME,...");
  app.add_option("--record", into.record, "Write each run down; go on where an earlier batch stopped")->option_text("FILE");
  app.add_option("--replay", into.replay, "Run what was recorded again, and compare the hashes")->option_text("FILE");
  app.add_flag("--trace", into.trace, "Print what happens (with --seed)");
  app.add_flag("--frames", into.frames, "Print each frame that arrives, too (with --seed)");
  app.add_option("--mutant", into.mutant, "Plant this bug in the core: the seeds should find it")->option_text("NAME");
  app.add_flag("--all-mutants", into.all_mutants, "Plant each bug in turn, until a kept seed or one of --seeds finds it");
  app.add_flag("--list-faults", into.list_faults, "Print the kinds of faults, and end");
  app.add_flag("--list-mutants", into.list_mutants, "Print the bugs that can be planted, and end");
}

bool parse_number(std::string_view text, std::uint64_t& into) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && stop == text.data() + text.size();
}

std::vector<std::string> fault_names() {
  std::vector<std::string> names{"all", "none"};
  for_each_fault([&](fault f) { names.emplace_back(to_string(f)); });
  return names;
}

/// From arguments to a command; what is wrong with them, all of it.
class reader {
 public:
  explicit reader(const arguments& given) : given_(given) {
    command.jobs = given.jobs;
    command.hunts_mutants = given.all_mutants;
    command.wanted.members = given.members;
    command.wanted.partitions = given.partitions;
    if (given.backups) command.wanted.backups = static_cast<std::uint8_t>(*given.backups);
    if (given.async_backups) command.wanted.async_backups = static_cast<std::uint8_t>(*given.async_backups);
    command.wanted.length = duration{static_cast<duration::rep>(given.seconds * 1e9)};
    command.record = given.record;
    command.replay = given.replay;
    exclusions();
    seeds();
    print();
    faults();
    policy();
    mutant();
    config();
  }

  sim_command command;
  std::vector<std::string> problems;

 private:
  void refuse(const std::string& flag, const std::string& why) { problems.push_back(flag + ": " + why); }

  void exclusions() {
    const auto& g = given_;
    const bool prints = g.trace || g.frames, counts = g.backups || g.async_backups;
    exclude("--seed", g.seed.has_value(), "--seeds", g.seeds.has_value());
    exclude("--record", g.record.has_value(), "--replay", g.replay.has_value());
    exclude("--trace and --frames", prints, "--record and --replay", g.record || g.replay);
    exclude("--backups and --async-backups", counts, "--config, which says how many its maps have", g.config.has_value());
    exclude("--all-mutants", g.all_mutants, "--mutant", g.mutant.has_value());
    exclude("--all-mutants", g.all_mutants, "--record and --replay", g.record || g.replay);
    exclude("--all-mutants", g.all_mutants, "--trace and --frames", prints);
  }
  void exclude(const std::string& one, bool has_one, const std::string& other, bool has_other) {
    if (has_one && has_other) refuse(one, "can't be given together with " + other);
  }

  void seeds() {
    auto& s = command.seeds;
    command.seeds_given = given_.seed || given_.seeds;
    if (given_.seed) {
      s.count = 1;
      if (!parse_number(*given_.seed, s.from)) refuse("--seed", "a seed is a number (is '" + *given_.seed + "')");
    }
    if (!given_.seeds) return;
    const std::string_view text = *given_.seeds;
    const auto colon = std::min(text.find(':'), text.size());
    const bool good = colon < text.size() && parse_number(text.substr(0, colon), s.from) && parse_number(text.substr(colon + 1), s.count);
    if (!good || s.count == 0) refuse("--seeds", "FROM:COUNT is expected, as in 1:100 (is '" + *given_.seeds + "')");
  }

  void print() {
    if (!given_.trace && !given_.frames) return;
    if (!given_.seed) return refuse(given_.trace ? "--trace" : "--frames", "only of one seed: give --seed");
    command.print = given_.frames ? trace::detail::frames : trace::detail::full;
  }

  void faults() {
    if (!given_.faults) return;
    const auto read = parse_faults(*given_.faults);
    if (const auto* set = std::get_if<fault_set>(&read)) {
      command.wanted.faults = *set;
      return;
    }
    const auto& name = std::get<unknown_fault>(read).name;
    auto near = did_you_mean(name, fault_names(), "'", "'");
    if (near.empty()) near = "; --list-faults shows those that there are";
    refuse("--faults", "there is no fault '" + name + '\'' + near);
  }

  void policy() {
    if (!given_.policy) return;
    if (*given_.policy == "majority") {
      command.wanted.policy = quorum_policy::majority;
    } else if (*given_.policy == "strict") {
      command.wanted.policy = quorum_policy::strict;
    } else if (*given_.policy == "availability") {
      refuse("--policy", "'availability' does not exist yet; there are majority and strict");
    } else {
      refuse("--policy", "there is no policy '" + *given_.policy + "'; there are majority and strict");
    }
  }

  void mutant() {
    if (!given_.mutant) return;
    if (const auto* planted = find_mutant(*given_.mutant)) {
      command.wanted.planted_bug = planted->what;
      return;
    }
    std::vector<std::string> names;
    for (const auto& m : all_mutants()) names.emplace_back(m.name);
    auto near = did_you_mean(*given_.mutant, names, "'", "'");
    if (near.empty()) near = "; --list-mutants shows those that there are";
    refuse("--mutant", "there is no bug '" + *given_.mutant + "' to plant" + near);
  }

  void config() {
    if (!given_.config) return;
    auto read = read_xml_config(*given_.config);
    problems.insert(problems.end(), read.errors.begin(), read.errors.end());
    const bool is_read = read.errors.empty();
    for (const auto& warning : read.warnings) (is_read ? command.notes : problems).push_back("warning: " + warning);
    if (is_read) simulate(scaled_settings(read.config));
  }

  void simulate(cluster_settings s) {
    const auto& file = *given_.config;
    for (const auto& [name, limit] : {std::pair{"key-bytes-max", s.limits.key_bytes_max}, {"value-bytes-max", s.limits.value_bytes_max}}) {
      if (limit < simulated_bytes_min) {
        problems.push_back(file + ": " + name + " can't be smaller than " + std::to_string(simulated_bytes_min) + " in a simulation (is " +
                           std::to_string(limit) + ")");
      }
    }
    if (given_.partitions) {
      s.partition_count = *given_.partitions;
    } else if (s.partition_count > partitions_simulated_max) {
      const auto configured = std::to_string(s.partition_count);
      s.partition_count = partitions_simulated_max;
      command.notes.push_back(file + ": simulates " + std::to_string(s.partition_count) + " of " + configured +
                              " partitions, because each costs time; --partitions " + configured + " simulates all");
    }
    if (s.maps.size() > maps_simulated_max) {
      command.notes.push_back(file + ": simulates " + std::to_string(maps_simulated_max) + " of " + std::to_string(s.maps.size()) +
                              " maps, of different durability as far as there are so many");
    }
    command.wanted.settings = std::move(s);
  }

  const arguments& given_;
};

}  // namespace

std::variant<sim_command, exit_now> parse_sim_command_line(int argc, const char* const* argv) {
  CLI::App app{"Simulates whole clusters on virtual time with seeded faults, and checks every invariant.", program};
  arguments given;
  app.set_help_flag("-h,--help", "Print this and end");
  describe_runs(app, given);
  describe_cluster(app, given);
  app.footer(examples);
  if (auto stop = parse_arguments(app, argc, argv)) return *stop;
  if (given.list_faults) return exit_now{exit_done, faults_text()};
  if (given.list_mutants) return exit_now{exit_done, mutants_text()};
  reader read{given};
  if (read.problems.empty()) return std::move(read.command);
  return usage_error(program, read.problems, std::string{program} + " --help");
}

}  // namespace troupe::sim
