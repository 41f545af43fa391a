// Members that fail, leave and come: whole cores, one network.
#include <catch2/catch.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/applicants.hpp>
#include <troupe/actors/protocol/membership/removal_guard.hpp>

#include "tests/protocol/membership/cluster_of.hpp"

using namespace troupe;
using namespace troupe::test;

SCENARIO("a crashed member is removed when its lease is over, and one round later it is done") {
  GIVEN("three members") {
    cluster_of c{3};
    WHEN("the youngest is killed, and its peers notice the closed connection") {
      c.crash(2);
      const auto killed_at = c.now();
      REQUIRE(c.run_until([&] { return c.agree_on({0, 1}); }, seconds{3}));
      THEN("that takes the removal wait after its last acknowledged heartbeat, a tick and a round trip") {
        const auto took = *c.removed_at(2) - killed_at;
        CHECK(took >= protocol::removal_wait(seconds{1}) - milliseconds{101});
        CHECK(took <= protocol::removal_wait(seconds{1}) + milliseconds{60});
        CHECK(c.violation().empty());
      }
      AND_THEN("the others have leases of the new view a round trip later") {
        c.run_for(3 * c.delay);
        CHECK(c.has_lease(0));
        CHECK(c.has_lease(1));
      }
    }
    WHEN("the oldest is killed, which owned round 0") {
      c.crash(0);
      THEN("the others go on by themselves") { CHECK(c.run_until([&] { return c.agree_on({1, 2}); }, seconds{4})); }
    }
    WHEN("the youngest falls silent without a closed connection") {
      c.crash(2, false);
      const auto killed_at = c.now();
      REQUIRE(c.run_until([&] { return c.agree_on({0, 1}); }, seconds{4}));
      THEN("suspicion and removal wait run side by side") { CHECK(*c.removed_at(2) - killed_at <= milliseconds{1300}); }
    }
  }
}

SCENARIO("a join and a wish take a few round trips, not ticks") {
  GIVEN("three members") {
    cluster_of c{3};
    WHEN("another process looks for the cluster") {
      c.add(3);
      THEN("it is in within a dozen message delays") { CHECK(c.run_until([&] { return c.agree_on({0, 1, 2, 3}); }, milliseconds{15})); }
    }
    WHEN("a member that is not the coordinator wants a map") {
      c.want(2, {message::wish::create_map{"people"}});
      THEN("all have it within six message delays") {
        CHECK(c.run_until([&] { return c.view_of(0).find_map("people") && c.view_of(2).find_map("people"); }, milliseconds{6}));
      }
    }
  }
}

SCENARIO("a paused member that comes back learns that it was expelled, and never acts on an old lease") {
  GIVEN("three members, one of them paused for long") {
    cluster_of c{3};
    c.pause(1);
    REQUIRE(c.run_until([&] { return c.agree_on({0, 2}); }, seconds{5}));
    WHEN("it wakes") {
      c.resume(1);
      c.run_for(seconds{1});
      THEN("it ends as expelled") {
        CHECK(c.at(1).ended == protocol::ending::expelled);
        CHECK(c.violation().empty());
      }
    }
  }
}

SCENARIO("a late wake restarts the suspicion clocks before it suspects anyone") {
  GIVEN("three members") {
    cluster_of c{3};
    WHEN("one of them is paused for longer than half a lease, but not for long enough to be removed") {
      c.pause(0);
      c.run_for(milliseconds{900});
      c.resume(0);
      c.run_for(seconds{2});
      THEN("it says that its clock jumped, suspects nobody, and nobody is removed") {
        CHECK(c.count(0, event_kind::clock_jump) == 1);
        CHECK(c.count(0, event_kind::suspected) == 0);
        CHECK(c.agree_on({0, 1, 2}));
      }
    }
  }
}

SCENARIO("a closed connection raises suspicion at once, and a frame heard later clears it") {
  GIVEN("three members") {
    cluster_of c{3};
    WHEN("the connection between two of them breaks and is back in time") {
      c.close_connection(0, 2);
      c.run_for(seconds{3});
      THEN("both suspected, trusted again, and nobody was removed") {
        CHECK(c.count(0, event_kind::suspected) == 1);
        CHECK(c.count(0, event_kind::trusted_again) == 1);
        CHECK(c.agree_on({0, 1, 2}));
      }
    }
  }
}

