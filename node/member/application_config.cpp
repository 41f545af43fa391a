#include <troupe/node/member/application_config.hpp>

#include <array>
#include <functional>
#include <optional>
#include <utility>

#include <caf/config_value.hpp>
#include <caf/settings.hpp>

#include <troupe/actors/caf_compat.hpp>
#include <troupe/node/config/nearest_name.hpp>

namespace troupe {

namespace {

enum class form : std::uint8_t { text, number, fraction, flag };

/// What is wrong with a value; nothing when it has been taken over.
using problem = std::optional<std::string>;

/// One key: what CAF is told of it, which setting it stands for, and how a value becomes an override.
struct key {
  std::string name;
  form is;
  std::string description;
  std::string where;
  std::function<problem(const caf::config_value&, std::function<void(member_config&)>&)> read;
};

std::string shown(const caf::config_value& v) { return " (is " + caf::to_string(v) + ')'; }

key text(std::string name, std::string description, std::string where, std::string member_config::*field) {
  return {std::move(name), form::text, std::move(description), std::move(where), [field](const caf::config_value& v, auto& apply) -> problem {
            const auto* given = caf::get_if<std::string>(&v);
            if (given == nullptr) return "must be a text" + shown(v);
            apply = [field, value = *given](member_config& c) { c.*field = value; };
            return std::nullopt;
          }};
}

key flag(std::string name, std::string description, std::string where, bool member_config::*field) {
  return {std::move(name), form::flag, std::move(description), std::move(where), [field](const caf::config_value& v, auto& apply) -> problem {
            const auto given = caf::get_if<bool>(&v);
            if (!given) return "must be true or false" + shown(v);
            apply = [field, value = *given](member_config& c) { c.*field = value; };
            return std::nullopt;
          }};
}

/// Whether a number is in the range that validate() asks for, it says itself.
template <class Number>
key number(std::string name, std::string description, std::string where, Number member_config::*field, std::int64_t largest) {
  return {std::move(name), form::number, std::move(description), std::move(where),
          [field, largest](const caf::config_value& v, auto& apply) -> problem {
            const auto given = caf::get_if<std::int64_t>(&v);
            if (!given || *given < 0 || *given > largest) return "must be a number from 0 to " + std::to_string(largest) + shown(v);
            apply = [field, value = static_cast<Number>(*given)](member_config& c) { c.*field = value; };
            return std::nullopt;
          }};
}

problem read_scale(const caf::config_value& v, std::function<void(member_config&)>& apply) {
  std::optional<double> factor;
  if (const auto fraction = caf::get_if<double>(&v)) factor = *fraction;
  if (const auto whole = caf::get_if<std::int64_t>(&v)) factor = static_cast<double>(*whole);
  if (!factor) return "must be a number" + shown(v);
  apply = [scale = *factor](member_config& c) { c.timing_scale = scale; };
  return std::nullopt;
}

problem read_log_level(const caf::config_value& v, std::function<void(member_config&)>& apply) {
  const auto* name = caf::get_if<std::string>(&v);
  const auto level = name == nullptr ? std::nullopt : parse_log_level(*name);
  if (!level) return "must be one of trace, debug, info, warn, error, off" + shown(v);
  apply = [l = *level](member_config& c) { c.log_level = l; };
  return std::nullopt;
}

problem read_memory_limit(const caf::config_value& v, std::function<void(member_config&)>& apply) {
  const auto* text = caf::get_if<std::string>(&v);
  const auto limit = text == nullptr ? std::nullopt : parse_memory_limit(*text);
  if (!limit) return "must be a text: bytes such as 512m or 2g, a share such as 60%, or off" + shown(v);
  apply = [l = *limit](member_config& c) { c.memory = l; };
  return std::nullopt;
}

problem read_join(const caf::config_value& v, std::function<void(member_config&)>& apply) {
  std::vector<std::string> texts;
  if (const auto* one = caf::get_if<std::string>(&v)) {
    texts.push_back(*one);
  } else if (const auto* several = caf::get_if<caf::config_value::list>(&v)) {
    for (const auto& element : *several) {
      const auto* t = caf::get_if<std::string>(&element);
      if (t == nullptr) return "must be texts HOST:PORT" + shown(v);
      texts.push_back(*t);
    }
  } else {
    return "must be a text HOST:PORT,..., or a list of such" + shown(v);
  }
  std::vector<join_target> all;
  for (const auto& t : texts) {
    auto read = parse_join_targets(t);
    if (const auto* wrong = std::get_if<join_syntax_error>(&read)) return wrong->text;
    const auto& targets = std::get<std::vector<join_target>>(read);
    all.insert(all.end(), targets.begin(), targets.end());
  }
  apply = [all](member_config& c) { c.join = all; };
  return std::nullopt;
}

constexpr std::string_view file_key = "config";

const std::vector<key>& keys() {
  static const std::vector<key> all{
      text("cluster-name", "name of the cluster", "cluster-name", &member_config::cluster_name),
      text("host", "address to listen at, and to be reached at", "network/interfaces", &member_config::host),
      number("port", "port to listen at; 0: any free one", "network/port", &member_config::port, 65535),
      flag("port-auto-increment", "a taken port means the next one", "network/port/@auto-increment", &member_config::port_auto_increment),
      {"join", form::text, "where to look for the cluster: HOST:PORT,...", "network/join/tcp-ip", read_join},
      flag("bootstrap", "found the cluster if none is found", "troupe/bootstrap", &member_config::bootstrap),
      flag("lite", "hold no data and have no vote", "lite-member/@enabled", &member_config::lite),
      flag("witness", "vote, but hold no data", "troupe/witness", &member_config::witness),
      flag("insecure", "allow an address other than loopback, without any encryption", "troupe/insecure", &member_config::insecure),
      text("host-label", "copies avoid sharing one", "troupe/host-label", &member_config::host_label),
      text("zone", "copies avoid sharing one", "troupe/zone", &member_config::zone),
      number("shards", "I/O threads; 0: one for every two cores", "troupe/shards", &member_config::shards, shards_max),
      {"memory-limit", form::text, "what this member may hold: 512m, 2g, 60% of the machine, or off", "troupe/memory-limit", read_memory_limit},
      {"log-level", form::text, "trace, debug, info, warn, error or off", "troupe/log-level", read_log_level},
      {"timing-scale", form::fraction, "multiplies heartbeats, leases and time-outs", "troupe/timing-scale", read_scale},
  };
  return all;
}

/// Tells CAF of a key. Whatever value it gets is kept, for us to say what is wrong with it.
template <form Form>
void declare(caf::config_option_set& options, const std::string& name, const std::string& description) {
  constexpr std::array type_names{"string", "integer", "float", "boolean"};
  compat::add_lenient_option<Form, Form == form::text>(options, "troupe", name, description, type_names[static_cast<std::size_t>(Form)]);
}

std::string full(std::string_view name) { return "troupe." + std::string{name}; }

std::string unknown(std::string_view name) {
  std::vector<std::string> known{std::string{file_key}};
  for (const auto& k : keys()) known.push_back(k.name);
  return full(name) + ": there is no such key" + did_you_mean(name, known, "troupe.", "");
}

/// What the keys say, in the order in which they stand here, and what is wrong with them.
struct reading {
  std::optional<std::string> file;
  std::vector<config_override> overrides;
  std::vector<std::string> problems;

