// What applications are told of their cluster, from views made by hand.
#include <catch2/catch.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/cluster_changes.hpp>

#include "tests/protocol/membership/views.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::protocol;

namespace {

using kind = cluster_event_kind;

constexpr durability one_backup{1, 0};

/// `removed`, `3 left`, `rows_lost 1+0/2`, …: an event in short.
std::string text_of(const cluster_event& e) {
  std::string text{to_string(e.what)};
  if (e.who.number != nobody) text += ' ' + std::to_string(e.who.number.value());
  for (const auto& id : e.rows) text += ' ' + to_string(id);
  if (e.missed > 0) text += " missed " + std::to_string(e.missed);
  return text;
}

std::vector<std::string> texts_of(const std::vector<cluster_event>& list) {
  std::vector<std::string> texts;
  std::transform(list.begin(), list.end(), std::back_inserter(texts), text_of);
  return texts;
}

std::vector<std::string> told(const view& before, const view& now) { return texts_of(differences(before, now)); }

using texts = std::vector<std::string>;

/// Members 1 to n, and two rows with one backup on members 1 and 2.
view_ptr with_rows(std::size_t members) {
  auto v = *view_with(members);
  v.settings.partition_count = 2;
  row r;
  r.epoch = epoch_number{1};
  r.config = config_number{1};
  r.primary = no(1);
  r.in_sync = {no(1), no(2)};
  v.tables = {{one_backup, {r, r}}};
  return std::make_shared<view>(v);
}

/// The view that follows, after `edit`.
template <class Edit>
view_ptr after(const view_ptr& base, Edit edit) {
  auto v = *base;
  v.name.number = v.name.number.next();
  edit(v);
  return std::make_shared<view>(v);
}

void remove(view& v, std::uint32_t number) {
  std::erase_if(v.members, [&](const member& m) { return m.number == no(number); });
}
void lose(row& r) {
  r.status = row_status::lost;
  r.primary = nobody;
  r.in_sync.clear();
}
member& of(view& v, std::uint32_t number) {
  return *std::find_if(v.members.begin(), v.members.end(), [&](const member& m) { return m.number == no(number); });
}

}  // namespace

SCENARIO("the present state is told first: members, then rows that are lost or lack copies") {
  CHECK(texts_of(state_of(*view_with(2))) == texts{"state", "member_joined 1", "member_joined 2"});
  const auto v = after(with_rows(3), [](view& next) {
    of(next, 3).leaving = true;
    lose(next.tables[0].rows[0]);
    next.tables[0].rows[1].in_sync = {no(1)};
  });
  CHECK(texts_of(state_of(*v)) == texts{"state", "member_joined 1", "member_joined 2", "member_joined 3", "member_leaving 3", "rows_lost 1+0/0",
                                        "copies_missing 1+0/1"});
}

SCENARIO("the differences of two views name who came and who went, and how") {
  const auto base = with_rows(3);
  THEN("there are none between a view and itself") { CHECK(differences(*base, *base).empty()); }
  THEN("a member joins") {
    const auto joined = after(view_with(2), [](view& v) { v.members = view_with(3)->members; });
    const auto events = differences(*view_with(2), *joined);
    REQUIRE(texts_of(events) == texts{"member_joined 3"});
    CHECK(events[0].who == joined->members[2]);
  }
  THEN("a member leaves in good order: it holds nothing any more") {
    const auto leaving = after(base, [](view& v) { of(v, 3).leaving = true; });
    CHECK(told(*base, *leaving) == texts{"member_leaving 3"});
    CHECK(told(*leaving, *after(leaving, [](view& v) { remove(v, 3); })) == texts{"member_left 3"});
  }
  THEN("a member that is not heard is removed") {
    const auto events = differences(*base, *after(base, [](view& v) { remove(v, 3); }));
    REQUIRE(texts_of(events) == texts{"member_removed 3"});
    CHECK(events[0].text == "it was not heard any more");
    CHECK(events[0].who.address == base->members[2].address);
  }
  THEN("a member that goes with copies that it should have handed over is removed, too") {
    const auto leaving = after(base, [](view& v) { of(v, 2).leaving = true; });
    const auto gone = after(leaving, [](view& v) {
      remove(v, 2);
      for (auto& r : v.tables[0].rows) r.in_sync = {no(1)};
    });
    const auto events = differences(*leaving, *gone);
    REQUIRE(texts_of(events) == texts{"member_removed 2", "copies_missing 1+0/0 1+0/1"});
    CHECK(events[0].text == "it was leaving, and still had copies");
  }
}