SCENARIO("the removed set is the smallest that leaves the rest mutually connected") {
  GIVEN("four members, two of which no longer hear each other") {
    cluster_of c{4};
    c.cut(0, 3);
    THEN("the younger of the two goes, though the others hear it") {
      CHECK(c.run_until([&] { return c.agree_on({0, 1, 2}); }, seconds{6}));
      CHECK(c.violation().empty());
    }
  }
  GIVEN("five members, one of which nobody hears, though it hears everybody") {
    cluster_of c{5};
    for (std::size_t i = 1; i < 5; ++i) c.cut_one_way(0, i);
    THEN("it goes, though it is the oldest, and nobody else") {
      CHECK(c.run_until([&] { return c.agree_on({1, 2, 3, 4}); }, seconds{8}));
      CHECK(c.violation().empty());
    }
  }
  GIVEN("five members, the oldest of which no longer hears two others, one a moment later than the other") {
    cluster_of c{5};
    c.cut_one_way(3, 0);
    c.run_for(milliseconds{90});
    c.cut_one_way(4, 0);
    THEN("it goes, rather than first the one, and then the other, with all that only these two hold") {
      CHECK(c.run_until([&] { return c.agree_on({1, 2, 3, 4}); }, seconds{8}));
      CHECK(c.violation().empty());
    }
  }
  GIVEN("four members, the oldest of which is cut off from two others, from one a moment later than from the other") {
    cluster_of c{4};
    c.cut(0, 2);
    c.run_for(milliseconds{90});
    c.cut(0, 3);
    THEN("it goes, and nobody else") {
      CHECK(c.run_until([&] { return c.agree_on({1, 2, 3}); }, seconds{8}));
      CHECK(c.violation().empty());
    }
  }
}

SCENARIO("a member without a quorum halts, once and loudly, and goes on when the quorum is back") {
  GIVEN("five members, three of them out of reach of the others") {
    cluster_of c{5};
    for (std::size_t a : {0U, 1U}) {
      for (std::size_t b : {2U, 3U, 4U}) c.cut(a, b);
    }
    c.run_for(milliseconds{1500});
    THEN("the two halt and name whom they can't hear and the way out; they hold no lease") {
      CHECK(c.count(0, event_kind::halted) == 1);
      CHECK(c.text(0, event_kind::halted).find("10.0.0.2:5701") != std::string::npos);
      CHECK(c.text(0, event_kind::halted).find("force-view") != std::string::npos);
      CHECK_FALSE(c.has_lease(0));
    }
    WHEN("the network heals") {
      c.run_for(seconds{3});
      REQUIRE(c.agree_on({2, 3, 4}));
      c.heal_all();
      c.run_for(seconds{2});
      THEN("those that the majority removed in the meantime know it") {
        CHECK(c.at(0).ended == protocol::ending::expelled);
        CHECK(c.at(1).ended == protocol::ending::expelled);
        CHECK(c.violation().empty());
      }
    }
  }
  GIVEN("three members, two of which are paused") {
    cluster_of c{3};
    c.pause(1);
    c.pause(2);
    c.run_for(seconds{3});
    REQUIRE(c.count(0, event_kind::halted) == 1);
    WHEN("they come back") {
      c.resume(1);
      c.resume(2);
      c.run_for(seconds{2});
      THEN("all go on as if nothing had been") {
        CHECK(c.count(0, event_kind::going_on) == 1);
        CHECK(c.agree_on({0, 1, 2}));
        CHECK(c.has_lease(0));
      }
    }
  }
}

SCENARIO("leave: a member goes at its own wish, without waiting for its lease to run out") {
  GIVEN("three members without rows") {
    cluster_of c{3};
    WHEN("one of them leaves") {
      c.leave(1);
      THEN("its consent makes that quick, and it ends as left") {
        CHECK(c.run_until([&] { return c.agree_on({0, 2}) && c.at(1).ended == protocol::ending::left; }, milliseconds{50}));
        CHECK(c.violation().empty());
      }
    }
    WHEN("the oldest leaves, which proposes that itself") {
      c.leave(0);
      THEN("that is quick, too") {
        CHECK(c.run_until([&] { return c.agree_on({1, 2}) && c.at(0).ended == protocol::ending::left; }, milliseconds{50}));
        CHECK(c.violation().empty());
      }
    }
    WHEN("all leave at once") {
      for (std::size_t i : {0U, 1U, 2U}) c.leave(i);
      c.run_for(seconds{1});
      THEN("all have left; the last one just ends") {
        for (std::size_t i : {0U, 1U, 2U}) CHECK(c.at(i).ended == protocol::ending::left);
      }
    }
  }
  GIVEN("a member that is alone") {
    cluster_of c{1};
    c.leave(0);
    THEN("it ends at once") { CHECK(c.at(0).ended == protocol::ending::left); }
  }
  GIVEN("two members with rows that nobody moves") {
    auto settings = small_settings();
    settings.times.leave_deadline = seconds{5};
    cluster_of c{2, settings};
    c.want(0, {message::wish::create_map{"people"}});
    c.run_for(milliseconds{100});
    WHEN("one leaves") {
      c.leave(1);
      c.run_for(seconds{4});
      CHECK(c.at(1).ended == protocol::ending::none);
      THEN("it goes at the deadline anyway, loudly") {
        c.run_for(seconds{2});
        CHECK(c.at(1).ended == protocol::ending::left);
        CHECK(c.count(0, event_kind::leave_overdue) == 1);
      }
    }
  }
}

