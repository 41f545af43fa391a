#include <catch2/catch.hpp>

#include <troupe/node/config/join_target.hpp>

using namespace troupe;

namespace {

using targets = std::vector<join_target>;

targets parsed(std::string_view text) {
  const auto read = parse_join_targets(text);
  const auto* wrong = std::get_if<join_syntax_error>(&read);
  INFO((wrong != nullptr ? wrong->text : ""));
  REQUIRE(wrong == nullptr);
  return std::get<targets>(read);
}

std::string refusal(std::string_view text) {
  const auto read = parse_join_targets(text);
  const auto* wrong = std::get_if<join_syntax_error>(&read);
  return wrong == nullptr ? "" : wrong->text;
}

}  // namespace

SCENARIO("members to join are hosts with or without a port") {
  CHECK(parsed("").empty());
  CHECK(parsed("db1") == targets{{"db1", std::nullopt}});
  CHECK(parsed("db1:5799") == targets{{"db1", 5799}});
  CHECK(parsed(" 10.0.0.1:1 , db-2.example.org ") == targets{{"10.0.0.1", 1}, {"db-2.example.org", std::nullopt}});
}

SCENARIO("members to join may have IPv6 addresses") {
  CHECK(parsed("[::1]:5701") == targets{{"::1", 5701}});
  CHECK(parsed("[fe80::1]") == targets{{"fe80::1", std::nullopt}});
  CHECK(parsed("fe80::1") == targets{{"fe80::1", std::nullopt}});
}

SCENARIO("a range in the last part of an address stands for all addresses in it") {
  CHECK(parsed("10.0.0.8-10:5701") == targets{{"10.0.0.8", 5701}, {"10.0.0.9", 5701}, {"10.0.0.10", 5701}});
  CHECK(parsed("my-host.1-2x") == targets{{"my-host.1-2x", std::nullopt}});
}

SCENARIO("what is no member to join is refused with a reason") {
  CHECK(refusal("a,,b") == "'' is no HOST or HOST:PORT");
  CHECK(refusal(":5701") == "':5701' is no HOST or HOST:PORT");
  CHECK(refusal("[::1") == "'[::1' is no HOST or HOST:PORT");
  CHECK(refusal("[::1]5701") == "'[::1]5701' is no HOST or HOST:PORT");
  CHECK(refusal("a:0") == "'a:0': a port is a number from 1 to 65535");
  CHECK(refusal("a:65536") == "'a:65536': a port is a number from 1 to 65535");
  CHECK(refusal("a:") == "'a:': a port is a number from 1 to 65535");
  CHECK(refusal("a:12x") == "'a:12x': a port is a number from 1 to 65535");
  CHECK(refusal("10.0.0.*") == "'10.0.0.*' has a '*': a member to join has one address");
  CHECK(refusal("10.0.0.7-1") == "'10.0.0.7-1': a range is FIRST-LAST with numbers from 0 to 255");
  CHECK(refusal("10.0.0.1-256") == "'10.0.0.1-256': a range is FIRST-LAST with numbers from 0 to 255");
  CHECK(refusal("a:b:c") == "'a:b:c' is no HOST or HOST:PORT, and no IPv6 address");
  CHECK(refusal("a b") == "'a b' has a space in it: separate members by commas");
}

SCENARIO("an entry without a port stands for the member's own port and the two after it") {
  CHECK(addresses_of({{"a", std::nullopt}, {"b", 9}}, 5701) == std::vector<address>{{"a", 5701}, {"a", 5702}, {"a", 5703}, {"b", 9}});
  THEN("no address is there twice") {
    CHECK(addresses_of({{"a", 5702}, {"a", std::nullopt}}, 5701) == std::vector<address>{{"a", 5702}, {"a", 5701}, {"a", 5703}});
  }
  THEN("ports end at 65535") { CHECK(addresses_of({{"a", std::nullopt}}, 65535) == std::vector<address>{{"a", 65535}}); }
}
