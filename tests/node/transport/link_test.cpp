/// Links between members and from clients: delivery, order, bounds, loss and return of the peer.
#include <catch2/catch.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <troupe/messages/types/client_message.hpp>

#include "fixtures.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

std::vector<any_frame> numbers(std::uint64_t from, std::uint64_t count, std::size_t bytes = 0) {
  std::vector<any_frame> all;
  for (std::uint64_t n = from; n < from + count; ++n) all.push_back(numbered(n, bytes));
  return all;
}

dial_settings quick() { return dial_settings{}.scaled(0.1); }

listen_settings at_port(std::uint16_t port) {
  listen_settings s;
  s.at.port = port;
  s.port_count = 1;
  return s;
}

}  // namespace

SCENARIO("an actor on the shard answers on the connection that the request came on") {
  struct request {
    accepted_link* on;
    std::uint64_t number;
  };
  observed<bool> ran_on_its_shard;
  caf::actor echo;
  listening_member* it = nullptr;
  // Any pointer will do to carry the request through the mailbox: the actor runs before the turn ends.
  listening_member member{listening_member::any_port(), member_named(1), [&](accepted_link& link, const any_frame& frame) {
                            const request r{&link, number_of(frame)};
                            it->data_shard().deliver(echo, compat::make_letter(reinterpret_cast<std::uintptr_t>(&link), r.number));
                          }};
  it = &member;
  small_system system;
  echo = system.get().spawn<caf::lazy_init>([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](std::uintptr_t link, std::uint64_t number) {
      ran_on_its_shard.add(member.data_shard().runs_here());
      reinterpret_cast<accepted_link*>(link)->send(numbered(number));
    }};
  });
  dialling_peer client{{member.at(), {}}};
  client.send(numbers(1, 100));
  REQUIRE(client.frames.reaches(100));
  for (std::size_t i = 0; i < 100; ++i) REQUIRE(number_of(client.frames.all()[i]) == i + 1);
  for (const auto here : ran_on_its_shard.all()) REQUIRE(here);
  echo = nullptr;
}

SCENARIO("everything that one turn has for a peer leaves in one write") {
  listening_member member;
  dialling_peer client{{member.at(), {}}};
  REQUIRE(client.ups.reaches(1));
  const auto before = client.figures();
  client.send(numbers(1, 60));
  REQUIRE(member.frames.reaches(60));
  const auto after = client.figures();
  CHECK(after.frames_sent - before.frames_sent == 60);
  CHECK(after.writes - before.writes == 1);
}