SCENARIO("the differences of two views name the rows that were lost, lack copies, and have them again") {
  const auto base = with_rows(3);
  const auto lost = after(base, [](view& v) {
    remove(v, 1);
    remove(v, 2);
    for (auto& r : v.tables[0].rows) lose(r);
  });
  CHECK(told(*base, *lost) == texts{"member_removed 1", "member_removed 2", "rows_lost 1+0/0 1+0/1"});
  WHEN("one of them is reset") {
    const auto half = after(lost, [](view& v) {
      auto& r = v.tables[0].rows[1];
      r.status = row_status::served;
      r.primary = no(3);
      r.in_sync = {no(3)};
    });
    THEN("it is served again, and the cluster is safe only with the other one") {
      CHECK(told(*lost, *half) == texts{"rows_served_again 1+0/1"});
      const auto both = after(half, [](view& v) { v.tables[0].rows[0] = v.tables[0].rows[1]; });
      CHECK(told(*half, *both) == texts{"rows_served_again 1+0/0", "safe"});
    }
  }
  WHEN("a backup goes, and another member takes its place") {
    const auto lacking = after(base, [](view& v) {
      remove(v, 2);
      for (auto& r : v.tables[0].rows) r.in_sync = {no(1)};
    });
    const auto one_back = after(lacking, [](view& v) { v.tables[0].rows[0].in_sync.insert(no(3)); });
    const auto both_back = after(one_back, [](view& v) { v.tables[0].rows[1].in_sync.insert(no(3)); });
    CHECK(told(*base, *lacking) == texts{"member_removed 2", "copies_missing 1+0/0 1+0/1"});
    CHECK(told(*lacking, *one_back).empty());
    CHECK(told(*one_back, *both_back) == texts{"safe"});
  }
  WHEN("a row goes on empty") {
    const auto emptied = after(base, [](view& v) {
      auto& r = v.tables[0].rows[1];
      r.epoch = r.epoch.next();
      r.empty_since = r.epoch;
    });
    THEN("it has lost data") { CHECK(told(*base, *emptied) == texts{"rows_lost_data 1+0/1"}); }
  }
}

SCENARIO("of several views that were skipped at once, what they came to is told") {
  const auto base = with_rows(4);
  const auto skipped = [&](auto edit) { return after(after(base, [](view&) {}), edit); };
  THEN("a member that went may have left or crashed: the view that says it was not seen") {
    CHECK(told(*base, *skipped([](view& v) { remove(v, 4); })) == texts{"member_gone 4"});
  }
  THEN("one that had handed everything over before has left") {
    const auto leaving = after(base, [](view& v) { of(v, 4).leaving = true; });
    const auto later = after(after(leaving, [](view&) {}), [](view& v) { remove(v, 4); });
    CHECK(told(*leaving, *later) == texts{"member_left 4"});
  }
  THEN("one that joined and leaves is both") {
    const auto later = after(after(view_with(1), [](view&) {}), [](view& v) {
      v.members = view_with(2)->members;
      of(v, 2).leaving = true;
    });
    CHECK(told(*view_with(1), *later) == texts{"member_joined 2", "member_leaving 2"});
  }
  THEN("a loss is told, whatever lies between") {
    CHECK(told(*base, *skipped([](view& v) { lose(v.tables[0].rows[1]); })) == texts{"rows_lost 1+0/1"});
  }
  THEN("another cluster's view is told from the beginning") {
    const auto other = after(base, [](view& v) { v.cluster.bytes[0] = 9; });
    CHECK(told(*base, *other).front() == "state");
  }
}

SCENARIO("what a listener has not taken is bounded, and no loss goes untold") {
  const auto base = with_rows(3);
  const auto empty_again = [](const view_ptr& v, std::uint32_t p) {
    return after(v, [p](view& next) {
      auto& r = next.tables[0].rows[p];
      r.epoch = r.epoch.next();
      r.empty_since = r.epoch;
    });
  };
  GIVEN("a listener that has taken the state") {
    cluster_backlog backlog{3};
    CHECK(backlog.is_empty());
    cluster_backlog roomy;
    roomy.add(base, {});
    CHECK(texts_of(roomy.take()) == texts_of(state_of(*base)));
    CHECK(roomy.is_empty());
    WHEN("a few events wait") {
      const auto next = empty_again(base, 1);
      roomy.add(next, differences(*base, *next));
      const auto last = after(next, [](view& v) { remove(v, 3); });
      roomy.add(last, differences(*next, *last));
      THEN("it gets them all, in order, once") {
        CHECK(roomy.told_up_to() == last->name.number);
        CHECK(texts_of(roomy.take()) == texts{"rows_lost_data 1+0/1", "member_removed 3"});
        CHECK(roomy.is_empty());
      }
    }
    WHEN("more than the bound wait") {
      auto v = base;
      std::size_t events = state_of(*base).size();
      backlog.add(base, {});
      for (std::uint32_t p : {0u, 1u, 0u, 1u, 1u}) {
        const auto next = empty_again(v, p);
        const auto changes = differences(*v, *next);
        events += changes.size();
        backlog.add(next, changes);
        v = next;
      }
      THEN("it gets the state as it is then, how many are missing, and each row that lost data among them") {
        auto expected = texts_of(state_of(*v));
        expected[0] = "state 1+0/0 1+0/1 missed " + std::to_string(events);
        CHECK(texts_of(backlog.take()) == expected);
        CHECK(backlog.is_empty());
        const auto next = empty_again(v, 0);
        backlog.add(next, differences(*v, *next));
        CHECK(texts_of(backlog.take()) == texts{"rows_lost_data 1+0/0"});
      }
    }
    WHEN("the member ends") {
      roomy.end("left");
      THEN("that is the last event") {
        CHECK(roomy.has_ended());
        const auto events = roomy.take();
        REQUIRE(texts_of(events) == texts{"ended"});
        CHECK(events[0].text == "left");
        CHECK(roomy.is_empty());
      }
    }
  }
}
