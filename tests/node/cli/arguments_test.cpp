#include <catch2/catch.hpp>

#include <troupe/node/cli/arguments.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

std::variant<request, exit_now> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "troupe");
  return cli::parse_arguments(static_cast<int>(arguments.size()), arguments.data());
}

request request_of(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  const auto* stop = std::get_if<exit_now>(&parsed);
  INFO((stop != nullptr ? stop->text : ""));
  REQUIRE(stop == nullptr);
  return std::get<request>(parsed);
}

template <class Request>
Request only(std::vector<const char*> arguments) {
  const auto r = request_of(std::move(arguments));
  REQUIRE(std::holds_alternative<Request>(r.what));
  return std::get<Request>(r.what);
}

std::string refusal(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  REQUIRE(std::holds_alternative<exit_now>(parsed));
  CHECK(std::get<exit_now>(parsed).status == 2);
  return std::get<exit_now>(parsed).text;
}

std::string help(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  REQUIRE(std::holds_alternative<exit_now>(parsed));
  CHECK(std::get<exit_now>(parsed).status == 0);
  return std::get<exit_now>(parsed).text;
}

}  // namespace

SCENARIO("every command has its request") {
  const auto put = only<put_request>({"put", "m", "k", "v"});
  CHECK((put.map == "m" && put.key == "k" && put.value == "v"));
  const auto get = only<get_request>({"get", "m", "k"});
  CHECK((get.map == "m" && get.key == "k"));
  CHECK(only<remove_request>({"remove", "m", "k"}).key == "k");
  CHECK(only<contains_request>({"contains", "m", "k"}).key == "k");
  CHECK(only<is_locked_request>({"is-locked", "m", "k"}).key == "k");
  CHECK(only<force_unlock_request>({"force-unlock", "m", "k"}).map == "m");
  CHECK(only<size_request>({"size", "m"}).map == "m");
  CHECK(only<clear_request>({"clear", "m"}).map == "m");
  CHECK(only<destroy_request>({"destroy", "m"}).map == "m");
  const auto load = only<load_request>({"load", "m", "-"});
  CHECK((load.map == "m" && load.file == "-" && !load.rate));
  CHECK(only<load_request>({"load", "m", "f", "--rate", "3500"}).rate == 3500);
  CHECK(only<verify_request>({"verify", "m", "f"}).file == "f");
  CHECK(only<dump_request>({"dump", "m"}).map == "m");
  only<members_request>({"members"});
  only<partitions_request>({"partitions"});
  CHECK_FALSE(only<stats_request>({"stats"}).map);
  CHECK(only<stats_request>({"stats", "m"}).map == "m");
  only<wait_safe_request>({"wait-safe"});
  only<lost_request>({"lost"});
  only<reset_lost_request>({"reset-lost"});
  only<force_view_request>({"force-view"});
  CHECK_FALSE(only<shutdown_request>({"shutdown"}).all);
  CHECK(only<shutdown_request>({"shutdown", "--all"}).all);
}

SCENARIO("options are the same before and after the command") {
  for (const auto& r : {request_of({"--connect", "a:1,b", "--json", "--timeout", "2.5", "--name", "prod", "members"}),
                        request_of({"members", "--connect", "a:1,b", "--json", "--timeout", "2.5", "--name", "prod"}),
                        request_of({"--connect=a:1", "members", "--connect=b", "--json", "--timeout=2.5", "--name=prod"})}) {
    CHECK(r.connect == std::vector<address>{{"a", 1}, {"b", 5701}});
    CHECK(r.json);
    CHECK(r.timeout == milliseconds{2500});
    CHECK(r.cluster_name == "prod");
  }
}

SCENARIO("without options it is the first member of this machine") {
  const auto r = request_of({"members"});
  CHECK(r.connect == std::vector<address>{{"127.0.0.1", 5701}});
  CHECK_FALSE(r.json);
  CHECK(r.timeout == seconds{30});
  CHECK(r.cluster_name == "dev");
}

