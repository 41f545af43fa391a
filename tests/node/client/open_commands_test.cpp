// The rules of commands under way, on a shard without connections.
#include <catch2/catch.hpp>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/client/open_commands.hpp>

#include "tests/node/transport/fixtures.hpp"

using namespace troupe;
using namespace troupe::test;
using command = client_message::command;

namespace {

constexpr seed_index the_seed{0};
constexpr member_no alice{1};
const auto to_alice = command_way{alice};
const auto to_seed = command_way{the_seed};

/// Ways that the test opens and closes; the shard has no thread, so that the test is its own.
struct fixture final : command_ways {
  small_system system;
  shard home{system.get(), "commands"};
  choice_of_way any, seed, alone;
  std::vector<std::pair<command_way, command>> sent;
  std::vector<command_end> ended;
  open_commands open{home, *this};

  choice_of_way way_to(member_no) const override { return alone; }
  choice_of_way way_to_first_seed() const override { return seed; }
  choice_of_way way_to_any() const override { return any; }
  bool send(const command_way& way, const command& what) override {
    sent.emplace_back(way, what);
    return true;
  }
  std::string problem() const override { return "nobody is there"; }

  void begin(decltype(command::what) what, member_no to = nobody) {
    open.begin(to, {{}, std::move(what)}, shard::now() + patience, [this](command_end how) { ended.push_back(std::move(how)); });
  }
  void answer(std::string error = {}) { open.answered({sent.back().second.request, std::move(error), {}}); }
};

}  // namespace

SCENARIO("a command waits for a way, and takes the first that comes") {
  fixture f;
  f.any.may_come = true;
  f.begin(command::reset_lost{});
  CHECK(f.sent.empty());
  CHECK(f.ended.empty());
  f.any = {to_seed, false};
  f.open.ways_changed();
  f.open.ways_changed();
  REQUIRE(f.sent.size() == 1);
  CHECK(f.sent[0].first == to_seed);
  f.answer();
  REQUIRE(f.ended.size() == 1);
  CHECK(f.ended[0].result == outcome::ok);
  CHECK(f.open.size() == 0);
}

SCENARIO("without a way, now or later, a command was definitely not done") {
  fixture f;
  f.begin(command::shutdown{});
  REQUIRE(f.ended.size() == 1);
  CHECK(f.ended[0].result == outcome::not_applied);
  CHECK(f.ended[0].answer.error == "nobody is there");
}

SCENARIO("a connection that breaks takes with it what may be asked only once") {
  fixture f;
  f.any = {to_alice, false};
  f.seed = f.alone = {to_alice, false};
  const auto what = GENERATE(decltype(command::what){command::shutdown{}}, decltype(command::what){command::force_view{}});
  f.begin(what);
  f.begin(command::stats{}, alice);
  f.open.lost(to_seed);
  CHECK(f.ended.empty());
  f.open.lost(to_alice);
  REQUIRE(f.ended.size() == 2);
  CHECK(f.ended[0].result == outcome::indeterminate);
  CHECK(f.ended[0].why == failure::connection_lost);
  CHECK(f.sent.size() == 2);
  CHECK(f.open.size() == 0);
}

SCENARIO("a destroy that was asked twice finds its own work done") {
  fixture f;
  f.any = {to_alice, false};
  f.begin(command::destroy_map{"plays"});
  WHEN("it is answered at once") {
    f.answer(no_such_map("plays"));
    THEN("there was none") { CHECK(f.ended.at(0).answer.error == no_such_map("plays")); }
  }
  WHEN("its first member dies") {
    f.any = {to_seed, false};
    f.open.lost(to_alice);
    REQUIRE(f.sent.size() == 2);
    f.answer(no_such_map("plays"));
    THEN("it is gone, as was asked") { CHECK(f.ended.at(0).answer.error.empty()); }
  }
}

SCENARIO("a refusal by whoever is asked next says nothing of whoever was asked first") {
  fixture f;
  f.any = {to_alice, false};
  f.begin(command::destroy_map{"plays"});
  WHEN("nobody else was asked") {
    f.answer(std::string{to_string(failure::overloaded)});
    THEN("it was not done") { CHECK_FALSE(f.ended.at(0).may_be_done); }
  }
  WHEN("the first one's connection broke") {
    f.any = {to_seed, false};
    f.open.lost(to_alice);
    f.answer(std::string{to_string(failure::overloaded)});
    THEN("it may be done") { CHECK(f.ended.at(0).may_be_done); }
  }
}

SCENARIO("closing ends what is under way, and what begins later") {
  fixture f;
  f.any = {to_alice, false};
  f.begin(command::reset_lost{});
  f.open.close();
  f.begin(command::reset_lost{});
  REQUIRE(f.ended.size() == 2);
  CHECK(f.ended[0].result == outcome::indeterminate);
  CHECK(f.ended[1].result == outcome::not_applied);
  CHECK(f.ended[0].why == failure::closed);
  CHECK(f.ended[1].why == failure::closed);
}
