#include <troupe/node/member/application_config.hpp>

#include <algorithm>
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
template <class Config>
struct key {
  std::string name;
  form is;
  std::string description;
  std::string where;
  std::function<problem(const caf::config_value&, std::function<void(Config&)>&)> read;
};

std::string shown(const caf::config_value& v) { return " (is " + caf::to_string(v) + ')'; }

template <class Config>
key<Config> text(std::string name, std::string description, std::string where, std::string Config::*field) {
  return {std::move(name), form::text, std::move(description), std::move(where), [field](const caf::config_value& v, auto& apply) -> problem {
            const auto* given = caf::get_if<std::string>(&v);
            if (given == nullptr) return "must be a text" + shown(v);
            apply = [field, value = *given](Config& c) { c.*field = value; };
            return std::nullopt;
          }};
}

key<member_config> flag(std::string name, std::string description, std::string where, bool member_config::*field) {
  return {std::move(name), form::flag, std::move(description), std::move(where), [field](const caf::config_value& v, auto& apply) -> problem {
            const auto given = caf::get_if<bool>(&v);
            if (!given) return "must be true or false" + shown(v);
            apply = [field, value = *given](member_config& c) { c.*field = value; };
            return std::nullopt;
          }};
}

/// Whether a number is in the range that validate() asks for, it says itself.
template <class Number>
key<member_config> number(std::string name, std::string description, std::string where, Number member_config::*field, std::int64_t largest) {
  return {std::move(name), form::number, std::move(description), std::move(where),
          [field, largest](const caf::config_value& v, auto& apply) -> problem {
            const auto given = caf::get_if<std::int64_t>(&v);
            if (!given || *given < 0 || *given > largest) return "must be a number from 0 to " + std::to_string(largest) + shown(v);
            apply = [field, value = static_cast<Number>(*given)](member_config& c) { c.*field = value; };
            return std::nullopt;
          }};
}

template <class Config>
key<Config> level() {
  return {"log-level", form::text, "trace, debug, info, warn, error or off", "troupe/log-level", [](const caf::config_value& v, auto& apply) -> problem {
            const auto* name = caf::get_if<std::string>(&v);
            const auto given = name == nullptr ? std::nullopt : parse_log_level(*name);
            if (!given) return "must be one of trace, debug, info, warn, error, off" + shown(v);
            apply = [l = *given](Config& c) { c.log_level = l; };
            return std::nullopt;
          }};
}

/// One text HOST:PORT,…, or a list of such.
problem read_targets(const caf::config_value& v, std::vector<join_target>& into) {
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
  for (const auto& t : texts) {
    auto read = parse_join_targets(t);
    if (const auto* wrong = std::get_if<join_syntax_error>(&read)) return wrong->text;
    const auto& targets = std::get<std::vector<join_target>>(read);
    into.insert(into.end(), targets.begin(), targets.end());
  }
  return std::nullopt;
}

