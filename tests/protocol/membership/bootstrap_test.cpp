// How a cluster comes to be, and how one is found.
#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>

#include "tests/protocol/membership/cluster_of.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

protocol::membership_options options_of(std::size_t n, const std::vector<std::size_t>& list, bool may_found) {
  protocol::membership_options o;
  o.self = process_named(n);
  o.settings = small_settings();
  o.may_found = may_found;
  o.founding_id.bytes[0] = static_cast<std::uint8_t>(n + 1);
  for (auto s : list) {
    if (s != n) o.seeds.push_back(address_of(s));
  }
  return o;
}

/// n processes with the same list, of which the first of the list may found; started in an order of the seed, within `spread`.
struct simultaneous_start : network {
  simultaneous_start(std::size_t n, std::uint32_t seed, duration spread = {}) : network(seed) {
    std::vector<std::size_t> list(n);
    std::iota(list.begin(), list.end(), std::size_t{0});
    std::mt19937 random{seed};
    std::shuffle(list.begin(), list.end(), random);
    auto order = list;
    std::shuffle(order.begin(), order.end(), random);
    for (auto i : order) {
      start(i, options_of(i, list, i == list.front()));
      if (spread > duration{}) run_for(spread / static_cast<int>(n));
      all.insert(i);
    }
  }
  std::size_t founders() {
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](std::size_t i) { return count(i, event_kind::founded) > 0; }));
  }
  std::set<std::size_t> all;
};

}  // namespace

SCENARIO("without seeds a process that may found does so at once") {
  network net;
  net.start(0, options_of(0, {}, true));
  CHECK(net.agree_on({0}));
  CHECK(net.count(0, event_kind::founded) == 1);
}

SCENARIO("members started at the same instant with the same list form one cluster") {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    simultaneous_start net{3 + seed % 4, seed};
    CHECK(net.run_until([&] { return net.agree_on(net.all); }, seconds{2}));
    CHECK(net.founders() == 1);
  }
}

SCENARIO("fifty members started at the same instant form one cluster") {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    simultaneous_start net{50, seed};
    CHECK(net.run_until([&] { return net.agree_on(net.all); }, seconds{5}));
    CHECK(net.founders() == 1);
  }
}

SCENARIO("members started within some seconds form one cluster") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    simultaneous_start net{5, seed, milliseconds{250} * static_cast<int>(seed)};
    CHECK(net.run_until([&] { return net.agree_on(net.all); }, seconds{12}));
    CHECK(net.founders() == 1);
  }
}

SCENARIO("the first seed founds as soon as every other seed refuses or seeks too; else it waits for bootstrap_wait") {
  GIVEN("a first seed whose peers are not there, and refuse the connection") {
    network net;
    net.start(0, options_of(0, {0, 1, 2}, true));
    THEN("it founds after a short grace") {
      CHECK_FALSE(net.run_until([&] { return net.members_seen_by(0) == 1; }, milliseconds{290}));
      CHECK(net.run_until([&] { return net.members_seen_by(0) == 1; }, milliseconds{200}));
    }
  }
  GIVEN("a first seed that can't tell whether its peer is there") {
    network net;
    net.start(1, options_of(1, {0, 1}, false));
    net.cut(0, 1);
    net.start(0, options_of(0, {0, 1}, true));
    THEN("it founds after bootstrap_wait, 3 s") {
      CHECK_FALSE(net.run_until([&] { return net.members_seen_by(0) == 1; }, milliseconds{2990}));
      CHECK(net.run_until([&] { return net.members_seen_by(0) == 1; }, milliseconds{100}));
    }
  }
}

SCENARIO("whoever may not found keeps seeking, and says again and again what it waits for") {
  network net;
  net.start(1, options_of(1, {0, 1, 2}, false));
  net.run_for(seconds{10});
  CHECK(net.members_seen_by(1) == 0);
  CHECK(net.count(1, event_kind::waiting) == 3);
  CHECK(net.text(1, event_kind::waiting) == "for=cluster may_found=no seeds=10.0.0.0:5701:refused,10.0.0.2:5701:refused");
  net.start(0, options_of(0, {0, 1, 2}, true));
  CHECK(net.run_until([&] { return net.agree_on({0, 1}); }, seconds{2}));
}

SCENARIO("a seed that is not there is probed each heartbeat at first, and each second later") {
  network net;
  net.start(1, options_of(1, {0, 1}, false));
  net.run_for(seconds{1});
  CHECK(net.probes() >= 8);
  net.run_for(seconds{9});
  const auto before = net.probes();
  net.run_for(seconds{10});
  CHECK(net.probes() - before <= 10);  // Fails without: hasty_probes.
  CHECK(net.probes() - before >= 9);
}