SCENARIO("who joins and leaves between two ticks of the voters does not come back") {
  GIVEN("two members on a quick network") {
    cluster_of c{2};
    c.delay = microseconds{20};
    WHEN("a third joins and leaves at once") {
      c.add(2);
      REQUIRE(c.run_until([&] { return c.agree_on({0, 1, 2}); }, milliseconds{100}));
      const auto joined_at = c.now();
      c.leave(2);
      REQUIRE(c.run_until([&] { return c.agree_on({0, 1}); }, milliseconds{100}));
      CHECK(c.now() - joined_at < milliseconds{5});
      THEN("the request by which it once joined is not carried out again") {
        c.run_for(seconds{2});
        CHECK(c.agree_on({0, 1}));
        CHECK(c.violation().empty());
      }
    }
  }
}

SCENARIO("a process that was let in and removed without knowing starts anew") {
  GIVEN("a joiner that hears nothing from the moment it has asked") {
    cluster_of c{3};
    bool is_deaf = false;
    c.drop = [&](std::size_t, std::size_t to, const any_membership_message& m) {
      is_deaf = is_deaf || std::holds_alternative<message::join_request>(m);
      return is_deaf && to == 3;
    };
    c.add(3);
    REQUIRE(c.run_until([&] { return c.sees(0, 3); }, seconds{2}));
    REQUIRE(c.run_until([&] { return c.agree_on({0, 1, 2}); }, seconds{10}));
    AND_GIVEN("nobody but members that joined after its removal, at the others' addresses") {
      for (const std::size_t old : {0U, 1U}) {
        c.leave(old);
        REQUIRE(c.run_until([&] { return c.at(old).ended == protocol::ending::left; }, seconds{5}));
        auto next = process_named(4 + old);
        next.address = address_of(old);
        c.add(next, 4 + old, small_settings());
        REQUIRE(c.run_until([&] { return c.sees(2, 4 + old); }, seconds{5}));
      }
      c.leave(2);
      REQUIRE(c.run_until([&] { return c.agree_on({4, 5}) || c.members_seen_by(4) == 2; }, seconds{5}));
      WHEN("it asks them") {
        c.drop = {};
        c.run_for(seconds{10});
        THEN("they know, and say so") {
          CHECK(c.violation().empty());
          CHECK(c.at(3).ended == protocol::ending::expelled);
        }
      }
    }
  }
}

SCENARIO("a restart at the same address is a new member, and speeds up suspicion of the old one") {
  const auto [dead, closes] = GENERATE(table<std::size_t, bool>({{0, true}, {2, true}, {2, false}}));
  GIVEN("three members, one of which dies, with or without a closed connection") {
    CAPTURE(closes, dead);
    cluster_of c{3};
    const auto killed_at = c.now();
    c.crash(dead, closes);
    WHEN("another incarnation starts at its address") {
      auto who = process_named(9);
      who.address = address_of(dead);
      c.add(who, 9, small_settings());
      c.run_for(milliseconds{20});
      THEN("the old one is suspected at once, and removed no later than if nobody had joined") {  // Fails without: joining::later.
        const auto suspected = c.text(1, event_kind::suspected) + c.text(2 - dead, event_kind::suspected);
        CHECK(suspected.find(closes ? "disconnected" : "address_reused") != std::string::npos);
        REQUIRE(c.run_until([&] { return c.agree_on({1, 2 - dead, 9}); }, seconds{3}));
        CHECK(*c.removed_at(dead) - killed_at <= protocol::removal_wait(seconds{1}) + milliseconds{100});
        AND_THEN("nobody looks for it where the new one is, the new one least of all") {
          const auto before = c.probes();
          c.run_for(seconds{30});
          CHECK(c.probes() == before);
        }
      }
    }
  }
}

