// What views and changes mean.
#include <catch2/catch.hpp>

#include <troupe/actors/protocol/membership/agenda.hpp>
#include <troupe/actors/protocol/membership/electorate.hpp>
#include <troupe/actors/protocol/membership/row_fates.hpp>
#include <troupe/actors/protocol/membership/settings_difference.hpp>

#include "tests/protocol/membership/views.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::protocol;

namespace {

member joiner(std::uint32_t number, std::string host = {}, std::string zone = {}) {
  auto m = process_named(number);
  m.number = no(number);
  if (!host.empty()) m.host = host;
  m.zone = zone;
  return m;
}

view with_members(std::vector<member> members) {
  view v;
  v.members = std::move(members);
  return v;
}

/// A view of three with one map of one backup: rows on 1 and 2, where 3 learns.
view_ptr with_rows() {
  const auto base = view_with(3);
  view_change change;
  change.maps_created.push_back({map_id{1}, "people", durability{1, 0}, false});
  for (std::uint32_t p = 0; p < base->settings.partition_count; ++p) {
    row r;
    r.epoch = epoch_number{1};
    r.config = config_number{1};
    r.primary = no(1);
    r.in_sync = {no(1), no(2)};
    r.learners = {no(3)};
    change.rows.push_back({{durability{1, 0}, partition_id{p}}, r});
  }
  REQUIRE_FALSE(objection(*base, change));
  return apply(*base, change);
}

/// Row 0 of that view, changed once more.
template <class Edit>
view_change row_0(const view& base, Edit edit) {
  row_update update{{durability{1, 0}, partition_id{0}}, *base.find(row_id{durability{1, 0}, partition_id{0}})};
  update.now.config = update.now.config.next();
  edit(update.now);
  view_change change;
  change.rows.push_back(update);
  return change;
}

bool objects(const view& base, const view_change& change, const std::string& reason) {
  const auto why = objection(base, change);
  UNSCOPED_INFO((why ? *why : "no objection"));
  return why && why->find(reason) != std::string::npos;
}

}  // namespace

TEST_CASE("voters: everybody who may vote, up to seven; lite members never") {
  auto witness = joiner(2);
  witness.kind = member_kind::witness;
  auto lite = joiner(3);
  lite.kind = member_kind::lite;
  CHECK(voters_of(with_members({joiner(1), witness, lite})) == member_set{no(1), no(2)});
  CHECK(oldest_voter(with_members({lite, joiner(4)})) == no(4));
  CHECK(oldest_voter(with_members({lite})) == nobody);
}

TEST_CASE("voters: beyond seven the oldest first, spread over zones, then hosts") {
  std::vector<member> one_zone;
  for (std::uint32_t i = 1; i <= 9; ++i) one_zone.push_back(joiner(i));
  CHECK(voters_of(with_members(one_zone)) == member_set{no(1), no(2), no(3), no(4), no(5), no(6), no(7)});
  std::vector<member> zones;
  for (std::uint32_t i = 1; i <= 7; ++i) zones.push_back(joiner(i, "", "east"));
  for (std::uint32_t i = 8; i <= 10; ++i) zones.push_back(joiner(i, "", "west"));
  CHECK(voters_of(with_members(zones)) == member_set{no(1), no(2), no(3), no(4), no(8), no(9), no(10)});
  std::vector<member> hosts;
  for (std::uint32_t i = 1; i <= 7; ++i) hosts.push_back(joiner(i, "one"));
  hosts.push_back(joiner(8, "two"));
  CHECK(voters_of(with_members(hosts)).contains(no(8)));
  CHECK_FALSE(voters_of(with_members(hosts)).contains(no(7)));
}

TEST_CASE("quorum: more than half of the voters; others don't count") {
  const electorate four{{no(1), no(2), no(3), no(4)}, quorum_policy::majority};
  CHECK_FALSE(four.is_quorum({no(1), no(2)}));
  CHECK(four.is_quorum({no(1), no(2), no(4)}));
  CHECK_FALSE(four.is_quorum({no(1), no(2), no(7), no(8)}));
  const electorate two{{no(1), no(2)}, quorum_policy::majority};
  CHECK_FALSE(two.is_quorum({no(1)}));
  CHECK(electorate{{no(1)}, quorum_policy::majority}.is_quorum({no(1)}));
  CHECK_FALSE(electorate{}.is_quorum({}));
  CHECK_FALSE(electorate{}.is_quorum({no(1)}));
  CHECK(two.lets_one_survive());
  CHECK_FALSE(four.lets_one_survive());
}

