#include <troupe/node/cli/table.hpp>

#include <algorithm>
#include <ostream>

#include <troupe/node/cli/printable.hpp>

namespace troupe::cli {

namespace {

const char* escape_of(table::emphasis how) {
  switch (how) {
    case table::emphasis::none: return "";
    case table::emphasis::strong: return "\x1b[1m";
    case table::emphasis::alarm: return "\x1b[31m";
  }
  return "";
}

void print_coloured(std::ostream& out, const std::string& text, table::emphasis how, bool coloured) {
  if (coloured && how != table::emphasis::none) {
    out << escape_of(how) << text << "\x1b[0m\n";
  } else {
    out << text << '\n';
  }
}

}  // namespace

void table::add(std::vector<std::string> cells, emphasis how) {
  for (auto& cell : cells) cell = printable(cell);
  lines_.push_back({std::move(cells), how});
}

std::vector<std::size_t> table::widths() const {
  std::vector<std::size_t> all;
  for (const auto& c : columns_) all.push_back(columns_of(c.title));
  for (const auto& l : lines_) {
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = std::max(all[i], columns_of(l.cells[i]));
  }
  return all;
}

void table::print(std::ostream& out, bool coloured) const {
  const auto width = widths();
  const auto formatted = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(width[i] - columns_of(cells[i]), ' ');
      if (i > 0) text += "  ";
      text += columns_[i].side == align::left ? cells[i] + padding : padding + cells[i];
    }
    text.resize(text.find_last_not_of(' ') + 1);
    return text;
  };
  std::vector<std::string> titles;
  for (const auto& c : columns_) titles.push_back(c.title);
  print_coloured(out, formatted(titles), emphasis::strong, coloured);
  for (const auto& l : lines_) print_coloured(out, formatted(l.cells), l.how, coloured);
}

}  // namespace troupe::cli