SCENARIO("of two that may both found the lower incarnation founds") {
  GIVEN("two processes with --bootstrap, each in the other's list") {
    network net;
    net.start(1, options_of(1, {0, 1}, true));
    net.start(0, options_of(0, {0, 1}, true));
    THEN("one cluster comes of it, the lower one's") {
      CHECK(net.run_until([&] { return net.agree_on({0, 1}); }, seconds{2}));
      CHECK(net.count(0, event_kind::founded) == 1);
      CHECK(net.count(1, event_kind::founded) == 0);
    }
  }
  GIVEN("two such processes of which only the lower one lists the other") {
    network net;
    net.start(1, options_of(1, {2}, true));
    net.start(0, options_of(0, {1}, true));
    THEN("one cluster comes of it all the same") {
      CHECK(net.run_until([&] { return net.agree_on({0, 1}); }, seconds{2}));
      CHECK(net.count(0, event_kind::founded) + net.count(1, event_kind::founded) == 1);
    }
  }
}

SCENARIO("--bootstrap joins a live cluster if it finds one") {
  cluster_of c{2};
  c.start(0xff, options_of(0xff, {0, 1}, true));
  CHECK(c.run_until([&] { return c.agree_on({0, 1, 0xff}); }, seconds{1}));
  CHECK(c.count(0xff, event_kind::founded) == 0);
}

SCENARIO("a cluster that is gone is not kept alive by those who look for it") {
  GIVEN("processes that heard of a cluster, and of each other, and were not let in before its last member died") {
    cluster_of c{2};
    c.drop = [](std::size_t, std::size_t to, const any_membership_message& m) { return to < 2 && std::holds_alternative<message::join_request>(m); };
    for (std::size_t n = 2; n < 5; ++n) c.start(n, options_of(n, {0, 1, 2, 3, 4}, false));
    c.run_for(seconds{2});
    for (std::size_t n = 2; n < 5; ++n) REQUIRE(c.members_seen_by(n) == 0);
    c.crash(0);
    c.crash(1);
    WHEN("one comes that may found") {
      c.start(5, options_of(5, {2, 3, 4}, true));
      THEN("they are a cluster, all of them") { CHECK(c.run_until([&] { return c.agree_on({2, 3, 4, 5}); }, seconds{20})); }
    }
  }
  GIVEN("one that knows of the cluster from a member") {
    cluster_of c{2};
    c.drop = [](std::size_t, std::size_t to, const any_membership_message& m) { return to < 2 && std::holds_alternative<message::join_request>(m); };
    c.start(2, options_of(2, {0, 1}, false));
    c.run_for(milliseconds{200});
    THEN("it tells of it whoever asks, who then founds none of its own") {
      c.start(3, options_of(3, {2}, true));
      c.run_for(seconds{4});
      CHECK(c.count(3, event_kind::founded) == 0);
      c.drop = nullptr;
      CHECK(c.run_until([&] { return c.agree_on({0, 1, 2, 3}); }, seconds{10}));
    }
  }
}

SCENARIO("a joiner asks the voters in turn until one of them lets it in") {
  GIVEN("three members, the oldest of which has just died unnoticed") {
    cluster_of c{3};
    c.crash(0, false);
    c.add(3);
    THEN("the joiner finds another door") {
      CHECK(c.run_until([&] { return c.sees(3, 3); }, seconds{4}));
      CHECK(c.run_until([&] { return c.agree_on({1, 2, 3}); }, seconds{4}));
    }
  }
}

SCENARIO("a joiner that can't be reached is not let in, and told so") {
  cluster_of c{2};
  auto who = process_named(2);
  who.address = {"10.9.9.9", 1};  // Not where it listens.
  c.add(who, 2, small_settings());
  c.at(2).where = address_of(2);
  c.run_for(seconds{6});
  CHECK(c.at(2).ended == protocol::ending::refused);
  CHECK(c.text(2, event_kind::join_refused).find("10.9.9.9:1") != std::string::npos);
  CHECK(c.agree_on({0, 1}));
}

SCENARIO("an incarnation never comes back") {
  cluster_of c{3};
  c.leave(2);
  REQUIRE(c.run_until([&] { return c.agree_on({0, 1}); }, seconds{1}));
  c.add(2);  // The same incarnation, as no process would.
  c.run_for(seconds{2});
  CHECK(c.at(2).ended == protocol::ending::expelled);  // As another one it may.
  CHECK(c.count(2, event_kind::join_refused) == 1);
  CHECK(c.agree_on({0, 1}));
}