SCENARIO("maps, keys and values may look like anything") {
  CHECK(only<stats_request>({"stats", "members"}).map == "members");
  const auto put = only<put_request>({"put", "put", "get", "size"});
  CHECK((put.map == "put" && put.key == "get" && put.value == "size"));
  CHECK(only<put_request>({"put", "m", "k", ""}).value.empty());
  CHECK(only<put_request>({"put", "m", "k", "[1,2] {x} a=b \"q\" \xff"}).value == "[1,2] {x} a=b \"q\" \xff");
  CHECK(only<put_request>({"put", "m", "--", "-1", "--json"}).value == "--json");
  CHECK(only<put_request>({"put", "m", "--", "++", "x"}).key == "++");
}

SCENARIO("entries are given a lifetime in seconds") {
  const auto put = only<put_request>({"put", "m", "k", "v", "--ttl", "1.5", "--max-idle", "0"});
  CHECK(put.life == lifetime_choice{milliseconds{1500}, milliseconds{}});
  CHECK(only<put_request>({"put", "m", "k", "v"}).life == lifetime_choice{});
  CHECK(only<put_request>({"put", "m", "k", "v", "--ttl", "0.0001"}).life.ttl == milliseconds{1});  // A limit never turns into none.
  CHECK(only<load_request>({"load", "m", "f", "--ttl", "60"}).life == lifetime_choice{seconds{60}, std::nullopt});
  CHECK(only<set_ttl_request>({"set-ttl", "m", "k", "60"}).ttl == seconds{60});
  CHECK(only<entry_request>({"entry", "m", "k"}).key == "k");
  CHECK(refusal({"put", "m", "k", "v", "--ttl", "soon"}) ==
        "troupe: --ttl: must be a number of seconds from 0 to 1000000000000 (is 'soon')\nSee 'troupe --help'.\n");
  CHECK(refusal({"set-ttl", "m", "k", "1e13"}) ==
        "troupe: SECONDS: must be a number of seconds from 0 to 1000000000000 (is '1e13')\nSee 'troupe --help'.\n");
}

SCENARIO("a map is given backup counts") {
  const auto both = only<set_backups_request>({"set-backups", "m", "--backup-count", "2", "--async-backup-count", "1"});
  CHECK(both.map == "m");
  CHECK(both.to == durability{2, 1});
  CHECK(only<set_backups_request>({"set-backups", "m", "--backup-count", "0"}).to == durability{0, 0});
  CHECK(refusal({"set-backups", "m", "--backup-count", "7"}) ==
        "troupe: --backup-count: must be a number from 0 to 6, without a fraction (is '7')\nSee 'troupe --help'.\n");
  CHECK(refusal({"set-backups", "m", "--backup-count", "1.5"}) ==
        "troupe: --backup-count: must be a number from 0 to 6, without a fraction (is '1.5')\nSee 'troupe --help'.\n");
  CHECK(refusal({"set-backups", "m", "--backup-count", "5", "--async-backup-count", "2"}) ==
        "troupe: --backup-count, --async-backup-count: must be at most 6 together (are 5 and 2)\nSee 'troupe --help'.\n");
}

SCENARIO("a misspelt command or option is refused with the nearest one") {
  CHECK(refusal({"ptu", "m"}) == "troupe: unknown command 'ptu'; did you mean 'put'?\nSee 'troupe --help'.\n");
  CHECK(refusal({"members", "--jsno"}) == "troupe: unknown option '--jsno'; did you mean --json?\nSee 'troupe members --help'.\n");
  CHECK(refusal({"load", "m", "f", "--rat", "1"}) == "troupe: unknown option '--rat'; did you mean --rate?\nSee 'troupe load --help'.\n");
}

SCENARIO("a key that begins with '-' is told from options by '--'") {
  CHECK(refusal({"is-locked", "m", "-k"}) ==
        "troupe: unknown option '-k'; what begins with '-' and is no option comes after '--'\nSee 'troupe is-locked --help'.\n");
  CHECK(only<is_locked_request>({"is-locked", "m", "--", "-k"}).key == "-k");
}

SCENARIO("a command like none is refused with all that there are") {
  const auto all = "there are put, set-ttl, get, entry, remove, contains, is-locked, force-unlock, size, clear, load, verify, dump, members, partitions, stats, wait-safe, lost, "
                   "destroy, set-backups, reset-lost, force-view, shutdown\nSee 'troupe --help'.\n";
  CHECK(refusal({"xyzzy"}) == std::string{"troupe: unknown command 'xyzzy'; "} + all);
  CHECK(refusal({}) == std::string{"troupe: a command is missing; "} + all);
}

