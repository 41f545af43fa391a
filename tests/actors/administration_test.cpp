#include <catch2/catch.hpp>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/stats.hpp>
#include <troupe/node/testing/cluster.hpp>

using namespace troupe;

namespace {

/// Records what the administration asks for.
struct recording {
  std::vector<membership_message::wish> wishes;
  std::vector<std::pair<std::string, failure>> refused;
  std::vector<client_message::command_result> answers;
};

class recording_environment final : public administration_environment {
 public:
  explicit recording_environment(recording& into) : into_{into} {}
  void wish(std::vector<membership_message::wish> list) override { into_.wishes.insert(into_.wishes.end(), list.begin(), list.end()); }
  void force_view() override {}
  void shut_down(bool) override {}
  void take_census(std::function<void(std::vector<local::row_census>)> done) override { done({}); }
  void answer(protocol::origin_id, client_message::command_result what) override { into_.answers.push_back(std::move(what)); }
  void map_refused(const std::string& name, failure why) override { into_.refused.emplace_back(name, why); }
  member_no self() const override { return member_no{1}; }
  std::uint64_t memory_limit() const override { return 0; }

 private:
  recording& into_;
};

view_ptr view_with(std::vector<map_info> maps, std::uint32_t maps_max = 1000) {
  auto v = std::make_shared<view>();
  v->name.number = view_number{5};
  v->maps = std::move(maps);
  v->settings.limits.maps_max = maps_max;
  return v;
}

}  // namespace

SCENARIO("a map is wished for until a view shows it") {
  test::system_config config;
  caf::actor_system system{config};
  compat::test_scheduler scheduler{system};
  recording seen;
  auto actor = spawn_administration(system, std::make_shared<recording_environment>(seen));
  GIVEN("a view without maps") {
    compat::anonymous_send(actor, local::view_installed{view_with({})});
    scheduler.run();
    WHEN("the router asks for a map twice, and no view comes for a while") {
      compat::anonymous_send(actor, local::create_map{"orders"});
      compat::anonymous_send(actor, local::create_map{"orders"});
      scheduler.run();
      scheduler.advance_time(milliseconds{100});
      scheduler.run();
      THEN("it was wished for once at first, and once again") { CHECK(seen.wishes.size() == 2); }
      AND_WHEN("a view shows it") {
        compat::anonymous_send(actor, local::view_installed{view_with({{map_id{1}, "orders", {1, 0}, false}})});
        scheduler.run();
        const auto so_far = seen.wishes.size();
        scheduler.advance_time(seconds{1});
        scheduler.run();
        THEN("nothing more is wished for") {
          CHECK(seen.wishes.size() == so_far);
          CHECK(seen.refused.empty());
        }
      }
    }
    WHEN("the name is empty or too long") {
      compat::anonymous_send(actor, local::create_map{""});
      compat::anonymous_send(actor, local::create_map{std::string(256, 'n')});
      scheduler.run();
      THEN("it is refused at once") {
        REQUIRE(seen.refused.size() == 2);
        CHECK(seen.refused[0].second == failure::bad_name);
        CHECK(seen.wishes.empty());
      }
    }
  }
  GIVEN("a view with as many maps as it may have") {
    compat::anonymous_send(actor, local::view_installed{view_with({{map_id{1}, "only", {1, 0}, false}}, 1)});
    compat::anonymous_send(actor, local::create_map{"another"});
    scheduler.run();
    THEN("a further one is refused") {
      REQUIRE(seen.refused.size() == 1);
      CHECK(seen.refused[0].second == failure::too_many_maps);
    }
  }
  GIVEN("a client that destroys a map which does not exist") {
    compat::anonymous_send(actor, local::view_installed{view_with({})});
    compat::anonymous_send(actor, local::client_command{protocol::origin_id{9}, {request_number{4}, client_message::command::destroy_map{"none"}}});
    scheduler.run();
    THEN("it is told so") {
      REQUIRE(seen.answers.size() == 1);
      CHECK(seen.answers[0].request == request_number{4});
      CHECK_FALSE(seen.answers[0].error.empty());
    }
  }
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  scheduler.run();
}

