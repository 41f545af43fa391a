#include <troupe/node/cli/json_text.hpp>

#include <troupe/node/cli/printable.hpp>

namespace troupe::cli {

void add_bytes(json& to, const std::string& name, std::string_view bytes) {
  if (is_utf8(bytes)) {
    to[name] = std::string{bytes};
    return;
  }
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  to[name + "_hex"] = hex;
}

void print_json(const context& c, const json& what) {
  // Names of maps, hosts and zones are checked nowhere to be UTF-8: replaced where they are not, rather than an exception.
  c.io.out << what.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace troupe::cli