SCENARIO("too few or too many words are refused with those that there should be") {
  CHECK(refusal({"put", "m", "k"}) == "troupe: VALUE is missing; 'put' takes MAP KEY VALUE\nSee 'troupe put --help'.\n");
  CHECK(refusal({"put", "m"}) == "troupe: KEY, VALUE are missing; 'put' takes MAP KEY VALUE\nSee 'troupe put --help'.\n");
  CHECK(refusal({"get", "m", "k", "x"}) == "troupe: unexpected argument 'x'; 'get' takes MAP KEY\nSee 'troupe get --help'.\n");
  CHECK(refusal({"stats", "m", "x"}) == "troupe: unexpected argument 'x'; 'stats' takes [MAP]\nSee 'troupe stats --help'.\n");
  CHECK(refusal({"lost", "x"}) == "troupe: unexpected argument 'x'; 'lost' takes nothing but options\nSee 'troupe lost --help'.\n");
}

SCENARIO("options with no value, one too many, or twice are refused") {
  CHECK(refusal({"--timeout"}) == "troupe: --timeout: SECONDS is missing\nSee 'troupe --help'.\n");
  CHECK(refusal({"load", "m", "f", "--rate"}) == "troupe: --rate: N is missing\nSee 'troupe load --help'.\n");
  CHECK(refusal({"--connect"}) == "troupe: --connect: HOST:PORT,... is missing\nSee 'troupe --help'.\n");
  CHECK(refusal({"members", "--json=3"}) == "troupe: --json: takes no value\nSee 'troupe members --help'.\n");
  CHECK(refusal({"shutdown", "--all=no"}) == "troupe: --all: takes no value\nSee 'troupe shutdown --help'.\n");
  CHECK(refusal({"--name", "a", "--name", "b", "members"}) == "troupe: --name: can be given only once\nSee 'troupe members --help'.\n");
}

SCENARIO("options with wrong values are refused, all at once") {
  CHECK(refusal({"--connect", "a:x", "--timeout", "-1", "--name", "", "load", "m", "f", "--rate", "0"}) ==
        "troupe: --connect: 'a:x': a port is a number from 1 to 65535\n"
        "troupe: --name: a cluster's name can't be empty\n"
        "troupe: --timeout: must be a number of seconds from 0 to 604800 (is '-1')\n"
        "troupe: --rate: must be a number larger than 0 and at most 1000000000 (is '0')\n"
        "See 'troupe --help'.\n");
  for (const std::string wrong : {"nan", "abc", "5s", "", "1e400"}) {
    CHECK_THAT(refusal({"--timeout", wrong.c_str(), "members"}), Catch::StartsWith("troupe: --timeout: must be a number of seconds") &&
                                                                     Catch::Contains("(is '" + wrong + "')"));
  }
  CHECK(refusal({"--connect", ",", "members"}).starts_with("troupe: --connect: '' is no HOST or HOST:PORT\n"));
}

SCENARIO("help teaches by examples") {
  const auto all = help({"--help"});
  for (const auto* part : {"put",
                           "get",
                           "remove",
                           "contains",
                           "is-locked",
                           "force-unlock",
                           "size",
                           "clear",
                           "destroy",
                           "load",
                           "verify",
                           "dump",
                           "members",
                           "partitions",
                           "stats",
                           "wait-safe",
                           "lost",
                           "reset-lost",
                           "force-view",
                           "shutdown",
                           "--connect",
                           "--json",
                           "--timeout",
                           "--name",
                           "Examples:",
                           "Exit status: 0 done; 1 the answer is no",
                           "2 wrong usage, or no connection"}) {
    INFO(part);
    CHECK(all.find(part) != std::string::npos);
  }
  for (const auto* command : {"put", "load", "stats", "shutdown"}) {
    const auto one = help({command, "--help"});
    CHECK(one.find("Example") != std::string::npos);
    CHECK(one.find(std::string{"troupe "} + command) != std::string::npos);
  }
}

SCENARIO("the version is one line") { CHECK(help({"--version"}) == "troupe 0.1.0\n"); }
