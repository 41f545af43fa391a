#include <troupe/node/cli/arguments.hpp>

#include <cmath>
#include <functional>

#include <troupe/node/config/argument_parser.hpp>
#include <troupe/node/config/join_target.hpp>

namespace troupe::cli {

namespace {

constexpr auto program = "troupe";
constexpr std::uint16_t default_port = 5701;
constexpr double seconds_max = 7 * 24 * 3600;

constexpr auto examples = R"(Examples:
  troupe put capitals France Paris
  troupe get capitals France
  troupe load codepoints UnicodeData.tsv --rate 5000
  troupe verify codepoints UnicodeData.tsv
  troupe --connect 10.0.0.1:5701,10.0.0.2:5701 members
  troupe stats capitals --json
A key or value that begins with '-' comes after '--':
  troupe put numbers -- -1 minus-one

Results go to standard output, all other words to standard error.
Exit status: 0 done; 1 the answer is no, or some operation failed;
2 wrong usage, or no connection; 130 interrupted.
While no member answers, a command tries for 10 s (less with a shorter
--timeout; wait-safe for all of it); where all refuse, it ends at once.
'troupe COMMAND --help' tells more of a command.
)";

constexpr auto file_format = R"(
FILE has a line for each entry: the key, a tab, the value. Within them \t is
a tab, \n a newline, \\ a backslash. '-' is standard input.
)";

/// Options as they were given, before they are checked.
struct given {
  std::vector<std::string> connect;
  std::string name = "dev";
  bool json = false;
  std::optional<std::string> timeout;
  std::string map, key, value, file;
  std::optional<std::string> some_map;
  std::optional<std::string> rate, ttl, max_idle;
  std::optional<std::string> seconds;  ///< set-ttl
  std::optional<std::string> backups, async_backups;
  bool all = false;
  std::function<any_request(const given&)> make;  ///< of the subcommand that was chosen
};

/// The number that a text is, and nothing behind it.
std::optional<double> number_in(const std::optional<std::string>& text) {
  double number = 0;
  if (!text || !CLI::detail::lexical_cast(*text, number)) return std::nullopt;
  return number;
}

// Written so that a NaN is none. Nothing: it is not given, or out of its range.
std::optional<double> timeout_of(const given& g) {
  const auto number = number_in(g.timeout);
  return number && *number >= 0 && *number <= seconds_max ? number : std::nullopt;
}
// 0: without limit.
constexpr double lifespan_seconds_max = 1e12;
std::optional<milliseconds> lifespan_of(const std::optional<std::string>& text) {
  const auto number = number_in(text);
  if (!number || !(*number >= 0 && *number <= lifespan_seconds_max)) return std::nullopt;
  // What is not 0 is at least 1: a limit never turns into none.
  const auto ms = std::ceil(*number * 1000);
  return milliseconds{static_cast<milliseconds::rep>(ms)};
}
std::optional<std::uint8_t> count_of(const std::optional<std::string>& text) {
  const auto number = number_in(text);
  if (!number || !(*number >= 0 && *number <= backup_count_max) || *number != std::floor(*number)) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}
durability counts_of(const given& g) { return {count_of(g.backups).value_or(std::uint8_t{0}), count_of(g.async_backups).value_or(std::uint8_t{0})}; }
lifetime_choice life_of(const given& g) { return {lifespan_of(g.ttl), lifespan_of(g.max_idle)}; }
std::optional<double> rate_of(const given& g) {
  const auto number = number_in(g.rate);
  return number && *number > 0 && *number <= 1e9 ? number : std::nullopt;
}

class grammar {
 public:
  grammar(CLI::App& app, given& into) : app_(app), into_(into) {}

  void describe() {
    globals();
    entries();
    files();
    cluster();
    administration();
  }