/// A list of members; `set` makes a setting of them.
template <class Config>
key<Config> targets(std::string name, std::string description, std::string where, void (*set)(Config&, const std::vector<join_target>&)) {
  return {std::move(name), form::text, std::move(description), std::move(where), [set](const caf::config_value& v, auto& apply) -> problem {
            std::vector<join_target> all;
            if (auto wrong = read_targets(v, all)) return wrong;
            apply = [set, all](Config& c) { set(c, all); };
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

problem read_memory_limit(const caf::config_value& v, std::function<void(member_config&)>& apply) {
  const auto* text = caf::get_if<std::string>(&v);
  const auto limit = text == nullptr ? std::nullopt : parse_memory_limit(*text);
  if (!limit) return "must be a text: bytes such as 512m or 2g, a share such as 60%, or off" + shown(v);
  apply = [l = *limit](member_config& c) { c.memory = l; };
  return std::nullopt;
}

constexpr std::string_view file_key = "config";
/// The section of a client's keys, within a member's.
constexpr std::string_view client_section = "client";

/// The keys of a member, or of a client, and where they stand.
template <class Config>
struct section {
  std::string name;
  std::vector<key<Config>> keys;

  [[nodiscard]] std::string full(std::string_view of) const { return name + '.' + std::string{of}; }
  [[nodiscard]] std::vector<std::string> known() const {
    std::vector<std::string> names{std::string{file_key}};
    for (const auto& k : keys) names.push_back(k.name);
    return names;
  }
  [[nodiscard]] bool has(std::string_view wanted) const {
    const auto all = known();
    return std::find(all.begin(), all.end(), wanted) != all.end();
  }
};

const section<member_config>& of_members() {
  using config = member_config;
  static const section<config> all{
      "troupe",
      {
          text("cluster-name", "name of the cluster", "cluster-name", &config::cluster_name),
          text("host", "address to listen at, and to be reached at", "network/interfaces", &config::host),
          number("port", "port to listen at; 0: any free one", "network/port", &config::port, 65535),
          flag("port-auto-increment", "a taken port means the next one", "network/port/@auto-increment", &config::port_auto_increment),
          targets<config>("join", "where to look for the cluster: HOST:PORT,...", "network/join/tcp-ip", [](config& c, const auto& found) { c.join = found; }),
          flag("bootstrap", "found the cluster if none is found", "troupe/bootstrap", &config::bootstrap),
          flag("lite", "hold no data and have no vote", "lite-member/@enabled", &config::lite),
          flag("witness", "vote, but hold no data", "troupe/witness", &config::witness),
          flag("insecure", "allow an address other than loopback, without any encryption", "troupe/insecure", &config::insecure),
          text("host-label", "copies avoid sharing one", "troupe/host-label", &config::host_label),
          text("zone", "copies avoid sharing one", "troupe/zone", &config::zone),
          number("shards", "I/O threads; 0: one for every two cores", "troupe/shards", &config::shards, shards_max),
          {"memory-limit", form::text, "what this member may hold: 512m, 2g, 60% of the machine, or off", "troupe/memory-limit", read_memory_limit},
          level<config>(),
          {"timing-scale", form::fraction, "multiplies heartbeats, leases and time-outs", "troupe/timing-scale", read_scale},
      }};
  return all;
}

const section<client_config>& of_clients() {
  using config = client_config;
  static const section<config> all{
      "troupe." + std::string{client_section},
      {
          text("cluster-name", "name of the cluster", "cluster-name", &config::cluster_name),
          targets<config>("connect", "members to begin with: HOST:PORT,...", "network/cluster-members",
                          [](config& c, const auto& found) { c.connect = addresses_of(found, member_config{}.port); }),
          level<config>(),
      }};
  return all;
}

/// Tells CAF of a key. Whatever value it gets is kept, for us to say what is wrong with it.
template <form Form>
void declare(caf::config_option_set& options, const std::string& category, const std::string& name, const std::string& description) {
  constexpr std::array type_names{"string", "integer", "float", "boolean"};
  compat::add_lenient_option<Form, Form == form::text>(options, category, name, description, type_names[static_cast<std::size_t>(Form)]);
}

template <class Config>
void declare_all(caf::config_option_set& options, const section<Config>& keys) {
  declare<form::text>(options, keys.name, std::string{file_key}, "configuration file, XML as of Hazelcast");
  for (const auto& k : keys.keys) {
    switch (k.is) {
      case form::text: declare<form::text>(options, keys.name, k.name, k.description); break;
      case form::number: declare<form::number>(options, keys.name, k.name, k.description); break;
      case form::fraction: declare<form::fraction>(options, keys.name, k.name, k.description); break;
      case form::flag: declare<form::flag>(options, keys.name, k.name, k.description); break;
    }
  }
}

/// `others`: where the key might belong.
template <class Config, class Other>
std::string unknown(std::string_view name, const section<Config>& here, const section<Other>& others) {
  auto advice = did_you_mean(name, here.known(), here.name + '.', "");
  if (advice.empty()) advice = did_you_mean(name, others.known(), others.name + '.', "");
  return here.full(name) + ": there is no such key" + advice;
}

/// What the keys say, in the order in which they stand here, and what is wrong with them.
template <class Config>
struct reading {
  const section<Config>& keys;
  std::optional<std::string> file;
  std::vector<setting_override<Config>> overrides;
  std::vector<std::string> problems;

  /// False: there is no such key.
  bool take(std::string_view name, const caf::config_value& v) {
    if (name == file_key) {
      if (const auto* path = caf::get_if<std::string>(&v)) {
        file = *path;
      } else {
        problems.push_back(keys.full(name) + ": must be the path of a file" + shown(v));
      }
      return true;
    }
    for (const auto& k : keys.keys) {
      if (k.name != name) continue;
      std::function<void(Config&)> apply;
      if (const auto wrong = k.read(v, apply)) {
        problems.push_back(keys.full(name) + ": " + *wrong);
      } else {
        overrides.push_back({keys.full(name), k.where, std::move(apply)});
      }
      return true;
    }
    return false;
  }
};

template <class Function>
void for_each_key(const caf::settings& in, Function what) {
  for (const auto& [name, value] : in) what(std::string{name.begin(), name.end()}, value);
}

/// A section where there is to be one.
const caf::settings* section_in(const caf::config_value& v, std::vector<std::string>& problems) {
  const auto inside = caf::get_if<caf::settings>(&v);
  if (!inside) problems.push_back(of_clients().name + ": must be a section, of keys such as " + of_clients().full("connect") + shown(v));
  return inside ? &*inside : nullptr;
}

}  // namespace

application_config::application_config() {
  declare_all(custom_options_, of_members());
  declare_all(custom_options_, of_clients());
}

read_config read_application_config(const caf::actor_system_config& from) {
  reading<member_config> given{of_members(), {}, {}, {}};
  if (const auto ours = caf::get_if<caf::settings>(&from.content, of_members().name)) {
    for_each_key(*ours, [&](const std::string& name, const caf::config_value& v) {
      if (name == client_section) return void(section_in(v, given.problems));
      if (!given.take(name, v)) given.problems.push_back(unknown(name, of_members(), of_clients()));
    });
  }
  auto read = given.file ? read_xml_config(*given.file, given.overrides) : default_config(given.overrides);
  read.errors.insert(read.errors.begin(), given.problems.begin(), given.problems.end());
  return read;
}

read_client_config read_application_client_config(const caf::actor_system_config& from) {
  reading<client_config> given{of_clients(), {}, {}, {}};
  std::string name_for_members;
  if (const auto ours = caf::get_if<caf::settings>(&from.content, of_members().name)) {
    for_each_key(*ours, [&](const std::string& name, const caf::config_value& v) {
      if (name == client_section) {
        const auto* inside = section_in(v, given.problems);
        if (inside == nullptr) return;
        for_each_key(*inside, [&](const std::string& key_name, const caf::config_value& value) {
          if (!given.take(key_name, value)) given.problems.push_back(unknown(key_name, of_clients(), of_members()));
        });
      } else if (!of_members().has(name)) {  // Where there is no member, nobody else would say so.
        given.problems.push_back(unknown(name, of_members(), of_clients()));
      } else if (const auto* text = caf::get_if<std::string>(&v); text != nullptr && name == "cluster-name") {
        name_for_members = *text;
      }
    });
  }
  auto read = given.file ? read_xml_client_config(*given.file, given.overrides) : default_client_config(given.overrides);
  read.errors.insert(read.errors.begin(), given.problems.begin(), given.problems.end());
  const auto& default_name = client_config{}.cluster_name;
  if (!name_for_members.empty() && name_for_members != default_name && read.config.cluster_name == default_name) {
    read.warnings.push_back(of_members().full("cluster-name") + ": is a member's; the client's cluster is '" + default_name + "', as " +
                            of_clients().full("cluster-name") + " says nothing else");
  }
  return read;
}

}  // namespace troupe
