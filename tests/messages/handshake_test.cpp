/// Hello and welcome, also of versions that we don't speak.
#include <catch2/catch.hpp>

#include <troupe/messages/codec/codec.hpp>

#include "random_values.hpp"

using namespace troupe;
using codec::error_kind;
using test::random_values;

namespace {

hello hello_of_a_member() {
  return {protocol_version, "orders", connection_role::member_data, random_values{1}.id<incarnation>(), {"10.0.0.1", 5701}};
}

error_kind refusal(const hello& sent) {
  const auto read = codec::decode_hello(codec::encode(sent).payload());
  REQUIRE_FALSE(read.has_value());
  return read.error().kind;
}

}  // namespace

SCENARIO("hello and welcome arrive as they were sent") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    random_values values{seed};
    const auto greeting = values.a_hello();
    const auto frame = codec::encode(greeting);
    CHECK(frame.conversation() == codec::conversation::link);
    CHECK(frame.payload().size_bytes() <= codec::handshake_bytes_max);
    CHECK(*codec::decode_hello(frame.payload()) == greeting);
    CHECK(*codec::decode_greeting(frame.payload()) == codec::greeting{greeting.version, greeting.cluster});

    const auto answer = values.a_welcome();
    CHECK(*codec::decode_welcome(codec::encode(answer).payload()) == answer);
  }
}

SCENARIO("a peer of another version can be told why it is refused") {
  constexpr auto next_version = protocol_version + 1;
  GIVEN("a hello of the next version, the rest of which makes no sense here") {
    auto from_the_future = hello_of_a_member();
    from_the_future.version = next_version;
    from_the_future.who = {};
    const auto frame = codec::encode(from_the_future);
    THEN("version and cluster can be read") { CHECK(*codec::decode_greeting(frame.payload()) == codec::greeting{next_version, "orders"}); }
    THEN("the whole can't, for that reason") { CHECK(refusal(from_the_future) == error_kind::version); }
  }
  GIVEN("a welcome of the next version that refuses us") {
    const auto read = codec::decode_welcome(codec::encode(welcome{next_version, random_values{1}.id<incarnation>(), "too old"}).payload());
    THEN("we learn why, and nothing else is believed") {
      REQUIRE(read.has_value());
      CHECK(*read == welcome{next_version, {}, "too old"});
    }
  }
}

SCENARIO("a hello must say who and where") {
  auto sent = hello_of_a_member();
  THEN("an incarnation that is nil is refused") {
    sent.who = {};
    CHECK(refusal(sent) == error_kind::value);
  }
  THEN("a member without a host is refused") {
    sent.address.host.clear();
    CHECK(refusal(sent) == error_kind::value);
  }
  THEN("a member without a port is refused") {
    sent.address.port = 0;
    CHECK(refusal(sent) == error_kind::value);
  }
  THEN("a welcome of nobody is refused, unless it refuses") {
    CHECK_FALSE(codec::decode_welcome(codec::encode(welcome{protocol_version, {}, ""}).payload()).has_value());
    CHECK(codec::decode_welcome(codec::encode(welcome{protocol_version, {}, "another cluster"}).payload()).has_value());
  }
}

SCENARIO("a handshake is no place for anything else, nor anything else for a handshake") {
  const auto greeting = codec::encode(hello_of_a_member());
  const auto answer = codec::encode(random_values{1}.a_welcome());
  CHECK_FALSE(codec::decode_welcome(greeting.payload()).has_value());
  CHECK_FALSE(codec::decode_hello(answer.payload()).has_value());
  CHECK_FALSE(codec::decode_greeting(answer.payload()).has_value());
  CHECK(codec::decode_frame(codec::conversation::link, greeting.payload()).error().kind == error_kind::header);
}
