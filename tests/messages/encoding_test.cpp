// Typed keys and values as bytes. The bytes of the golden test are part of what is stored and of what other members and versions read: they
// do not change.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <deque>
#include <limits>
#include <list>
#include <random>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "tests/messages/sample_types.hpp"

using namespace troupe;
using namespace troupe::test;

bool troupe::test::ignoring_case::operator()(const std::string& a, const std::string& b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](unsigned char x, unsigned char y) { return std::tolower(x) < std::tolower(y); });
}

namespace {

using text = std::string;

text hex(std::string_view bytes) {
  text digits;
  for (const char c : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    digits += two;
  }
  return digits;
}

blob unhex(std::string_view digits) {
  text bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) bytes += static_cast<char>(std::stoi(text{digits.substr(i, 2)}, nullptr, 16));
  return blob{bytes};
}

template <class T>
blob bytes_of(const T& value) {
  auto bytes = to_bytes(value);
  REQUIRE(bytes);
  return *bytes;
}

/// In hexadecimal, after a look whether it comes back.
template <class T>
text golden(const T& value) {
  const auto bytes = bytes_of(value);
  const auto back = from_bytes<T>(bytes);
  CHECK(back.has_value());
  if (back) CHECK(*back == value);
  return hex(bytes.view());
}

/// As a part of something else.
template <class T>
text golden_part(const T& value) {
  const auto whole = golden(std::make_tuple(value, std::uint8_t{0xee}));
  return whole.substr(0, whole.size() - 2);
}

template <class T>
bool refuses(std::string_view digits) {
  return !from_bytes<T>(unhex(digits)).has_value();
}

/// Distinct values have distinct bytes; and each of them, cut short or with a byte more, is refused.
template <class T>
void check_distinct(const std::vector<T>& values) {
  std::set<text> seen;
  for (const auto& v : values) {
    const auto bytes = bytes_of(v);
    const auto back = from_bytes<T>(bytes);
    CHECK((back && *back == v));
    CHECK(seen.insert(text{bytes.view()}).second);
    if constexpr (encodable_in_parts<T>) {
      for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(from_bytes<T>(blob{bytes.view().substr(0, n)}));
      CHECK_FALSE(from_bytes<T>(blob{text{bytes.view()} + '\0'}));
    }
  }
}

/// The bytes sort as the values do, which are given in order.
template <class T>
bool sort_as_values(const std::vector<T>& values) {
  return std::is_sorted(values.begin(), values.end(), [](const T& a, const T& b) { return bytes_of(a) < bytes_of(b); });
}

template <class T>
constexpr T least = std::numeric_limits<T>::lowest();
template <class T>
constexpr T most = std::numeric_limits<T>::max();

}  // namespace

TEST_CASE("the bytes of keys and values stay as they are") {
  SECTION("text and bytes, whole as they are, with their length as parts") {
    CHECK(golden(text{"Paris"}) == "5061726973");
    CHECK(golden(text{}) == "");
    CHECK(golden_part(text{"Paris"}) == "000000055061726973");
    CHECK(golden(blob{"ab"}) == "6162");
    CHECK(golden_part(blob{"ab"}) == "000000026162");
    CHECK(golden(std::vector<std::byte>{std::byte{1}, std::byte{0xff}}) == "01ff");
    CHECK(golden_part(std::vector<std::uint8_t>{1, 255}) == "0000000201ff");
    CHECK(golden(std::vector<char>{'a'}) == "61");
  }
  SECTION("numbers") {
    CHECK(golden(std::uint8_t{0x12}) == "12");
    CHECK(golden(std::uint16_t{0x1234}) == "1234");
    CHECK(golden(std::uint32_t{0x12345678}) == "12345678");
    CHECK(golden(std::uint64_t{0x123456789abcdef0}) == "123456789abcdef0");
    CHECK(golden(std::int8_t{-1}) == "7f");
    CHECK(golden(std::int16_t{1}) == "8001");
    CHECK(golden(std::int32_t{-2}) == "7ffffffe");
    CHECK(golden(least<std::int64_t>) == "0000000000000000");
    CHECK(golden('a') == "61");
    CHECK(golden(static_cast<char>(0xe9)) == "e9");
    CHECK(golden(u'\u20ac') == "20ac");
    CHECK(golden(true) == "01");
    CHECK(golden(false) == "00");
    CHECK(golden(1.0f) == "bf800000");
    CHECK(golden(-1.0f) == "407fffff");
    CHECK(golden(0.0) == "8000000000000000");
    CHECK(golden(-0.0) == "7fffffffffffffff");
    CHECK(golden(colour::green) == "02");
  }
  SECTION("what is put together") {
    CHECK(golden(std::optional<std::uint8_t>{}) == "00");
    CHECK(golden(std::optional<std::uint8_t>{7}) == "0107");
    CHECK(golden(std::pair<text, bool>{"a", true}) == "000000016101");
    CHECK(golden(std::tuple<std::uint8_t, std::uint16_t>{1, 2}) == "010002");
    CHECK(golden(std::tuple<>{}) == "00");
    CHECK(golden(std::array<std::uint16_t, 2>{1, 2}) == "00010002");
    CHECK(golden(std::array<int, 0>{}) == "00");
    CHECK(golden(std::variant<std::monostate, std::uint8_t>{}) == "0000");
    CHECK(golden(std::variant<std::monostate, std::uint8_t>{std::uint8_t{5}}) == "0105");
    CHECK(golden(std::vector<std::uint16_t>{1, 2}) == "0000000200010002");
    CHECK(golden(std::vector<bool>{true, false}) == "000000020100");
    CHECK(golden(std::deque<std::uint8_t>{9}) == "0000000109");
    CHECK(golden(std::list<text>{"x"}) == "000000010000000178");
    CHECK(golden(std::chrono::milliseconds{1}) == "8000000000000001");
    CHECK(golden(std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>{}) == "8000000000000000");
  }
  SECTION("sets and maps, in the order of their bytes whatever their own") {
    CHECK(golden(std::set<std::uint8_t>{2, 1}) == "000000020102");
    CHECK(golden(std::set<std::uint8_t, std::greater<>>{2, 1}) == "000000020102");
    CHECK(golden(std::unordered_set<std::uint8_t>{2, 1}) == "000000020102");
    CHECK(golden(std::map<text, std::uint8_t>{{"b", 1}, {"a", 2}}) == "0000000200000001610200000001" "6201");
    CHECK(golden(std::unordered_map<text, std::uint8_t>{{"b", 1}, {"a", 2}}) == "00000002000000016102000000016201");
  }
  SECTION("types of one's own") {
    CHECK(golden(point{1, -1}) == "800000017fffffff");
    CHECK(golden(shape{"s", {{0, 0}}, colour::red}) == "000000017300000001800000008000000001" "01");
    CHECK(golden(percentage{100}) == "64");
    CHECK(golden(nothing{}) == "00");
    CHECK(golden(tree{1, {tree{2, {}}}}) == "81000000018200000000");
    CHECK(golden(money{1250}) == "31323530");
    CHECK(golden_part(money{1250}) == "0000000431323530");
    CHECK(golden(span_of_days{1, 2}) == "8000000180000002");
  }
}

