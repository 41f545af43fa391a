// What a client learns of addresses that do not let it in.
#include <catch2/catch.hpp>

#include <future>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <troupe/messages/types/client_message.hpp>

#include "scripted_member.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Answers the next hello as a member of another cluster does.
boost::asio::ip::tcp::socket refuse_next(silent_host& at) {
  auto socket = at.accept();
  const auto refusal = codec::encode(welcome{protocol_version, member_named(1), std::string{another_cluster_text}});
  boost::asio::write(socket, boost::asio::buffer(refusal.bytes().data(), refusal.bytes().size()));
  return socket;
}

}  // namespace

SCENARIO("a client that all addresses refuse for good is told at once") {
  scripted_member first{1};
  scripted_member second{2};
  connected_client c{{first.at(), second.at()}, "another"};
  CHECK_FALSE(c.wire().wait_ready(seconds{3600}));
  for (const auto& a : c.wire().addresses()) {
    REQUIRE(a.failure);
    CHECK(a.failure->cause == refusal_cause::another_cluster);
  }
  CHECK_THAT(c.wire().connection_problem(), Catch::Contains(to_string(first.at()) + ": refused: this member belongs to another cluster; ") &&
                                                Catch::Contains(to_string(second.at())));
}

SCENARIO("as long as one address may let it in, a client waits") {
  silent_host refusing;
  const auto free = scripted_member{2}.at();
  connected_client c{{refusing.at(), free}};
  auto ready = std::async(std::launch::async, [&] { return c.wire().wait_ready(patience); });
  const auto refused = refuse_next(refusing);
  scripted_member late{2, free.port};
  late.shows(view_of({&late}));
  CHECK(ready.get());
}

SCENARIO("a member without a view is connected to, and no problem of the network") {
  scripted_member seeking{1};
  connected_client c{{seeking.at()}};
  seeking.on_command(done_with);
  CHECK(c.wire().command(nobody, a_command(client_message::command::reset_lost{}), patience).error.empty());
  REQUIRE(c.wire().addresses().size() == 1);
  CHECK(c.wire().addresses().front().is_connected);
  CHECK(problem_of(c.wire().addresses().front()) == "it is not yet a member of a cluster");
}
