// Listeners to the cluster as applications add them, on whole clusters of the real actors in virtual time.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/cluster_calls.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using kind = cluster_event_kind;

struct heard {
  std::vector<cluster_event> events;
  std::size_t batches = 0;
  bool is_slow = false;  ///< is done with a batch when it is told so, by `clear`
  std::vector<caf::response_promise> open;

  [[nodiscard]] std::size_t count(kind k) const {
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [k](const cluster_event& e) { return e.what == k; }));
  }
  [[nodiscard]] std::set<row_id> rows_of(kind k) const {
    std::set<row_id> rows;
    for (const auto& e : events) {
      if (e.what == k) rows.insert(e.rows.begin(), e.rows.end());
    }
    return rows;
  }
  /// Who is there, of all that was told.
  [[nodiscard]] std::set<member_no> members() const {
    std::set<member_no> there;
    for (const auto& e : events) {
      if (e.what == kind::state) there.clear();
      if (e.what == kind::member_joined) there.insert(e.who.number);
      if (e.what == kind::member_left || e.what == kind::member_removed || e.what == kind::member_gone) there.erase(e.who.number);
    }
    return there;
  }
  void forget() { events.clear(); }
};

struct hosting {
  test::system_config config;
  caf::actor_system system{config};

  caf::actor spawn_listener(heard& into) {
    return system.spawn([&into](caf::event_based_actor* self) -> caf::behavior {
      return {[&into, self](const cluster_events& batch) -> caf::result<void> {
                ++into.batches;
                into.events.insert(into.events.end(), batch.events.begin(), batch.events.end());
                if (!into.is_slow) return caf::unit;
                into.open.push_back(self->make_response_promise());
                return caf::delegated<void>{};
              },
              [&into](clear_atom) {
                for (auto& p : std::exchange(into.open, {})) p.deliver(caf::unit);
              }};
    });
  }
  /// Notes that `whom` has ended, as long as it is held.
  caf::actor watch(const caf::actor& whom, bool& is_gone) {
    return system.spawn([&is_gone, whom](caf::event_based_actor* self) -> caf::behavior {
      compat::on_down(self, whom, [&is_gone] { is_gone = true; });
      return {[](int) {}};
    });
  }
};

template <class Predicate>
std::set<row_id> rows_where(const view& v, Predicate fits) {
  std::set<row_id> rows;
  for (const auto& table : v.tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      if (fits(table.rows[p])) rows.insert(table.id_of(p));
    }
  }
  return rows;
}

/// Rows that are lost in this view, as `troupe lost` lists them.
std::set<row_id> lost_rows(const view& v) {
  return rows_where(v, [](const row& r) { return r.status == row_status::lost; });
}

/// Rows that have in-sync copies on these members only.
std::set<row_id> rows_held_only_by(const view& v, const member_set& who) {
  return rows_where(v, [&](const row& r) { return std::all_of(r.in_sync.begin(), r.in_sync.end(), [&](member_no m) { return who.contains(m); }); });
}

/// Three members with an entry in a map with one backup, and somebody at one of them who listens and has been told the state.
struct three_members {
  hosting h;
  heard all;
  test::cluster c{h.system, 3};

  explicit three_members(std::size_t listens = 0) {
    const auto map = c.map<std::string, std::int64_t>("numbers", listens);
    must(c, map.set("a", 1));
    REQUIRE(c.settle());
    c.add_cluster_listener(h.spawn_listener(all), listens);
    c.run();
  }
};

}  // namespace

SCENARIO("a listener to the cluster is told the present state, then who comes and goes") {
  hosting h;
  heard all;  // Outlives the actors that fill it.
  test::cluster c{h.system, 2};
  c.add_cluster_listener(h.spawn_listener(all));
  c.run();
  REQUIRE(all.events.size() == 3);
  CHECK(all.batches == 1);
  CHECK(all.events[0].what == kind::state);
  CHECK(all.events[0].missed == 0);
  CHECK(all.events[1].who == c.view_of(0)->members[0]);
  CHECK(all.events[2].who == c.view_of(0)->members[1]);
  all.forget();
  WHEN("a member joins") {
    c.start();
    REQUIRE(c.settle());
    REQUIRE(all.count(kind::member_joined) == 1);
    CHECK(all.events.front().who == c.view_of(0)->members[2]);
  }
  WHEN("a member leaves") {
    const auto who = c.view_of(0)->members[1].number;
    c.leave(1);
    c.advance(seconds{10});
    REQUIRE(all.events.size() == 2);
    CHECK(all.events[0].what == kind::member_leaving);
    CHECK(all.events[1].what == kind::member_left);
    CHECK(all.events[1].who.number == who);
  }
  WHEN("a member crashes") {
    c.kill(1);
    c.advance(seconds{10});
    REQUIRE(all.events.size() == 1);
    CHECK(all.events[0].what == kind::member_removed);
  }
}

SCENARIO("a listener to the cluster is told when rows lack copies, and when all have them again") {
  three_members there;
  auto& [h, all, c] = there;
  CHECK(all.count(kind::copies_missing) == 0);
  const auto dead = c.view_of(0)->members[2].number;
  const auto held = rows_where(*c.view_of(0), [&](const row& r) { return r.in_sync.contains(dead); });
  c.kill(2);
  REQUIRE(c.settle());
  CHECK(all.rows_of(kind::copies_missing) == held);
  CHECK(all.rows_of(kind::rows_lost).empty());
  CHECK(all.count(kind::safe) == 1);
  CHECK(all.events.back().what == kind::safe);
}

