// Calls that are taken back while they are under way, in each way in which they are made, on whole clusters of the real actors in virtual time.
#include <catch2/catch.hpp>

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <troupe/actors/coroutine.hpp>
#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/cluster_calls.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using texts = troupe::map<std::string, std::string>;

struct hosting {
  test::system_config config;
  caf::actor_system system{config};

  caf::actor spawn_listener() {
    return system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](const entry_events&) {}}; });
  }
};

template <class T>
bool is_there(const std::future<T>& f) {
  return f.wait_for(seconds{0}) == std::future_status::ready;
}

task<> wait_for_value(texts map, std::stop_token by, std::optional<result<std::optional<std::string>>>& into) {
  into = co_await map.put("k", "theirs").cancelled_by(by);
}

task<> listen_for_a_while(texts map, caf::actor listener, std::vector<std::string>& steps) {
  const auto added = co_await map.add_entry_listener(listener).within(seconds{5});
  steps.emplace_back(added ? "added" : added.text());
  if (!added) co_return;
  const auto removed = co_await map.remove_entry_listener(*added);
  steps.emplace_back(removed && *removed ? "removed" : "not removed");
}

}  // namespace

SCENARIO("a call that is cancelled ends at once, and says whether it may be done") {
  hosting h;
  GIVEN("a key that somebody has locked") {
    test::cluster c{h.system, 3};
    const auto map = c.map<std::string, std::string>("orders", 1);
    const auto mine = texts::new_owner(), other = texts::new_owner();
    must(c, map.lock("k", mine));
    std::stop_source source;
    THEN("a write that waits for the lock may be done later") {
      auto write = map.put("k", "theirs").cancelled_by(source.get_token()).future();
      c.advance(milliseconds{100});
      CHECK_FALSE(is_there(write));
      source.request_stop();
      c.run();
      REQUIRE(is_there(write));
      const auto got = write.get();
      CHECK(got.failure() == failure::cancelled);
      CHECK(got.outcome() == outcome::indeterminate);
      CHECK(got.text() == "indeterminate: the call was cancelled");
    }
    THEN("in an actor its error handler is called") {
      std::optional<caf::error> why;
      h.system.spawn([&, map](caf::event_based_actor* self) {
        map.put("k", "theirs").cancelled_by(source.get_token()).request(self).then([](const std::optional<std::string>&) {}, [&](const caf::error& e) { why = e; });
      });
      c.advance(milliseconds{100});
      CHECK_FALSE(why);
      source.request_stop();
      c.run();
      REQUIRE(why);
      CHECK(failure_of(*why) == failure::cancelled);
    }
    THEN("a coroutine that awaits it goes on") {
      std::optional<result<std::optional<std::string>>> got;
      h.system.spawn([&, map](caf::event_based_actor* self) { launch(self, wait_for_value, map, source.get_token(), std::ref(got)); });
      c.advance(milliseconds{100});
      CHECK_FALSE(got);
      source.request_stop();
      c.run();
      REQUIRE(got);
      CHECK(got->failure() == failure::cancelled);
    }
    THEN("a lock that was asked for is not held by anybody who has given it up") {
      auto lock = map.lock("k", other).cancelled_by(source.get_token()).future();
      c.advance(milliseconds{100});
      source.request_stop();
      c.run();
      REQUIRE(is_there(lock));
      CHECK(lock.get().failure() == failure::cancelled);
      must(c, map.unlock("k", mine));
      c.advance(seconds{1});
      CHECK_FALSE(must(c, map.is_locked("k")));
    }
    THEN("many calls are cancelled by one source, others go on") {
      std::vector<std::future<result<receipt>>> writes;
      for (int i = 0; i < 50; ++i) writes.push_back(map.set("k", std::to_string(i)).cancelled_by(source.get_token()).future());
      auto goes_on = map.set("k", "last").future();
      c.advance(milliseconds{100});
      source.request_stop();
      c.run();
      for (auto& w : writes) {
        REQUIRE(is_there(w));
        CHECK(w.get().failure() == failure::cancelled);
      }
      CHECK_FALSE(is_there(goes_on));
      must(c, map.unlock("k", mine));
      c.advance(seconds{1});
      REQUIRE(is_there(goes_on));
      CHECK(goes_on.get());
      CHECK(must(c, map.get("k")) == "last");
    }
  }
  GIVEN("a map that answers") {
    test::cluster c{h.system, 3};
    const auto map = c.map<std::string, std::string>("orders", 1);
    std::stop_source source;
    THEN("what is cancelled before it is made is not done") {
      source.request_stop();
      const auto got = ended(c, map.set("k", "v").cancelled_by(source.get_token()));
      CHECK(got.failure() == failure::cancelled);
      CHECK(got.outcome() == outcome::not_applied);
      const auto destroyed = ended(c, map.destroy().cancelled_by(source.get_token()));
      CHECK(destroyed.failure() == failure::cancelled);
      CHECK(destroyed.outcome() == outcome::not_applied);
      c.advance(seconds{1});
      CHECK_FALSE(must(c, map.get("k")));
    }
    THEN("a read that is cancelled has done nothing") {
      must(c, map.set("k", "v"));
      c.cut(0, 1);
      c.cut(1, 2);
      auto reads = map.get_all(std::vector<std::string>{"k", "l", "m", "n", "o", "p"}).cancelled_by(source.get_token()).future();
      c.advance(milliseconds{50});
      REQUIRE_FALSE(is_there(reads));
      source.request_stop();
      c.run();
      REQUIRE(is_there(reads));
      CHECK(reads.get().outcome() == outcome::not_applied);
    }
    THEN("cancelled later, what has ended stays as it was; and the call can be made again") {
      const auto put = map.put("k", "v").cancelled_by(source.get_token());
      CHECK_FALSE(must(c, put));
      CHECK(must(c, put) == "v");
      source.request_stop();
      c.run();
      CHECK(must(c, map.get("k")) == "v");
    }
    THEN("what the cluster has to agree on may come true") {
      must(c, map.set("k", "v"));
      auto change = map.set_backups(2).cancelled_by(source.get_token()).future();
      c.run();
      source.request_stop();
      c.run();
      REQUIRE(is_there(change));
      const auto got = change.get();
      CHECK(got.failure() == failure::cancelled);
      CHECK(got.outcome() == outcome::indeterminate);
      c.advance(seconds{10});
      CHECK(c.view_of(0)->counts_of(*c.view_of(0)->find_map("orders")) == durability{2, 0});
    }
    THEN("with a source that nobody stops it is answered as any") { CHECK(must(c, map.destroy().cancelled_by(source.get_token())) == false); }
  }
}