namespace {

/// An administration whose cluster does nothing, on a view with one map.
struct idle_cluster {
  test::system_config config;
  caf::actor_system system{config};
  compat::test_scheduler scheduler{system};
  recording seen;
  caf::actor actor{spawn_administration(system, std::make_shared<recording_environment>(seen))};

  idle_cluster() { shows({{map_id{1}, "orders", {1, 0}, false}}); }
  ~idle_cluster() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    scheduler.run();
  }
  void shows(std::vector<map_info> maps) {
    compat::anonymous_send(actor, local::view_installed{view_with(std::move(maps))});
    scheduler.run();
  }
  void commands(std::uint64_t origin, std::uint64_t request, decltype(client_message::command::what) what) {
    compat::anonymous_send(actor, local::client_command{protocol::origin_id{origin}, {request_number{request}, std::move(what)}});
    scheduler.run();
  }
  void passes(duration time) {
    for (duration passed{}; passed < time; passed += milliseconds{100}) {
      scheduler.advance_time(milliseconds{100});
      scheduler.run();
    }
  }
  /// What is wished for in one round.
  std::size_t wishes_a_round() {
    seen.wishes.clear();
    passes(milliseconds{100});
    return seen.wishes.size();
  }
};

using command = client_message::command;

}  // namespace

SCENARIO("a wish of many is one wish, and all of them hear when it has come true") {
  idle_cluster c;
  for (std::uint64_t i = 1; i <= 5; ++i) c.commands(100 + i, i, command::destroy_map{"orders"});
  CHECK(c.wishes_a_round() == 1);
  CHECK(c.seen.answers.empty());
  c.shows({});
  REQUIRE(c.seen.answers.size() == 5);
  for (const auto& a : c.seen.answers) CHECK(a.error.empty());
  CHECK(c.wishes_a_round() == 0);
}

SCENARIO("a wish ends with its time, and who waited is told") {
  idle_cluster c;
  c.commands(100, 1, command::create_map{"sonnets"});
  c.passes(wish_stands_for / 2);
  c.commands(101, 2, command::create_map{"sonnets"});
  c.passes(wish_stands_for / 2);
  REQUIRE(c.seen.answers.size() == 1);
  CHECK(c.seen.answers[0].request == request_number{1});
  CHECK(c.seen.answers[0].error == to_string(failure::deadline));
  CHECK(c.wishes_a_round() == 1);
  c.passes(wish_stands_for / 2);
  CHECK(c.seen.answers.size() == 2);
  CHECK(c.wishes_a_round() == 0);
}

SCENARIO("other backup counts are wished for until a view has them, and waited for until the copies are there") {
  idle_cluster c;
  map_info orders{map_id{1}, "orders", {1, 0}};
  c.shows({orders});
  c.commands(100, 1, command::set_counts{"nosuch", {2, 0}});
  REQUIRE(c.seen.answers.size() == 1);
  CHECK(c.seen.answers[0].error == no_such_map("nosuch"));
  c.commands(100, 2, command::set_counts{"orders", {2, 0}});
  CHECK(c.wishes_a_round() == 1);
  orders.kind = {2, 0};
  orders.number = group_number{1};
  orders.moves_from = row_group{{1, 0}};
  c.shows({orders});
  CHECK(c.seen.answers.size() == 1);
  CHECK(c.wishes_a_round() == 0);  // Somebody else may have changed them again since.
  orders.moves_from.reset();
  c.shows({orders});
  REQUIRE(c.seen.answers.size() == 2);
  CHECK(c.seen.answers[1].error.empty());
}

SCENARIO("what a client wished for goes with it, unless others wish for it too") {
  idle_cluster c;
  c.commands(100, 1, command::create_map{"sonnets"});
  c.commands(100, 2, command::create_map{"comedies"});
  c.commands(101, 3, command::create_map{"comedies"});
  CHECK(c.wishes_a_round() == 2);
  compat::anonymous_send(c.actor, local::origin_gone{protocol::origin_id{100}});
  c.scheduler.run();
  CHECK(c.wishes_a_round() == 1);
  CHECK(c.seen.answers.empty());
}