TEST_CASE("strict: of an even number the oldest breaks the tie, whoever else is there") {
  const electorate two{{no(3), no(5)}, quorum_policy::strict};
  CHECK(two.is_quorum({no(3)}));
  CHECK_FALSE(two.is_quorum({no(5)}));  // Not the oldest of those who are there: the oldest of all.
  CHECK_FALSE(two.is_quorum({no(1), no(5)}));
  CHECK_FALSE(two.lets_one_survive());
  const electorate four{{no(1), no(2), no(3), no(4)}, quorum_policy::strict};
  CHECK(four.is_quorum({no(1), no(4)}));
  CHECK_FALSE(four.is_quorum({no(2), no(3)}));
  CHECK(four.is_quorum({no(2), no(3), no(4)}));
  CHECK_FALSE(four.is_quorum({no(1)}));
  CHECK_FALSE(electorate({}, quorum_policy::strict).is_quorum({no(1)}));
}

TEST_CASE("no two quorums miss each other, and none is without a majority where the number is odd") {
  for (const auto policy : {quorum_policy::majority, quorum_policy::strict}) {
    for (unsigned count = 1; count <= voters_max; ++count) {
      const auto set_of = [&](unsigned bits) {
        member_set s;
        for (unsigned i = 0; i < count; ++i) {
          if (((bits >> i) & 1U) != 0) s.insert(no(i + 1));
        }
        return s;
      };
      const unsigned all = (1U << count) - 1;
      const electorate voters{set_of(all), policy};
      for (unsigned bits = 0; bits <= all; ++bits) {
        INFO("policy " << static_cast<int>(policy) << " of " << count << " set " << bits);
        const bool is = voters.is_quorum(set_of(bits)), rest_is = voters.is_quorum(set_of(all & ~bits));
        CHECK_FALSE((is && rest_is));
        // With the tie broken one side of any split decides.
        if (policy == quorum_policy::strict || count % 2 == 1) CHECK((is || rest_is));
      }
    }
  }
}

TEST_CASE("a founding view has the founder alone, as number 1") {
  const auto v = view_with(1);
  CHECK(v->name.number == view_number{1});
  CHECK(v->voters_since == view_number{1});
  REQUIRE(v->members.size() == 1);
  CHECK(v->members[0].number == no(1));
  CHECK(v->next_member == no(2));
  CHECK(v->tables.empty());
}

TEST_CASE("apply: members come with consecutive numbers, and no number comes back") {
  const auto base = view_with(3);
  CHECK(base->next_member == no(4));
  auto change = removal_of({3});
  change.joins.push_back(joiner(4));
  change.leaving.push_back(no(2));
  REQUIRE_FALSE(objection(*base, change));
  const auto next = apply(*base, change);
  CHECK(next->name.number == base->name.number.next());
  CHECK_FALSE(next->has(no(3)));
  CHECK(next->has(no(4)));
  CHECK(next->find(no(2))->leaving);
  CHECK(next->next_member == no(5));
}

TEST_CASE("apply: voters_since is the last number whose voters differ from its predecessor's") {
  const auto base = view_with(3);
  CHECK(base->voters_since == base->name.number);
  const auto same_voters = apply(*base, leave_of(2));
  CHECK(same_voters->voters_since == base->name.number);
  CHECK(apply(*same_voters, removal_of({2}))->voters_since == view_number{base->name.number.value() + 2});
}

TEST_CASE("apply: who leaves the view vanishes from `unsealed` of all rows, and nothing else of a row changes by itself") {
  const auto base = with_rows();
  const auto moved = apply(*base, row_0(*base, [](row& r) {
    r.primary = no(2);
    r.epoch = r.epoch.next();
    r.unsealed = {no(1)};
  }));
  auto change = removal_of({1});
  for (std::uint32_t p = 0; p < 7; ++p) {
    row_update u{{durability{1, 0}, partition_id{p}}, *moved->find(row_id{durability{1, 0}, partition_id{p}})};
    u.now.config = u.now.config.next();
    u.now.in_sync.erase(no(1));
    if (u.now.primary == no(1)) {
      u.now.primary = no(2);
      u.now.epoch = u.now.epoch.next();
    }
    change.rows.push_back(u);
  }
  REQUIRE_FALSE(objection(*moved, change));
  CHECK(apply(*moved, change)->find(row_id{durability{1, 0}, partition_id{0}})->unsealed.empty());
}

