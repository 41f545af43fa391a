// Two voters: the survivor goes on alone where that is safe, and halts where it is not. Views without a quorum, and branches.
#include <catch2/catch.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/branches.hpp>
#include <troupe/actors/protocol/membership/removal_guard.hpp>

#include "tests/protocol/membership/cluster_of.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

bool is_heartbeat_ack(const any_membership_message& m) { return std::holds_alternative<message::heartbeat_ack>(m); }

}  // namespace

SCENARIO("one of two voters crashes: the survivor goes on alone") {
  for (const std::size_t dead : {0U, 1U}) {
    const std::size_t survivor = 1 - dead;
    GIVEN("two members, of which " + std::to_string(dead) + " dies") {
      cluster_of c{2};
      c.crash(dead);
      const auto killed_at = c.now();
      REQUIRE(c.run_until([&] { return c.agree_on({survivor}); }, seconds{3}));
      THEN("it waited for detection and removal wait, although the connection was closed, and says what it does") {
        CHECK(c.now() - killed_at >= milliseconds{950});
        CHECK(c.now() - killed_at <= milliseconds{1200});
        CHECK(c.count(survivor, event_kind::going_on) == 1);
        CHECK(c.count(survivor, event_kind::halted) == 0);
        CHECK(c.violation().empty());
        CHECK(c.has_lease(survivor));
      }
    }
  }
}

SCENARIO("(a) no proof of contact in this view: the survivor halts") {
  GIVEN("two members, one of which stopped acknowledging before it died") {
    cluster_of c{2};
    c.drop = [](std::size_t from, std::size_t, const any_membership_message& m) { return from == 1 && is_heartbeat_ack(m); };
    c.want(0, {message::wish::create_map{"people"}});  // A new view: its heartbeats are never acknowledged.
    c.run_for(milliseconds{100});
    REQUIRE(c.view_of(0).find_map("people"));
    c.crash(1);
    c.run_for(seconds{10});
    THEN("it does not go on, and says so once") {  // Fails without: (a), or with a proof carried over from the view before.
      CHECK(c.members_seen_by(0) == 2);
      CHECK(c.count(0, event_kind::halted) == 1);
      CHECK_FALSE(c.has_lease(0));
    }
    WHEN("the operator forces a view") {
      c.branches_expected = true;
      c.force_view(0);
      c.run_for(milliseconds{500});
      THEN("it goes on alone, loudly") {
        CHECK(c.agree_on({0}));
        CHECK(c.count(0, event_kind::forced) == 1);
        CHECK(c.has_lease(0));
      }
    }
  }
  GIVEN("a survivor that was paused itself since the peer's last acknowledgement") {
    cluster_of c{2};
    c.pause(0);
    c.run_for(milliseconds{600});
    c.crash(1);
    c.at(0).waiting.clear();  // What came in the meantime is lost.
    c.resume(0);
    c.run_for(seconds{10});
    THEN("it halts: the peer may have gone on alone") {  // Fails without: since its own last gap above T/2.
      CHECK(c.members_seen_by(0) == 2);
      CHECK(c.count(0, event_kind::halted) == 1);
    }
  }
}

SCENARIO("(b) anything heard starts the silence anew") {
  GIVEN("two members, of which one's messages come through every 900 ms only") {
    cluster_of c{2};
    instant open{};
    c.drop = [&](std::size_t from, std::size_t, const any_membership_message&) { return from == 1 && c.now() > open + milliseconds{110}; };
    for (int i = 0; i < 10; ++i) {
      open = c.now();
      c.run_until([&] { return c.now() > open + milliseconds{900}; }, milliseconds{950});
    }
    THEN("the other never goes on alone") {
      CHECK(c.agree_on({0, 1}));
      CHECK(c.violation().empty());
    }
  }
  GIVEN("two members whose connection breaks") {
    cluster_of c{2};
    c.close_connection(0, 1);
    c.run_for(seconds{3});
    THEN("a closed connection is no short cut") { CHECK(c.agree_on({0, 1})); }
  }
}

SCENARIO("(c) the survivor waits for its own grants to run out") {
  GIVEN("two members, one of which grants to the other until it is cut off") {
    auto settings = small_settings();
    settings.times.suspect_after = milliseconds{300};  // Shorter than the lease, so that the removal wait is what counts.
    cluster_of c{2, settings};
    c.branches_expected = true;  // A split of two is not what the rule protects against.
    c.cut(0, 1);
    const auto cut_at = c.now();
    REQUIRE(c.run_until([&] { return c.members_seen_by(0) == 1; }, seconds{3}));
    THEN("by then the peer's lease is over") {  // Fails without: (c).
      CHECK_FALSE(c.has_lease(1));
      CHECK(c.now() - cut_at >= protocol::removal_wait(seconds{1}) - milliseconds{101});
    }
  }
}

