// Entry processors as applications register and ask for them, on whole clusters of the real actors in virtual time.
#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>

#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/cluster_calls.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using accounts = troupe::map<std::string, std::int64_t>;

struct deposit {
  static constexpr std::string_view processor_name = "deposit";
  using entry = processed_entry<std::string, std::int64_t>;
  std::int64_t cents = 0;

  std::int64_t operator()(entry& account) const {
    if (cents < 0) throw std::invalid_argument{"nothing can be taken from " + account.key()};
    account.set(account.value().value_or(0) + cents);
    return *account.value();
  }
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, deposit& d) {
  return f(d.cents);
}

/// Without fields, and without an answer.
struct close_account {
  static constexpr std::string_view processor_name = "close";
  using entry = processed_entry<std::string, std::int64_t>;
  void operator()(entry& account) const { account.remove(); }
};

struct throw_a_number {
  static constexpr std::string_view processor_name = "throw";
  using entry = processed_entry<std::string, std::int64_t>;
  void operator()(entry&) const { throw 42; }
};

std::shared_ptr<const processor_registry> bank() {
  auto processors = std::make_shared<processor_registry>();
  processors->add<deposit>().add<close_account>().add<throw_a_number>();
  processors->add("length", [](const entry_at_hand& entry, const blob&) -> processor_outcome {
    return processed{{}, blob{std::to_string(entry.value == nullptr ? 0 : entry.value->size())}};
  });
  return processors;
}

struct hosting {
  test::system_config config;
  caf::actor_system system{config};
};

}  // namespace

SCENARIO("typed processors work on the entries of a typed map") {
  hosting h;
  test::cluster c{h.system, 3, {}, bank()};
  const auto map = c.map<std::string, std::int64_t>("accounts", 1);
  THEN("on a key, there or not") {
    CHECK(must(c, map.execute_on_key("alice", deposit{5})) == 5);
    CHECK(must(c, map.execute_on_key("alice", deposit{7})) == 12);
    CHECK(must(c, map.get("alice")) == 12);
    CHECK(must(c, map.execute_on_key("alice", close_account{})) == std::monostate{});
    CHECK_FALSE(must(c, map.contains_key("alice")));
  }
  THEN("on several keys") {
    must(c, map.set("bob", 100));
    auto sums = must(c, map.execute_on_keys(std::vector<std::string>{"alice", "bob", "alice"}, deposit{1}));
    std::sort(sums.begin(), sums.end());
    CHECK(sums == std::vector<std::pair<std::string, std::int64_t>>{{"alice", 1}, {"bob", 101}});
  }
  THEN("on all entries, each once") {
    for (int i = 0; i < 500; ++i) must(c, map.set("account " + std::to_string(i), i));
    const auto sums = must(c, map.execute_on_entries(deposit{1000}));
    CHECK(sums.size() == 500);
    for (const auto& [key, sum] : sums) CHECK("account " + std::to_string(sum - 1000) == key);
    CHECK(must(c, map.execute_on_entries(close_account{})).size() == 500);
    CHECK(must(c, map.is_empty()));
  }
  THEN("one that throws ends its call with what it said, and nothing else") {
    must(c, map.set("alice", 5));
    const auto refused = ended(c, map.execute_on_key("alice", deposit{-1}));
    REQUIRE_FALSE(refused);
    CHECK(outcome_of(refused.error()) == outcome::not_applied);
    CHECK(failure_of(refused.error()) == failure::processor_failed);
    CHECK(refused.text() == "not applied: the processor failed: deposit: nothing can be taken from alice");
    CHECK(ended(c, map.execute_on_key("alice", throw_a_number{})).text() ==
          "not applied: the processor failed: throw: it threw something that is no std::exception");
    CHECK(must(c, map.get("alice")) == 5);
  }
  THEN("a value that was written as another type is left alone") {
    const auto texts = c.map<std::string, std::string>("accounts");
    must(c, texts.set("carol", "no number"));
    CHECK(ended(c, map.execute_on_key("carol", deposit{1})).text() == "not applied: the processor failed: deposit: the value is none of its type");
    CHECK(must(c, texts.get("carol")) == "no number");
  }
}

SCENARIO("a processor that nobody registered is named") {
  hosting h;
  test::cluster c{h.system, 1};
  const auto map = c.map<std::string, std::int64_t>("accounts");
  const auto refused = ended(c, map.execute_on_key("alice", deposit{1}));
  REQUIRE_FALSE(refused);
  CHECK(failure_of(refused.error()) == failure::unknown_processor);
  CHECK(refused.text() == "not applied: the member that leads the partition has no processor or predicate of this name: deposit");
}

SCENARIO("a registry takes a name once, and none that is too long") {
  processor_registry r;
  r.add<deposit>();
  CHECK_THROWS_AS(r.add<deposit>(), std::invalid_argument);
  CHECK_THROWS_AS(r.add("", {}), std::invalid_argument);
  CHECK_THROWS_AS(r.add(std::string(256, 'x'), {}), std::invalid_argument);
}

SCENARIO("processors are asked for by messages of CAF's, too") {
  hosting h;
  test::cluster c{h.system, 2, {}, bank()};
  const auto map = c.map("texts");
  entry_list lengths, of_two;
  std::string length;
  h.system.spawn([&, map](caf::event_based_actor* self) {
    const auto failed = [](const caf::error& e) { FAIL(describe(e)); };
    compat::request(self, map, std::nullopt, put_all_atom_v, entry_list{{"a", "1"}, {"b", "22"}}).await([=, &length, &lengths, &of_two](std::uint64_t) {
      compat::request(self, map, std::nullopt, execute_atom_v, std::string{"b"}, std::string{"length"}, std::string{})
          .await([&length](const std::string& told) { length = told; }, failed);
      compat::request(self, map, std::nullopt, execute_atom_v, key_list{"a", "none"}, std::string{"length"}, std::string{})
          .await([&of_two](const entry_list& told) { of_two = told; }, failed);
      compat::request(self, map, std::nullopt, execute_all_atom_v, std::string{"length"}, std::string{})
          .await([&lengths](const entry_list& told) { lengths = told; }, failed);
    }, failed);
  });
  c.advance(seconds{5});
  std::sort(lengths.begin(), lengths.end());
  std::sort(of_two.begin(), of_two.end());
  CHECK(length == "2");
  CHECK(of_two == entry_list{{"a", "1"}, {"none", "0"}});
  CHECK(lengths == entry_list{{"a", "1"}, {"b", "2"}});
}

SCENARIO("a processor takes effect once, also when the primary dies in the middle") {
  hosting h;
  test::cluster c{h.system, 3, {}, bank()};
  const auto map = c.map<std::string, std::int64_t>("accounts", 2);
  for (int i = 0; i < 50; ++i) must(c, map.set("account " + std::to_string(i), 0));
  REQUIRE(c.settle());
  auto later = map.execute_on_entries(deposit{1}).future();
  c.run();
  c.advance(milliseconds{3});
  c.kill(0);
  for (int n = 0; n < 3000 && later.wait_for(seconds{0}) != std::future_status::ready; ++n) c.advance(milliseconds{10});
  REQUIRE(later.wait_for(seconds{0}) == std::future_status::ready);
  const auto sums = later.get();
  REQUIRE(sums);
  CHECK(sums->size() == 50);
  for (int i = 0; i < 50; ++i) CHECK(must(c, map.get("account " + std::to_string(i))) == 1);
}