  void take(std::string_view name, const caf::config_value& v) {
    if (name == file_key) {
      const auto* path = caf::get_if<std::string>(&v);
      if (path == nullptr) return problems.push_back(full(name) + ": must be the path of a file" + shown(v));
      file = *path;
      return;
    }
    for (const auto& k : keys()) {
      if (k.name != name) continue;
      std::function<void(member_config&)> apply;
      if (const auto wrong = k.read(v, apply)) return problems.push_back(full(name) + ": " + *wrong);
      overrides.push_back({full(name), k.where, std::move(apply)});
      return;
    }
    problems.push_back(unknown(name));
  }
};

}  // namespace

application_config::application_config() {
  declare<form::text>(custom_options_, std::string{file_key}, "configuration file, XML as of Hazelcast");
  for (const auto& k : keys()) {
    switch (k.is) {
      case form::text: declare<form::text>(custom_options_, k.name, k.description); break;
      case form::number: declare<form::number>(custom_options_, k.name, k.description); break;
      case form::fraction: declare<form::fraction>(custom_options_, k.name, k.description); break;
      case form::flag: declare<form::flag>(custom_options_, k.name, k.description); break;
    }
  }
}

read_config read_application_config(const caf::actor_system_config& from) {
  reading given;
  if (const auto ours = caf::get_if<caf::settings>(&from.content, "troupe")) {
    for (const auto& [name, value] : *ours) given.take(std::string{name.begin(), name.end()}, value);
  }
  auto read = given.file ? read_xml_config(*given.file, given.overrides) : default_config(given.overrides);
  read.errors.insert(read.errors.begin(), given.problems.begin(), given.problems.end());
  return read;
}

}  // namespace troupe
