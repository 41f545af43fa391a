// Maps of C++ types, as actors and as other code use them, on whole clusters of the real actors in virtual time.
#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/cluster_calls.hpp"
#include "tests/messages/sample_types.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using text = std::string;
using shapes = troupe::map<point, shape>;

struct hosting {
  test::system_config config;
  caf::actor_system system{config};
};

shape triangle() { return {"triangle", {{0, 0}, {1, 0}, {0, 1}}, colour::red}; }
shape dot() { return {"dot", {{0, 0}}, std::nullopt}; }

}  // namespace

SCENARIO("every operation of a map of C++ types means what it means in IMap") {
  hosting h;
  GIVEN("such a map on three members, used from two of them") {
    test::cluster c{h.system, 3};
    const auto map = c.map<point, shape>("shapes", 0);
    const auto elsewhere = c.map<point, shape>("shapes", 1);
    const point key{3, -4};
    THEN("put returns the old value, get and contains_key the latest state, from every member") {
      CHECK_FALSE(must(c, map.put(key, dot())));
      CHECK(must(c, elsewhere.put(key, triangle())) == dot());
      CHECK(must(c, map.get(key)) == triangle());
      CHECK(must(c, map.contains_key(key)));
      CHECK_FALSE(must(c, elsewhere.get({3, 4})));
      CHECK_FALSE(must(c, elsewhere.contains_key({3, 4})));
    }
    THEN("set and erase say where they stand") {
      const auto first = must(c, map.set(key, dot()));
      const auto second = must(c, elsewhere.erase(key));
      CHECK(second.epoch == first.epoch);
      CHECK(second.seq == first.seq + 1);
      CHECK(second.copies == 2);
      CHECK(second.members.size() == 2);
      CHECK(second.members == first.members);
      CHECK_FALSE(must(c, map.contains_key(key)));
    }
    THEN("destroy takes the map and its entries, and says whether there was one; who writes makes it anew") {
      static_cast<void>(must(c, map.set(key, dot())));
      CHECK(must(c, elsewhere.destroy()));
      CHECK_FALSE(must(c, map.destroy()));
      CHECK(must(c, map.size()) == 0);
      static_cast<void>(must(c, elsewhere.set(key, triangle())));
      CHECK(must(c, map.get(key)) == triangle());
    }
    THEN("other backup counts are there when set_backups has answered; those that can't be are refused") {
      CHECK_FALSE(must(c, map.set_backups(2)));
      static_cast<void>(must(c, map.set(key, dot())));
      CHECK(must(c, elsewhere.set_backups(1, 1)));
      const auto v = c.view_of(0);
      CHECK(v->counts_of(*v->find_map("shapes")) == durability{1, 1});
      const auto wrong = ended(c, map.set_backups(5, 2));
      CHECK(is_type_error(wrong.error()));
      CHECK(wrong.outcome() == outcome::not_applied);
    }
    THEN("put_if_absent keeps what is there; replace needs something there, or what is expected") {
      CHECK_FALSE(must(c, map.replace(key, dot())));
      CHECK_FALSE(must(c, map.put_if_absent(key, dot())));
      CHECK(must(c, map.put_if_absent(key, triangle())) == dot());
      CHECK(must(c, map.replace(key, triangle())) == dot());
      CHECK_FALSE(must(c, map.replace(key, dot(), dot())));
      CHECK(must(c, map.get(key)) == triangle());
      CHECK(must(c, map.replace(key, triangle(), dot())));
      CHECK(must(c, map.get(key)) == dot());
    }
    THEN("remove returns the old value, or removes what is expected only") {
      must(c, map.set(key, dot()));
      CHECK_FALSE(must(c, map.remove(key, triangle())));
      CHECK(must(c, map.remove(key, dot())));
      must(c, map.set(key, dot()));
      CHECK(must(c, elsewhere.remove(key)) == dot());
      CHECK_FALSE(must(c, map.remove(key)));
    }
    THEN("bulk operations cover all partitions, and pages have every entry once") {
      std::map<point, shape> all;
      for (std::int32_t i = 0; i < 200; ++i) all[{i, -i}] = i % 2 == 0 ? dot() : triangle();
      CHECK(must(c, map.is_empty()));
      CHECK(must(c, map.put_all(all)) == 200);
      CHECK(must(c, elsewhere.size()) == 200);
      CHECK_FALSE(must(c, map.is_empty()));
      const auto some = must(c, map.get_all(std::vector<point>{{1, -1}, {2, -2}, {5, 5}}));
      CHECK(std::map<point, shape>(some.begin(), some.end()) == std::map<point, shape>{{{1, -1}, triangle()}, {{2, -2}, dot()}});
      std::map<point, shape> seen;
      entry_page<point, shape> page;
      int pages = 0;
      do {
        page = must(c, elsewhere.entries(page.next, 1000));
        ++pages;
        for (auto& [k, v] : page.entries) CHECK(seen.emplace(k, v).second);
      } while (!page.next.empty());
      CHECK(pages > 5);
      CHECK(seen == all);
      CHECK(must(c, map.clear()) == 200);
      CHECK(must(c, map.size()) == 0);
    }
    THEN("an entry lives as long as it is given") {
      must(c, map.set(key, dot(), entry_options::living_for(seconds{10})));
      must(c, elsewhere.put({1, 1}, dot()));
      CHECK(must(c, elsewhere.set_ttl({1, 1}, seconds{60})));
      CHECK_FALSE(must(c, elsewhere.set_ttl({2, 2}, seconds{60})));
      c.advance(seconds{5});
      CHECK(must(c, elsewhere.get(key)) == dot());
      c.advance(seconds{20});
      CHECK_FALSE(must(c, elsewhere.get(key)));
      CHECK(must(c, map.get({1, 1})) == dot());
      c.advance(seconds{60});
      CHECK_FALSE(must(c, map.contains_key({1, 1})));
    }
    THEN("a map of strings is the same to those who know bytes only") {
      const auto capitals = c.map<text, text>("capitals");
      must(c, capitals.set("France", "Paris"));
      std::optional<text> found;
      h.system.spawn([&, raw = c.map("capitals", 2)](caf::event_based_actor* self) {
        compat::request(self, raw, std::nullopt, get_atom_v, text{"France"}).then([&](const lookup& l) { found = l.value; });
      });
      c.advance(seconds{1});
      CHECK(found == "Paris");
    }
  }
}

