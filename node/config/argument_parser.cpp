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

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string there_are(const std::vector<std::string>& commands) { return "there are " + joined(commands); }

/// `'put' takes MAP KEY VALUE`, `'stats' takes [MAP]`
std::string what_it_takes(const CLI::App& app) {
  std::string text;
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const auto name = option->get_name();
    text += (text.empty() ? "" : " ") + (option->get_required() ? name : '[' + name + ']');
  }
  return '\'' + app.get_name() + "' takes " + (text.empty() ? "nothing but options" : text);
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
    const auto is_a_word = near.empty() && !name.starts_with("--") && !innermost(app).get_name().empty();
    return "unknown option '" + name + '\'' + (is_a_word ? "; what begins with '-' and is no option comes after '--'" : near);
  }
  const bool is_command = &innermost(app) == &app && !subcommands_of(app).empty();
  if (is_command) {
    const auto near = did_you_mean(words.front(), subcommands_of(app), "'", "'");
    return "unknown command '" + words.front() + '\'' + (near.empty() ? "; " + there_are(subcommands_of(app)) : near);
  }
  return "unexpected argument '" + words.front() + "'; " + what_it_takes(innermost(app));
}

/// Words that had to be there, and are not.
std::optional<std::string> missing_words(const CLI::App& app) {
  const auto& inner = innermost(app);
  if (inner.get_require_subcommand_min() > 0) return "a command is missing; " + there_are(subcommands_of(inner));
  std::vector<std::string> missing;
  for (const auto* option : inner.get_options()) {
    if (option->get_positional() && option->get_required() && option->count() == 0) missing.push_back(option->get_name());
  }
  if (missing.empty()) return std::nullopt;
  return joined(missing) + (missing.size() == 1 ? " is" : " are") + " missing; " + what_it_takes(inner);
}

/// CLI11 names the option, and speaks of types and counts.
std::string mismatch(const CLI::App& app, const CLI::ArgumentMismatch& e) {
  const std::string_view error = e.what();
  for (const auto* level : {&innermost(app), &app}) {
    for (const auto* option : level->get_options()) {
      if (option->get_lnames().empty()) continue;
      const auto name = option->get_name();
      if (error.starts_with(option->get_lnames().front() + ' ')) return name + ": takes no value";
      if (!error.starts_with(name + ':')) continue;
      if (option->count() > 1) return name + ": can be given only once";
      const auto& value = option->get_option_text();
      return name + ": " + (value.empty() ? option->get_type_name() : value) + " is missing";
    }
  }
  return e.what();
}

/// `problem`, unless a word that was not understood explains it better.
exit_now refused(const CLI::App& app, const std::string& problem) {
  const auto& inner = innermost(app);
  const auto help = app.get_name() + (&inner == &app ? "" : ' ' + inner.get_name()) + " --help";
  return usage_error(app.get_name(), {misunderstood(app).value_or(problem)}, help);
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
  } catch (const CLI::RequiredError& e) {
    return refused(app, missing_words(app).value_or(e.what()));
  } catch (const CLI::ArgumentMismatch& e) {
    return refused(app, mismatch(app, e));
  } catch (const CLI::ParseError& e) {
    return refused(app, e.what());
  }
}

}  // namespace troupe