TEST_CASE("distinct values have distinct bytes, and each is read from its own bytes only") {
  check_distinct(std::vector<std::pair<text, text>>{{"", ""}, {"a", ""}, {"", "a"}, {"ab", "c"}, {"a", "bc"}, {text(1, '\0'), ""}, {"", text(1, '\0')}});
  check_distinct(std::vector<std::vector<text>>{{}, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"aa"}});
  check_distinct(std::vector<std::optional<std::optional<bool>>>{
      std::nullopt, std::optional<std::optional<bool>>{std::in_place}, std::optional<bool>{false}, std::optional<bool>{true}});
  check_distinct(std::vector<std::variant<std::uint8_t, std::int8_t>>{std::uint8_t{1}, std::int8_t{1}, std::uint8_t{0x81}});
  check_distinct(std::vector<std::map<text, text>>{{}, {{"a", "b"}}, {{"a", ""}, {"b", ""}}, {{"a", "b"}, {"b", ""}}, {{"ab", ""}}});
  check_distinct(std::vector<std::set<text>>{{}, {""}, {"a"}, {"a", "b"}, {"", "ab"}, {"ab"}});
  check_distinct(std::vector<double>{0.0, 1.0, -1.0, 1e300, -1e-300, std::numeric_limits<double>::infinity()});
  check_distinct(std::vector<tree>{{}, {0, {{}}}, {0, {{}, {}}}, {0, {{0, {{}}}}}, {1, {}}});
  check_distinct(std::vector<std::tuple<nothing, std::tuple<>>>{{}});
  CHECK(bytes_of(0.0) != bytes_of(-0.0));
}

TEST_CASE("bytes of numbers sort as the numbers do") {
  CHECK(sort_as_values<std::int8_t>({least<std::int8_t>, -1, 0, 1, most<std::int8_t>}));
  CHECK(sort_as_values<std::int64_t>({least<std::int64_t>, -256, -255, -1, 0, 1, 255, 256, most<std::int64_t>}));
  CHECK(sort_as_values<std::uint32_t>({0, 1, 255, 256, most<std::uint32_t>}));
  constexpr auto infinite = std::numeric_limits<double>::infinity();
  CHECK(sort_as_values<double>({-infinite, least<double>, -1.5, -1.0, -1e-300, 0.0, 1e-300, 1.0, 1.5, most<double>, infinite}));
  CHECK(sort_as_values<float>({least<float>, -1.0f, 0.0f, 1.0f, most<float>}));
}

TEST_CASE("a NaN keeps its bits") {
  const auto nan = from_bytes<double>(bytes_of(std::numeric_limits<double>::quiet_NaN()));
  REQUIRE(nan);
  CHECK(std::isnan(*nan));
}