SCENARIO("an actor goes on, or waits, as it asks") {
  hosting h;
  GIVEN("an actor that counts in a map") {
    test::cluster c{h.system, 2};
    const auto counts = c.map<text, std::int64_t>("counts");
    must(c, counts.set("a", 1));
    std::vector<text> said;
    const auto say = [&said](std::optional<std::int64_t> old) { said.push_back(old ? std::to_string(*old) : "nothing"); };
    const auto fail = [&said](const caf::error& e) { said.push_back(describe(e)); };
    WHEN("it asks by then()") {
      auto actor = h.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
        counts.put("a", 2).request(self).then(say, fail);
        return {[&said](const text& t) { said.push_back(t); }};
      });
      compat::anonymous_send(actor, text{"meanwhile"});
      c.advance(seconds{1});
      THEN("it handles what comes meanwhile") { CHECK(said == std::vector<text>{"meanwhile", "1"}); }
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      c.run();
    }
    WHEN("it asks by await()") {
      auto actor = h.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
        counts.put("a", 2).request(self).await(say, fail);
        return {[&said](const text& t) { said.push_back(t); }};
      });
      compat::anonymous_send(actor, text{"afterwards"});
      c.advance(seconds{1});
      THEN("what comes meanwhile waits") { CHECK(said == std::vector<text>{"1", "afterwards"}); }
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      c.run();
    }
    WHEN("it asks without a handler for errors, and there is one") {
      must(c, c.map<text, text>("counts").set("a", "not a number"));
      std::optional<caf::error> end;
      auto actor = h.system.spawn([&](caf::event_based_actor* self) {
        self->attach_functor([&](const caf::error& why) { end = why; });
        counts.get("a").request(self).then(say);
      });
      c.advance(seconds{1});
      THEN("it ends of it, as CAF's actors do") {
        REQUIRE(end);
        CHECK(is_type_error(*end));
        CHECK(said.empty());
      }
    }
  }
}

