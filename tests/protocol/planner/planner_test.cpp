// The planner's rules, one scenario each.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "planned_cluster.hpp"

namespace troupe::protocol::test {

namespace {

using wish = membership_message::wish;

constexpr durability no_backup{0, 0};
constexpr durability one_backup{1, 0};
constexpr durability one_async{0, 1};
constexpr durability two_backups{2, 0};
constexpr member_no first{1}, second{2}, third{3};

std::set<std::string> hosts_of(const view& v, const row& r) {
  std::set<std::string> hosts;
  for (auto m : r.in_sync) hosts.insert(v.find(m)->host);
  return hosts;
}

}  // namespace

SCENARIO("a new durability: all copies at once, because they are all empty") {
  planned_cluster c;
  c.with_members(3).with_map({1, 1});
  for (std::uint32_t p = 0; p < 64; ++p) {
    const auto& r = c.row_at({1, 1}, p);
    CHECK(r.epoch == epoch_number{1});
    CHECK(r.config == config_number{1});
    CHECK(r.empty_since == r.epoch);
    CHECK(r.in_sync.size() == 2);
    CHECK(r.async_backups.size() == 1);
    CHECK(r.learners.empty());
  }
  CHECK_FALSE(has_work(c.now()));
  THEN("a second map of it changes no row") {
    c.with_map({1, 1});
    CHECK(c.last_change().rows.empty());
  }
}

SCENARIO("what several durabilities leave over does not pile up on one member") {
  planned_cluster c{1};
  c.with_members(4).with_map(no_backup).with_map(one_async).with_map(one_backup);
  std::set<member_no> leaders;
  for (const auto& kind : {no_backup, one_async, one_backup}) leaders.insert(c.row_at(kind, 0).primary);
  CHECK(leaders.size() == 3);
}

SCENARIO("a primary's understudies are many, so that many take over") {
  planned_cluster c;
  c.with_members(5).with_map(one_backup);
  const auto before = rows_where(c.now(), one_backup, second, leads);
  c.crash({first});
  for (auto m : {second, third, member_no{4}, member_no{5}}) CHECK(rows_where(c.now(), one_backup, m, leads) <= before + 4);
}

SCENARIO("a crash: the in-sync backup leads in the next epoch, and the copy is replaced") {
  planned_cluster c;
  c.with_members(3).with_map(one_backup);
  const auto before = c.now();
  c.crash({first});
  for (std::uint32_t p = 0; p < 64; ++p) {
    const auto& was = *before.find(row_id{one_backup, partition_id{p}});
    const auto& is = c.row_at(one_backup, p);
    if (was.primary == first) CHECK(is.epoch == was.epoch.next());
    CHECK(is.status == row_status::served);
    CHECK((was.in_sync.contains(first) ? is.in_sync.size() == 1 : is == was));
  }
  c.settle();
  check_settled(c, true);
}

SCENARIO("copies under way are bounded by member, and those that are missing come first") {
  planned_cluster c;
  c.with_members(4).with_map(two_backups);
  c.crash({first});
  CHECK(has_work(c.now()) == false);  // Three members, three copies each: nothing to place.
  c.join();
  plan_input one_at_a_time;
  one_at_a_time.transfers_max = 1;
  c.change(one_at_a_time);
  for (auto m : c.data_members()) {
    const auto feeds = [](const row& r, member_no who) { return r.primary == who && !r.learners.empty(); };
    const auto learns = [](const row& r, member_no who) { return r.learners.contains(who); };
    CHECK(rows_where(c.now(), two_backups, m, feeds) <= 1);
    CHECK(rows_where(c.now(), two_backups, m, learns) <= 1);
  }

  planned_cluster d;
  d.with_members(3).with_map(one_backup);
  d.join();          // Wants to take rows over,
  d.crash({first});  // while other rows lack a copy.
  for (const auto& u : d.last_change().rows) {
    if (!u.now.learners.empty()) CHECK(u.now.in_sync.size() == 1);
  }
}

SCENARIO("a hand-over waits until all copies are there, and the old primary goes afterwards") {
  planned_cluster c{1};
  c.with_members(1).with_map(no_backup);
  c.join();
  c.leave(first);
  CHECK(c.row_at(no_backup, 0).learners.contains(second));
  CHECK(c.row_at(no_backup, 0).successor == nobody);
  c.want(c.all_due());
  CHECK((c.row_at(no_backup, 0).in_sync == member_set{first, second}));
  CHECK(c.row_at(no_backup, 0).primary == first);
  CHECK(c.row_at(no_backup, 0).successor == second);
  WHEN("the hand-over is reported for another successor or an older config") {
    const auto before = c.row_at(no_backup, 0);
    c.want({{wish::handed_over{{no_backup, partition_id{0}}, before.config, first}}});
    c.want({{wish::handed_over{{no_backup, partition_id{0}}, config_number{1}, second}}});
    THEN("it is void") { CHECK(c.row_at(no_backup, 0) == before); }
  }
  WHEN("it is reported together with damage") {  // Seed 770
    const auto before = c.row_at(no_backup, 0);
    const row_id id{no_backup, partition_id{0}};
    const wish done{wish::handed_over{id, before.config, second}};
    THEN("a damaged successor does not take over") {
      c.want({done, wish{wish::damaged{id, before.config, second}}});
      CHECK(c.row_at(no_backup, 0).primary == first);
      CHECK(c.row_at(no_backup, 0).epoch == before.epoch);
      CHECK(c.row_at(no_backup, 0).learners.contains(second));
    }
    THEN("the successor of a damaged primary leads, one epoch on") {
      c.want({done, wish{wish::damaged{id, before.config, first}}});
      CHECK(c.row_at(no_backup, 0).primary == second);
      CHECK(c.row_at(no_backup, 0).epoch == before.epoch.next());
    }
  }
  WHEN("it is reported as it is") {
    const auto epoch = c.row_at(no_backup, 0).epoch;
    c.want(c.all_due());
    THEN("the successor leads, and the old primary has to be sealed") {
      const auto& r = c.row_at(no_backup, 0);
      CHECK(r.primary == second);
      CHECK(r.epoch == epoch.next());
      CHECK((r.in_sync == member_set{second}));
      CHECK((r.unsealed == member_set{first}));
      AND_WHEN("an activation of an earlier epoch is reported") {
        c.want({{wish::activated{{no_backup, partition_id{0}}, epoch}}});
        THEN("it still has to be") { CHECK((c.row_at(no_backup, 0).unsealed == member_set{first})); }
      }
      AND_WHEN("its activation is reported") {
        c.want(c.all_due());
        THEN("nobody has to be sealed any more") { CHECK(c.row_at(no_backup, 0).unsealed.empty()); }
      }
    }
  }
}

SCENARIO("a learner whose primary goes in the same view does not get in") {
  planned_cluster c{1};
  c.with_members(2).with_map(one_backup);
  c.join();
  c.crash({second});
  auto& r = c.edit(one_backup, 0);
  REQUIRE(r.primary == first);
  REQUIRE((r.learners == member_set{third}));
  plan_input both;
  both.wishes = c.all_due();
  both.removals = {first};
  c.change(both);
  CHECK(c.row_at(one_backup, 0).status == row_status::lost);
}

SCENARIO("the last in-sync copy is gone") {
  planned_cluster c{8};
  c.with_members(3);
  WHEN("there were backups: the row is lost until it is reset") {
    c.with_map(one_backup);
    c.crash({first, second});
    const auto lost = [&] {
      std::vector<std::uint32_t> rows;
      for (std::uint32_t p = 0; p < 8; ++p) {
        if (c.row_at(one_backup, p).status == row_status::lost) rows.push_back(p);
      }
      return rows;
    };
    const auto which = lost();
    REQUIRE_FALSE(which.empty());
    const auto epoch = c.row_at(one_backup, which[0]).epoch;
    CHECK(epoch > epoch_number{1});
    c.settle();
    c.join();
    c.settle();
    CHECK(lost() == which);
    c.want({{wish::reset_lost{}}});
    CHECK(lost().empty());
    const auto& r = c.row_at(one_backup, which[0]);
    CHECK(r.epoch == epoch.next());
    CHECK(r.empty_since == r.epoch);
    CHECK(r.in_sync.size() == 2);
    c.settle();
    check_settled(c, true);
  }
  WHEN("there were backups, and the row shall go on empty") {
    c.with_rules({one_backup, loss_policy::empty, 1}).with_map(one_backup);
    c.crash({first, second});
    for (std::uint32_t p = 0; p < 8; ++p) CHECK(c.row_at(one_backup, p).status == row_status::served);
    CHECK(std::any_of(c.last_change().rows.begin(), c.last_change().rows.end(),
                      [](const row_update& u) { return u.now.empty_since == u.now.epoch && u.now.epoch > epoch_number{1}; }));
  }
  WHEN("there were backups, and the row shall go on with whatever there is") {
    c.with_rules({one_backup, loss_policy::best_effort, 1}).with_map(one_backup);
    auto& r = c.edit(one_backup, 0);
    r.in_sync = {first, second};
    r.primary = first;
    r.learners = {member_no{3}};
    const auto epoch = r.epoch;
    c.crash({first, second});
    THEN("that is a learner, with what it has") {
      CHECK(c.row_at(one_backup, 0).primary == member_no{3});
      CHECK(c.row_at(one_backup, 0).epoch == epoch.next());
      CHECK(c.row_at(one_backup, 0).empty_since < c.row_at(one_backup, 0).epoch);
    }
  }
  WHEN("there was none, and the row shall be held") {
    c.with_rules({no_backup, loss_policy::hold, 1}).with_map(no_backup);
    c.crash({first});
    CHECK(std::any_of(c.last_change().rows.begin(), c.last_change().rows.end(), [](const row_update& u) { return u.now.status == row_status::lost; }));
  }
  WHEN("there was none: the row goes on, empty") {
    c.with_map(no_backup);
    c.crash({first});
    for (std::uint32_t p = 0; p < 8; ++p) CHECK(c.row_at(no_backup, p).status == row_status::served);
    CHECK(std::any_of(c.last_change().rows.begin(), c.last_change().rows.end(),
                      [](const row_update& u) { return u.now.empty_since == u.now.epoch && u.now.epoch == epoch_number{2}; }));
  }
  WHEN("there was an async backup: that leads on with what it has") {
    c.with_map(one_async);
    const auto before = c.now();
    c.crash({first});
    for (std::uint32_t p = 0; p < 8; ++p) {
      const auto& was = *before.find(row_id{one_async, partition_id{p}});
      if (was.primary != first) continue;
      CHECK(c.row_at(one_async, p).primary == *was.async_backups.begin());
      CHECK(c.row_at(one_async, p).empty_since < c.row_at(one_async, p).epoch);
    }
  }
}

SCENARIO("a reset leaves lost what nobody can hold: else one view without end would follow the other") {
  planned_cluster c{4};
  c.with_members(1).with_map(one_backup);
  auto v = c.now();
  v.members.front().kind = member_kind::witness;
  for (auto& r : v.tables.front().rows) {
    r.in_sync.clear();
    r.primary = nobody;
    r.status = row_status::lost;
  }
  plan_input reset;
  reset.wishes.push_back({wish::reset_lost{}});
  CHECK(plan(v, reset).empty());
  v.members.front().kind = member_kind::data;
  CHECK(plan(v, reset).rows.size() == 4);
}

SCENARIO("rows without anybody who could hold them wait for the first who can") {
  planned_cluster c{4};
  c.join({}, {}, member_kind::witness);
  c.with_map(one_backup);
  CHECK(c.row_at(one_backup, 0).status == row_status::lost);
  CHECK_FALSE(has_work(c.now()));
  c.join();
  CHECK(has_work(c.now()));
  c.settle();
  CHECK(c.row_at(one_backup, 0).status == row_status::served);
}

SCENARIO("witnesses and lite members hold nothing") {
  planned_cluster c;
  c.with_members(1);
  const auto witness = c.join({}, {}, member_kind::witness);
  const auto lite = c.join({}, {}, member_kind::lite);
  c.with_map(one_backup).settle();
  CHECK(rows_where(c.now(), one_backup, witness, holds) == 0);
  CHECK(rows_where(c.now(), one_backup, lite, holds) == 0);
}

SCENARIO("a joiner is a member first, and gets copies by the view after") {
  planned_cluster c;
  c.with_members(2).with_map(one_backup);
  const auto joiner = c.join();
  CHECK(c.last_change().rows.empty());
  CHECK(has_work(c.now()));
  c.settle();
  CHECK(rows_where(c.now(), one_backup, joiner, holds) >= 42);
}

SCENARIO("nothing moves that need not") {
  planned_cluster c{60};
  c.with_members(3).with_map(one_backup);
  const auto before = c.now();
  c.join();
  c.settle();
  std::size_t new_copies = 0;
  for (std::uint32_t p = 0; p < 60; ++p) {
    const auto& was = *before.find(row_id{one_backup, partition_id{p}});
    for (auto m : c.row_at(one_backup, p).in_sync) new_copies += was.in_sync.contains(m) ? 0 : 1;
  }
  CHECK(new_copies == 30);  // A quarter of 120 copies: just the newcomer's share.
}

SCENARIO("what can be handed over now is not given and taken in turns while other rows wait for copies") {
  planned_cluster c{7};
  c.with_members(5).with_map(one_backup);
  plan_input two_joiners;
  for (std::uint32_t number : {6U, 7U}) {
    member m;
    m.number = member_no{number};
    m.host = "host-" + std::to_string(number);
    two_joiners.joins.push_back(m);
  }
  c.change(two_joiners);
  c.want({});  // Copies are on their way to them,
  c.crash({first});
  int views = 0;
  while (has_work(c.now()) && views < 20) {  // and don't arrive.
    c.want({});
    ++views;
  }
  CHECK(views < 3);
}

SCENARIO("a leaving member keeps its copies until others have them") {
  planned_cluster c;
  c.with_members(3).with_map(one_backup);
  c.leave(second);
  for (int step = 0; step < 500 && (has_work(c.now()) || !c.all_due().empty()); ++step) {
    for (std::uint32_t p = 0; p < 64; ++p) CHECK(c.row_at(one_backup, p).in_sync.size() >= 2);
    c.want(c.all_due());
  }
  CHECK(rows_where(c.now(), one_backup, second, holds) == 0);
}

SCENARIO("when all leave, the oldest keeps what there is, so that the others may go") {
  planned_cluster c;
  c.with_members(3).with_map(one_backup);
  plan_input all;
  all.leaving = {first, second, third};
  c.change(all);
  c.settle();
  CHECK(rows_where(c.now(), one_backup, second, holds) == 0);
  CHECK(rows_where(c.now(), one_backup, third, holds) == 0);
  CHECK(rows_where(c.now(), one_backup, first, leads) == 64);
}

SCENARIO("copies of a row are on different hosts, in different zones") {
  planned_cluster c;
  WHEN("there are as many hosts as copies") {
    for (const auto* host : {"a", "a", "a", "b"}) c.join(host);
    c.with_map(one_backup);
    for (std::uint32_t p = 0; p < 64; ++p) CHECK(hosts_of(c.now(), c.row_at(one_backup, p)).size() == 2);
  }
  WHEN("a second host comes later") {
    for (const auto* host : {"a", "a"}) c.join(host);
    c.with_map(one_backup);
    c.join("b");
    c.settle();
    for (std::uint32_t p = 0; p < 64; ++p) CHECK(hosts_of(c.now(), c.row_at(one_backup, p)).size() == 2);
  }
  WHEN("hosts are in zones") {
    c.join("a", "north");
    c.join("b", "north");
    c.join("c", "south");
    c.with_map(one_backup);
    for (std::uint32_t p = 0; p < 64; ++p) CHECK(c.row_at(one_backup, p).in_sync.contains(third));
  }
}

SCENARIO("what a row lacks is measured by what could be there") {
  planned_cluster c{1};
  c.with_members(2).with_map({2, 1});
  const row_id id{{2, 1}, partition_id{0}};
  CHECK(shortfall_of(c.now(), id).backups_missing == 0);
  CHECK(shortfall_of(c.now(), id).async_backups_missing == 0);
  CHECK(shortfall_of(c.now(), id).beyond_members == 2);
  c.join();
  CHECK(shortfall_of(c.now(), id).backups_missing == 1);
  CHECK_FALSE(shortfall_of(c.now(), id).catching_up);
  c.join();
  CHECK(shortfall_of(c.now(), id).async_backups_missing == 1);
  CHECK(shortfall_of(c.now(), id).catching_up);
  c.settle();
  CHECK(shortfall_of(c.now(), id).backups_missing == 0);
  CHECK(shortfall_of(c.now(), id).async_backups_missing == 0);
  CHECK(shortfall_of(c.now(), id).beyond_members == 0);
  CHECK(shortfall_of(c.now(), row_id{{5, 0}, partition_id{0}}).backups_missing == 0);
}

SCENARIO("what was asked for beside rows is in the change as it was asked for") {
  planned_cluster c;
  c.with_members(3).with_map(one_backup);
  plan_input input;
  input.removals = {first};
  input.leaving = {first, second, member_no{77}};
  input.maps_destroyed = {map_id{1}};
  const auto change = plan(c.now(), input);
  CHECK(change.removals == std::vector<member_no>{first});
  CHECK(change.leaving == std::vector<member_no>{second});
  CHECK(change.maps_destroyed == std::vector<map_id>{map_id{1}});
}

SCENARIO("the same view and input give the same change") {
  planned_cluster c;
  c.with_members(5).with_map({2, 1});
  c.join();
  CHECK(plan(c.now(), {}) == plan(c.now(), {}));
}

SCENARIO("a copy that is damaged leaves the in-sync set, and its holder learns the row anew") {
  planned_cluster c{1};
  c.with_members(3).with_map(two_backups);
  const auto before = c.row_at(two_backups, 0);
  const row_id id{two_backups, partition_id{0}};
  const auto backup = *std::find_if(before.in_sync.begin(), before.in_sync.end(), [&](member_no m) { return m != before.primary; });
  const auto now = [&] { return c.row_at(two_backups, 0); };
  GIVEN("a backup's") {
    c.want({wish{wish::damaged{id, before.config, backup}}});
    CHECK(now().learners == member_set{backup});
    CHECK(now().in_sync.size() == 2);
    CHECK(now().primary == before.primary);
    CHECK(now().epoch == before.epoch);
    THEN("once it has caught up all copies are there") {
      c.settle();
      check_settled(c, true);
    }
    THEN("damaged again as it learns, it begins anew, whatever else was wished for it") {
      const auto config = now().config;
      c.want({wish{wish::caught_up{id, config, backup}}, wish{wish::damaged{id, config, backup}}});
      CHECK(now().learners == member_set{backup});
      CHECK(now().config == config.next());
    }
  }
  GIVEN("the primary's") {
    c.want({wish{wish::damaged{id, before.config, before.primary}}});
    THEN("a backup leads, and the former primary is sealed before it learns") {
      CHECK(now().primary != before.primary);
      CHECK(now().epoch == before.epoch.next());
      CHECK(now().unsealed.contains(before.primary));
      CHECK(now().learners.contains(before.primary));
    }
  }
  GIVEN("all of them") {
    std::vector<wish> all;
    for (const auto m : before.in_sync) all.push_back(wish{wish::damaged{id, before.config, m}});
    c.want(all);
    THEN("nothing changes: damaged is better than gone") { CHECK(now() == before); }
  }
  GIVEN("the last one that stays") {
    plan_input input;
    input.removals = before.in_sync;
    input.removals.erase(backup);
    input.wishes = {wish{wish::damaged{id, before.config, backup}}};
    c.change(input);
    THEN("it goes on") { CHECK(now().in_sync == member_set{backup}); }
  }
  GIVEN("one of an earlier config") {
    c.want({wish{wish::damaged{id, before.config.next(), backup}}});
    THEN("the wish is void") { CHECK(now() == before); }
  }
}

SCENARIO("a primary that can't lead in the row's epoch gets a later one") {
  planned_cluster c{1};
  c.with_members(3).with_map(one_backup);
  const row_id id{one_backup, partition_id{0}};
  const auto before = c.row_at(one_backup, 0);
  const auto now = [&] { return c.row_at(one_backup, 0); };
  GIVEN("one that has its copy") {
    c.want({wish{wish::outgrown{id, before.config, before.epoch.next(), true}}});
    THEN("it stays, one epoch on") {
      CHECK(now().primary == before.primary);
      CHECK(now().epoch == before.epoch.next());
      CHECK(now().in_sync == before.in_sync);
      CHECK(now().unsealed == before.unsealed);
    }
    THEN("asked again in the new config it goes one epoch further, and no further than asked for") {
      c.want({wish{wish::outgrown{id, now().config, before.epoch.next(), true}}});
      CHECK(now().epoch == before.epoch.next().next());
      c.want({wish{wish::outgrown{id, now().config, before.epoch.next(), true}}});
      CHECK(now().epoch == before.epoch.next().next());
    }
  }
  GIVEN("one whose copy is gone, and a backup") {
    c.want({wish{wish::outgrown{id, before.config, before.epoch, false}}});
    THEN("the backup leads") {
      CHECK(now().primary != before.primary);
      CHECK(before.in_sync.contains(now().primary));
      CHECK(now().epoch == before.epoch.next());
      CHECK(now().learners.contains(before.primary));
      CHECK(now().unsealed.contains(before.primary));
    }
  }
  GIVEN("a wish of an earlier config") {
    c.want({wish{wish::outgrown{id, before.config.next(), before.epoch, true}}});
    THEN("it is void") { CHECK(now() == before); }
  }
}

}  // namespace troupe::protocol::test
