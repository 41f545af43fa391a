// Members that were removed without learning it, and views that hardly anybody knows: the news gets through.
#include <catch2/catch.hpp>

#include "tests/protocol/membership/cluster_of.hpp"

using namespace troupe;
using namespace troupe::test;

SCENARIO("a member that was left behind learns that it was removed, though all whom it knows are gone") {
  GIVEN("one of three that is cut off before a fourth joins, and is removed") {
    cluster_of c{3};
    c.isolate(2);
    c.add(3);
    c.cut(2, 3);
    REQUIRE(c.run_until([&] { return c.sees(0, 2) && c.sees(0, 3); }, seconds{5}));
    REQUIRE(c.run_until([&] { return c.removed_at(2).has_value(); }, seconds{5}));
    WHEN("the others that it knows leave, and the network heals") {
      for (std::size_t i : {0U, 1U}) {
        c.leave(i);
        REQUIRE(c.run_until([&] { return c.at(i).ended == protocol::ending::left; }, seconds{5}));
      }
      c.heal_all();
      THEN("the fourth finds it") {  // Fails without: looking for those that were removed.
        CHECK(c.run_until([&] { return c.at(2).ended == protocol::ending::expelled; }, seconds{10}));
        CHECK(c.agree_on({3}));
      }
    }
  }
  GIVEN("two of three that were removed one after the other") {
    cluster_of c{3};
    c.isolate(2);
    REQUIRE(c.run_until([&] { return c.members_seen_by(0) == 2; }, seconds{5}));
    c.add(3);
    c.cut(2, 3);
    REQUIRE(c.run_until([&] { return c.sees(1, 3); }, seconds{5}));
    c.isolate(1);
    REQUIRE(c.run_until([&] { return c.removed_at(1).has_value(); }, seconds{5}));
    c.run_for(milliseconds{500});  // Two voters now: the survivor needs its proof of contact.
    c.crash(0);
    REQUIRE(c.run_until([&] { return c.members_seen_by(3) == 1; }, seconds{5}));
    WHEN("the network heals, but for what the first one says") {
      c.heal_all();
      for (std::size_t i : {0U, 1U, 3U}) c.cut_one_way(2, i);
      THEN("the second one passes on what it learns before it ends") {  // Fails without: passing it on.
        CHECK(c.run_until([&] { return c.at(2).ended == protocol::ending::expelled; }, seconds{5}));
        CHECK(c.at(1).ended == protocol::ending::expelled);
      }
    }
  }
  GIVEN("one of two that are left when the third was removed") {
    cluster_of c{3};
    c.isolate(2);
    REQUIRE(c.run_until([&] { return c.members_seen_by(0) == 2; }, seconds{5}));
    c.heal_all();
    for (std::size_t i : {0U, 1U}) c.cut_one_way(2, i);
    WHEN("one leaves that the removed one can hear") {
      c.cut_one_way(0, 2);
      c.leave(1);
      THEN("its farewell is for that one, too") {  // Fails without: passing it on.
        CHECK(c.run_until([&] { return c.at(2).ended == protocol::ending::expelled; }, seconds{5}));
        CHECK(c.agree_on({0}));
      }
    }
  }
  GIVEN("one of three that is cut off while the others are replaced, one after the other, at their addresses") {
    cluster_of c{3};
    c.isolate(2);
    REQUIRE(c.run_until([&] { return c.members_seen_by(0) == 2; }, seconds{5}));
    for (std::size_t i : {0U, 1U}) {
      c.leave(i);
      REQUIRE(c.run_until([&] { return c.at(i).ended == protocol::ending::left; }, seconds{5}));
      auto who = process_named(10 + i);
      who.address = address_of(i);
      c.add(who, 10 + i, small_settings());
      c.cut(2, 10 + i);
      REQUIRE(c.run_until([&] { return c.sees(10 + i, i == 0 ? 1 : 10) && c.members_seen_by(10 + i) == 2; }, seconds{20}));
    }
    WHEN("the network heals") {
      c.heal_all();
      THEN("it finds those who are there now") {  // Fails without: looking for a later view.
        CHECK(c.run_until([&] { return c.at(2).ended == protocol::ending::expelled; }, seconds{5}));
        CHECK(c.agree_on({10, 11}));
        CHECK(c.violation().empty());
      }
    }
  }
}

SCENARIO("a view that only its decider and the one that it removes know is not lost with them") {
  GIVEN("four members, of which one is paused, and removed by a view that its decider tells to nobody else before it dies") {
    cluster_of c{4};
    const auto before = c.view_of(0).name.number;
    c.pause(3);
    c.drop = [](std::size_t from, std::size_t to, const any_membership_message& what) {
      const bool is_news = std::holds_alternative<message::decided>(what) || std::holds_alternative<message::full_view>(what);
      return is_news && from == 0 && to != 3;
    };
    REQUIRE(c.run_until([&] { return c.view_of(0).name.number > before; }, seconds{5}));
    c.run_for(milliseconds{5});
    c.crash(0);
    REQUIRE(c.view_of(1).name.number == before);
    WHEN("it wakes up") {
      c.resume(3);
      THEN("it tells the others before it goes, who are too few in the view before") {  // Fails without: the farewell.
        CHECK(c.run_until([&] { return c.agree_on({1, 2}); }, seconds{10}));
        CHECK(c.run_until([&] { return c.at(3).ended == protocol::ending::expelled; }, seconds{5}));
        CHECK(c.violation().empty());
      }
    }
  }
}

