#include <troupe/node/config/xml_config.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>

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

/// Applies the overrides, validates, and hands over what there is.
read_config finished(draft read, findings found, const std::vector<config_override>& overrides) {
  for (const auto& o : overrides) {
    o.apply(read.config);
    read.from.note(o.where, {o.flag, 0});
  }
  for (const auto& problem : validate(read.config)) found.add(problem, read.from);
  read_config result;
  found.deliver(result);
  result.config = std::move(read.config);
  return result;
}

void read_text(std::string_view text, draft& into, findings& found) {
  if (text.size() > xml_bytes_max) {
    found.error(0, "a configuration can't be larger than " + std::to_string(xml_bytes_max) + " bytes");
  } else {
    config::read_document(text, into, found);
  }
}

}  // namespace

read_config parse_xml_config(std::string_view text, std::string_view name, const std::vector<config_override>& overrides) {
  draft read;
  findings found{std::string{name}};
  read_text(text, read, found);
  return finished(std::move(read), std::move(found), overrides);
}

read_config read_xml_config(const std::filesystem::path& file, const std::vector<config_override>& overrides) {
  draft read;
  findings found{file.string()};
  if (const auto text = text_of(file, found)) read_text(*text, read, found);
  return finished(std::move(read), std::move(found), overrides);
}

read_config default_config(const std::vector<config_override>& overrides) { return finished({}, findings{{}}, overrides); }

}  // namespace troupe