SCENARIO("a joiner with other definitions is refused with the difference; with other times it is not") {
  GIVEN("two members") {
    cluster_of c{2};
    WHEN("somebody with another backup-count and partition count wants to join") {
      auto settings = small_settings();
      settings.maps[0].kind.backups = 2;
      settings.partition_count = 271;
      c.add(2, settings);
      c.run_for(seconds{1});
      THEN("it ends as refused and knows why") {
        CHECK(c.at(2).ended == protocol::ending::refused);
        const auto why = c.text(2, event_kind::join_refused);
        CHECK(why.find("partition-count is 7 in the cluster, 271 here") != std::string::npos);
        CHECK(why.find("map \"default\"") != std::string::npos);
        CHECK(why.find("backup-count 2") != std::string::npos);
      }
    }
    WHEN("somebody with other times does") {
      auto settings = small_settings();
      settings.times.lease = seconds{3};
      c.add(2, settings);
      c.run_for(seconds{1});
      THEN("it adopts the cluster's") {
        CHECK(c.agree_on({0, 1, 2}));
        CHECK(c.view_of(2).settings.times.lease == seconds{1});
      }
    }
  }
}

SCENARIO("when the coordinator does not get things done, the next voter does") {
  GIVEN("three members, and a coordinator whose proposals are all lost") {
    cluster_of c{3};
    c.drop = [](std::size_t from, std::size_t, const any_membership_message& m) {
      return from == 0 && (std::holds_alternative<message::propose>(m) || std::holds_alternative<message::prepare>(m));
    };
    c.want(2, {message::wish::create_map{"people"}});
    THEN("the map is there all the same, through a ballot of a higher round") {
      CHECK(c.run_until([&] { return c.view_of(2).find_map("people") != nullptr; }, seconds{5}));
    }
  }
}

SCENARIO("a voter that accepted and learns nothing starts a ballot itself") {
  GIVEN("three members, and a proposer that dies when its proposal is out") {
    cluster_of c{3};
    c.want(0, {message::wish::create_map{"people"}});
    c.run_for(c.delay / 2);
    c.crash(0, false);
    THEN("the others find the value and decide it, long before they suspect the proposer") {
      CHECK(c.run_until([&] { return c.view_of(1).find_map("people") && c.view_of(2).find_map("people"); }, milliseconds{900}));
      CHECK(c.sees(1, 0));
    }
  }
}

