#include <troupe/node/config/argument_parser.hpp>

#include <algorithm>
#include <sstream>

#include <troupe/node/config/nearest_name.hpp>
#include <troupe/node/config/text.hpp>

namespace troupe {

namespace {

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// The subcommand that was being parsed when there was one: its flags and its help are what the user is after.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.back());
}

std::vector<std::string> subcommands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* sub : app.get_subcommands(nullptr)) names.push_back(sub->get_name());
  return names;
}

/// What was not understood, when that is a word of the command line: said better than "a subcommand is required".
std::optional<std::string> misunderstood(const CLI::App& app) {
  const auto words = app.remaining(true);
  if (words.empty()) return std::nullopt;
  const auto flag = std::find_if(words.begin(), words.end(), [](const std::string& w) { return w.starts_with('-'); });
  if (flag != words.end()) {
    const auto name = flag->substr(0, flag->find('='));
    auto near = did_you_mean(name, flags_of(innermost(app)), "", "");
    if (near.empty()) near = did_you_mean(name, flags_of(app), "", "");
    return "unknown option '" + name + '\'' + near;
  }
  const bool is_command = &innermost(app) == &app && !subcommands_of(app).empty();
  if (is_command) return "unknown command '" + words.front() + '\'' + did_you_mean(words.front(), subcommands_of(app), "'", "'");
  return "unexpected argument '" + words.front() + '\'';
}

}  // namespace

exit_now usage_error(const std::string& program, const std::vector<std::string>& problems, const std::string& help_command) {
  std::string text;
  for (const auto& problem : problems) text += on_one_line(program + ": " + problem) + '\n';
  return {exit_usage, text + "See '" + help_command + "'.\n"};
}

std::optional<exit_now> parse_arguments(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& e) {
    std::ostringstream text;
    app.exit(e, text, text);
    return exit_now{exit_done, text.str()};
  } catch (const CLI::ParseError& e) {
    const auto& inner = innermost(app);
    const auto help = app.get_name() + (&inner == &app ? "" : ' ' + inner.get_name()) + " --help";
    return usage_error(app.get_name(), {misunderstood(app).value_or(e.what())}, help);
  }
}

}  // namespace troupe