SCENARIO("a listener to the cluster is told of a member with copies that leaves: it hands them over, and no row lacks any meanwhile") {
  three_members there;
  auto& [h, all, c] = there;
  all.forget();
  const auto who = c.view_of(0)->members[2].number;
  c.leave(2);
  c.advance(seconds{60});
  REQUIRE(all.events.size() == 2);
  CHECK(all.events[0].what == kind::member_leaving);
  CHECK(all.events[1].what == kind::member_left);
  CHECK(all.events[1].who.number == who);
}

SCENARIO("two of three die at once, with one backup: a listener to the cluster is told exactly the rows that are lost") {
  three_members there{2};
  auto& [h, all, c] = there;
  const auto before = c.view_of(2);
  const auto only_there = rows_held_only_by(*before, {before->members[0].number, before->members[1].number});
  REQUIRE_FALSE(only_there.empty());
  c.kill(0);
  c.kill(1);
  c.advance(seconds{10});
  THEN("nothing without a quorum: nobody has decided that they are gone") { CHECK(all.count(kind::rows_lost) == 0); }
  WHEN("an operator lets the third one go on") {
    c.force_view(2);
    c.advance(seconds{5});
    CHECK(all.count(kind::member_removed) == 2);
    CHECK(all.members() == std::set{before->members[2].number});
    CHECK(all.count(kind::rows_lost) == 1);
    CHECK(all.rows_of(kind::rows_lost) == only_there);
    CHECK(all.rows_of(kind::rows_lost) == lost_rows(*c.view_of(2)));
    THEN("one that listens from now on is told of them, too") {
      heard late;
      const auto listener = h.spawn_listener(late);
      c.add_cluster_listener(listener, 2);
      c.run();
      CHECK(late.rows_of(kind::rows_lost) == only_there);
      CHECK(late.members() == all.members());
      caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
      c.run();
    }
    AND_WHEN("an operator resets them") {
      c.reset_lost(2);
      c.advance(seconds{5});
      CHECK(all.rows_of(kind::rows_served_again) == only_there);
      CHECK(lost_rows(*c.view_of(2)).empty());
    }
  }
}

SCENARIO("a listener to the cluster that is slow has one batch at a time, and then all that came meanwhile") {
  hosting h;
  heard all;  // Outlives the actors that fill it.
  test::cluster c{h.system, 2};
  all.is_slow = true;
  const auto listener = h.spawn_listener(all);
  c.add_cluster_listener(listener);
  c.run();
  for (int i = 0; i < 3; ++i) {
    c.kill(c.start());
    REQUIRE(c.settle());
    c.start();
    REQUIRE(c.settle());
  }
  CHECK(all.batches == 1);
  all.is_slow = false;
  compat::anonymous_send(listener, clear_atom_v);
  c.run();
  CHECK(all.batches == 2);
  std::set<member_no> there;
  for (const auto& m : c.view_of(0)->members) there.insert(m.number);
  CHECK(all.members() == there);
}

SCENARIO("a listener to the cluster ends when it is removed, when its actor does, and with its member") {
  hosting h;
  heard all;  // Outlives the actors that fill it.
  test::cluster c{h.system, 2};
  const auto listener = h.spawn_listener(all);
  const auto subscription = c.add_cluster_listener(listener, 1);
  bool is_gone = false;
  const auto watcher = h.watch(subscription, is_gone);
  c.run();
  REQUIRE(all.batches == 1);
  WHEN("it is removed") {
    c.remove_cluster_listener(subscription);
    c.run();
    CHECK(is_gone);
    c.start();
    REQUIRE(c.settle());
    CHECK(all.batches == 1);
  }
  WHEN("its actor ends") {
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    c.run();
    CHECK(is_gone);
  }
  WHEN("its member leaves") {
    c.leave(1);
    c.advance(seconds{10});
    CHECK(all.events.back().what == kind::ended);
    CHECK(all.events.back().text == "left");
    CHECK(is_gone);
    THEN("one that is added after that is told so") {
      heard late;
      c.add_cluster_listener(h.spawn_listener(late), 1);
      c.run();
      REQUIRE(late.events.size() == 1);
      CHECK(late.events[0].what == kind::ended);
    }
  }
  WHEN("its member crashes") {
    c.kill(1);
    c.run();
    CHECK(all.events.back().what == kind::ended);
    CHECK(all.events.back().text == "stopped");
  }
}

SCENARIO("an actor that has no place for batches of the cluster's events is no listener") {
  hosting h;
  test::cluster c{h.system, 1};
  const auto deaf = h.system.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](int) {}};
  });
  const auto subscription = c.add_cluster_listener(deaf);
  bool is_gone = false;
  const auto watcher = h.watch(subscription, is_gone);
  c.run();
  CHECK(is_gone);
}

SCENARIO("batches of the cluster's events travel to other processes") {
  test::system_config config;
  register_types(config);
  caf::actor_system system{config};
  cluster_events sent{view_number{7}, {}};
  cluster_event joined;
  joined.what = kind::member_joined;
  joined.who.number = member_no{3};
  joined.who.id.bytes[4] = 9;
  joined.who.address = {"10.0.0.1", 5701};
  joined.who.host = "a";
  joined.who.zone = "b";
  joined.who.kind = member_kind::lite;
  joined.who.leaving = true;
  cluster_event lost;
  lost.what = kind::rows_lost;
  lost.rows = {{durability{2, 1}, partition_id{270}}};
  lost.missed = 5;
  lost.text = "why";
  sent.events = {joined, lost};
  const auto arrived = compat::as_it_arrives(system, sent);
  REQUIRE(arrived);
  CHECK(arrived->view == sent.view);
  CHECK(arrived->events == sent.events);
}