SCENARIO("bytes of another type are an error that says what was done") {
  hosting h;
  GIVEN("entries of a map of text, and the same map taken for one of numbers") {
    test::cluster c{h.system, 1};
    const auto texts = c.map<text, text>("map");
    const auto numbers = c.map<text, std::uint64_t>("map");
    must(c, texts.set("a", "three"));
    THEN("a get is an error of types") {
      const auto got = ended(c, numbers.get("a"));
      REQUIRE_FALSE(got);
      CHECK(is_type_error(got.error()));
      CHECK_FALSE(got.failure());
      CHECK(got.text() == "done, but a value of 5 bytes is none of this map's type");
    }
    THEN("a put whose old value can't be read has been done, and says so") {
      const auto old = ended(c, numbers.put("a", 3));
      REQUIRE_FALSE(old);
      CHECK(is_type_error(old.error()));
      CHECK(old.outcome() == outcome::ok);
      CHECK(must(c, numbers.get("a")) == 3u);
    }
    THEN("a set and an erase read nothing") {
      CHECK(ended(c, numbers.set("a", 3)));
      must(c, texts.set("a", "three"));
      CHECK(ended(c, numbers.erase("a")));
    }
    THEN("a comparison fails for what is not there") { CHECK_FALSE(must(c, numbers.replace("a", 1, 2))); }
    THEN("a page, and several entries, are errors too") {
      CHECK(is_type_error(ended(c, numbers.entries()).error()));
      CHECK(is_type_error(ended(c, numbers.get_all(std::vector<text>{"a"})).error()));
    }
    THEN("so is a key") {
      const auto by_number = c.map<std::uint64_t, text>("map");
      CHECK(ended(c, by_number.entries()).text() == "done, but a key of 1 bytes is none of this map's type");
    }
  }
}

SCENARIO("what can't be written is refused before it is sent") {
  hosting h;
  GIVEN("a value nested too deeply") {
    test::cluster c{h.system, 1};
    const auto map = c.map<text, tree>("trees");
    tree deep;
    for (unsigned i = 0; i < encoding_depth_max; ++i) {
      tree around;
      around.children.push_back(std::move(deep));
      deep = std::move(around);
    }
    THEN("nothing is applied") {
      for (const auto& got : {ended(c, map.put("k", deep)), ended(c, map.replace("k", deep))}) {
        REQUIRE_FALSE(got);
        CHECK(is_type_error(got.error()));
        CHECK(got.outcome() == outcome::not_applied);
        CHECK(got.text() == "not applied: the value has no encoding: it is too large, or nested too deeply");
      }
      CHECK(ended(c, map.put_all(std::vector<std::pair<text, tree>>{{"a", {}}, {"b", deep}})).outcome() == outcome::not_applied);
      CHECK(must(c, map.is_empty()));
    }
    THEN("a key that is too large is the map's own error") {
      const auto got = ended(c, map.get(text(64 * 1024 + 1, 'k')));
      CHECK(got.failure() == failure::key_too_large);
      CHECK(got.outcome() == outcome::not_applied);
    }
  }
}

