#include <sstream>
#include <vector>

#include <catch2/catch.hpp>

#include <troupe/node/cli/tab_separated.hpp>

using namespace troupe::cli;

namespace {

using item = std::variant<text_entry, line_error, end_of_text>;

std::vector<item> read_all(const std::string& text) {
  std::istringstream in{text};
  tab_separated_reader reader{in};
  std::vector<item> all;
  do {
    all.push_back(reader.next());
  } while (!std::holds_alternative<end_of_text>(all.back()));
  all.pop_back();
  return all;
}

std::string written(const std::string& key, const std::string& value) {
  std::ostringstream out;
  write_entry(out, key, value);
  return out.str();
}

}  // namespace

SCENARIO("a line is a key, a tab and a value") {
  CHECK(read_all("a\t1\nb\t2\n") == std::vector<item>{text_entry{"a", "1", 1}, text_entry{"b", "2", 2}});
  GIVEN("a last line without its newline") { CHECK(read_all("a\t1") == std::vector<item>{text_entry{"a", "1", 1}}); }
  GIVEN("nothing") { CHECK(read_all("").empty()); }
  GIVEN("an empty key and an empty value") { CHECK(read_all("\t\n") == std::vector<item>{text_entry{"", "", 1}}); }
  GIVEN("a carriage return") { CHECK(read_all("a\t1\r\n") == std::vector<item>{text_entry{"a", "1\r", 1}}); }
}

SCENARIO("tab, newline and backslash are escaped") {
  CHECK(read_all("a\\tb\tc\\nd\\\\e\n") == std::vector<item>{text_entry{"a\tb", "c\nd\\e", 1}});
  CHECK(written("a\tb", "c\nd\\e") == "a\\tb\tc\\nd\\\\e\n");
}

SCENARIO("whatever is written reads back as the same") {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  CHECK(read_all(written(all_bytes, all_bytes + all_bytes)) == std::vector<item>{text_entry{all_bytes, all_bytes + all_bytes, 1}});
}

SCENARIO("a line that is no entry is an error with its number, and the next one is read all the same") {
  CHECK(read_all("nonsense\na\t1\n") == std::vector<item>{line_error{1, "no tab between key and value"}, text_entry{"a", "1", 2}});
  CHECK(read_all("a\t1\n\n") == std::vector<item>{text_entry{"a", "1", 1}, line_error{2, "no tab between key and value"}});
  CHECK(read_all("a\tb\tc\n") == std::vector<item>{line_error{1, "more than one tab: a tab within a key or value is written '\\t'"}});
  CHECK(read_all("a\tb\\x\n") == std::vector<item>{line_error{1, "unknown escape '\\x': there are '\\t', '\\n' and '\\\\'"}});
  CHECK(read_all("a\\\tb\n") ==
        std::vector<item>{line_error{1, "a single '\\' at the end of a key or value: a backslash is written '\\\\'"}});
  CHECK(read_all("a\tb\\\x1b\n") == std::vector<item>{line_error{1, "unknown escape '\\\\x1b': there are '\\t', '\\n' and '\\\\'"}});
}

SCENARIO("a line without end takes no memory without end") {
  const std::string endless(line_bytes_max + 1, 'x');
  CHECK(read_all(endless + "\na\t1\n") == std::vector<item>{line_error{1, "longer than 67108864 bytes"}, text_entry{"a", "1", 2}});
}

SCENARIO("a stream that breaks is told from one that ends") {
  struct broken_buffer : std::streambuf {
    int_type underflow() override { throw std::runtime_error{"broken"}; }
  } buffer;
  std::istream in{&buffer};
  tab_separated_reader reader{in};
  CHECK(reader.next() == item{end_of_text{true}});
}

SCENARIO("the bytes read are counted") {
  std::istringstream in{"a\t1\nb\t2\n"};
  tab_separated_reader reader{in};
  CHECK(reader.next() == item{text_entry{"a", "1", 1}});
  CHECK(reader.bytes_read() == 4);
}

SCENARIO("the lines that are left are counted, with or without a newline at the end") {
  const auto left_in = [](const std::string& rest) {
    std::istringstream in{"a\t1\n" + rest};
    tab_separated_reader reader{in};
    CHECK(reader.next() == item{text_entry{"a", "1", 1}});
    return reader.count_rest();
  };
  CHECK(left_in("") == 0);
  CHECK(left_in("b\t2") == 1);
  CHECK(left_in("b\t2\n") == 1);
  CHECK(left_in("nonsense\n\nb\t2") == 3);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "b\t2\n";
  CHECK(left_in(many) == 100'000);
}
