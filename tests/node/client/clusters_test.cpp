// Which cluster a client belongs to: one name may mean another cluster later on.
#include <catch2/catch.hpp>

#include <algorithm>
#include <future>

#include <troupe/messages/types/client_message.hpp>

#include "scripted_member.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

reply ok_to(const operation& what) {
  reply r;
  r.request = what.request;
  return r;
}

std::future<protocol::map_result> sets(connected_client& c) {
  auto answer = std::make_shared<std::promise<protocol::map_result>>();
  protocol::map_call what;
  what.operation = operation_kind::set;
  c.wire().submit("plays", std::move(what), patience, [answer](protocol::map_result&& r) { answer->set_value(std::move(r)); });
  return answer->get_future();
}

cluster_id present_cluster(connected_client& c) { return c.wire().current_view()->cluster; }

}  // namespace

SCENARIO("a client goes on with a cluster that was begun from scratch at the same addresses") {
  auto old = std::make_unique<scripted_member>(1);
  old->on_operation(ok_to);
  old->shows(view_of({old.get()}, 1, 700));
  connected_client c{{old->at()}};
  REQUIRE(c.wire().wait_ready(patience));
  CHECK(sets(c).get().result == outcome::ok);
  const auto where = old->at();
  old.reset();
  const auto waiting = sets(c);
  scripted_member fresh{2, where.port};
  fresh.on_operation(ok_to);
  fresh.shows(view_of({&fresh}, 2, 1));
  CHECK(sets(c).get().result == outcome::ok);
  CHECK(waiting.wait_for(patience) == std::future_status::ready);
  CHECK(present_cluster(c) == view_of({&fresh}, 2)->cluster);
}

SCENARIO("a client's listener is told the state anew when another cluster of its name takes the place of the first") {
  observed<cluster_event> heard;  // Outlives the actor that fills it.
  const auto told_states = [](std::ptrdiff_t n) {
    return [n](const std::vector<cluster_event>& all) {
      return std::count_if(all.begin(), all.end(), [](const cluster_event& e) { return e.what == cluster_event_kind::state; }) == n;
    };
  };
  auto old = std::make_unique<scripted_member>(1);
  old->shows(view_of({old.get()}, 1, 700));
  connected_client c{{old->at()}};
  c.wire().add_cluster_listener(c.system().spawn([&heard](caf::event_based_actor*) -> caf::behavior {
    return {[&heard](const cluster_events& batch) {
      for (const auto& e : batch.events) heard.add(e);
    }};
  }));
  REQUIRE(heard.until(told_states(1)));
  const auto where = old->at();
  old.reset();
  scripted_member fresh{2, where.port};
  fresh.shows(view_of({&fresh}, 2, 1));
  CHECK(heard.until(told_states(2)));
}

SCENARIO("of two clusters of one name a client stays with the one it has, as long as that is there") {
  scripted_member first{1};
  scripted_member second{2};
  for (auto* m : {&first, &second}) {
    m->on_command(done_with);
    m->on_operation(ok_to);
  }
  const auto of_second = view_of({&second}, 2, 9);
  first.shows(view_of({&first}, 1, 1));
  connected_client c{{second.at(), first.at()}};
  REQUIRE(c.wire().wait_ready(patience));
  const auto second_is_heard = [&] {  // Its answer comes behind all that it told before.
    return c.wire().command(nobody, a_command(client_message::command::shutdown{}), patience).error.empty();
  };
  REQUIRE(second_is_heard());
  second.tells(of_second);
  REQUIRE(second_is_heard());
  CHECK(present_cluster(c) != of_second->cluster);
  CHECK(sets(c).get().result == outcome::ok);
  CHECK(first.operations.size() == 1);
  first.dies();
  CHECK(sets(c).get().result == outcome::ok);
  CHECK(second.operations.size() == 1);
  CHECK(present_cluster(c) == of_second->cluster);
}