SCENARIO("frames arrive in order and complete, small and large") {
  listening_member member;
  dialling_peer client{{member.at(), {}}};
  // Some of it before the link is up.
  for (std::uint64_t batch = 0; batch < 100; ++batch) client.send(numbers(batch * 50, 50, batch % 10 == 0 ? 20'000 : 10));
  REQUIRE(member.frames.reaches(5000));
  const auto all = member.frames.all();
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(number_of(all[i].frame) == i);
  CHECK(all.back().on_its_shard);
}

SCENARIO("a frame that goes to several peers is encoded once") {
  listening_member a, b;
  dialling_peer client{{a.at(), {}}};
  small_system system;
  auto frame = std::make_shared<const codec::frame_buffer>(codec::encode(std::get<any_client_message>(numbered(5))));
  observed<incarnation> ups;
  shard s{system.get(), "s"};
  std::vector<std::unique_ptr<dialled_link>> links;
  s.start();
  on(s, [&] {
    for (auto* member : {&a, &b}) {
      dialled_link_callbacks none;
      links.push_back(
          std::make_unique<dialled_link>(s, link_target{member->at(), {}}, dialling_peer::client_hello(), dial_settings{}, none));
      CHECK(links.back()->send(frame));
    }
  });
  for (auto* member : {&a, &b}) {
    REQUIRE(member->frames.reaches(1));
    CHECK(number_of(member->frames.all()[0].frame) == 5);
  }
  s.stop();
}

SCENARIO("a client that does not read is cut off") {
  auto settings = listening_member::any_port();
  settings.limits.queue_bytes_max = 256 * 1024;
  listening_member member{settings};
  raw_peer sleeper{member.at()};
  sleeper.write(codec::encode(dialling_peer::client_hello()));
  REQUIRE(sleeper.read_welcome());
  REQUIRE(member.accepted_peers.reaches(1));
  // More than the kernel buffers of both ends take, in several turns.
  for (int i = 0; i < 64 && member.ends.size() == 0; ++i) member.send_to_all(numbers(0, 16, 64 * 1024));
  REQUIRE(member.ends.reaches(1));
  CHECK(member.ends.all()[0].reason == end_reason::overflow);
}

SCENARIO("a client that does not read is not read either, until it does") {
  constexpr std::size_t answers = 32;  // More than the kernel takes, by far.
  listening_member member;
  raw_peer sleeper{member.at()};
  sleeper.write(codec::encode(dialling_peer::client_hello()));
  REQUIRE(sleeper.read_welcome());
  REQUIRE(member.accepted_peers.reaches(1));
  member.send_to_all(numbers(0, answers, 1024 * 1024));
  REQUIRE(sleeper.skip_frame());  // Now they are on their way, all of them.
  sleeper.write(codec::encode(std::get<any_client_message>(numbered(7))));
  std::this_thread::sleep_for(milliseconds{100});
  CHECK(member.frames.size() == 0);
  for (std::size_t i = 1; i < answers; ++i) REQUIRE(sleeper.skip_frame());
  REQUIRE(member.frames.reaches(1));
  CHECK(number_of(member.frames.all()[0].frame) == 7);
  CHECK(member.ends.size() == 0);
}

SCENARIO("clients that do not read are cut off when too much waits for all of them") {
  auto settings = listening_member::any_port();
  settings.clients_unread_bytes_max = 40 * 1024 * 1024;
  listening_member member{settings};
  std::vector<std::unique_ptr<raw_peer>> sleepers;
  for (std::size_t n = 1; n <= 4; ++n) {
    auto& one = *sleepers.emplace_back(std::make_unique<raw_peer>(member.at()));
    one.write(codec::encode(dialling_peer::client_hello()));
    REQUIRE(one.read_welcome());
    REQUIRE(member.accepted_peers.reaches(n));
  }
  // Of each far less than it alone might leave.
  member.send_to_all(numbers(0, 24, 1024 * 1024));
  REQUIRE(member.ends.reaches(1));
  CHECK(member.ends.all()[0].reason == end_reason::overflow);
  CHECK(member.ends.all()[0].detail.find("clients") != std::string::npos);
  CHECK(member.ends.size() < 4);
}

SCENARIO("a link to a peer that does not read is cut and tells so") {
  silent_host host;
  auto settings = quick();
  settings.limits.queue_bytes_max = 256 * 1024;
  dialling_peer peer{{host.at(), {}}, dialling_peer::client_hello(), settings};
  auto connection = host.accept();
  const auto answer = codec::encode(welcome{protocol_version, member_named(3), {}});
  boost::asio::write(connection, boost::asio::buffer(answer.bytes().data(), answer.bytes().size()));
  REQUIRE(peer.ups.reaches(1));
  for (int i = 0; i < 64 && peer.downs.size() == 0; ++i) peer.send(numbers(0, 16, 64 * 1024));
  REQUIRE(peer.downs.reaches(1));
  CHECK(peer.downs.all()[0].reason == end_reason::overflow);
}

SCENARIO("what waits for a connection is bounded too") {
  silent_host host;  // takes connections, says nothing
  dial_settings settings;
  settings.limits.queue_bytes_max = 256 * 1024;
  dialling_peer peer{{host.at(), {}}, dialling_peer::client_hello(), settings};
  peer.send(numbers(0, 16, 64 * 1024));
  REQUIRE(peer.downs.reaches(1));
  CHECK(peer.downs.all()[0].reason == end_reason::overflow);
}

SCENARIO("limits follow the configuration, and never go below the defaults that a queue needs") {
  const stream_limits normal;
  size_limits sizes;
  CHECK(stream_limits::of(sizes).payload_bytes_max == normal.payload_bytes_max);
  CHECK(stream_limits::of(sizes).queue_bytes_max == normal.queue_bytes_max);
  sizes.frame_bytes_max = 1024 * 1024 * 1024;
  CHECK(stream_limits::of(sizes).payload_bytes_max == 1024 * 1024 * 1024);
  CHECK(stream_limits::of(sizes).queue_bytes_max == std::size_t{4} * 1024 * 1024 * 1024);
  CHECK(stream_limits::of(sizes).frame_arrival_max == 64 * normal.frame_arrival_max);
  sizes.frame_bytes_max = 128 * 1024;
  CHECK(stream_limits::of(sizes).payload_bytes_max == 128 * 1024);
  CHECK(stream_limits::of(sizes).queue_bytes_max == normal.queue_bytes_max);
  CHECK(stream_limits::of(sizes).frame_arrival_max == normal.frame_arrival_max);
}

SCENARIO("a frame that has begun must arrive; silence may last") {
  auto settings = listening_member::any_port();
  settings.limits.frame_arrival_max = milliseconds{100};
  listening_member member{settings};
  const auto frame = codec::encode(std::get<any_client_message>(numbered(1)));
  dialling_peer idle{{member.at(), {}}};
  REQUIRE(idle.ups.reaches(1));
  raw_peer slow{member.at()};
  slow.write(codec::encode(dialling_peer::client_hello()));
  REQUIRE(slow.read_welcome());
  slow.write(frame);
  REQUIRE(member.frames.reaches(1));
  WHEN("a peer sends half a frame") {
    slow.write(frame.bytes().first(frame.bytes().size() - 8));
    THEN("it is cut off, and who was silent all the time is not") {
      CHECK(slow.is_cut_off());
      REQUIRE(member.ends.reaches(1));
      CHECK(member.ends.all()[0].reason == end_reason::timed_out);
      idle.send({numbered(2)});
      CHECK(member.frames.reaches(2));
      CHECK(idle.downs.size() == 0);
    }
  }
}

SCENARIO("a connection whose reading is paused brings nothing, and then everything") {
  observed<accepted_link*> paused;
  listening_member member{listening_member::any_port(), member_named(1), [&](accepted_link& link, const any_frame& frame) {
                            if (number_of(frame) != 10) return;
                            link.pause_reading();
                            paused.add(&link);
                          }};
  dialling_peer client{{member.at(), {}}};
  client.send(numbers(0, 5000, 2000));
  REQUIRE(paused.reaches(1));
  on(member.data_shard(), [] {});
  CHECK(member.frames.size() == 11);
  on(member.data_shard(), [&] { paused.all()[0]->resume_reading(); });
  REQUIRE(member.frames.reaches(5000));
  const auto all = member.frames.all();
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(number_of(all[i].frame) == i);
  CHECK(client.downs.size() == 0);
}

SCENARIO("a link comes back when its peer does") {
  auto member = std::make_unique<listening_member>(listening_member::any_port(), member_named(1));
  const auto port = member->at().port;
  dialling_peer peer{{member->at(), {}}, dialling_peer::client_hello(), quick()};
  REQUIRE(peer.ups.reaches(1));
  WHEN("the peer goes") {
    member.reset();
    REQUIRE(peer.downs.until([](const auto& all) { return all.size() >= 3; }));
    THEN("the link is down, and further attempts fail") {
      CHECK(peer.downs.all()[0].reason == end_reason::closed);
      CHECK(peer.downs.all()[1].reason == end_reason::unreachable);
    }
    AND_WHEN("another starts at its address") {
      member = std::make_unique<listening_member>(at_port(port), member_named(2));
      THEN("the link is up again, and carries what is sent then") {
        REQUIRE(peer.ups.reaches(2));
        CHECK(peer.ups.all()[1] == member_named(2));
        peer.send({numbered(77)});
        REQUIRE(member->frames.reaches(1));
        CHECK(number_of(member->frames.all()[0].frame) == 77);
      }
    }
  }
}

SCENARIO("another incarnation at the address is not mistaken for the expected one") {
  listening_member member{listening_member::any_port(), member_named(2)};
  dialling_peer peer{{member.at(), member_named(1)}, dialling_peer::client_hello(), quick()};
  peer.send({numbered(1)});
  REQUIRE(peer.downs.reaches(1));
  CHECK(peer.downs.all()[0].reason == end_reason::wrong_peer);
  CHECK(peer.ups.size() == 0);
  CHECK(member.frames.size() == 0);
}

SCENARIO("attempts that lead nowhere are reported") {
  GIVEN("an address where nobody listens") {
    address nobody;
    {
      silent_host gone;
      nobody = gone.at();
    }
    dialling_peer peer{{nobody, {}}, dialling_peer::client_hello(), quick()};
    REQUIRE(peer.downs.reaches(2));
    CHECK(peer.downs.all()[0].reason == end_reason::unreachable);
  }
  GIVEN("a host that takes the connection and says nothing") {
    silent_host host;
    dialling_peer peer{{host.at(), {}}, dialling_peer::client_hello(), dial_settings{}.scaled(0.02)};
    REQUIRE(peer.downs.reaches(1));
    CHECK(peer.downs.all()[0].reason == end_reason::timed_out);
  }
  GIVEN("a host that answers with something else") {
    silent_host host;
    dialling_peer peer{{host.at(), {}}, dialling_peer::client_hello(), quick()};
    auto connection = host.accept();
    boost::asio::write(connection, boost::asio::buffer(std::string(64, 'H')));
    REQUIRE(peer.downs.reaches(1));
    CHECK(peer.downs.all()[0].reason == end_reason::malformed);
  }
  GIVEN("a name that is resolved") {
    listening_member member;
    dialling_peer peer{{{"localhost", member.at().port}, {}}, dialling_peer::client_hello(), quick()};
    CHECK(peer.ups.reaches(1));
  }
}

SCENARIO("a link that is gone says nothing more") {
  listening_member member;
  dialling_peer peer{{member.at(), {}}, dialling_peer::client_hello(), quick()};
  REQUIRE(peer.ups.reaches(1));
  WHEN("it is destroyed right behind a last message") {
    on(peer.home(), [&] {});
    peer.send({numbered(9)});
    peer.hang_up();
    THEN("the peer gets the message and sees the end, and nobody is called back") {
      REQUIRE(member.frames.reaches(1));
      REQUIRE(member.ends.reaches(1));
      CHECK(member.ends.all()[0].reason == end_reason::closed);
      CHECK(peer.downs.size() == 0);
    }
  }
}

SCENARIO("a link may be destroyed from its own callbacks") {
  listening_member member;
  small_system system;
  shard s{system.get(), "s"};
  std::unique_ptr<dialled_link> link;
  observed<std::string> calls;
  s.start();
  GIVEN("one that goes as soon as it is up") {
    on(s, [&] {
      link = std::make_unique<dialled_link>(s, link_target{member.at(), {}}, dialling_peer::client_hello(), dial_settings{},
                                            dialled_link_callbacks{[&](const incarnation&, const address&) {
                                                                     link.reset();
                                                                     calls.add("up");
                                                                   },
                                                                   [&](const link_end&) { calls.add("down"); },
                                                                   {}});
    });
    REQUIRE(calls.reaches(1));
    REQUIRE(member.ends.reaches(1));
    s.stop();
    CHECK(calls.all() == std::vector<std::string>{"up"});
  }
  GIVEN("one that goes when its attempt fails") {
    auto stranger = dialling_peer::client_hello();
    stranger.cluster = "another";
    on(s, [&] {
      link = std::make_unique<dialled_link>(s, link_target{member.at(), {}}, stranger, dial_settings{}.scaled(0.01),
                                            dialled_link_callbacks{{},
                                                                   [&](const link_end&) {
                                                                     link.reset();
                                                                     calls.add("down");
                                                                   },
                                                                   {}});
    });
    REQUIRE(calls.reaches(1));
    s.stop();
    CHECK(calls.all() == std::vector<std::string>{"down"});
  }
}

SCENARIO("everything stops while connections are busy") {
  for (int round = 0; round < 5; ++round) {
    listening_member member{listening_member::any_port(), member_named(1),
                            [](accepted_link& link, const any_frame& frame) { link.send(frame); }};
    dialling_peer client{{member.at(), {}}};
    for (int i = 0; i < 20; ++i) client.send(numbers(0, 50, 1000));
    REQUIRE(client.frames.reaches(1));
  }
}