SCENARIO("the router's wish stands as long as the router repeats it") {
  idle_cluster c;
  for (int i = 0; i < 3; ++i) {
    compat::anonymous_send(c.actor, local::create_map{"sonnets"});
    c.passes(wish_stands_for / 2);
  }
  CHECK(c.wishes_a_round() == 1);
  c.passes(wish_stands_for);
  CHECK(c.wishes_a_round() == 0);
  CHECK(c.seen.refused.empty());
}

SCENARIO("those who wait for wishes are bounded") {
  idle_cluster c;
  for (std::uint64_t i = 0; i < waiting_for_wishes_max; ++i) {
    compat::anonymous_send(c.actor, local::client_command{protocol::origin_id{100}, {request_number{i}, command::create_map{"sonnets"}}});
  }
  c.scheduler.run();
  CHECK(c.seen.answers.empty());
  c.commands(101, 1, command::create_map{"comedies"});
  REQUIRE(c.seen.answers.size() == 1);
  CHECK(c.seen.answers[0].error == to_string(failure::overloaded));
}

SCENARIO("who asked for a map's end is answered, also when there is no view in time, or the member ends") {
  idle_cluster c;
  std::optional<caf::error> error;
  c.system.spawn([&](caf::event_based_actor* self) {
    compat::request(self, c.actor, std::nullopt, local::destroy_map{"orders", seconds{5}})
        .then([](bool) {}, [&](const caf::error& e) { error = e; });
  });
  c.scheduler.run();
  CHECK_FALSE(error);
  WHEN("the time passes") {
    c.passes(seconds{5});
    REQUIRE(error);
    CHECK(failure_of(*error) == failure::deadline);
    CHECK(outcome_of(*error) == outcome::indeterminate);
  }
  WHEN("the member ends") {
    caf::anon_send_exit(c.actor, caf::exit_reason::user_shutdown);
    c.scheduler.run();
    REQUIRE(error);
    CHECK(failure_of(*error) == failure::closed);
  }
}

SCENARIO("statistics are summed by map and by role") {
  GIVEN("rows of one map in three roles") {
    const auto v = view_with({{map_id{1}, "orders", {1, 1}, false}});
    const auto row = [](protocol::replica_role role, std::uint64_t entries) {
      local::row_census c;
      c.role = role;
      c.serves = role == protocol::replica_role::primary;
      c.maps.push_back({map_id{1}, entries, entries * 10, 1});
      auto& activity = c.maps.back().activity;
      activity.reads = 3;
      activity.hits = 2;
      activity.write_wait = {milliseconds{entries}, milliseconds{entries}};
      return c;
    };
    const auto sum = summarize({row(protocol::replica_role::primary, 5), row(protocol::replica_role::primary, 6),
                                row(protocol::replica_role::backup, 7), row(protocol::replica_role::async_backup, 8)},
                               *v, member_no{3});
    THEN("each entry counts where it belongs") {
      REQUIRE(sum.maps.size() == 1);
      CHECK(sum.who == member_no{3});
      CHECK(sum.maps[0].owned_entries == 11);
      CHECK(sum.maps[0].backup_entries == 7);
      CHECK(sum.maps[0].async_backup_entries == 8);
      CHECK(sum.maps[0].owned_bytes == 110);
      CHECK(sum.maps[0].locked_entries == 4);
      CHECK(sum.maps[0].reads == 12);
      CHECK(sum.maps[0].hits == 8);
      CHECK(sum.maps[0].write_wait == wait_stats{milliseconds{26}, milliseconds{8}});
      CHECK(sum.rows_primary == 2);
      CHECK(sum.rows_not_serving == 0);
    }
  }
}

SCENARIO("what was done for the copies of all rows here is summed up") {
  local::row_census one, two;
  one.upkeep = {1, 10, 100, 0, 0, 0, 2, 5, 0};
  two.upkeep = {0, 0, 0, 3, 30, 300, 0, 7, 1};
  CHECK(summarize({one, two}, *view_with({}), member_no{1}).upkeep == upkeep_stats{1, 10, 100, 3, 30, 300, 2, 12, 1});
}
