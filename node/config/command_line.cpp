#include <troupe/node/config/command_line.hpp>

#include <optional>

#include <troupe/node/config/argument_parser.hpp>
#include <troupe/node/config/xml_config.hpp>

namespace troupe {

namespace {

constexpr auto examples = R"(Examples:
  A cluster of three on this machine; each takes the next free port:
    troupe-node --bootstrap
    troupe-node --join 127.0.0.1:5701
    troupe-node --join 127.0.0.1:5701
  With a configuration file as Hazelcast has it; flags win over it:
    troupe-node --config hazelcast.xml --port 5800 --port-strict
  Two machines in a network that can be trusted, and a third that only votes:
    troupe-node --host 10.0.0.1 --insecure --bootstrap
    troupe-node --host 10.0.0.2 --insecure --join 10.0.0.1:5701
    troupe-node --host 10.0.0.3 --insecure --join 10.0.0.1:5701 --witness

Once it is a member it prints one line (and another one if the others removed
it, after a long pause for example, and it came back as a new member):
  ready member=<uuid> address=<host:port> view=<n> members=<n>
Logs go to standard error. SIGTERM hands everything over to the other members
and then ends with status 0; a second SIGTERM ends at once.

Exit status: 0 ended as asked, 1 failed or left before everything was handed
over, 2 wrong usage or configuration.
)";

/// The arguments as they were given; what was not given is not there.
struct arguments {
  std::optional<std::string> file;
  std::optional<std::string> host;
  std::optional<std::string> port;
  bool port_strict = false;
  std::vector<std::string> join;
  bool bootstrap = false;
  bool witness = false;
  bool lite = false;
  std::optional<std::string> name;
  std::optional<std::string> log_level;
  std::optional<std::string> timing_scale;
  std::optional<std::string> memory_limit;
  bool insecure = false;
};

void describe(CLI::App& app, arguments& into) {
  app.set_version_flag("--version", version_line(app.get_name()), "Print the version and end");
  app.set_help_flag("-h,--help", "Print this and end");
  app.add_option("--config", into.file, "Configuration file, XML as of Hazelcast")->type_name("FILE");
  app.add_option("--host", into.host, "Address to listen at, and to be reached at (127.0.0.1)")->type_name("ADDR");
  app.add_option("--port", into.port, "Port to listen at; a taken one means the next (5701)")->type_name("N");
  app.add_flag("--port-strict", into.port_strict, "Fail when the port is taken");
  app.add_option("--join", into.join, "Where to look for the cluster; without a port: 3 from --port on")
      ->option_text("HOST:PORT,...")
      ->allow_extra_args(false);
  app.add_flag("--bootstrap", into.bootstrap, "Found the cluster if none is found");
  app.add_flag("--witness", into.witness, "Vote, but hold no data: makes two members safe against a split");
  app.add_flag("--lite", into.lite, "Hold no data and have no vote");
  app.add_option("--name", into.name, "Name of the cluster (dev)")->type_name("NAME");
  app.add_option("--log-level", into.log_level, "trace, debug, info, warn, error or off (info)")->type_name("LEVEL");
  app.add_option("--memory-limit", into.memory_limit, "What it may hold: 512m, 2g, 60% of the machine, or off (60%)")->type_name("SIZE");
  app.add_option("--timing-scale", into.timing_scale, "Multiplies heartbeats, leases and time-outs (1)")->type_name("X");
  app.add_flag("--insecure", into.insecure, "Allow an address other than loopback, without any encryption");
  app.footer(examples);
}

/// Flags as overrides of a configuration. What is wrong with a flag by itself goes into `problems`.
class flag_overrides {
 public:
  explicit flag_overrides(const arguments& given) {
    text("--host", "network/interfaces", given.host, &member_config::host);
    text("--name", "cluster-name", given.name, &member_config::cluster_name);
    port(given.port);
    join(given.join);
    level(given.log_level);
    scale(given.timing_scale);
    memory(given.memory_limit);
    if (given.port_strict) add("--port-strict", "network/port/@auto-increment", [](member_config& c) { c.port_auto_increment = false; });
    if (given.bootstrap) add("--bootstrap", "troupe/bootstrap", [](member_config& c) { c.bootstrap = true; });
    if (given.witness) add("--witness", "troupe/witness", [](member_config& c) { c.witness = true; });
    if (given.lite) add("--lite", "lite-member/@enabled", [](member_config& c) { c.lite = true; });
    if (given.insecure) add("--insecure", "troupe/insecure", [](member_config& c) { c.insecure = true; });
  }