SCENARIO("a farewell that is ahead of whom it reaches is news, and not another branch's") {
  GIVEN("four members, the oldest of which is cut off and removed, and a view after that which one of the others has not heard of yet") {
    cluster_of c{4};
    c.isolate(0);
    REQUIRE(c.run_until([&] { return c.removed_at(0) && c.members_seen_by(2) == 3 && c.members_seen_by(3) == 3; }, seconds{5}));
    const auto without = c.view_of(2).name.number;
    c.drop = [](std::size_t from, std::size_t to, const any_membership_message& what) {
      const bool is_news = std::holds_alternative<message::decided>(what) || std::holds_alternative<message::full_view>(what);
      return is_news && (from == 1 || from == 3) && to == 2;
    };
    c.want(1, {message::wish::create_map{"people"}});
    REQUIRE(c.run_until([&] { return c.view_of(1).name.number > without; }, seconds{1}));
    REQUIRE(c.view_of(2).name.number == without);
    WHEN("the network heals, and the removed one passes on that view before it goes") {
      c.heal_all();
      REQUIRE(c.run_until([&] { return c.view_of(2).name.number > without || c.at(2).ended != protocol::ending::none; }, seconds{5}));
      c.drop = {};
      THEN("who did not know it goes on with it") {  // Fails without: telling a view that is passed on from one of a branch.
        CHECK(c.run_until([&] { return c.at(0).ended == protocol::ending::expelled; }, seconds{5}));
        CHECK(c.at(2).ended == protocol::ending::none);
        CHECK(c.run_until([&] { return c.agree_on({1, 2, 3}); }, seconds{5}));
        CHECK(c.violation().empty());
      }
    }
  }
}

SCENARIO("a member that everybody who saw it removed has left behind is found by those who came later") {
  GIVEN("one of three that is cut off and removed, and two that join after that") {
    cluster_of c{3};
    c.isolate(2);
    REQUIRE(c.run_until([&] { return c.removed_at(2).has_value() && c.members_seen_by(0) == 2; }, seconds{5}));
    for (std::size_t n : {3U, 4U}) {
      c.add(n);
      c.cut(2, n);
      REQUIRE(c.run_until([&] { return c.sees(0, n) && c.sees(n, n); }, seconds{5}));
    }
    WHEN("the others that it knows leave, and the network heals") {
      for (std::size_t i : {0U, 1U}) {
        c.leave(i);
        REQUIRE(c.run_until([&] { return c.at(i).ended == protocol::ending::left; }, seconds{5}));
      }
      c.heal_all();
      THEN("they look for it, because the view tells them where it was") {  // Fails without: addresses of departures.
        CHECK(c.run_until([&] { return c.at(2).ended == protocol::ending::expelled; }, seconds{10}));
        CHECK(c.agree_on({3, 4}));
        CHECK(c.violation().empty());
      }
    }
  }
  GIVEN("one that may leave while it is cut off, and two that join after that") {
    cluster_of c{3};
    c.leave(2);
    c.run_for(milliseconds{1});
    c.isolate(2);
    REQUIRE(c.run_until([&] { return c.removed_at(2).has_value() && c.members_seen_by(0) == 2; }, seconds{5}));
    REQUIRE(c.at(2).ended == protocol::ending::none);
    for (std::size_t n : {3U, 4U}) {
      c.add(n);
      c.cut(2, n);
      REQUIRE(c.run_until([&] { return c.sees(0, n) && c.sees(n, n); }, seconds{5}));
    }
    WHEN("the others that it knows leave as well, and the network heals") {
      for (std::size_t i : {0U, 1U}) {
        c.leave(i);
        REQUIRE(c.run_until([&] { return c.at(i).ended == protocol::ending::left; }, seconds{5}));
      }
      c.heal_all();
      THEN("it hears from those who came later that it may go") {  // Fails without: addresses of those that left.
        CHECK(c.run_until([&] { return c.at(2).ended == protocol::ending::left; }, seconds{5}));
        CHECK(c.agree_on({3, 4}));
        CHECK(c.violation().empty());
      }
    }
  }
  GIVEN("one that left of its own accord") {
    cluster_of c{3};
    c.leave(2);
    REQUIRE(c.run_until([&] { return c.at(2).ended == protocol::ending::left && c.members_seen_by(0) == 2; }, seconds{5}));
    c.run_for(milliseconds{100});
    const auto before = c.probes();
    THEN("nobody looks for it who heard its goodbye") {
      c.run_for(seconds{60});
      CHECK(c.probes() == before);
    }
    THEN("one that joins later knocks where it was, more and more seldom") {
      c.add(3);
      REQUIRE(c.run_until([&] { return c.sees(0, 3); }, seconds{5}));
      c.run_for(seconds{60});
      const auto in_a_minute = c.probes() - before;
      CHECK(in_a_minute < 40);
      c.run_for(seconds{600});
      CHECK(c.probes() - before < in_a_minute + 15);
    }
  }
}
