/// \file
/// Reads the XML that Hazelcast's users already have, a member's (`<hazelcast>`) and a client's (`<hazelcast-client>`). What Troupe adds sits under `<troupe>`.
///
/// An element or attribute that neither Hazelcast nor Troupe knows is an error that names the nearest known one. One that Hazelcast knows
/// and that does nothing here is a warning, unless its value asks for what happens anyway (`<eviction eviction-policy="NONE"/>`,
/// `<multicast enabled="false"/>`). Every problem of a file is reported in one run, in the order of its lines.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/node/config/client_config.hpp>
#include <troupe/node/config/member_config.hpp>

namespace troupe {

inline constexpr std::size_t xml_bytes_max = 1024 * 1024;

/// A setting given elsewhere, which wins over the file.
template <class Config>
struct setting_override {
  std::string flag;   ///< what to name when its value is wrong: `--port`
  std::string where;  ///< the setting, as in config_problem
  std::function<void(Config&)> apply;
};
using config_override = setting_override<member_config>;
using client_config_override = setting_override<client_config>;

template <class Config>
struct read_settings {
  Config config;
  std::vector<std::string> errors;    ///< `path.xml:LINE: message`; not empty: `config` can't be used
  std::vector<std::string> warnings;  ///< of the same form
};
using read_config = read_settings<member_config>;
using read_client_config = read_settings<client_config>;

/// Reads the file, applies the overrides, validates the result. A file that can't be read, or is larger than 1 MiB, is an error.
[[nodiscard]] TROUPE_API read_config read_xml_config(const std::filesystem::path& file, const std::vector<config_override>& overrides = {});

/// The same from a text; `name` stands for the path in messages.
[[nodiscard]] TROUPE_API read_config parse_xml_config(std::string_view text, std::string_view name,
                                                      const std::vector<config_override>& overrides = {});

/// The defaults with overrides, validated. Messages are prefixed with the flag that they are about.
[[nodiscard]] TROUPE_API read_config default_config(const std::vector<config_override>& overrides = {});

/// \name The same for a client
/// Addresses without a port stand for 5701 to 5703; when nothing says where the members are, they are looked for at 127.0.0.1.
/// @{
[[nodiscard]] TROUPE_API read_client_config read_xml_client_config(const std::filesystem::path& file,
                                                                   const std::vector<client_config_override>& overrides = {});
[[nodiscard]] TROUPE_API read_client_config parse_xml_client_config(std::string_view text, std::string_view name,
                                                                    const std::vector<client_config_override>& overrides = {});
[[nodiscard]] TROUPE_API read_client_config default_client_config(const std::vector<client_config_override>& overrides = {});
/// @}

}  // namespace troupe