TEST_CASE("digest: chained on the predecessor's, and any difference in the change shows") {
  const auto base = view_with(3);
  const auto a = apply(*base, leave_of(2))->name;
  CHECK(a == apply(*base, leave_of(2))->name);
  CHECK(a.digest != apply(*base, leave_of(3))->name.digest);
  auto forced = leave_of(2);
  forced.forced = true;
  CHECK(a.digest != apply(*base, forced)->name.digest);
  CHECK(removal_of({2}).removals != leave_of(2).removals);
  CHECK(apply(*base, removal_of({2}))->name.digest != a.digest);
  auto other_base = *base;
  other_base.name.digest += 1;
  CHECK(apply(other_base, leave_of(2))->name.digest != a.digest);
  auto settings = small_settings();
  settings.times.lease = seconds{2};
  CHECK(founding_view(cluster_id{}, process_named(0), settings)->name.digest != view_with(1)->name.digest);
}

TEST_CASE("objection: joins") {
  const auto base = view_with(3);
  view_change change;
  change.joins = {joiner(5)};
  CHECK(objects(*base, change, "member 4 is next"));
  change.joins = {joiner(4)};
  CHECK_FALSE(objection(*base, change));
  change.joins[0].id = base->members[0].id;
  CHECK(objects(*base, change, "is a member already"));
  change.joins = {joiner(4), joiner(5)};
  change.joins[1].id = change.joins[0].id;
  CHECK(objects(*base, change, "is a member already"));
  change.joins = {joiner(4)};
  change.joins[0].id = {};
  CHECK(objects(*base, change, "without an incarnation"));
}

TEST_CASE("objection: departures") {
  const auto base = view_with(3);
  CHECK(objects(*base, {}, "nothing changes"));
  CHECK(objects(*base, removal_of({4}), "it is none"));
  CHECK(objects(*base, removal_of({2, 2}), "goes twice"));
  CHECK(objects(*base, removal_of({1, 2, 3}), "no voter would be left"));
  CHECK(objects(*base, leave_of(9), "can't begin to leave"));
  auto both = removal_of({2});
  both.leaving.push_back(no(2));
  CHECK(objects(*base, both, "can't begin to leave"));
  CHECK(objects(*apply(*base, leave_of(2)), leave_of(2), "can't begin to leave"));
}

TEST_CASE("objection: maps") {
  const auto base = with_rows();
  view_change change;
  change.maps_created.push_back({map_id{2}, "people", durability{1, 0}, false});
  CHECK(objects(*base, change, "exists already"));
  change.maps_created[0] = {map_id{3}, "cities", durability{1, 0}, false};
  CHECK(objects(*base, change, "wrong number"));
  change.maps_created[0] = {map_id{2}, "cities", durability{2, 0}, false};
  CHECK(objects(*base, change, "lacks row 2+0/0"));
  change.maps_created[0] = {map_id{2}, "cities", durability{4, 4}, false};
  CHECK(objects(*base, change, "malformed"));
  change = {};
  change.maps_destroyed = {map_id{2}};
  CHECK(objects(*base, change, "there is none"));
  change.maps_destroyed = {map_id{1}};
  CHECK_FALSE(objection(*base, change));
}

TEST_CASE("objection: rows") {
  const auto base = with_rows();
  CHECK(objects(*base, removal_of({2}), "keeps a removed member"));
  CHECK(objects(*base, row_0(*base, [](row& r) { r.config = config_number{9}; }), "config does not follow"));
  CHECK(objects(*base, row_0(*base, [](row& r) { r.primary = no(2); }), "epoch does not follow"));
  CHECK(objects(*base, row_0(*base, [](row& r) { r.learners.insert(no(1)); }), "two copies"));
  CHECK(objects(*base, row_0(*base, [](row& r) { r.learners = {no(7)}; }), "can't hold a copy"));
  CHECK(objects(*base, row_0(*base, [](row& r) { r.in_sync = {no(2)}; }), "primary is not in sync"));
  CHECK(objects(*base, row_0(*base, [](row& r) { r.successor = no(3); }), "successor is not in sync"));
  CHECK_FALSE(objection(*base, row_0(*base, [](row& r) { r.successor = no(2); })));
  auto twice = row_0(*base, [](row& r) { r.successor = no(2); });
  twice.rows.push_back(twice.rows[0]);
  CHECK(objects(*base, twice, "changes twice"));
}

