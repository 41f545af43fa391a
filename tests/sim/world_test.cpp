// Time, pauses, deaths: what the world does to its processes.
#include <catch2/catch.hpp>

#include <troupe/messages/types/client_message.hpp>

#include "tests/sim/world.hpp"

namespace troupe::sim {
namespace {

/// Writes down what happens to it.
class recorder final : public participant {
 public:
  void receive(endpoint from, any_frame&&) override { seen.push_back("frame from " + std::to_string(from.value())); }
  void tick() override { ++ticks; }
  void disconnected(endpoint peer, channel) override { seen.push_back("lost " + std::to_string(peer.value())); }
  void probed(const address&, std::optional<endpoint> found, bool refused) override {
    seen.push_back(found ? "found" : refused ? "refused" : "no answer");
  }
  void not_sent(endpoint, const any_frame&) override { seen.emplace_back("not sent"); }
  void view_reaches_row(const row_id&, const view_ptr&) override {}
  void row_is_told(const protocol::neighbour_message&) override {}
  void resumed() override { seen.emplace_back("resumed"); }

  std::vector<std::string> seen;
  int ticks = 0;
};

class two_processes {
 public:
  two_processes() {
    a_at = around.start(a, host_no{0}, drifting_clock{around.now(), instant{seconds{50}}, 1.0}, address{"a", 1});
    b_at = around.start(b, host_no{1}, drifting_clock{around.now(), instant{}, 1.02}, address{"b", 1});
  }
  void send() { around.transmit(a_at, b_at, channel::data, any_client_message{client_message::follow_view{}}); }
  void pass(duration d) { around.run_until(around.now() + d); }

  trace log;
  world around{1, network_profile{}, milliseconds{20}, log};
  recorder a, b;
  endpoint a_at, b_at;
};

TEST_CASE_METHOD(two_processes, "each process ticks by its own clock and can't see the true time") {
  pass(seconds{10});
  CHECK(a.ticks == Approx(500).margin(2));
  CHECK(b.ticks == Approx(510).margin(2));
  CHECK(around.clock_of(a_at) == instant{seconds{60}});
  CHECK(around.clock_of(b_at).time_since_epoch() == milliseconds{10'200});
}

TEST_CASE_METHOD(two_processes, "what comes during a pause waits for its end, in order, behind the step that the pause cut in two") {
  around.pause(b_at, seconds{2});
  send();
  send();
  const auto ticks = b.ticks;
  pass(seconds{1});
  CHECK(b.seen.empty());
  CHECK(b.ticks == ticks);
  pass(seconds{2});
  CHECK(b.seen == std::vector<std::string>{"resumed", "frame from 0", "frame from 0"});
  CHECK(b.ticks > ticks);
}

TEST_CASE_METHOD(two_processes, "a death is noticed by peers, once they can be reached; then nothing leaves any more") {
  send();
  pass(seconds{1});
  around.kill(b_at);
  pass(seconds{1});
  CHECK(a.seen == std::vector<std::string>{"lost 1", "lost 1"});
  send();
  pass(seconds{1});
  CHECK(a.seen.back() == "not sent");
  CHECK(b.seen.size() == 1);
}

TEST_CASE_METHOD(two_processes, "a death behind a cut is noticed when something is sent after its end") {
  send();
  pass(seconds{1});
  around.net().cut(host_no{1}, host_no{0}, cut_kind::dropping);
  around.kill(b_at);
  pass(seconds{1});
  CHECK(a.seen.empty());
  around.net().heal_all();
  send();
  pass(seconds{1});
  CHECK(a.seen == std::vector<std::string>{"lost 1"});
}

TEST_CASE_METHOD(two_processes, "a dial finds who listens, is refused, or gets no answer") {
  around.probe(a_at, {"b", 1});
  around.probe(a_at, {"c", 1});
  pass(seconds{2});
  CHECK(a.seen == std::vector<std::string>{"found", "refused"});
  around.net().cut(host_no{0}, host_no{1}, cut_kind::dropping);
  around.probe(a_at, {"b", 1});
  pass(seconds{2});
  CHECK(a.seen.back() == "no answer");
}

TEST_CASE_METHOD(two_processes, "what a holding cut held back arrives after it") {
  around.net().cut(host_no{0}, host_no{1}, cut_kind::holding);
  send();
  pass(seconds{5});
  CHECK(b.seen.empty());
  around.net().heal_all();
  around.release_held();
  pass(seconds{1});
  CHECK(b.seen.size() == 1);
}

TEST_CASE_METHOD(two_processes, "a reset is noticed on both sides") {
  around.reset(a_at, b_at, channel::control);
  pass(seconds{1});
  CHECK(a.seen == std::vector<std::string>{"lost 1"});
  CHECK(b.seen == std::vector<std::string>{"lost 0"});
}

}  // namespace
}  // namespace troupe::sim