SCENARIO("a listener is added and removed in each way in which calls are made, within its deadline") {
  hosting h;
  test::cluster c{h.system, 3};
  const auto map = c.map<std::string, std::string>("orders", 1);
  const auto listener = h.spawn_listener();
  const auto ended_listening = [&](const auto& what) {
    auto later = what.future();
    c.run();
    for (int i = 0; i < 1000 && !is_there(later); ++i) c.advance(milliseconds{10});
    REQUIRE(is_there(later));
    return later.get();
  };
  THEN("by futures") {
    const auto added = ended_listening(map.add_entry_listener(listener));
    REQUIRE(added);
    CHECK(ended_listening(map.remove_entry_listener(*added)).value());
    CHECK_FALSE(ended_listening(map.remove_entry_listener(*added)).value());
  }
  THEN("by functions that are called") {
    std::optional<result<caf::actor>> added;
    map.add_entry_listener(listener, "k").async([&](result<caf::actor> r) { added = std::move(r); });
    c.advance(seconds{2});
    REQUIRE(added);
    CHECK(*added);
  }
  THEN("by coroutines") {
    std::vector<std::string> steps;
    h.system.spawn([&, map](caf::event_based_actor* self) { launch(self, listen_for_a_while, map, listener, std::ref(steps)); });
    c.advance(seconds{2});
    CHECK(steps == std::vector<std::string>{"added", "removed"});
  }
  THEN("one that not all partitions hear in time has not been added, nor one that is cancelled before") {
    c.cut(1, 0);
    c.cut(1, 2);
    std::stop_source source;
    auto late = map.add_entry_listener(listener).within(milliseconds{300}).future();
    auto cancelled = map.add_entry_listener(listener).cancelled_by(source.get_token()).future();
    c.advance(milliseconds{100});
    CHECK_FALSE(is_there(late));
    CHECK_FALSE(is_there(cancelled));
    source.request_stop();
    c.run();
    REQUIRE(is_there(cancelled));
    CHECK(cancelled.get().failure() == failure::cancelled);
    c.advance(milliseconds{300});
    REQUIRE(is_there(late));
    const auto why = late.get();
    CHECK(why.failure() == failure::deadline);
    CHECK(why.outcome() == outcome::not_applied);
  }
  THEN("one whose actor ends before all partitions hear it has not been added, and whoever added it is told") {
    c.cut(1, 0);
    c.cut(1, 2);
    auto added = map.add_entry_listener(listener).future();
    c.advance(milliseconds{100});
    CHECK_FALSE(is_there(added));
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    c.advance(milliseconds{100});
    REQUIRE(is_there(added));
    CHECK(added.get().outcome() == outcome::not_applied);
  }
  THEN("many that are cancelled leave room for others") {
    must(c, map.set("k", "v"));
    c.cut(1, 2);
    std::stop_source source;
    std::vector<std::future<result<caf::actor>>> cancelled;
    for (int i = 0; i < 80; ++i) cancelled.push_back(map.add_entry_listener(listener).cancelled_by(source.get_token()).future());
    c.advance(milliseconds{50});
    source.request_stop();
    c.run();
    for (auto& x : cancelled) CHECK(x.get().failure() == failure::cancelled);
    std::size_t added = 0;  // Of keys that those lead who are within reach.
    for (int i = 0; i < 20; ++i) added += ended_listening(map.add_entry_listener(listener, "k" + std::to_string(i)).within(milliseconds{100})) ? 1 : 0;
    CHECK(added > 0);
  }
  THEN("one that is cancelled when it has been added stays") {
    std::stop_source source;
    const auto added = ended_listening(map.add_entry_listener(listener).cancelled_by(source.get_token()));
    REQUIRE(added);
    source.request_stop();
    c.run();
    CHECK(ended_listening(map.remove_entry_listener(*added)).value());
  }
}