TEST_CASE("objection: a promotion from outside the in-sync set, or a member in sync that nobody awaited (invariants 8 and 9)") {
  const auto base = with_rows();
  const auto promote = [](member_no m) {
    return [m](row& r) {
      r.epoch = r.epoch.next();
      r.unsealed = {r.primary};
      r.primary = m;
      r.in_sync = {no(1), no(2), m};
      r.learners.erase(m);
    };
  };
  CHECK(objects(*base, row_0(*base, promote(no(3))), "promoted from outside"));
  CHECK_FALSE(objection(*base, row_0(*base, promote(no(2)))));
  CHECK(objects(*base, row_0(*base, [&](row& r) {
    promote(no(2))(r);
    r.unsealed.clear();
  }), "unsealed"));
  const auto add_3 = [](row& r) {
    r.learners.clear();
    r.in_sync.insert(no(3));
  };
  CHECK_FALSE(objection(*base, row_0(*base, add_3)));
  const auto nobody_learns = apply(*base, row_0(*base, [](row& r) { r.learners.clear(); }));
  CHECK(objects(*nobody_learns, row_0(*nobody_learns, add_3), "without having been awaited"));
  CHECK(objects(*base, row_0(*base, [](row& r) {
    r.epoch = r.epoch.next();
    r.status = row_status::lost;
    r.primary = nobody;
    r.in_sync.clear();
  }), "that has copies"));
}

TEST_CASE("objection: a row's last copy is given up though its holder stays, unless a view was decided outside of any quorum (ADR 17)") {
  const auto with_backup = with_rows();
  const auto alone = apply(*with_backup, row_0(*with_backup, [](row& r) { r.in_sync = {no(1)}; }));
  const auto lose = [](row& r) {
    r.epoch = r.epoch.next();
    r.status = row_status::lost;
    r.primary = nobody;
    r.in_sync.clear();
    r.learners.clear();
    r.unsealed = {no(1)};
  };
  CHECK(objects(*alone, row_0(*alone, lose), "that has copies"));
  const auto forked = [](const view& v) {
    auto after = v;
    after.lone = {{v.name, no(1), no(9), true}};
    return after;
  };
  CHECK_FALSE(objection(forked(*alone), row_0(*alone, lose)));
  CHECK(objects(forked(*alone), row_0(*alone, [&](row& r) {
    lose(r);
    r.unsealed.clear();
  }), "unsealed"));
  CHECK(objects(forked(*with_backup), row_0(*with_backup, lose), "that has copies"));
}

TEST_CASE("what is planned for a row whose last copy is gone is not objected to, whatever becomes of the row (ADR 17)") {
  for (const auto on_loss : {loss_policy::hold, loss_policy::empty, loss_policy::best_effort}) {
    const auto with_backup = with_rows();
    auto base = *apply(*with_backup, row_0(*with_backup, [](row& r) {
      r.in_sync = {no(1)};
      r.learners.clear();
    }));
    base.lone = {{base.name, no(1), no(9), true}};
    base.settings.durabilities.push_back({{1, 0}, on_loss});
    const row_id id{durability{1, 0}, partition_id{0}};
    plan_input input;
    input.wishes.push_back({membership_message::wish::outgrown{id, base.find(id)->config, base.find(id)->epoch, false}});
    const auto change = plan(base, input);
    const auto at = std::find_if(change.rows.begin(), change.rows.end(), [&](const row_update& u) { return u.id == id; });
    REQUIRE(at != change.rows.end());
    CHECK(at->now.epoch == base.find(id)->epoch.next());
    CHECK((at->now.status == row_status::lost) == (on_loss == loss_policy::hold));
    const auto why = objection(base, change);
    INFO((why ? *why : "no objection"));
    CHECK_FALSE(why);
  }
}

