// Much at once: a member that reads is not cut off.
#include <catch2/catch.hpp>

#include <future>

#include <troupe/node/transport/frame_stream.hpp>

#include "scripted_member.hpp"

using namespace troupe;
using namespace troupe::test;

SCENARIO("a put_all of more than a link may queue goes through, on one connection") {
  scripted_member m{1};
  m.on_operation([](const operation& what) {
    reply r;
    r.request = what.request;
    return r;
  });
  m.shows(view_of({&m}));
  connected_client c{{m.at()}};
  REQUIRE(c.wire().wait_ready(patience));
  constexpr std::size_t value_bytes = 1024 * 1024;
  constexpr std::size_t entries = 2 * stream_limits{}.queue_bytes_max / value_bytes;
  protocol::map_call all;
  all.what = protocol::map_call::kind::put_all;
  const blob value{std::string(value_bytes, 'v')};
  for (std::size_t i = 0; i < entries; ++i) all.entries.push_back({blob{std::to_string(i)}, value});
  std::promise<protocol::map_result> answer;
  c.wire().submit("plays", std::move(all), patience, [&](protocol::map_result&& r) { answer.set_value(std::move(r)); });
  const auto result = answer.get_future().get();
  CHECK(result.result == outcome::ok);
  CHECK(result.number == entries);
  CHECK(m.operations.size() == entries);
  CHECK(m.connections() == 2);  // To it as the one to connect to, and as a member of the view.
}