SCENARIO("(d) the survivor adopts what its own acceptor accepted") {
  GIVEN("two members, of which the proposer dies before it learns of the other's vote") {
    cluster_of c{2};
    c.drop = [](std::size_t from, std::size_t, const any_membership_message& m) {
      return from == 1 && std::holds_alternative<message::accepted>(m);
    };
    c.want(0, {message::wish::create_map{"people"}});
    c.run_for(milliseconds{2});
    c.crash(0);
    THEN("the accepted value is decided, not another one") {  // Fails without: (d).
      REQUIRE(c.run_until([&] { return c.view_of(1).find_map("people") != nullptr; }, seconds{3}));
      CHECK(c.sees(1, 0));
    }
  }
  GIVEN("two members, of which the other dies before it voted") {
    cluster_of c{2};
    c.crash(1, false);
    c.want(0, {message::wish::create_map{"people"}});
    THEN("the proposer is not bound to its proposal: it goes on alone, and the map comes along") {
      CHECK(c.run_until([&] { return c.agree_on({0}) && c.view_of(0).find_map("people"); }, seconds{3}));
    }
  }
}

SCENARIO("a pause of one of two is no split: the paused one finds itself removed") {
  GIVEN("two members, one paused for long") {
    cluster_of c{2};
    c.pause(0);
    REQUIRE(c.run_until([&] { return c.agree_on({1}); }, seconds{5}));
    WHEN("it wakes") {
      c.resume(0);
      c.run_for(seconds{5});
      THEN("it does not go on alone, and ends") {
        CHECK(c.at(0).ended == protocol::ending::expelled);
        CHECK(c.violation().empty());
      }
    }
  }
}

SCENARIO("one of two wants to leave while the other is silent: it does not end the cluster over a mere pause") {
  GIVEN("two members, one that leaves and one that is paused") {
    cluster_of c{2};
    c.pause(0);
    c.leave(1);
    c.run_for(seconds{5});
    CHECK(c.at(1).ended == protocol::ending::none);
    WHEN("the paused one wakes") {
      c.resume(0);
      THEN("the other leaves, and it goes on") {
        CHECK(c.run_until([&] { return c.agree_on({0}) && c.at(1).ended == protocol::ending::left; }, seconds{3}));
        CHECK(c.violation().empty());
      }
    }
    WHEN("it stays silent") {
      THEN("the other ends after ten detection times, as the last member does") {
        CHECK(c.run_until([&] { return c.at(1).ended == protocol::ending::left; }, seconds{6}));
      }
    }
  }
}

SCENARIO("a split of two is found at heal: the side without the oldest member gives up") {
  GIVEN("two members that both went on alone") {
    cluster_of c{2};
    c.branches_expected = true;
    c.cut(0, 1);
    c.run_for(seconds{3});
    REQUIRE(c.members_seen_by(0) == 1);
    REQUIRE(c.members_seen_by(1) == 1);
    CHECK(c.view_of(0).name.digest != c.view_of(1).name.digest);
    for (const bool younger_is_ahead : {false, true}) {
      WHEN(std::string{"the network heals, and "} + (younger_is_ahead ? "the younger" : "neither") + " is views ahead") {
        if (younger_is_ahead) {
          for (int i = 0; i < 5; ++i) c.want(1, {message::wish::create_map{"map" + std::to_string(i)}});
        }
        c.heal_all();
        c.run_for(seconds{3});
        THEN("the younger one ends, loudly; the older one stays") {
          CHECK(c.at(1).ended == protocol::ending::expelled);
          CHECK(c.count(1, event_kind::foreign_cluster) == 1);
          CHECK(c.text(1, event_kind::foreign_cluster).find("gives_up=this_side") != std::string::npos);
          CHECK(c.at(1).gave_up_after == c.view_of(0).lone.at(0).after.number);
          CHECK(c.at(0).ended == protocol::ending::none);
          CHECK(c.text(0, event_kind::foreign_cluster).find("gives_up=other_side") != std::string::npos);
        }
      }
    }
  }
}

