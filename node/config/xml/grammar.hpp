/// \file
/// The languages of the configuration files, as tables: which element may stand where, what its value means, or that it means nothing here.
/// The walk (walk.hpp) does the rest alike for all of them.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <troupe/node/config/client_config.hpp>
#include <troupe/node/config/member_config.hpp>
#include <troupe/node/config/xml/setting.hpp>

namespace troupe::config {

/// The configuration as far as it has been read: `config` from a member's file, `client` from a client's.
struct draft {
  member_config config;
  client_config client;
  origins from;
  bool tcp_ip_enabled = false;
  bool interfaces_enabled = false;
  std::string interface;                                      ///< where `interfaces` says to listen
  std::vector<std::pair<int, std::string>> interface_doubts;  ///< lines and warnings, which count only where `interfaces` is enabled
  bool wants_zones = false;                                   ///< `partition-group` asks for copies in different zones …
  bool knows_no_size_measure = false;                         ///< of the `eviction` being read: by `max-size-policy` it has no effect here
  int wants_zones_line = 0;                                   ///< … in this line
};

/// What to do with the text of an element or attribute.
using reader = std::function<void(const setting&, draft&)>;

struct attribute_rule {
  std::string name;
  reader read;
};

struct element_rule {
  std::string name;
  bool many = false;  ///< may stand several times in its parent
  reader begin;       ///< before the attributes, which come before the children
  reader read;        ///< the text; null: no text allowed
  reader end;         ///< after the children
  reader ignore;      ///< not null: known to Hazelcast and without effect here; reports that, and nothing inside is looked at
  std::vector<attribute_rule> attributes;
  std::vector<element_rule> children;

  element_rule& with(std::string attribute, reader r) & {
    attributes.push_back({std::move(attribute), std::move(r)});
    return *this;
  }
  element_rule&& with(std::string attribute, reader r) && {
    with(std::move(attribute), std::move(r));
    return std::move(*this);
  }
  element_rule&& repeated() && {
    many = true;
    return std::move(*this);
  }
  element_rule&& beginning(reader r) && {
    begin = std::move(r);
    return std::move(*this);
  }
  element_rule&& ending(reader r) && {
    end = std::move(r);
    return std::move(*this);
  }
};

[[nodiscard]] element_rule section(std::string name, std::vector<element_rule> children);
[[nodiscard]] element_rule value(std::string name, reader r);
/// Warns `<name> has no effect: why`, unless the element says enabled="false".
[[nodiscard]] element_rule without_effect(std::string name, std::string why);
/// The same for each of `names`.
void add_without_effect(std::vector<element_rule>& to, std::initializer_list<std::string_view> names, std::string_view why);

/// A whole number from `smallest` to `largest`, handed to `set`.
[[nodiscard]] reader whole(long long smallest, long long largest, std::function<void(draft&, long long)> set);
[[nodiscard]] reader flag(std::function<void(draft&, bool)> set);
[[nodiscard]] reader text(std::function<void(draft&, std::string)> set);
/// One of the names of log levels.
[[nodiscard]] reader level(std::function<void(draft&, log_level)> set);
/// A list of members, not empty, handed to `add`.
[[nodiscard]] reader targets(std::function<void(draft&, const std::vector<join_target>&)> add);
/// Warns `name=value has no effect: why`, unless the value is one of those that ask for what happens anyway.
[[nodiscard]] reader only(std::initializer_list<std::string_view> harmless, std::string why);

/// `<import>`, which is an error.
[[nodiscard]] element_rule import_grammar();

/// A member's whole language; its root is `<hazelcast>`.
[[nodiscard]] const element_rule& hazelcast_grammar();
/// A client's; its root is `<hazelcast-client>`.
[[nodiscard]] const element_rule& hazelcast_client_grammar();

// Parts of a member's, one file each.
[[nodiscard]] element_rule network_grammar();
[[nodiscard]] element_rule map_grammar();
[[nodiscard]] element_rule troupe_grammar();

}  // namespace troupe::config