SCENARIO("a call ends by its own deadline") {
  hosting h;
  GIVEN("a member that can't reach the others any more") {
    test::cluster c{h.system, 3};
    const auto map = c.map<std::int32_t, text>("map", 0, seconds{20});
    for (std::int32_t k = 0; k < 20; ++k) must(c, map.set(k, "x"));
    c.cut(0, 1);
    c.cut(0, 2);
    const auto unreachable = [&]() -> std::int32_t {
      for (std::int32_t k = 0; k < 20; ++k) {
        if (!ended(c, map.get(k).within(seconds{2}))) return k;
      }
      FAIL("no row is elsewhere");
      return 0;
    }();
    THEN("a read ends after the time given, not that of the map; and says that nothing was done") {
      auto later = map.get(unreachable).within(milliseconds{500}).future();
      c.advance(milliseconds{400});
      CHECK(later.wait_for(seconds{0}) == std::future_status::timeout);
      c.advance(milliseconds{300});
      REQUIRE(later.wait_for(seconds{0}) == std::future_status::ready);
      const auto got = later.get();
      CHECK(got.failure() == failure::deadline);
      CHECK(got.outcome() == outcome::not_applied);
    }
    THEN("a deadline in the past has passed; one without end has one") {
      CHECK(ended(c, map.get(unreachable).within(seconds{-1}), seconds{1}).failure() == failure::deadline);
      auto endless = map.get(unreachable).within(duration::max()).future();
      c.advance(seconds{30});
      CHECK(endless.wait_for(seconds{0}) == std::future_status::timeout);
      c.kill(0);
      c.advance(seconds{1});
      REQUIRE(endless.wait_for(seconds{0}) == std::future_status::ready);
      CHECK(endless.get().failure() == failure::closed);
    }
  }
}

SCENARIO("a page has some bytes, and not too many") {
  hosting h;
  test::cluster c{h.system, 1};
  const auto map = c.map<text, text>("map");
  must(c, map.set("k", "v"));
  for (const auto bytes : {0U, 1024U * 1024 + 1}) {
    CHECK(ended(c, map.entries({}, bytes)).text() == "not applied: a page has about 1 byte to 1 MiB");
    CHECK(ended(c, map.keys({}, bytes)).outcome() == outcome::not_applied);
  }
  CHECK(must(c, map.entries({}, 1024 * 1024)).entries.size() == 1);
}

SCENARIO("calls in their general form are checked before they are taken") {
  hosting h;
  GIVEN("a map") {
    test::cluster c{h.system, 1};
    const auto map = c.map("map");
    const auto error_of = [&](timed_call what) {
      std::optional<caf::error> error;
      h.system.spawn([&, what](caf::event_based_actor* self) {
        compat::request(self, map, std::nullopt, what).then([](const protocol::map_result&) {}, [&](const caf::error& e) { error = e; });
      });
      c.advance(seconds{1});
      return error.value_or(caf::error{});
    };
    THEN("what is no operation, or not one on a key, is an error") {
      timed_call unknown;
      unknown.what.what = static_cast<protocol::map_call::kind>(77);
      CHECK(describe(error_of(unknown)) == "not applied: there is no such operation on a map");
      timed_call keyless;
      keyless.what.operation = operation_kind::clear;
      CHECK(describe(error_of(keyless)) == "not applied: there is no such operation on a map");
      keyless.what.operation = static_cast<operation_kind>(200);
      CHECK(outcome_of(error_of(keyless)) == outcome::not_applied);
    }
  }
}

