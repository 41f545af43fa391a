// Views that break a rule each, made by hand.
#include <catch2/catch.hpp>

#include "tests/sim/checkers/views.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {
namespace {

using Catch::Matchers::Contains;

constexpr member_no no(std::uint32_t n) { return member_no{n}; }

member numbered(std::uint32_t n) {
  member m;
  m.number = no(n);
  m.id.bytes[0] = static_cast<std::uint8_t>(n);
  return m;
}

/// Members 1 to 3, and one row: 1 is primary, 2 its backup, 3 learns.
view first_view() {
  view v;
  v.name = {view_number{1}, 11};
  v.members = {numbered(1), numbered(2), numbered(3)};
  v.next_member = no(4);
  v.settings.partition_count = 1;
  row r;
  r.epoch = epoch_number{1};
  r.config = config_number{1};
  r.primary = no(1);
  r.in_sync = {no(1), no(2)};
  r.learners = {no(3)};
  v.tables = {{durability{2, 0}, {r}}};
  return v;
}

view successor(view v) {
  v.name = {v.name.number.next(), v.name.digest + 1};
  return v;
}

row& only_row(view& v) { return v.tables[0].rows[0]; }

void remove_member(view& v, std::uint32_t n) {
  std::erase_if(v.members, [&](const member& m) { return m.number == no(n); });
}

struct decided_views {
  view_checker checker;
  void decide(const view& v) { checker.installed(std::make_shared<view>(v)); }
};

TEST_CASE_METHOD(decided_views, "two views of one number") {
  auto v = first_view();
  decide(v);
  decide(v);
  v.members.pop_back();
  CHECK_THROWS_WITH(decide(v), Contains("invariant 1"));
}

TEST_CASE_METHOD(decided_views, "a removed incarnation that comes back") {
  auto v = first_view();
  only_row(v).learners.clear();
  decide(v);
  v = successor(v);
  remove_member(v, 3);
  decide(v);
  v = successor(v);
  auto again = numbered(3);
  again.number = no(4);
  v.members.push_back(again);
  CHECK_THROWS_WITH(decide(v), Contains("invariant 13"));
}

TEST_CASE_METHOD(decided_views, "a joiner with a number that somebody had") {
  auto v = first_view();
  decide(v);
  v = successor(v);
  remove_member(v, 2);
  auto joiner = numbered(9);
  joiner.number = no(2);
  v.members.insert(v.members.begin() + 1, joiner);
  CHECK_THROWS_WITH(decide(v), Contains("invariant 13"));
}

TEST_CASE_METHOD(decided_views, "a view that nobody knows any more, when an operator goes on") {
  auto v = first_view();
  decide(v);
  auto lost = successor(v);
  lost.members.pop_back();
  only_row(lost).learners.clear();
  only_row(lost).config = only_row(lost).config.next();
  decide(lost);
  CHECK(checker.forget_after(v.name.number));
  CHECK(*checker.newest() == v);
  CHECK_FALSE(checker.forget_after(v.name.number));
  CHECK_NOTHROW(decide(successor(v)));
}

TEST_CASE_METHOD(decided_views, "a row with backups that goes on although its in-sync copies are gone") {
  auto v = first_view();
  decide(v);
  v = successor(v);
  auto& r = only_row(v);
  remove_member(v, 1);
  remove_member(v, 2);
  r.config = r.config.next();
  r.epoch = r.epoch.next();
  r.primary = no(3);
  r.in_sync = {no(3)};
  r.learners.clear();
  CHECK_THROWS_WITH(decide(v), Contains("not held"));
}

class change_of_row : public decided_views {
 public:
  change_of_row() { decide(now); }
  void becomes(const std::string& broken) {
    if (broken.empty()) CHECK_NOTHROW(decide(now));
    else CHECK_THROWS_WITH(decide(now), Contains(broken));
  }
  row& changed() {
    now = successor(now);
    auto& r = only_row(now);
    r.config = r.config.next();
    return r;
  }
  view now = first_view();
};

TEST_CASE_METHOD(change_of_row, "a learner that was awaited may come into the in-sync set") {
  auto& r = changed();
  r.learners.clear();
  r.in_sync.insert(no(3));
  becomes("");
}

TEST_CASE_METHOD(change_of_row, "somebody who never learned comes into the in-sync set") {
  auto& r = changed();
  now.members.push_back(numbered(4));
  now.next_member = no(5);
  r.in_sync.insert(no(4));
  becomes("invariant 9");
}

TEST_CASE_METHOD(change_of_row, "a learner is promoted while an in-sync copy is there") {
  auto& r = changed();
  r.primary = no(3);
  r.epoch = r.epoch.next();
  r.learners.clear();
  r.in_sync = {no(3)};
  becomes("invariant 8");
}

TEST_CASE_METHOD(change_of_row, "a primary changes within an epoch") {
  auto& r = changed();
  r.primary = no(2);
  becomes("without a new epoch");
}

TEST_CASE_METHOD(change_of_row, "a former primary is forgotten unsealed") {
  auto& r = changed();
  r.primary = no(2);
  r.epoch = r.epoch.next();
  r.in_sync = {no(2)};
  becomes("nobody will seal");
}

TEST_CASE_METHOD(change_of_row, "a row changes under the same config") {
  now = successor(now);
  only_row(now).learners.clear();
  becomes("without a new config");
}

TEST_CASE_METHOD(change_of_row, "a row is called lost while a copy is there") {
  auto& r = changed();
  r.status = row_status::lost;
  r.primary = nobody;
  r.in_sync.clear();
  becomes("invariant 16");
}

TEST_CASE_METHOD(change_of_row, "a row is lost with all its copies, and that is noted") {
  auto& r = changed();
  remove_member(now, 1);
  remove_member(now, 2);
  r.status = row_status::lost;
  r.primary = nobody;
  r.in_sync.clear();
  becomes("");
  CHECK(checker.newly_lost() == std::vector{lost_row{{durability{2, 0}, partition_id{0}}, false}});
}

TEST_CASE_METHOD(change_of_row, "a row is emptied although a copy is there") {
  auto& r = changed();
  r.empty_since = r.epoch = r.epoch.next();
  becomes("invariant 16");
}

TEST_CASE("who may decide: more than half, or by strict half with the oldest") {
  auto v = first_view();
  CHECK(may_decide(v, {no(1), no(3)}));
  CHECK_FALSE(may_decide(v, {no(1)}));
  remove_member(v, 3);
  CHECK_FALSE(may_decide(v, {no(1)}));
  v.settings.split_brain = quorum_policy::strict;
  CHECK(may_decide(v, {no(1)}));
  CHECK_FALSE(may_decide(v, {no(2)}));
  CHECK_FALSE(may_decide(v, {}));
}

TEST_CASE("rows that are not sound in themselves") {
  auto v = first_view();
  const row_id id{durability{2, 0}, partition_id{0}};
  auto& r = only_row(v);
  CHECK_NOTHROW(check_row_shape(v, id, r));
  SECTION("two copies on one member") {
    r.async_backups = {no(2)};
    CHECK_THROWS_WITH(check_row_shape(v, id, r), Contains("invariant 17"));
  }
  SECTION("a copy on a stranger") {
    r.learners = {no(7)};
    CHECK_THROWS_WITH(check_row_shape(v, id, r), Contains("invariant 17"));
  }
  SECTION("a copy on a witness") {
    v.members[1].kind = member_kind::witness;
    CHECK_THROWS_WITH(check_row_shape(v, id, r), Contains("invariant 17"));
  }
  SECTION("a primary that is not in sync") {
    r.primary = no(3);
    CHECK_THROWS_WITH(check_row_shape(v, id, r), Contains("not in sync"));
  }
}

}  // namespace
}  // namespace troupe::sim
