#include <catch2/catch.hpp>

#include <troupe/node/config/map_patterns.hpp>

using namespace troupe;

namespace {

std::string contested(const std::string& a, const std::string& b, std::vector<std::string> others = {}) {
  others.push_back(a);
  others.push_back(b);
  const auto name = contested_name(a, b, others);
  CHECK(name == contested_name(b, a, others));
  return name.value_or("(none)");
}

}  // namespace

SCENARIO("patterns that can fit a name equally well have a contested name") {
  CHECK(contested("a*", "*b") == "ab");
  CHECK(contested("or*s", "o*rs") == "ors");
  CHECK(contested("ab*", "*bc") == "abc");
  CHECK(contested("orders.*", "*.london") == "orders.london");
}

SCENARIO("patterns that never fit one name equally well have none") {
  CHECK(contested("a*", "b*") == "(none)");
  CHECK(contested("*a", "*b") == "(none)");
  CHECK(contested("ab*", "a*") == "(none)");
  CHECK(contested("a*b", "a*c") == "(none)");
  CHECK(contested("*", "a*") == "(none)");
}

SCENARIO("a pattern that fits better settles a contest") {
  CHECK(contested("a*", "*b", {"a*b"}) == "(none)");
  GIVEN("one that does not fit all contested names") { CHECK(contested("ab*", "*bc", {"ab*bc"}) == "abc"); }
  GIVEN("one that fits other names only") { CHECK(contested("a*", "*b", {"ax*b"}) == "ab"); }
}

SCENARIO("contested_name agrees with a search over all short names") {
  const std::string letters = "ab";
  std::vector<std::string> names{""};
  for (std::size_t i = 0; names[i].size() < 6; ++i) {
    for (const char c : letters) names.push_back(names[i] + c);
  }
  std::vector<std::string> patterns;
  for (const auto& n : names) {
    if (n.size() > 3) continue;
    for (std::size_t at = 0; at <= n.size(); ++at) patterns.push_back(n.substr(0, at) + "*" + n.substr(at));
  }
  const auto fit = [](const std::string& p, const std::string& name) {
    const auto prefix = p.substr(0, p.find('*'));
    const auto suffix = p.substr(p.find('*') + 1);
    return name.size() + 1 >= p.size() && name.starts_with(prefix) && name.ends_with(suffix);
  };
  for (const auto& a : patterns) {
    for (const auto& b : patterns) {
      if (a == b || a.size() != b.size()) continue;
      const bool both = std::any_of(names.begin(), names.end(), [&](const auto& n) { return fit(a, n) && fit(b, n); });
      const auto found = contested_name(a, b, {a, b});
      INFO(a << ' ' << b);
      CHECK(found.has_value() == both);
      if (found) CHECK((fit(a, *found) && fit(b, *found)));
    }
  }
}
