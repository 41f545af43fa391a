/// Who gets in, and what the others are told.
#include <catch2/catch.hpp>

#include <troupe/messages/types/client_message.hpp>

#include "fixtures.hpp"
#include "tests/node/member/captured_log.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

listen_settings impatient(duration timeout) {
  auto s = listening_member::any_port();
  s.handshake_timeout = timeout;
  return s;
}

hello hello_as(connection_role role) {
  auto h = dialling_peer::client_hello();
  h.role = role;
  if (role != connection_role::client) h.address = {"127.0.0.1", 5799};
  return h;
}

/// A well-behaved client can come in and be heard.
bool serves(listening_member& member) {
  dialling_peer client{{member.at(), {}}};
  const auto before = member.frames.size();
  client.send({numbered(1)});
  return client.ups.reaches(1) && member.frames.reaches(before + 1);
}

}  // namespace

SCENARIO("a peer that belongs here comes in, to the shard of its role") {
  listening_member member;
  for (const auto role : {connection_role::member_control, connection_role::member_data, connection_role::client}) {
    dialling_peer peer{{member.at(), member_named(1)}, hello_as(role)};
    REQUIRE(peer.ups.reaches(1));
    CHECK(peer.ups.all()[0] == member_named(1));
    const auto come = member.accepted_peers.size() + 1;
    REQUIRE(member.accepted_peers.until([&](const auto& all) { return !all.empty() && all.back().peer.role == role; }));
    const auto last = member.accepted_peers.all().back();
    CHECK(last.peer == hello_as(role));
    CHECK(last.shard == (role == connection_role::member_control ? "control" : "data"));
    CHECK(peer.downs.size() == 0);
    CHECK(come <= 4);
  }
}

SCENARIO("a peer that does not belong here is told why") {
  GIVEN("a peer of another cluster") {
    listening_member member;
    auto stranger = dialling_peer::client_hello();
    stranger.cluster = "another";
    dialling_peer peer{{member.at(), {}}, stranger};
    REQUIRE(peer.downs.reaches(1));
    CHECK(peer.downs.all()[0].reason == end_reason::refused);
    CHECK_THAT(peer.downs.all()[0].detail, Catch::Contains("another cluster") && !Catch::Contains("troupe-test"));
    CHECK(peer.downs.all()[0].cause == refusal_cause::another_cluster);
    CHECK(peer.ups.size() == 0);
  }
  GIVEN("a peer of another protocol version") {
    listening_member member;
    auto newer = dialling_peer::client_hello();
    newer.version = protocol_version + 1;
    dialling_peer peer{{member.at(), {}}, newer};
    REQUIRE(peer.downs.reaches(1));
    CHECK(peer.downs.all()[0].reason == end_reason::refused);
    CHECK_THAT(peer.downs.all()[0].detail, Catch::Contains("version"));
    CHECK(peer.downs.all()[0].cause == refusal_cause::another_version);
  }
  GIVEN("a member that admits nobody") {
    listening_member member;
    member.refuse_all("the house is full");
    dialling_peer peer{{member.at(), {}}};
    REQUIRE(peer.downs.reaches(1));
    CHECK(peer.downs.all()[0].reason == end_reason::refused);
    CHECK(peer.downs.all()[0].detail == "the house is full");
    CHECK_FALSE(peer.downs.all()[0].is_final());
    CHECK(member.accepted_peers.size() == 0);
  }
  GIVEN("a peer that went on writing behind its hello") {
    listening_member member;
    auto stranger = dialling_peer::client_hello();
    stranger.cluster = "another";
    raw_peer peer{member.at()};
    peer.write(codec::encode(stranger));
    peer.write(std::vector<std::byte>(3000, std::byte{0x55}));
    const auto answer = peer.read_welcome();
    THEN("it can read the refusal all the same") {
      REQUIRE(answer);
      CHECK_FALSE(answer->refused.empty());
    }
  }
}

SCENARIO("what follows the hello at once is not lost on the way to its shard") {
  listening_member member;
  raw_peer peer{member.at()};
  std::vector<std::byte> all;
  const auto add = [&](const codec::frame_buffer& frame) { all.insert(all.end(), frame.bytes().begin(), frame.bytes().end()); };
  add(codec::encode(dialling_peer::client_hello()));
  for (std::uint64_t n = 1; n <= 3; ++n) add(codec::encode(std::get<any_client_message>(numbered(n))));
  peer.write(all);
  const auto answer = peer.read_welcome();
  REQUIRE(answer);
  CHECK(answer->refused.empty());
  CHECK(answer->who == member_named(1));
  REQUIRE(member.frames.reaches(3));
  for (std::size_t i = 0; i < 3; ++i) CHECK(number_of(member.frames.all()[i].frame) == i + 1);
}