 private:
  CLI::App& command(const std::string& name, const std::string& what, const std::string& footer,
                    std::function<any_request(const given&)> make) {
    auto* sub = app_.add_subcommand(name, what);
    sub->footer(footer);
    sub->callback([&into = into_, make = std::move(make)] { into.make = make; });  // Called when this object is gone.
    return *sub;
  }
  void map(CLI::App& sub) {
    sub.add_option("MAP", into_.map, "Name of the map; created when it is first used, be it by a read")->required()->option_text(" ");
  }
  void map_that_is_there(CLI::App& sub) { sub.add_option("MAP", into_.map, "Name of a map")->required()->option_text(" "); }
  void key(CLI::App& sub) { sub.add_option("KEY", into_.key, "Key, as it is")->required()->option_text(" "); }
  void lifetime(CLI::App& sub) {
    sub.add_option("--ttl", into_.ttl, "The entry dies after so long; 0: never (as the map's definition says)")->option_text("SECONDS");
    sub.add_option("--max-idle", into_.max_idle, "It dies when nobody asks for it for so long; 0: never (likewise)")->option_text("SECONDS");
  }
  void file(CLI::App& sub) { sub.add_option("FILE", into_.file, "File, or - for standard input")->required()->option_text(" "); }

  void globals() {
    app_.set_version_flag("--version", version_line(program), "Print the version and end");
    app_.set_help_flag("-h,--help", "Print this and end");
    app_.add_option("--connect", into_.connect, "Members to try, in this order (127.0.0.1:5701)")
        ->option_text("HOST:PORT,...")
        ->allow_extra_args(false);
    app_.add_option("--name", into_.name, "Name of the cluster (dev)")->option_text("NAME");
    app_.add_option("--timeout", into_.timeout, "How long an operation may take, or all of wait-safe (30)")->option_text("SECONDS");
    app_.add_flag("--json", into_.json, "Print results as JSON")->disable_flag_override();
    app_.fallthrough();
    app_.require_subcommand(1);
    app_.footer(examples);
  }

  void entries() {
    auto& put = command("put", "Store a value",
                        "Examples:\n  troupe put capitals France Paris\n  troupe put sessions 4711 alice --ttl 3600 --max-idle 600\n",
                        [](const given& g) {
                          return put_request{g.map, g.key, g.value, life_of(g)};
                        });
    map(put), key(put);
    put.add_option("VALUE", into_.value, "Value, as it is")->required()->option_text(" ");
    lifetime(put);
    auto& set_ttl = command("set-ttl", "Let an entry live for so long from now",
                            "0 means without limit. Exit status 1 when there is no such key.\nExample:\n  troupe set-ttl sessions 4711 3600\n",
                            [](const given& g) {
                              return set_ttl_request{g.map, g.key, lifespan_of(g.seconds).value_or(milliseconds{})};
                            });
    map(set_ttl), key(set_ttl);
    set_ttl.add_option("SECONDS", into_.seconds, "How long")->required()->option_text(" ");
    auto& get =
        command("get", "Print the value of a key",
                "Prints the value and a newline; exit status 1 when there is no such key.\nExample:\n  troupe get capitals France\n",
                [](const given& g) {
                  return get_request{g.map, g.key};
                });
    map(get), key(get);
    auto& entry = command("entry", "Show what is known of an entry beside its value",
                          "Its version and size, and how long it lives; since when it is there and how often it was asked for,\nwhere its map has "
                          "<per-entry-stats-enabled>. Nobody has asked for it by this.\nExit status 1 when there is no such key.\nExamples:\n"
                          "  troupe entry sessions 4711\n  troupe --json entry sessions 4711 | jq .ends_in_ms\n",
                          [](const given& g) {
                            return entry_request{g.map, g.key};
                          });
    map(entry), key(entry);
    auto& remove = command("remove", "Remove a key",
                           "Exit status 1 when there is no such key.\nExample:\n  troupe remove capitals France\n", [](const given& g) {
                             return remove_request{g.map, g.key};
                           });
    map(remove), key(remove);
    auto& contains =
        command("contains", "Say whether a key is there",
                "Prints true (exit status 0) or false (1).\nExample:\n  troupe contains capitals France\n", [](const given& g) {
                  return contains_request{g.map, g.key};
                });
    map(contains), key(contains);
    auto& is_locked = command("is-locked", "Say whether anybody holds the lock of a key",
                              "Prints true (exit status 0) or false (1).\nExample:\n  troupe is-locked stock pears\n", [](const given& g) {
                                return is_locked_request{g.map, g.key};
                              });
    map_that_is_there(is_locked), key(is_locked);
    auto& force_unlock = command("force-unlock", "Take the lock of a key from whoever holds it",
                                 "Whoever waits for it has it next: done twice, that one loses it, too. The holder is\nnot told: what it writes goes on as anybody's, and its unlock fails. A lock whose\nholder is gone "
                                 "ends by itself, at its lease or after ten times suspect-after.\nExit status 1 when nobody held it.\nExample:\n  troupe force-unlock stock pears\n",
                                 [](const given& g) {
                                   return force_unlock_request{g.map, g.key};
                                 });
    map_that_is_there(force_unlock), key(force_unlock);
    map(command("size", "Print the number of entries", "Example:\n  troupe size capitals\n",
                [](const given& g) { return size_request{g.map}; }));
    map(command("clear", "Remove all entries of a map", "Example:\n  troupe clear capitals\n",
                [](const given& g) { return clear_request{g.map}; }));
  }

