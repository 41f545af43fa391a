/// A file of entries, as `troupe load` reads it and `troupe dump` writes it; and what a terminal is shown of its bytes.
#include <sstream>
#include <string>
#include <vector>

#include <troupe/node/cli/printable.hpp>
#include <troupe/node/cli/tab_separated.hpp>

#include "tests/fuzz/target.hpp"

using namespace troupe;

namespace {

struct contents {
  std::vector<cli::text_entry> entries;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
};

contents read_all(const std::string& text) {
  std::istringstream in{text};
  cli::tab_separated_reader reader{in};
  contents read;
  while (true) {
    const auto next = reader.next();
    if (const auto* end = std::get_if<cli::end_of_text>(&next)) {
      fuzz::claim(!end->failed, "a text in memory does not break");
      read.bytes = reader.bytes_read();
      return read;
    }
    ++read.lines;
    if (const auto* entry = std::get_if<cli::text_entry>(&next)) {
      fuzz::claim(entry->line == read.lines, "an entry knows its line");
      read.entries.push_back(*entry);
    } else {
      const auto& wrong = std::get<cli::line_error>(next);
      fuzz::claim(wrong.line == read.lines, "an error knows its line");
      fuzz::claim_is_explanation(wrong.text);
      fuzz::claim(cli::printable(wrong.text) == wrong.text, "an error can be shown");
    }
  }
}

void claim_is_fit_for_a_terminal(const std::string& text, std::size_t columns) {
  const auto shown = cli::printable(text);
  fuzz::claim(cli::is_utf8(shown), "what is shown is UTF-8");
  fuzz::claim(cli::printable(shown) == shown, "what is shown needs no escaping");
  fuzz::claim(shown.size() <= 4 * text.size(), "an escaped byte takes four");
  fuzz::claim(cli::columns_of(cli::printable(text, columns)) <= std::max<std::size_t>(columns, 1), "what is cut fits its columns");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{fuzz::text_of({data, size})};
  const auto read = read_all(text);
  fuzz::claim(read.bytes == size, "all is read");
  std::istringstream again{text};
  fuzz::claim(cli::tab_separated_reader{again}.count_rest() == read.lines, "lines are counted as they are read");

  std::ostringstream out;
  for (const auto& entry : read.entries) cli::write_entry(out, entry.key, entry.value);
  const auto written = read_all(out.str());
  fuzz::claim(written.lines == read.entries.size() && written.entries.size() == read.entries.size(), "each entry is written as one line");
  for (std::size_t i = 0; i < read.entries.size(); ++i)
    fuzz::claim(written.entries[i].key == read.entries[i].key && written.entries[i].value == read.entries[i].value,
                "entries come back as they were");

  claim_is_fit_for_a_terminal(text, size % 40);
  return 0;
}