  std::vector<config_override> overrides;
  std::vector<std::string> problems;

 private:
  void add(std::string flag, std::string where, std::function<void(member_config&)> apply) {
    overrides.push_back({std::move(flag), std::move(where), std::move(apply)});
  }
  void refuse(const std::string& flag, const std::string& why) { problems.push_back(flag + ": " + why); }

  void text(const char* flag, const char* where, const std::optional<std::string>& given, std::string member_config::*field) {
    if (given) add(flag, where, [field, value = *given](member_config& c) { c.*field = value; });
  }

  void port(const std::optional<std::string>& given) {
    if (!given) return;
    std::uint16_t number = 0;
    if (!CLI::detail::lexical_cast(*given, number) || given->find_first_not_of("0123456789") != std::string::npos)
      return refuse("--port", "a port is a number from 0 to 65535 (is '" + *given + "')");
    add("--port", "network/port", [number](member_config& c) { c.port = number; });
  }

  void join(const std::vector<std::string>& given) {
    if (given.empty()) return;
    std::vector<join_target> all;
    for (const auto& list : given) {
      const auto read = parse_join_targets(list);
      if (const auto* wrong = std::get_if<join_syntax_error>(&read)) return refuse("--join", wrong->text);
      const auto& targets = std::get<std::vector<join_target>>(read);
      if (targets.empty()) return refuse("--join", "needs at least one HOST:PORT");
      all.insert(all.end(), targets.begin(), targets.end());
    }
    add("--join", "network/join/tcp-ip", [all](member_config& c) { c.join = all; });
  }

  void level(const std::optional<std::string>& given) {
    if (!given) return;
    const auto parsed = parse_log_level(*given);
    if (!parsed) return refuse("--log-level", "must be one of trace, debug, info, warn, error, off (is '" + *given + "')");
    add("--log-level", "troupe/log-level", [parsed](member_config& c) { c.log_level = *parsed; });
  }

  void memory(const std::optional<std::string>& given) {
    if (!given) return;
    const auto limit = parse_memory_limit(*given);
    if (!limit) return refuse("--memory-limit", "must be bytes such as 512m or 2g, a share such as 60%, or off (is '" + *given + "')");
    add("--memory-limit", "troupe/memory-limit", [limit](member_config& c) { c.memory = *limit; });
  }

  void scale(const std::optional<std::string>& given) {
    if (!given) return;
    double factor = 0;
    if (!CLI::detail::lexical_cast(*given, factor)) return refuse("--timing-scale", "must be a number (is '" + *given + "')");
    add("--timing-scale", "troupe/timing-scale", [factor](member_config& c) { c.timing_scale = factor; });
  }
};

}  // namespace

std::string version_line(std::string_view program) { return std::string{program} + ' ' + TROUPE_VERSION; }

std::variant<node_command, exit_now> parse_node_command_line(int argc, const char* const* argv) {
  const std::string program = "troupe-node";
  CLI::App app{"A member of a Troupe cluster: a distributed in-memory map.", program};
  arguments given;
  describe(app, given);
  if (auto stop = parse_arguments(app, argc, argv)) return *stop;
  const flag_overrides flags{given};
  auto read = given.file ? read_xml_config(*given.file, flags.overrides) : default_config(flags.overrides);
  auto errors = flags.problems;
  errors.insert(errors.end(), read.errors.begin(), read.errors.end());
  if (errors.empty()) return node_command{std::move(read.config), std::move(read.warnings)};
  for (const auto& warning : read.warnings) errors.push_back("warning: " + warning);
  return usage_error(program, errors, program + " --help");
}

}  // namespace troupe