  void files() {
    auto& load = command("load", "Store the entries of a file",
                         std::string{"Ends with the line '<n> acknowledged, <n> failed'; exit status 1 if any failed.\n"} + file_format +
                             "Examples:\n  troupe load capitals capitals.tsv\n  generate | troupe load capitals - --rate 1000\n",
                         [](const given& g) {
                           return load_request{g.map, g.file, rate_of(g), life_of(g)};
                         });
    map(load), file(load);
    lifetime(load);
    load.add_option("--rate", into_.rate, "Entries a second, at most")->option_text("N");
    auto& verify = command("verify", "Compare a map with a file",
                           std::string{"Ends with the line '<n> verified, <n> missing, <n> different'; exit status 1\n"
                                       "unless all are verified: what could not be read is counted on standard error.\n"
                                       "A key should be in the file once.\n"} +
                               file_format + "Example:\n  troupe verify capitals capitals.tsv\n",
                           [](const given& g) {
                             return verify_request{g.map, g.file};
                           });
    map(verify), file(verify);
    map(command(
        "dump", "Print all entries, sorted by key",
        "In the format that 'load' reads. It is no snapshot: what changes meanwhile may\nbe there or not. All entries are held in memory.\n"
        "Example:\n  troupe dump capitals > capitals.tsv\n",
        [](const given& g) { return dump_request{g.map}; }));
  }

  void cluster() {
    command("members", "List the members", "Example:\n  troupe members --json\n", [](const given&) { return members_request{}; });
    command("partitions", "Show who holds what, and which rows lack copies",
            "A row is one partition of all maps with the same backup counts; '2+1/17' is\npartition 17 of the maps with 2 backups and 1 "
            "async backup. A map whose counts were\nchanged may have rows of its own, as '3+0.1/17'.\n"
            "Example:\n  troupe partitions\n",
            [](const given&) { return partitions_request{}; });
    auto& stats = command("stats", "Show entries, memory and operations of each member",
                          "Of several maps, COPIES are their backups and async backups, as 1+0. The last\nline has the sums over the cluster.\nExamples:\n  troupe stats\n  troupe stats capitals --json\n",
                          [](const given& g) { return stats_request{g.some_map}; });
    stats.add_option("MAP", into_.some_map, "Only this map")->option_text(" ");
    command("wait-safe", "Wait until every row has all its copies in sync",
            "Exit status 1 when that is not so by --timeout.\nExample:\n  troupe wait-safe --timeout 60\n",
            [](const given&) { return wait_safe_request{}; });
    command("lost", "List the rows that lost their last copy",
            "Exit status 1 when there are any. See 'troupe reset-lost'.\nExample:\n  troupe lost\n",
            [](const given&) { return lost_request{}; });
  }