SCENARIO("branches with members of their own are found at heal, too: all of the younger one give up") {
  GIVEN("two members that both went on alone, and took a new one in each") {
    cluster_of c{2};
    c.branches_expected = true;
    const std::set<std::size_t> older{0, 5}, younger{1, 6};
    for (auto a : older) {
      for (auto b : younger) c.cut(a, b);
    }
    c.run_for(seconds{3});
    c.add(5);
    c.add(6);
    REQUIRE(c.run_until([&] { return c.agree_on(older) && c.agree_on(younger); }, seconds{10}));
    for (int i = 0; i < 5; ++i) c.want(6, {message::wish::create_map{"map" + std::to_string(i)}});
    c.run_for(seconds{1});
    REQUIRE(c.view_of(6).name.number > c.view_of(5).name.number);
    const auto has_healed = [&] {
      const auto is_over = [&](std::size_t i) { return c.at(i).ended == protocol::ending::expelled; };
      return std::all_of(younger.begin(), younger.end(), is_over) && c.agree_on(older);
    };
    WHEN("the network heals") {
      c.heal_all();
      THEN("the younger branch ends, though it is views ahead; the older one goes on") {
        CHECK(c.run_until(has_healed, seconds{5}));
        c.run_for(seconds{5});
        CHECK(c.at(0).ended == protocol::ending::none);
        CHECK(c.at(5).ended == protocol::ending::none);
        CHECK(c.at(1).gave_up_after);
        CHECK(c.at(6).gave_up_after);
      }
    }
    WHEN("the network heals between the new ones only") {
      c.heal(5, 6);
      c.close_connection(5, 6);
      protocol::membership_effects out;
      c.at(5).core->receive(incarnation_of(6), message::heartbeat{c.view_of(6).name, c.now(), {}}, c.now(), out);
      THEN("the older one's does not take the other's view for a later one of its own") {
        c.at(5).core->receive(incarnation_of(6), message::full_view{c.at(6).core->installed()}, c.now(), out);
        CHECK(out.installed == nullptr);
        CHECK(out.ended == protocol::ending::none);
      }
      THEN("the younger one's gives up as it hears of the older one's view") {
        c.at(6).core->receive(incarnation_of(5), message::full_view{c.at(5).core->installed()}, c.now(), out);
        CHECK(out.ended == protocol::ending::expelled);
        CHECK(out.gave_up_after == c.view_of(5).lone.at(0).after.number);
        const auto tells = std::count_if(out.sends.begin(), out.sends.end(), [](const auto& s) {
          return s.to == incarnation_of(1) && std::holds_alternative<message::full_view>(s.what);
        });
        CHECK(tells == 1);
      }
    }
  }
}

SCENARIO("one of two that was merely paused gives up nothing") {
  cluster_of c{2};
  c.pause(0);
  REQUIRE(c.run_until([&] { return c.agree_on({1}); }, seconds{5}));
  CHECK(c.view_of(1).lone.size() == 1);
  c.resume(0);
  c.run_for(seconds{5});
  CHECK(c.at(0).ended == protocol::ending::expelled);
  CHECK_FALSE(c.at(0).gave_up_after);
  CHECK(c.at(1).ended == protocol::ending::none);
}

SCENARIO("what was decided alone is not voted for") {
  cluster_of c{2};
  protocol::membership_effects out;
  view_change alone;
  alone.removals = {member_no{2}};
  alone.alone = member_no{1};
  c.at(1).core->receive(incarnation_of(0), message::propose{c.view_of(1).name, {0, member_no{1}}, alone}, c.now(), out);
  REQUIRE(out.events.size() == 1);
  CHECK(out.events[0].what == event_kind::objection);
  CHECK(std::none_of(out.sends.begin(), out.sends.end(), [](const auto& s) { return std::holds_alternative<message::accepted>(s.what); }));
}

