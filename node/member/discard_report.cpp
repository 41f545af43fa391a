#include <troupe/node/member/discard_report.hpp>

#include <algorithm>
#include <string_view>

namespace troupe {

namespace {

constexpr std::size_t name_bytes_max = 64;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view{"-_.:"}.find(c) != std::string_view::npos;
}

std::string encoded(std::string_view name) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : name.substr(0, name_bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      text += c;
    } else {
      text += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return name.size() > name_bytes_max ? text + "..." : text;
}

std::string_view word_of(protocol::discarded_writes::change what) {
  switch (what) {
    case protocol::discarded_writes::change::put: return "put";
    case protocol::discarded_writes::change::erased: return "erased";
    case protocol::discarded_writes::change::cleared: return "cleared";
  }
  return "written";
}

std::string text_of(const protocol::discarded_writes::write& w, const view& maps) {
  const auto* map = maps.find(w.map);
  auto text = ' ' + std::string{word_of(w.what)} + '=' + (map != nullptr ? encoded(map->name) : '#' + std::to_string(w.map.value()));
  if (w.what != protocol::discarded_writes::change::cleared) text += '/' + encoded(w.key.view());
  return text;
}

}  // namespace

std::vector<std::string> lines_of(const row_id& row, const protocol::discarded_writes& what, const view& maps) {
  std::vector<std::string> lines;
  const auto begin = "row=" + to_string(row) + " positions=" + std::to_string(what.after.value() + 1) + '-' + std::to_string(what.up_to.value());
  lines.push_back(begin);
  const auto named = std::min(what.writes.size(), keys_named_max);
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0 && i % keys_in_line == 0) lines.push_back("row=" + to_string(row));
    lines.back() += text_of(what.writes[i], maps);
  }
  if (named < what.writes.size()) lines.back() += " unlisted=" + std::to_string(what.writes.size() - named);
  if (what.removals_after > what.after) lines.back() += " removals_from=" + std::to_string(what.removals_after.value() + 1);
  return lines;
}

}  // namespace troupe
