#include <sstream>

#include <catch2/catch.hpp>

#include <troupe/node/cli/table.hpp>

using namespace troupe::cli;

namespace {

std::string printed(const table& t, bool coloured = false) {
  std::ostringstream out;
  t.print(out, coloured);
  return out.str();
}

table cities() {
  table t{{{"CITY", align::left}, {"PEOPLE", align::right}, {"LAND", align::left}}};
  t.add({"Zürich", "443037", "CH"});
  t.add({"東京", "9733276", "JP"});
  return t;
}

}  // namespace

SCENARIO("columns line up, whatever the script") {
  CHECK(printed(cities()) ==
        "CITY     PEOPLE  LAND\n"
        "Zürich   443037  CH\n"
        "東京    9733276  JP\n");
}

SCENARIO("a table without lines is its header") { CHECK(printed(table{{{"A", align::left}, {"B", align::right}}}) == "A  B\n"); }

SCENARIO("colours are only where they are asked for") {
  auto t = cities();
  t.add({"total", "10176313", ""}, table::emphasis::strong);
  t.add({"lost", "0", ""}, table::emphasis::alarm);
  CHECK(printed(t).find('\x1b') == std::string::npos);
  CHECK(printed(t, true) ==
        "\x1b[1mCITY      PEOPLE  LAND\x1b[0m\n"
        "Zürich    443037  CH\n"
        "東京     9733276  JP\n"
        "\x1b[1mtotal   10176313\x1b[0m\n"
        "\x1b[31mlost           0\x1b[0m\n");
}

SCENARIO("a cell can't break the table or the terminal") {
  table t{{{"A", align::left}, {"B", align::left}}};
  t.add({"x\ny", "\x1b[2J"});
  CHECK(printed(t) == "A       B\nx\\x0ay  \\x1b[2J\n");
}