TEST_CASE("branches: both sides judge alike, and a view that came before is none") {
  const auto at = [](std::uint64_t number, std::vector<lone_decision> lone) {
    view v;
    v.name = {view_number{number}, number};
    v.lone = std::move(lone);
    return v;
  };
  const lone_decision older{{view_number{5}, 5}, member_no{1}, member_no{2}}, younger{{view_number{5}, 5}, member_no{2}, member_no{1}};
  const lone_decision later{{view_number{9}, 9}, member_no{1}, member_no{3}};
  const auto check = [](const view& keeps, const view& yields, std::uint64_t after) {
    CHECK(protocol::parting_of(keeps, yields) == protocol::parting{view_number{after}, true});
    CHECK(protocol::parting_of(yields, keeps) == protocol::parting{view_number{after}, false});
  };
  check(at(6, {older}), at(6, {younger}), 5);
  check(at(10, {older, later}), at(40, {younger}), 5);
  check(at(7, {older}), at(6, {}), 5);   // What the other's acceptor had accepted is no lone decision; the branch is its nevertheless.
  check(at(6, {}), at(7, {younger}), 5);
  check(at(12, {older, later}), at(11, {older, {{view_number{9}, 9}, member_no{3}, member_no{1}}}), 9);
  const auto check_forced = [](const view& keeps, const view& yields, std::uint64_t after) {
    CHECK(protocol::parting_of(keeps, yields) == protocol::parting{view_number{after}, true, true});
    CHECK(protocol::parting_of(yields, keeps) == protocol::parting{view_number{after}, false, true});
  };
  const lone_decision forced{{view_number{5}, 5}, member_no{3}, member_no{1}, true}, forced_too{{view_number{5}, 5}, member_no{2}, member_no{1}, true};
  const lone_decision forced_later{{view_number{9}, 9}, member_no{2}, member_no{7}, true};
  check_forced(at(6, {forced}), at(40, {}), 5);
  check_forced(at(6, {forced}), at(40, {older}), 5);
  check_forced(at(10, {younger, forced_later}), at(6, {older}), 5);  // Whenever it was forced: after they had parted.
  check(at(6, {forced_too}), at(6, {forced}), 5);                     // Both: the older one's.
  check(at(10, {forced_later}), at(6, {forced}), 5);
  CHECK_FALSE(protocol::parting_of(at(6, {forced}), at(5, {})));
  CHECK_FALSE(protocol::parting_of(at(6, {older}), at(5, {})));
  CHECK_FALSE(protocol::parting_of(at(5, {}), at(6, {older})));
  CHECK_FALSE(protocol::parting_of(at(12, {older}), at(14, {older})));
  std::vector<lone_decision> many;
  for (std::uint32_t i = 1; i <= view::lone_max; ++i) many.push_back({{view_number{10 * i}, i}, member_no{i}, member_no{i + 1}});
  CHECK_FALSE(protocol::parting_of(at(500, many), at(500, {many.begin() + 1, many.end()})) == std::nullopt);
  auto newer = many;
  newer.erase(newer.begin());
  newer.push_back({{view_number{400}, 7}, member_no{20}, member_no{21}});
  CHECK_FALSE(protocol::parting_of(at(300, many), at(401, newer)));  // The first has been forgotten there; this one is behind.
}

SCENARIO("force-view: the operator's way out of a lost quorum") {
  GIVEN("five members, three of which are dead at once") {
    cluster_of c{5};
    for (std::size_t i : {1U, 2U, 4U}) c.crash(i);
    c.run_for(seconds{3});
    REQUIRE(c.count(0, event_kind::halted) == 1);
    REQUIRE(c.count(3, event_kind::halted) == 1);
    WHEN("it is used on one of the two that are left") {
      c.force_view(3);
      THEN("both go on, without all that can't be heard") {
        CHECK(c.run_until([&] { return c.agree_on({0, 3}); }, seconds{1}));
        c.run_for(milliseconds{300});
        CHECK(c.has_lease(0));
        CHECK(c.has_lease(3));
        CHECK(c.count(0, event_kind::going_on) == 1);
      }
    }
  }
  GIVEN("one of two, without proof of contact, that voted for a view which the other decided before it died") {
    cluster_of c{2};
    c.drop = [](std::size_t from, std::size_t, const any_membership_message& m) { return from == 0 && is_heartbeat_ack(m); };
    c.want(0, {message::wish::create_map{"people"}});
    c.run_for(milliseconds{100});
    c.drop = [](std::size_t from, std::size_t, const any_membership_message& m) {
      return from == 0 && !std::holds_alternative<message::propose>(m);
    };
    c.want(0, {message::wish::create_map{"cities"}});
    REQUIRE(c.run_until([&] { return c.view_of(0).find_map("cities") != nullptr; }, milliseconds{100}));
    c.crash(0);
    c.run_for(seconds{3});
    REQUIRE(c.count(1, event_kind::halted) == 1);
    REQUIRE_FALSE(c.view_of(1).find_map("cities"));
    WHEN("a view is forced on it") {
      c.force_view(1);
      THEN("that view comes first, and there are no two of its number") {  // Fails without: adopting what was accepted.
        CHECK(c.run_until([&] { return c.agree_on({1}); }, seconds{3}));
        CHECK(c.view_of(1).find_map("cities"));
        CHECK(c.violation().empty());
      }
    }
  }
  GIVEN("three healthy members") {
    cluster_of c{3};
    c.force_view(1);
    c.run_for(seconds{1});
    THEN("it does nothing, and says why") {
      CHECK(c.agree_on({0, 1, 2}));
      CHECK(c.text(1, event_kind::forced).find("done=no") != std::string::npos);
    }
  }
}