TEST_CASE("bytes of another type are nothing, not a value") {
  SECTION("of another length") {
    CHECK(refuses<std::uint32_t>(""));
    CHECK(refuses<std::uint32_t>("000000"));
    CHECK(refuses<std::uint32_t>("0000000000"));
    CHECK(refuses<double>("00000000000000"));
    CHECK(refuses<point>("8000000180000001" "00"));
  }
  SECTION("another form of a value: there is one only") {
    CHECK(refuses<bool>("02"));
    CHECK(refuses<std::optional<bool>>("0200"));
    CHECK(refuses<std::optional<bool>>("0001"));
    CHECK(refuses<std::tuple<>>("01"));
    CHECK(refuses<nothing>("01"));
    CHECK(refuses<std::variant<bool>>("0101"));
    CHECK_FALSE(refuses<std::variant<bool>>("0001"));
    CHECK(refuses<std::set<std::uint8_t>>("000000020201"));
    CHECK(refuses<std::set<std::uint8_t>>("000000020101"));
    CHECK(refuses<std::map<std::uint8_t, bool>>("0000000202010100"));
    CHECK(refuses<std::map<std::uint8_t, bool>>("0000000201000101"));
    CHECK(refuses<std::unordered_set<std::uint8_t>>("000000020201"));
  }
  SECTION("two elements that the set takes for one") {
    using names = std::set<text, ignoring_case>;
    CHECK(refuses<names>("0000000200000001410000000161"));
    CHECK_FALSE(refuses<std::set<text>>("0000000200000001410000000161"));
  }
  SECTION("a count or length of more than there is, whatever it claims") {
    CHECK(refuses<std::vector<std::uint64_t>>("ffffffff" "0000000000000000"));
    CHECK(refuses<std::vector<std::tuple<>>>("ffffffff" "00"));
    CHECK(refuses<std::vector<text>>("00000001" "ffffffff"));
    CHECK(refuses<std::map<text, text>>("7fffffff"));
    CHECK(refuses<std::pair<text, bool>>("00000002" "61"));
  }
  SECTION("what the type's own inspect function or encoding refuses") {
    CHECK(refuses<percentage>("65"));
    CHECK(refuses<span_of_days>("8000000280000001"));
    CHECK(refuses<money>("30303132"));
    CHECK(refuses<money>("2d31"));
  }
}

TEST_CASE("a value that contains itself is read and written to a depth, and no further") {
  const auto deep = [](unsigned levels) {
    tree t;
    for (unsigned i = 1; i < levels; ++i) {
      tree around;
      around.children.push_back(std::move(t));
      t = std::move(around);
    }
    return t;
  };
  // Each level is a tree and the vector in it.
  CHECK(to_bytes(deep(encoding_depth_max / 2)));
  CHECK_FALSE(to_bytes(deep(encoding_depth_max)));
  CHECK(from_bytes<tree>(bytes_of(deep(encoding_depth_max / 2))));
  // As many levels as a value has room for.
  text hostile;
  for (int i = 0; i < 800'000; ++i) hostile += std::string_view{"\x80\0\0\0\1", 5};
  CHECK_FALSE(from_bytes<tree>(blob{hostile}));
}

TEST_CASE("whatever bytes are read as a value, are those that the value is written as") {
  using everything = std::tuple<std::map<std::int16_t, std::optional<text>>, std::vector<std::variant<bool, point, nothing>>,
                                std::set<std::pair<colour, bool>>, std::array<percentage, 2>>;
  std::mt19937_64 draw{20'261'126};
  const auto value = everything{{{1, "x"}, {2, std::nullopt}}, {true, point{1, 2}, nothing{}}, {{colour::red, true}}, {percentage{1}, percentage{2}}};
  const text original{bytes_of(value).view()};
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = original;
    for (auto changes = 1 + draw() % 3; changes > 0; --changes) {
      const auto at = draw() % bytes.size();
      bytes[at] = static_cast<char>(draw() % 4 == 0 ? draw() : (static_cast<unsigned char>(bytes[at]) ^ 1u << draw() % 8));
    }
    const auto back = from_bytes<everything>(blob{bytes});
    if (!back) continue;
    ++read;
    REQUIRE(bytes_of(*back).view() == bytes);
  }
  CHECK(read > 1000);
  CHECK(read < 19'000);
}

TEST_CASE("a type says whether it can be encoded") {
  STATIC_REQUIRE(encodable<shape>);
  STATIC_REQUIRE(encodable<std::map<std::string, std::vector<std::optional<point>>>>);
  STATIC_REQUIRE_FALSE(encodable<opaque>);
  STATIC_REQUIRE_FALSE(encodable<std::vector<opaque>>);
  STATIC_REQUIRE_FALSE(encodable<std::map<std::string, opaque>>);
  STATIC_REQUIRE_FALSE(encodable<int*>);
  STATIC_REQUIRE_FALSE(encodable<const char*>);
  STATIC_REQUIRE_FALSE(encodable<long double>);
  STATIC_REQUIRE_FALSE(encodable<wchar_t>);
}
