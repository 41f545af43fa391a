#include <catch2/catch.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include <troupe/actors/administration_actor.hpp>
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
  auto& coordinator = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  recording seen;
  auto actor = spawn_administration(system, std::make_shared<recording_environment>(seen));
  GIVEN("a view without maps") {
    caf::anon_send(actor, local::view_installed{view_with({})});
    coordinator.run();
    WHEN("the router asks for a map twice, and no view comes for a while") {
      caf::anon_send(actor, local::create_map{"orders"});
      caf::anon_send(actor, local::create_map{"orders"});
      coordinator.run();
      coordinator.advance_time(milliseconds{100});
      coordinator.run();
      THEN("it was wished for once at first, and once again") { CHECK(seen.wishes.size() == 2); }
      AND_WHEN("a view shows it") {
        caf::anon_send(actor, local::view_installed{view_with({{map_id{1}, "orders", {1, 0}, false}})});
        coordinator.run();
        const auto so_far = seen.wishes.size();
        coordinator.advance_time(seconds{1});
        coordinator.run();
        THEN("nothing more is wished for") {
          CHECK(seen.wishes.size() == so_far);
          CHECK(seen.refused.empty());
        }
      }
    }
    WHEN("the name is empty or too long") {
      caf::anon_send(actor, local::create_map{""});
      caf::anon_send(actor, local::create_map{std::string(256, 'n')});
      coordinator.run();
      THEN("it is refused at once") {
        REQUIRE(seen.refused.size() == 2);
        CHECK(seen.refused[0].second == failure::bad_name);
        CHECK(seen.wishes.empty());
      }
    }
  }
  GIVEN("a view with as many maps as it may have") {
    caf::anon_send(actor, local::view_installed{view_with({{map_id{1}, "only", {1, 0}, false}}, 1)});
    caf::anon_send(actor, local::create_map{"another"});
    coordinator.run();
    THEN("a further one is refused") {
      REQUIRE(seen.refused.size() == 1);
      CHECK(seen.refused[0].second == failure::too_many_maps);
    }
  }
  GIVEN("a client that destroys a map which does not exist") {
    caf::anon_send(actor, local::view_installed{view_with({})});
    caf::anon_send(actor, local::client_command{protocol::origin_id{9}, {request_number{4}, client_message::command::destroy_map{"none"}}});
    coordinator.run();
    THEN("it is told so") {
      REQUIRE(seen.answers.size() == 1);
      CHECK(seen.answers[0].request == request_number{4});
      CHECK_FALSE(seen.answers[0].error.empty());
    }
  }
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  coordinator.run();
}

SCENARIO("statistics are summed by map and by role") {
  GIVEN("rows of one map in three roles") {
    const auto v = view_with({{map_id{1}, "orders", {1, 1}, false}});
    const auto row = [](protocol::replica_role role, std::uint64_t entries) {
      local::row_census c;
      c.role = role;
      c.serves = role == protocol::replica_role::primary;
      c.maps.push_back({map_id{1}, entries, entries * 10, 1, 2, 3});
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
      CHECK(sum.rows_primary == 2);
      CHECK(sum.rows_not_serving == 0);
    }
  }
}