SCENARIO("a vote for what can't follow the view is not taken up") {
  GIVEN("a voter that prepares a ballot after the coordinator has died") {
    cluster_of c{3};
    std::optional<message::prepare> asked;
    c.drop = [&](std::size_t from, std::size_t to, const any_membership_message& what) {
      const auto* p = std::get_if<message::prepare>(&what);
      if (p != nullptr && from == 1 && to == 2) asked = *p;
      return p != nullptr;
    };
    c.crash(0);
    REQUIRE(c.run_until([&] { return asked.has_value(); }, seconds{10}));
    WHEN("the other one promises, and claims to have voted for a row that can't be") {
      view_change impossible;
      impossible.rows.push_back({{{1, 0}, partition_id{50'000}}, {}});
      const message::vote vote{{0, member_no{1}}, impossible};
      protocol::membership_effects out;
      auto& core = *c.at(1).core;
      core.receive(incarnation_of(2), message::promise{asked->base, asked->ballot, vote}, c.now(), out);
      THEN("that is reported, and nothing comes of it") {  // Without, the row is written behind the table's end.
        CHECK(std::ranges::any_of(out.events, [](const auto& e) { return e.what == event_kind::objection; }));
        CHECK(std::ranges::none_of(out.sends, [](const auto& s) { return std::holds_alternative<message::propose>(s.what); }));
      }
    }
  }
}

SCENARIO("a decision that is lost on the way is found again") {
  GIVEN("three members, one of which hears no decisions") {
    cluster_of c{3};
    c.drop = [](std::size_t, std::size_t to, const any_membership_message& m) { return to == 2 && std::holds_alternative<message::decided>(m); };
    c.want(0, {message::wish::create_map{"people"}});
    THEN("it sees later views mentioned, and pulls") {
      CHECK(c.run_until([&] { return c.view_of(2).find_map("people") != nullptr; }, milliseconds{300}));
      CHECK(c.sent<message::full_view>() > 0);
    }
  }
}

SCENARIO("a view that changes the members is told as such, with what two voters are safe against; one that moves rows otherwise") {
  cluster_of two{2};
  CHECK_THAT(two.text(0, event_kind::view_installed), Catch::Contains("not against a split"));
  cluster_of three{3};
  CHECK_THAT(three.text(0, event_kind::view_installed), !Catch::Contains("not against a split"));
  const auto before = three.count(0, event_kind::view_installed);
  three.want(0, {message::wish::create_map{"people"}});
  three.run_for(milliseconds{200});
  REQUIRE(three.view_of(0).find_map("people") != nullptr);
  CHECK(three.count(0, event_kind::view_installed) == before);
  CHECK(three.count(0, event_kind::rows_moved) > 0);
}

SCENARIO("what waits goes into one view") {
  GIVEN("three members") {
    cluster_of c{3};
    const auto before = c.view_of(0).name.number;
    WHEN("ten maps are wanted while a view is being decided") {
      for (int i = 0; i < 10; ++i) c.want(0, {message::wish::create_map{"map" + std::to_string(i)}});
      c.run_for(milliseconds{50});
      THEN("the first one has a view, the others share the next") {
        CHECK(c.view_of(1).maps.size() == 10);
        CHECK(c.view_of(1).name.number.value() == before.value() + 2);
      }
    }
  }
}

SCENARIO("a wish counts from whom it is to wish") {
  using message::wish;
  GIVEN("two members with a map, one of them the primary of a row that the other learns") {
    cluster_of c{1};
    c.want(0, {wish::create_map{"m"}});
    c.run_for(seconds{1});
    c.add(1);
    c.run_for(seconds{3});
    const auto& table = c.view_of(0).tables.at(0);
    const auto at = std::ranges::find_if(table.rows, [](const row& r) { return r.learners.size() == 1; });
    REQUIRE(at != table.rows.end());
    const row_id id{table.kind, partition_id{static_cast<std::uint32_t>(at - table.rows.begin())}};
    const auto before = *at;
    const auto learner = *before.learners.begin();
    const auto hear = [&](const incarnation& from, const wish& w) {
      for (const std::size_t n : {0, 1}) {
        protocol::membership_effects out;
        if (from != incarnation_of(n)) c.at(n).core->receive(from, message::wishes{c.view_of(n).name, {w}}, c.now(), out);
      }
      c.run_for(seconds{2});
    };
    const auto id_of = [&](member_no m) { return c.view_of(0).find(m)->id; };
    const auto is_in_sync = [&] { return c.view_of(0).find(id)->in_sync.contains(learner); };
    WHEN("the learner says that it has caught up") {
      hear(id_of(learner), {wish::caught_up{id, before.config, learner}});
      THEN("it stays a learner: the primary may not await it yet") { CHECK_FALSE(is_in_sync()); }  // Invariant 9.
    }
    WHEN("a stranger says so, or wishes for a map") {
      hear(incarnation_of(9), {wish::caught_up{id, before.config, learner}});
      hear(incarnation_of(9), {wish::create_map{"n"}});
      THEN("nothing changes") {
        CHECK_FALSE(is_in_sync());
        CHECK(c.view_of(0).find_map("n") == nullptr);
      }
    }
    WHEN("one says that the other leaves") {
      hear(incarnation_of(1), {wish::leave{c.view_of(0).find(incarnation_of(0))->number}});
      THEN("nobody does") { CHECK_FALSE(c.view_of(0).find(incarnation_of(0))->leaving); }
    }
    WHEN("the primary says that the learner has caught up") {
      hear(id_of(before.primary), {wish::caught_up{id, before.config, learner}});
      THEN("it is in sync") { CHECK(is_in_sync()); }
    }
  }
}

SCENARIO("`activated` does not start a view until it has waited, or something else does") {
  GIVEN("two members, a map, and a row whose former primary is unsealed") {
    cluster_of c{3};
    c.want(0, {message::wish::create_map{"people"}});
    c.run_for(milliseconds{100});
    const row_id id{durability{1, 0}, partition_id{0}};
    c.crash(2);
    REQUIRE(c.run_until([&] { return c.agree_on({0, 1}); }, seconds{3}));
    c.run_for(milliseconds{200});
    const auto before = c.view_of(0).name.number;
    WHEN("a wish comes that is void") {
      c.want(1, {message::wish::activated{id, c.view_of(1).find(id)->epoch}});
      c.run_for(seconds{3});
      THEN("no view comes of it") {
        if (c.view_of(0).find(id)->unsealed.empty()) CHECK(c.view_of(0).name.number == before);
      }
    }
  }
}
