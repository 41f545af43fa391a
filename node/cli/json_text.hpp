/// \file
/// How bytes and outcomes look in JSON. Not for use outside this folder: the JSON library shows in it.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <troupe/node/cli/command.hpp>

namespace troupe::cli {

using json = nlohmann::ordered_json;

/// Adds `name: bytes`; as `name_hex` when the bytes are not UTF-8, which JSON can't say.
void add_bytes(json& to, const std::string& name, std::string_view bytes);

/// One line on standard output.
void print_json(const context& c, const json& what);

}  // namespace troupe::cli