  void administration() {
    map_that_is_there(command("destroy", "Remove a map and all its entries", "Example:\n  troupe destroy capitals\n",
                [](const given& g) { return destroy_request{g.map}; }));
    auto& backups = command("set-backups", "Change how many copies a map has, while it is used",
                            "Returns when every row has as many copies as there are members for; exit\nstatus 1 when that is not so by --timeout (it goes on then). New maps\nget what the "
                            "configuration says.\nExamples:\n  troupe set-backups orders --backup-count 2\n  troupe set-backups sessions --backup-count 0 --async-backup-count 1\n",
                            [](const given& g) {
                              return set_backups_request{g.map, counts_of(g)};
                            });
    map_that_is_there(backups);
    backups.add_option("--backup-count", into_.backups, "Copies that each write awaits, 0 to 6")->required()->option_text("N");
    backups.add_option("--async-backup-count", into_.async_backups, "Copies that are fed after it (0); 6 at most with the others")->option_text("N");
    command("reset-lost", "Let all lost rows go on, empty",
            "What they held is gone. Until then their operations fail.\nExample:\n  troupe reset-lost\n",
            [](const given&) { return reset_lost_request{}; });
    command("force-view", "Go on without the members that cannot be heard",
            "The way out when more than half of the voters are gone for good: the member\nasked decides alone. If the others live after "
            "all, their writes are lost.\n"
            "Example:\n  troupe --connect 10.0.0.1:5701 force-view\n",
            [](const given&) { return force_view_request{}; });
    auto& shutdown = command("shutdown", "Let the member asked hand over what it holds, and end",
                             "Examples:\n  troupe --connect 10.0.0.1:5701 shutdown\n  troupe shutdown --all\n",
                             [](const given& g) { return shutdown_request{g.all}; });
    shutdown.add_flag("--all", into_.all, "All members, at once, moving nothing: the data is gone")->disable_flag_override();
  }

  CLI::App& app_;
  given& into_;
};

/// Checks what CLI11 can't, all of it at once.
std::vector<std::string> check(const given& from, request& into) {
  std::vector<std::string> problems;
  std::vector<join_target> targets;
  for (const auto& list : from.connect) {
    const auto read = parse_join_targets(list);
    if (const auto* wrong = std::get_if<join_syntax_error>(&read)) {
      problems.push_back("--connect: " + wrong->text);
      continue;
    }
    const auto& some = std::get<std::vector<join_target>>(read);
    if (some.empty()) problems.push_back("--connect: needs at least one HOST:PORT");
    for (const auto& target : some) targets.push_back({target.host, target.port.value_or(default_port)});
  }
  if (!targets.empty()) into.connect = addresses_of(targets, default_port);
  if (from.name.empty()) problems.push_back("--name: a cluster's name can't be empty");
  const auto refuse_number = [&](const char* option, const char* what, const std::string& given_text) {
    problems.push_back(std::string{option} + ": must be a number " + what + " (is '" + given_text + "')");
  };
  if (from.timeout && !timeout_of(from)) refuse_number("--timeout", "of seconds from 0 to 604800", *from.timeout);
  for (const auto& [option, text] : {std::pair{"--ttl", &from.ttl}, std::pair{"--max-idle", &from.max_idle}, std::pair{"SECONDS", &from.seconds}}) {
    if (*text && !lifespan_of(*text)) refuse_number(option, "of seconds from 0 to 1000000000000", **text);
  }
  for (const auto& [option, text] : {std::pair{"--backup-count", &from.backups}, std::pair{"--async-backup-count", &from.async_backups}}) {
    if (*text && !count_of(*text)) refuse_number(option, "from 0 to 6, without a fraction", **text);
  }
  if (!counts_of(from).is_valid()) {
    problems.push_back("--backup-count, --async-backup-count: must be at most 6 together (are " + *from.backups + " and " + *from.async_backups + ')');
  }
  if (from.rate && !rate_of(from)) refuse_number("--rate", "larger than 0 and at most 1000000000", *from.rate);
  return problems;
}

}  // namespace

std::variant<request, exit_now> parse_arguments(int argc, const char* const* argv) {
  CLI::App app{"Asks a Troupe cluster, or changes what it holds.", program};
  given from;
  grammar{app, from}.describe();
  if (auto stop = troupe::parse_arguments(app, argc, argv)) return *stop;
  request wanted;
  if (auto problems = check(from, wanted); !problems.empty()) return usage_error(program, problems, std::string{program} + " --help");
  wanted.cluster_name = from.name;
  wanted.json = from.json;
  if (const auto s = timeout_of(from)) wanted.timeout = std::chrono::duration_cast<duration>(std::chrono::duration<double>{*s});
  wanted.what = from.make(from);
  return wanted;
}

}  // namespace troupe::cli
