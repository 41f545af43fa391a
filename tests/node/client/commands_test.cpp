// Commands of a client: which member gets them, and what their caller is told when it dies.
#include <catch2/catch.hpp>

#include <algorithm>
#include <future>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/messages/types/client_message.hpp>

#include "scripted_member.hpp"

using namespace troupe;
using namespace troupe::test;
using command = client_message::command;

namespace {

/// Two members of one view; whatever they are asked is done.
struct pair_of_members {
  scripted_member first{1};
  scripted_member second{2};

  pair_of_members() {
    for (auto* m : {&first, &second}) {
      m->shows(view_of({&first, &second}));
      m->on_command(done_with);
    }
  }
};

std::future<client_message::command_result> asked(connected_client& c, decltype(command::what) what) {
  return std::async(std::launch::async, [&c, what = std::move(what)] { return c.wire().command(nobody, a_command(what), patience); });
}

}  // namespace

SCENARIO("shutdown and force-view go to the member named first, whichever member told the view first") {
  const auto order = GENERATE(decltype(command::what){command::shutdown{}}, decltype(command::what){command::force_view{}});
  pair_of_members m;
  // Many times, since it is a race.
  for (int i = 0; i < 20; ++i) {
    connected_client c{{m.second.at(), m.first.at()}};
    REQUIRE(c.wire().wait_ready(patience));
    CHECK(c.wire().command(nobody, a_command(order), patience).error.empty());
  }
  CHECK(m.second.commands.size() == 20);
  CHECK(m.first.commands.size() == 0);
}

SCENARIO("shutdown goes to the next member of the list when the first is not there") {
  pair_of_members m;
  const auto gone = m.first.at();
  m.first.dies();
  connected_client c{{gone, m.second.at()}};
  CHECK(c.wire().command(nobody, a_command(command::shutdown{}), patience).error.empty());
  CHECK(m.second.commands.size() == 1);
}

SCENARIO("a command that may be asked twice goes on through another member when its member dies") {
  const auto what = GENERATE(decltype(command::what){command::reset_lost{}}, decltype(command::what){command::destroy_map{"plays"}});
  pair_of_members m;
  m.first.on_command([](const command&) { return std::nullopt; });
  connected_client c{{m.first.at(), m.second.at()}};
  REQUIRE(c.wire().wait_ready(patience));
  // So that the first one has been connected to.
  REQUIRE(c.wire().command(member_no{2}, a_command(command::stats{}), patience).error.empty());
  auto answer = asked(c, what);
  const auto hears = [&](const auto& all) { return std::any_of(all.begin(), all.end(), [&](const command& x) { return x.what == what; }); };
  WHEN("it dies without an answer") {
    if (!m.first.commands.until([&](const auto& all) { return hears(all) || hears(m.second.commands.all()); })) FAIL("nobody was asked");
    m.first.dies();
    THEN("the other one answers") {
      CHECK(answer.get().error.empty());
      CHECK(m.second.commands.until(hears));
    }
  }
}

SCENARIO("a shutdown whose member dies is not passed on to another member") {
  pair_of_members m;
  m.first.on_command([](const command&) { return std::nullopt; });
  connected_client c{{m.first.at(), m.second.at()}};
  auto answer = asked(c, command::shutdown{});
  REQUIRE(m.first.commands.reaches(1));
  m.first.dies();
  CHECK_FALSE(answer.get().error.empty());
  CHECK(m.second.commands.size() == 0);
}

SCENARIO("a command without an answer ends with its time") {
  pair_of_members m;
  m.first.on_command([](const command&) { return std::nullopt; });
  connected_client c{{m.first.at()}};
  REQUIRE(c.wire().wait_ready(patience));
  const auto answer = c.wire().command(nobody, a_command(command::reset_lost{}), milliseconds{50});
  CHECK_FALSE(answer.error.empty());
}

SCENARIO("a map's destroy answers whether there was one, or fails as a map's operations do") {
  pair_of_members m;
  connected_client c{{m.first.at()}};
  REQUIRE(c.wire().wait_ready(patience));
  auto plays = c.wire().map("plays");
  caf::scoped_actor self{c.system()};
  std::optional<bool> existed;
  std::optional<caf::error> error;
  const auto destroys = [&] {
    auto request = compat::request(self, plays, std::nullopt, destroy_atom_v);
    return [&, request = std::move(request)]() mutable {
      std::move(request).receive([&](bool there) { existed = there; }, [&](const caf::error& e) { error = e; });
    };
  };
  GIVEN("a map") {
    destroys()();
    CHECK(existed == true);
  }
  GIVEN("no map") {
    m.first.on_command([](const command& x) { return client_message::command_result{x.request, no_such_map("plays"), {}}; });
    destroys()();
    CHECK(existed == false);
  }
  GIVEN("a cluster that can't") {
    m.first.on_command([](const command& x) {
      return client_message::command_result{x.request, std::string{to_string(failure::deadline)}, {}};
    });
    destroys()();
    REQUIRE(error);
    CHECK(failure_of(*error) == failure::deadline);
    CHECK(outcome_of(*error) == outcome::indeterminate);
  }
  GIVEN("a client that ends meanwhile") {
    m.first.on_command([](const command&) { return std::nullopt; });
    auto answered = destroys();
    REQUIRE(m.first.commands.reaches(1));
    c.ends();
    answered();
    REQUIRE(error);
    CHECK(failure_of(*error) == failure::closed);
    CHECK(outcome_of(*error) == outcome::indeterminate);
  }
}
