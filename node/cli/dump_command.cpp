// dump: all entries of a map, sorted.
#include <algorithm>

#include <troupe/node/cli/command.hpp>
#include <troupe/node/cli/json_text.hpp>
#include <troupe/node/cli/tab_separated.hpp>
#include <troupe/node/config/command_line.hpp>

namespace troupe::cli {

namespace {

/// Appends all entries of the map, page by page; the result that broke it off otherwise.
std::optional<protocol::map_result> collect(const context& c, const std::string& map, std::vector<map_entry>& all) {
  protocol::map_call page;
  page.what = protocol::map_call::kind::scan;
  do {
    auto result = call(c.client, map, page, c.deadline());
    if (result.result != outcome::ok) return result;
    std::move(result.entries.begin(), result.entries.end(), std::back_inserter(all));
    page.cursor = std::move(result.cursor);
  } while (!page.cursor.empty());
  return std::nullopt;
}

}  // namespace

int run(const dump_request& r, const context& c) {
  std::vector<map_entry> all;
  if (const auto broken = collect(c, r.map, all)) return report_failure(c, "dump", *broken);
  std::sort(all.begin(), all.end(), [](const map_entry& a, const map_entry& b) { return a.key < b.key; });
  if (!c.json) {
    for (const auto& e : all) write_entry(c.io.out, e.key.view(), e.value.view());
    return exit_done;
  }
  // Line by line, so that no second copy of everything is built.
  c.io.out << '[';
  for (std::size_t i = 0; i < all.size(); ++i) {
    json entry;
    add_bytes(entry, "key", all[i].key.view());
    add_bytes(entry, "value", all[i].value.view());
    c.io.out << (i == 0 ? "\n" : ",\n") << entry.dump();
  }
  c.io.out << (all.empty() ? "]\n" : "\n]\n");
  return exit_done;
}

}  // namespace troupe::cli