SCENARIO("who does not say hello in time is cut off") {
  listening_member member{impatient(milliseconds{100})};
  GIVEN("a peer that says nothing") {
    raw_peer peer{member.at()};
    CHECK(peer.is_cut_off());
  }
  GIVEN("a peer that stops in mid-hello") {
    raw_peer peer{member.at()};
    peer.write(codec::encode(dialling_peer::client_hello()).bytes().first(20));
    CHECK(peer.is_cut_off());
  }
  GIVEN("a refused peer that neither reads on nor closes") {
    raw_peer peer{member.at()};
    auto stranger = dialling_peer::client_hello();
    stranger.cluster = "another";
    peer.write(codec::encode(stranger));
    CHECK(peer.is_cut_off());
  }
  CHECK(serves(member));
}

SCENARIO("only a handshake that fails is warned about, not one that the peer gave up") {
  const captured_log log;
  listening_member member{impatient(milliseconds{100})};
  GIVEN("peers that close before and in the middle of their hello") {
    { raw_peer silent{member.at()}; }
    { raw_peer{member.at()}.write(codec::encode(dialling_peer::client_hello()).bytes().first(20)); }
    REQUIRE(serves(member));  // Who came later was let in later.
    CHECK_THAT(log.text(), Catch::Contains("[info] handshake_failed") && !Catch::Contains("[warning]"));
  }
  GIVEN("a peer that sends what is no hello") {
    raw_peer peer{member.at()};
    peer.write(std::vector<std::byte>(300, std::byte{0x55}));
    REQUIRE(peer.is_cut_off());
    REQUIRE(serves(member));
    CHECK_THAT(log.text(), Catch::Contains("[warning] handshake_failed") && Catch::Contains("reason=malformed"));
  }
  GIVEN("a peer that says nothing") {
    raw_peer peer{member.at()};
    REQUIRE(peer.is_cut_off());
    REQUIRE(serves(member));
    CHECK_THAT(log.text(), Catch::Contains("[warning] handshake_failed") && Catch::Contains("reason=timed_out"));
  }
}

SCENARIO("unfinished handshakes are bounded, and do not keep others out") {
  auto settings = listening_member::any_port();
  settings.handshake_timeout = seconds{600};
  REQUIRE(settings.unfinished_handshakes_max == 256);
  listening_member member{settings};
  GIVEN("300 connections that say nothing") {
    std::vector<std::unique_ptr<raw_peer>> silent;
    for (int i = 0; i < 300; ++i) silent.push_back(std::make_unique<raw_peer>(member.at()));
    THEN("the oldest are cut off, and a proper client comes in") {
      for (std::size_t i = 0; i < 44; ++i) REQUIRE(silent[i]->is_cut_off());
      CHECK(serves(member));
    }
    THEN("the youngest can still go on") {
      REQUIRE(silent[43]->is_cut_off());
      silent.back()->write(codec::encode(dialling_peer::client_hello()));
      CHECK(silent.back()->read_welcome());
    }
  }
}

SCENARIO("frames that do not belong on a connection end it") {
  listening_member member;
  const any_frame heartbeat = any_membership_message{membership_message::heartbeat{}};
  GIVEN("a client that speaks of membership") {
    dialling_peer peer{{member.at(), {}}, hello_as(connection_role::client)};
    peer.send({heartbeat});
    REQUIRE(member.ends.reaches(1));
    CHECK(member.ends.all()[0].reason == end_reason::malformed);
    CHECK(member.frames.size() == 0);
  }
  GIVEN("a control connection with operations") {
    dialling_peer peer{{member.at(), {}}, hello_as(connection_role::member_control)};
    peer.send({heartbeat, numbered(1)});
    REQUIRE(member.ends.reaches(1));
    CHECK(member.ends.all()[0].reason == end_reason::malformed);
    CHECK(member.frames.size() == 1);
  }
  GIVEN("a second hello") {
    raw_peer peer{member.at()};
    peer.write(codec::encode(dialling_peer::client_hello()));
    REQUIRE(peer.read_welcome());
    peer.write(codec::encode(dialling_peer::client_hello()));
    CHECK(peer.is_cut_off());
  }
  CHECK(serves(member));
}

SCENARIO("connections are bounded, those of clients apart from those of members") {
  auto settings = listening_member::any_port();
  settings.client_connections_max = 2;
  settings.member_connections_max = 1;
  listening_member member{settings};
  GIVEN("as many clients as may be, and a member") {
    auto first = std::make_unique<dialling_peer>(link_target{member.at(), {}});
    dialling_peer second{{member.at(), {}}};
    REQUIRE(first->ups.reaches(1));
    REQUIRE(second.ups.reaches(1));
    dialling_peer control{{member.at(), {}}, hello_as(connection_role::member_control)};
    REQUIRE(control.ups.reaches(1));
    THEN("one more of either is told why it does not come in") {
      for (const auto role : {connection_role::client, connection_role::member_data}) {
        dialling_peer another{{member.at(), {}}, hello_as(role)};
        REQUIRE(another.downs.reaches(1));
        CHECK(another.downs.all()[0].reason == end_reason::refused);
        CHECK_THAT(another.downs.all()[0].detail, Catch::Contains("as many connections"));
      }
    }
    WHEN("a client goes") {
      first.reset();
      REQUIRE(member.ends.reaches(1));
      on(member.data_shard(), [&] { member.drop_ended(); });
      THEN("another comes in") { CHECK(serves(member)); }
    }
  }
}
