// The quorum policy `strict`: always a majority, and of an even number of voters the oldest weighs one and a half.
#include <catch2/catch.hpp>

#include "tests/protocol/membership/cluster_of.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

cluster_settings strict_settings() {
  auto s = small_settings();
  s.split_brain = quorum_policy::strict;
  return s;
}

}  // namespace

SCENARIO("strict, two voters: the older one survives the younger, not the other way round") {
  GIVEN("two members, of which the younger dies") {
    cluster_of c{2, strict_settings()};
    c.crash(1);
    const auto killed_at = c.now();
    THEN("the older one goes on as soon as the lease of the dead has ended, with a closed connection as proof enough") {
      REQUIRE(c.run_until([&] { return c.agree_on({0}); }, seconds{3}));
      CHECK(c.now() - killed_at >= milliseconds{950});
      CHECK(c.now() - killed_at <= milliseconds{1200});
      CHECK(c.count(0, event_kind::halted) == 0);
      CHECK(c.has_lease(0));
      CHECK(c.violation().empty());
    }
  }
  GIVEN("two members, of which the older dies") {
    cluster_of c{2, strict_settings()};
    c.crash(0);
    c.run_for(seconds{20});
    THEN("the younger one halts, says so once, and serves nothing") {  // Fails without: the weight is the oldest voter's, alive or not.
      CHECK(c.members_seen_by(1) == 2);
      CHECK(c.count(1, event_kind::halted) == 1);
      CHECK_FALSE(c.has_lease(1));
    }
    WHEN("the operator forces a view") {
      c.force_view(1);
      THEN("it goes on") {
        CHECK(c.run_until([&] { return c.agree_on({1}) && c.has_lease(1); }, seconds{1}));
      }
    }
  }
}

SCENARIO("strict, two voters: a split leaves one cluster") {
  GIVEN("two members that are cut off from each other") {
    cluster_of c{2, strict_settings()};  // No branches are expected: the network checks that there are none.
    c.cut(0, 1);
    REQUIRE(c.run_until([&] { return c.members_seen_by(0) == 1; }, seconds{3}));
    c.run_for(seconds{10});
    CHECK(c.has_lease(0));
    CHECK(c.count(1, event_kind::halted) == 1);
    CHECK_FALSE(c.has_lease(1));
    WHEN("the cut heals") {
      c.heal_all();
      THEN("the younger one learns that it was removed, and a new process takes its place") {
        REQUIRE(c.run_until([&] { return c.at(1).ended == protocol::ending::expelled; }, seconds{3}));
        CHECK(c.count(1, event_kind::foreign_cluster) == 0);
        c.add(5);
        CHECK(c.run_until([&] { return c.agree_on({0, 5}); }, seconds{5}));
        CHECK(c.violation().empty());
      }
    }
  }
}

SCENARIO("strict, four voters: of two halves the one with the oldest goes on") {
  GIVEN("four members, cut into halves") {
    cluster_of c{4, strict_settings()};
    for (std::size_t a : {0U, 3U}) {
      for (std::size_t b : {1U, 2U}) c.cut(a, b);
    }
    c.run_for(seconds{5});
    THEN("there is one cluster") {
      CHECK(c.agree_on({0, 3}));
      CHECK(c.has_lease(3));
      for (std::size_t halted : {1U, 2U}) {
        CHECK(c.count(halted, event_kind::halted) == 1);
        CHECK_FALSE(c.has_lease(halted));
      }
      CHECK(c.violation().empty());
    }
  }
  GIVEN("four members, two of which die, the oldest among them") {
    cluster_of c{4, strict_settings()};
    c.crash(0);
    c.crash(3);
    c.run_for(seconds{10});
    THEN("the others halt") {
      CHECK(c.members_seen_by(1) == 4);
      CHECK(c.count(2, event_kind::halted) == 1);
    }
  }
}

SCENARIO("strict, two voters: each may leave, and the other goes on") {
  for (const std::size_t leaver : {0U, 1U}) {
    GIVEN("two members, of which " + std::to_string(leaver) + " leaves") {
      cluster_of c{2, strict_settings()};
      c.leave(leaver);
      THEN("the other is a cluster of its own") {
        CHECK(c.run_until([&] { return c.agree_on({1 - leaver}) && c.at(leaver).ended == protocol::ending::left; }, seconds{3}));
        c.run_for(milliseconds{300});
        CHECK(c.has_lease(1 - leaver));
        CHECK(c.violation().empty());
      }
    }
  }
}

SCENARIO("strict, two voters: who decides alone does not end the cluster over a mere pause of the other") {
  GIVEN("an older member that leaves while the younger is paused") {
    cluster_of c{2, strict_settings()};
    c.pause(1);
    c.leave(0);
    c.run_for(seconds{5});
    CHECK(c.at(0).ended == protocol::ending::none);  // Fails without: whoever decides alone waits before it goes unheard.
    WHEN("the paused one wakes") {
      c.resume(1);
      THEN("the older leaves, and the younger goes on") {
        CHECK(c.run_until([&] { return c.agree_on({1}) && c.at(0).ended == protocol::ending::left; }, seconds{5}));
        CHECK(c.violation().empty());
      }
    }
    WHEN("it stays silent") {
      THEN("the older ends after ten detection times, as the last member does") {
        CHECK(c.run_until([&] { return c.at(0).ended == protocol::ending::left; }, seconds{10}));
      }
    }
  }
}

SCENARIO("strict is said when there are two") {
  cluster_of two{2, strict_settings()};
  CHECK(two.text(0, event_kind::view_installed).find("without member 1 nothing is decided") != std::string::npos);
  cluster_of three{3, strict_settings()};
  CHECK(three.text(0, event_kind::view_installed).find("note=") == std::string::npos);
}