SCENARIO("a branch that was forced goes on when it meets the one that it was forced past, whoever is the oldest") {
  const auto is_over = [](network& c, std::size_t n) { return c.at(n).ended == protocol::ending::expelled; };
  GIVEN("a view forced on the youngest of three, past a view of the others that only a paused one knows by now") {
    cluster_of c{3};
    c.branches_expected = true;
    c.isolate(2);
    REQUIRE(c.run_until([&] { return c.agree_on({0, 1}) || c.members_seen_by(0) == 2; }, seconds{5}));
    c.pause(0);
    c.crash(1);
    c.force_view(2);
    REQUIRE(c.run_until([&] { return c.members_seen_by(2) == 1; }, seconds{5}));
    REQUIRE(c.view_of(2).name.number == c.view_of(0).name.number);
    WHEN("that one wakes, and they meet") {
      c.heal_all();
      c.resume(0);
      THEN("it gives up, and says why") {
        CHECK(c.run_until([&] { return is_over(c, 0); }, seconds{5}));
        CHECK(c.text(0, event_kind::foreign_cluster).find("the other branch was forced") != std::string::npos);
        CHECK_FALSE(c.at(0).gave_up_after);
        c.run_for(seconds{3});
        CHECK(c.at(2).ended == protocol::ending::none);
        CHECK(c.agree_on({2}));
      }
    }
    WHEN("it wakes, and first meets one that joined later, behind other views") {
      c.add(5);
      REQUIRE(c.run_until([&] { return c.agree_on({2, 5}); }, seconds{5}));
      c.heal(0, 5);
      c.resume(0);
      THEN("it gives up, too") {
        CHECK(c.run_until([&] { return is_over(c, 0); }, seconds{10}));
        CHECK(c.agree_on({2, 5}));
      }
    }
  }
  GIVEN("a view forced on two of five, that the others, who have a quorum, were merely cut off from") {
    cluster_of c{5};
    c.branches_expected = true;
    for (std::size_t a : {0U, 1U, 2U}) {
      for (std::size_t b : {3U, 4U}) c.cut(a, b);
    }
    c.run_for(seconds{3});
    REQUIRE(c.members_seen_by(0) == 3);
    c.force_view(4);
    REQUIRE(c.run_until([&] { return c.agree_on({3, 4}) || c.members_seen_by(3) == 2; }, seconds{5}));
    WHEN("they meet") {
      c.heal_all();
      THEN("all of the others give up: the operator's word counts") {
        CHECK(c.run_until([&] { return is_over(c, 0) && is_over(c, 1) && is_over(c, 2); }, seconds{10}));
        CHECK(c.at(3).ended == protocol::ending::none);
        CHECK(c.at(4).ended == protocol::ending::none);
      }
    }
  }
}

SCENARIO("a message with the same number and another digest is of a foreign branch: reported once, ignored") {
  GIVEN("three members") {
    cluster_of c{3};
    const auto name = c.view_of(0).name;
    protocol::membership_effects out;
    message::heartbeat stray{{name.number, name.digest + 1}, c.now(), {}};
    auto& core = *c.at(0).core;
    core.receive(incarnation_of(1), stray, c.now(), out);
    core.receive(incarnation_of(1), stray, c.now(), out);
    core.receive(incarnation_of(1), message::decided{{name.number, name.digest + 1}, view_change{}}, c.now(), out);
    THEN("it is neither acknowledged nor installed; the sender learns where it is that it speaks to, once") {  // Fails without: digests.
      REQUIRE(out.sends.size() == 1);
      CHECK(std::get<message::full_view>(out.sends[0].what).view->name == name);
      REQUIRE(out.events.size() == 1);
      CHECK(out.events[0].what == event_kind::foreign_cluster);
      CHECK(core.installed()->name == name);
    }
  }
  GIVEN("a view of another cluster, with a higher number") {
    cluster_of c{2};
    auto other = c.view_of(0);
    other.cluster.bytes[5] = 1;
    other.name.number = view_number{99};
    protocol::membership_effects out;
    c.at(0).core->receive(incarnation_of(7), message::full_view{std::make_shared<view>(other)}, c.now(), out);
    THEN("it is not installed") {
      CHECK(out.installed == nullptr);
      CHECK(out.events.at(0).what == event_kind::foreign_cluster);
    }
  }
}