TEST_CASE("each fate of a row has its event, which names every row in full") {
  const durability one{1, 0};
  const durability two{2, 0};
  const auto id = [](durability d, std::uint32_t p) { return row_id{d, partition_id{p}}; };
  CHECK(names({id(one, 3), id(one, 4), id(two, 6)}) == "1+0/3 1+0/4 2+0/6");
  const auto before = with_rows();
  auto now = *before;
  now.tables[0].rows[2].status = row_status::lost;
  now.tables[0].rows[4].empty_since = epoch_number{2};
  const auto events = row_fates(*before, now);
  REQUIRE(events.size() == 2);
  CHECK(events[0] == membership_event{event_kind::row_lost, "count=1 rows=\"1+0/2\""});
  CHECK(events[1] == membership_event{event_kind::row_lost_data, "count=1 rows=\"1+0/4\""});
  CHECK(row_fates(now, *before).back() == membership_event{event_kind::row_served_again, "count=1 rows=\"1+0/2\""});
  CHECK(row_fates(*before, *before).empty());
}

TEST_CASE("a promotion from outside of the in-sync set is a loss only if no view between could have let it in") {
  const auto before = with_rows();
  auto now = *before;
  auto& r = now.tables[0].rows[0];
  r.epoch = r.epoch.next();
  r.primary = member_no{77};
  r.in_sync = {member_no{77}};
  now.name.number = before->name.number.next();
  CHECK(row_fates(*before, now).size() == 1);
  now.name.number = now.name.number.next();
  CHECK(row_fates(*before, now).empty());
}

TEST_CASE("settings: what differs is said exactly; times and the order of definitions don't count") {
  auto a = small_settings();
  a.maps.push_back({"people", {2, 1}, true});
  auto b = a;
  std::swap(b.maps[0], b.maps[1]);
  b.times.lease = seconds{9};
  CHECK(difference(a, b).empty());
  b.maps.erase(b.maps.begin());
  b.limits.value_bytes_max = 1;
  CHECK(difference(a, b) ==
        "the value limit is 4194304 in the cluster, 1 here; map \"people\" is backup-count 2, async-backup-count 1, read-backup-data true in "
        "the cluster, not defined here");
  b = a;
  b.maps.front().entry_statistics = !b.maps.front().entry_statistics;
  CHECK_THAT(difference(a, b), Catch::Contains("per-entry-stats-enabled true here"));
  b = a;
  b.durabilities = {{{1, 0}, loss_policy::empty, 2}};
  CHECK(difference(a, b) == "durability 1+0 is on-loss hold, min-in-sync 1 in the cluster, on-loss empty, min-in-sync 2 here");
  a.durabilities = b.durabilities;
  CHECK(difference(a, b).empty());
  a.durabilities = {default_rules({2, 0})};
  b.durabilities.clear();
  CHECK(difference(a, b).empty());
}

TEST_CASE("a map's definition: its exact name, cut at '@'; else the closest pattern; else default") {
  cluster_settings s;
  s.maps = {{"default", {0, 1}, false}, {"people", {2, 0}, false}, {"peop*", {3, 0}, false}, {"p*", {4, 0}, false}};
  CHECK(definition_for(s, "people").kind == durability{2, 0});
  CHECK(definition_for(s, "people@berlin").kind == durability{2, 0});
  CHECK(definition_for(s, "peopled").kind == durability{3, 0});
  CHECK(definition_for(s, "pets").kind == durability{4, 0});
  CHECK(definition_for(s, "cities").kind == durability{0, 1});
  CHECK(definition_for({}, "cities").kind == durability{1, 0});
}

SCENARIO("views that nobody but the planner wants follow each other by heartbeats, not by round trips") {
  GIVEN("a view of three in which all rows are on one member") {
    const auto base = view_with(3);
    const auto rows = apply(*base, creation_of("people", *base));
    const instant now{seconds{100}};
    const auto a_heartbeat_later = now + rows->settings.times.heartbeat;
    agenda what;
    what.open(base, now);
    what.open(rows, now);
    CHECK(what.is_urgent(now, agenda::joining::next));  // A map is new.
    WHEN("the planner gets a view, and wants another one at once") {
      view_change one_row;
      one_row.rows.push_back({{durability{0, 0}, partition_id{0}}, rows->tables[0].rows[0]});
      one_row.rows[0].now.config = one_row.rows[0].now.config.next();
      const auto next = apply(*rows, one_row);
      what.open(next, now);
      THEN("it waits") {  // Fails without: the planner's turn.
        CHECK_FALSE(what.is_urgent(now, agenda::joining::next));
        CHECK(what.is_urgent(a_heartbeat_later, agenda::joining::next));
      }
      THEN("others' wishes don't") {
        what.wishes().add({message::wish::create_map{"cities"}}, now);
        CHECK(what.is_urgent(now, agenda::joining::next));
      }
    }
  }
}
