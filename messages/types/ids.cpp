#include <troupe/messages/types/ids.hpp>

namespace troupe {

namespace {

constexpr bool dash_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_string(const uuid& u) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < u.bytes.size(); ++i) {
    if (dash_before(i)) text += '-';
    text += digits[u.bytes[i] >> 4];
    text += digits[u.bytes[i] & 15];
  }
  return text;
}

std::optional<uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  uuid u;
  std::size_t at = 0;
  for (std::size_t i = 0; i < u.bytes.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const auto high = hex_digit(text[at++]);
    const auto low = hex_digit(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    u.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return u;
}

std::string to_string(const address& a) {
  const auto port = std::to_string(a.port);
  return a.host.find(':') == std::string::npos ? a.host + ':' + port : '[' + a.host + "]:" + port;
}

std::string to_string(const durability& d) { return std::to_string(d.backups) + '+' + std::to_string(d.async_backups); }

std::string to_string(const row_group& g) {
  return to_string(g.began) + (g.number == group_number{} ? std::string{} : '.' + std::to_string(g.number.value()));
}

std::string to_string(const row_id& r) { return to_string(r.group()) + '/' + std::to_string(r.partition.value()); }

}  // namespace troupe