SCENARIO("calls, their answers and their errors travel between applications") {
  hosting h;
  GIVEN("a call and an answer with all that they can hold") {
    const auto passed_on = [&](auto what) {
      const auto copy = compat::as_it_arrives(h.system, what);
      REQUIRE(copy);
      return *copy;
    };
    timed_call c;
    c.what.what = protocol::map_call::kind::put_all;
    c.what.operation = operation_kind::replace_if_equal;
    c.what.key = blob{"k"};
    c.what.value = blob{"v"};
    c.what.expected = blob{"e"};
    c.what.keys = {blob{"1"}, blob{}};
    c.what.entries = {{blob{"a"}, blob{"b"}}};
    c.what.cursor = "next";
    c.what.page_bytes = 5;
    c.what.life = {milliseconds{-1}, std::nullopt};
    c.what.copies_min = 3;
    c.timeout = milliseconds{1234};
    c.problem = "none";
    protocol::map_result r;
    r.result = outcome::not_applied;
    r.why = failure::overloaded;
    r.found = true;
    r.value = blob{"v"};
    r.number = 8;
    r.entries = c.what.entries;
    r.cursor = "more";
    r.epoch = epoch_number{4};
    r.seq = seq_number{5};
    r.copies = 2;
    r.held_by = holders{member_set{member_no{3}, member_no{9}}};
    THEN("they arrive as they were") {
      const auto call_there = passed_on(c);
      CHECK(call_there.what.what == c.what.what);
      CHECK(call_there.what.operation == c.what.operation);
      CHECK(call_there.what.key == c.what.key);
      CHECK(call_there.what.value == c.what.value);
      CHECK(call_there.what.expected == c.what.expected);
      CHECK(call_there.what.keys == c.what.keys);
      CHECK(call_there.what.entries == c.what.entries);
      CHECK(call_there.what.cursor == c.what.cursor);
      CHECK(call_there.what.page_bytes == c.what.page_bytes);
      CHECK(call_there.what.life == c.what.life);
      CHECK(call_there.what.copies_min == c.what.copies_min);
      CHECK(call_there.timeout == c.timeout);
      CHECK(call_there.problem == c.problem);
      const auto there = passed_on(r);
      CHECK(there.result == r.result);
      CHECK(there.why == r.why);
      CHECK(there.found == r.found);
      CHECK(there.value == r.value);
      CHECK(there.number == r.number);
      CHECK(there.entries == r.entries);
      CHECK(there.cursor == r.cursor);
      CHECK(there.epoch == r.epoch);
      CHECK(there.seq == r.seq);
      CHECK(there.copies == r.copies);
      CHECK(there.held_by == r.held_by);
    }
  }
}

SCENARIO("typed entries survive the members that took them") {
  hosting h;
  GIVEN("entries on three members, one backup each") {
    test::cluster c{h.system, 3};
    const auto map = c.map<std::int32_t, shape>("map", 2);
    for (std::int32_t k = 0; k < 50; ++k) must(c, map.set(k, k % 2 == 0 ? dot() : triangle()));
    WHEN("one dies after the other") {
      c.kill(0);
      REQUIRE(c.settle());
      c.kill(1);
      THEN("all are there") {
        for (std::int32_t k = 0; k < 50; ++k) CHECK(must(c, map.get(k)) == (k % 2 == 0 ? dot() : triangle()));
      }
    }
  }
}

SCENARIO("a call of a member that has been stopped is an error") {
  hosting h;
  GIVEN("a map of a member that is killed") {
    std::optional<troupe::map<text, text>> map;
    test::cluster c{h.system, 2};
    map = c.map<text, text>("map", 1);
    must(c, map->set("k", "v"));
    auto under_way = map->set("k", "w").future();
    c.kill(1);
    THEN("calls under way and later ones end") {
      c.advance(seconds{1});
      REQUIRE(under_way.wait_for(seconds{0}) == std::future_status::ready);
      CHECK_FALSE(under_way.get());
      const auto later = ended(c, map->get("k"), seconds{1});
      CHECK_FALSE(later);
      CHECK(later.failure() == failure::closed);
    }
  }
}

SCENARIO("a write may say how many members must hold it") {
  hosting h;
  test::cluster c{h.system, 2};
  const auto map = c.map<text, text>("orders", 0);
  CHECK(must(c, map.set("key", "one").with_copies(2)).copies == 2);
  WHEN("fewer are there than it asks for") {
    c.kill(1);
    c.advance(seconds{5});
    const auto refused = ended(c, map.set("key", "two").with_copies(2));
    THEN("it is definitely not done, by whatever operation") {
      CHECK(refused.failure() == failure::under_replicated);
      CHECK(refused.outcome() == outcome::not_applied);
      CHECK(must(c, map.get("key").with_copies(2)) == "one");
      CHECK(ended(c, map.put_all(std::map<text, text>{{"key", "three"}}).with_copies(2)).failure() == failure::under_replicated);
      CHECK(must(c, map.get("key")) == "one");
    }
    THEN("others are") { CHECK(must(c, map.set("key", "two")).copies == 1); }
  }
}
