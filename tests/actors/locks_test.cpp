// Locks as applications use them, on whole clusters of the real actors in virtual time.
#include <catch2/catch.hpp>

#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/cluster_calls.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct hosting {
  test::system_config config;
  caf::actor_system system{config};
};

using texts = troupe::map<std::string, std::string>;

}  // namespace

SCENARIO("an owner locks a key, writes, and unlocks") {
  hosting h;
  test::cluster c{h.system, 3};
  const texts map = c.map<std::string, std::string>("orders", 1);
  const auto mine = texts::new_owner(), other = texts::new_owner();
  CHECK(mine != other);
  CHECK_FALSE(must(c, map.is_locked("k")));
  const auto fence = must(c, map.lock("k", mine));
  CHECK(must(c, map.is_locked("k")));
  THEN("others don't get it, nor write") {
    CHECK_FALSE(must(c, map.try_lock("k", other)));
    CHECK_FALSE(must(c, map.try_lock("k", other, milliseconds{200})));
    const auto refused = ended(c, map.set("k", "theirs").within(seconds{1}));
    CHECK(refused.failure() == failure::locked);
    CHECK(refused.outcome() == outcome::not_applied);
    CHECK(ended(c, map.set("k", "theirs").as(other).within(seconds{1})).failure() == failure::locked);
    const auto late = ended(c, map.lock("k", other).within(seconds{1}));
    CHECK(late.failure() == failure::locked);
    CHECK(late.outcome() == outcome::not_applied);
    CHECK_FALSE(must(c, map.get("k")));
  }
  THEN("he writes on his own behalf, takes it again, and others wait until it is free") {
    must(c, map.set("k", "mine").as(mine));
    CHECK(must(c, map.lock("k", mine)) == fence);
    auto waits = map.put("k", "theirs").future();
    auto next = map.lock("k", other).future();
    c.advance(milliseconds{100});
    CHECK(must(c, map.unlock("k", mine)) == 1);
    CHECK(waits.wait_for(seconds{0}) != std::future_status::ready);
    CHECK(must(c, map.unlock("k", mine)) == 0);
    c.advance(milliseconds{100});
    REQUIRE(waits.wait_for(seconds{0}) == std::future_status::ready);
    CHECK(*waits.get() == "mine");
    REQUIRE(next.wait_for(seconds{0}) == std::future_status::ready);
    const auto later = next.get();
    REQUIRE(later);
    CHECK(*later > fence);
    CHECK(ended(c, map.unlock("k", mine)).failure() == failure::not_owner);
    CHECK(must(c, map.force_unlock("k")));
    CHECK_FALSE(must(c, map.is_locked("k")));
  }
}

SCENARIO("a write is tried, and waits for a lock no longer than it shall") {
  hosting h;
  test::cluster c{h.system, 3};
  const texts map = c.map<std::string, std::string>("orders", 1);
  const auto mine = texts::new_owner();
  THEN("where nobody holds the lock it is done, and says so") {
    CHECK(must(c, map.try_put("k", "v")));
    CHECK(must(c, map.try_put("k", "w", seconds{1})));
    CHECK(must(c, map.get("k")) == "w");
    CHECK(must(c, map.try_remove("k")));
    CHECK_FALSE(must(c, map.try_remove("k")));
    CHECK_FALSE(must(c, map.get("k")));
  }
  THEN("where somebody does it is not, at once or after its time") {
    must(c, map.set("k", "v"));
    must(c, map.lock("k", mine));
    CHECK_FALSE(must(c, map.try_put("k", "theirs")));
    CHECK_FALSE(must(c, map.try_remove("k")));
    auto waits = map.try_put("k", "theirs", milliseconds{300}).future();
    c.advance(milliseconds{200});
    CHECK(waits.wait_for(seconds{0}) != std::future_status::ready);
    c.advance(milliseconds{200});
    REQUIRE(waits.wait_for(seconds{0}) == std::future_status::ready);
    CHECK_FALSE(waits.get().value());
    CHECK(must(c, map.get("k")) == "v");
    CHECK(must(c, map.try_put("k", "mine").as(mine)));
    AND_THEN("and done, where the lock is free in time") {
      auto write = map.try_put("k", "theirs", seconds{1}).future();
      auto removal = map.try_remove("k", seconds{1}).future();
      c.advance(milliseconds{200});
      must(c, map.unlock("k", mine));
      c.advance(milliseconds{200});
      REQUIRE(write.wait_for(seconds{0}) == std::future_status::ready);
      REQUIRE(removal.wait_for(seconds{0}) == std::future_status::ready);
      CHECK(write.get().value());
      CHECK(removal.get().value());
    }
  }
}

SCENARIO("a lease ends by itself") {
  hosting h;
  test::cluster c{h.system, 2};
  const auto map = c.map<std::string, std::string>("orders", 1);
  must(c, map.lock("k", texts::new_owner(), milliseconds{500}));
  CHECK_FALSE(must(c, map.try_lock("k", texts::new_owner())));
  CHECK(must(c, map.try_lock("k", texts::new_owner(), seconds{2})));
}

SCENARIO("locks survive a failover, and those of a member that died are freed") {
  hosting h;
  test::cluster c{h.system, 3};
  const auto here = c.map<std::string, std::string>("orders", 0);
  const auto there = c.map<std::string, std::string>("orders", 1);
  const auto mine = texts::new_owner();
  std::vector<std::string> keys;
  for (int i = 0; i < 12; ++i) keys.push_back("key " + std::to_string(i));
  for (const auto& key : keys) must(c, there.lock(key, mine));
  GIVEN("a primary of some of them that dies") {
    c.kill(2);
    c.advance(seconds{30});
    THEN("their owner lives, and still has them") {
      for (const auto& key : keys) CHECK_FALSE(must(c, here.try_lock(key, texts::new_owner())));
      for (const auto& key : keys) CHECK(must(c, there.unlock(key, mine)) == 0);
    }
  }
  GIVEN("their owner's member dies") {
    c.kill(1);
    c.advance(seconds{3});
    CHECK_FALSE(must(c, here.try_lock(keys.front(), texts::new_owner())));
    THEN("they are free after its patience") {
      c.advance(seconds{20});
      for (const auto& key : keys) CHECK(must(c, here.try_lock(key, texts::new_owner())));
    }
  }
}
