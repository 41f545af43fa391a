#include <troupe/node/config/xml_config.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>
#include <type_traits>

#include <troupe/node/config/xml/walk.hpp>

namespace troupe {

namespace {

using config::draft;
using config::findings;

/// The file's text; nothing, and an error, when it can't be had.
std::optional<std::string> text_of(const std::filesystem::path& file, findings& found) {
  std::error_code failed;
  if (std::filesystem::is_directory(file, failed)) {
    found.error(0, "cannot be read: it is a directory");
    return std::nullopt;
  }
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    found.error(0, std::string{"cannot be read: "} + std::strerror(errno));
    return std::nullopt;
  }
  // One byte more than allowed, and never what a pipe or device would go on to give.
  std::string text(xml_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) {
    found.error(0, "cannot be read to its end");
    return std::nullopt;
  }
  return text;
}

/// One of the two languages, and what there is when nothing is said in it.
struct language {
  const config::element_rule& (*grammar)();
  void (*complete)(draft&);
};

void complete_client(draft& read) {
  if (read.client.connect.empty()) read.client.connect = addresses_of({{"127.0.0.1", std::nullopt}}, member_config{}.port);
}

constexpr language members{config::hazelcast_grammar, [](draft&) {}};
constexpr language clients{config::hazelcast_client_grammar, complete_client};

template <class Config>
constexpr const language& language_of = std::is_same_v<Config, client_config> ? clients : members;

template <class Config>
Config& part_of(draft& read) {
  if constexpr (std::is_same_v<Config, client_config>) {
    return read.client;
  } else {
    return read.config;
  }
}

/// Applies the overrides, validates, and hands over what there is.
template <class Config>
read_settings<Config> finished(draft read, findings found, const std::vector<setting_override<Config>>& overrides) {
  auto& config = part_of<Config>(read);
  for (const auto& o : overrides) {
    o.apply(config);
    read.from.note(o.where, {o.flag, 0});
  }
  language_of<Config>.complete(read);
  for (const auto& problem : validate(config)) found.add(problem, read.from);
  read_settings<Config> result;
  found.deliver(result.errors, result.warnings);
  result.config = std::move(config);
  return result;
}

void read_text(std::string_view text, const language& in, draft& into, findings& found) {
  if (text.size() > xml_bytes_max) {
    found.error(0, "a configuration can't be larger than " + std::to_string(xml_bytes_max) + " bytes");
  } else {
    config::read_document(text, in.grammar(), into, found);
  }
}

template <class Config>
read_settings<Config> parse(std::string_view text, std::string_view name, const std::vector<setting_override<Config>>& overrides) {
  draft read;
  findings found{std::string{name}};
  read_text(text, language_of<Config>, read, found);
  return finished(std::move(read), std::move(found), overrides);
}

template <class Config>
read_settings<Config> read_file(const std::filesystem::path& file, const std::vector<setting_override<Config>>& overrides) {
  draft read;
  findings found{file.string()};
  if (const auto text = text_of(file, found)) read_text(*text, language_of<Config>, read, found);
  return finished(std::move(read), std::move(found), overrides);
}

}  // namespace

read_config parse_xml_config(std::string_view text, std::string_view name, const std::vector<config_override>& overrides) {
  return parse(text, name, overrides);
}
read_config read_xml_config(const std::filesystem::path& file, const std::vector<config_override>& overrides) { return read_file(file, overrides); }
read_config default_config(const std::vector<config_override>& overrides) { return finished({}, findings{{}}, overrides); }

read_client_config parse_xml_client_config(std::string_view text, std::string_view name, const std::vector<client_config_override>& overrides) {
  return parse(text, name, overrides);
}
read_client_config read_xml_client_config(const std::filesystem::path& file, const std::vector<client_config_override>& overrides) {
  return read_file(file, overrides);
}
read_client_config default_client_config(const std::vector<client_config_override>& overrides) { return finished({}, findings{{}}, overrides); }

}  // namespace troupe
