// What a row says that goes with a branch of its cluster: exactly the writes that only this branch has.
#include <catch2/catch.hpp>

#include <algorithm>

#include <troupe/actors/protocol/row/branch_account.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

using change = discarded_writes::change;

/// This member decides the successor of view `after` alone, without member 2.
lone_decision alone_after(std::uint64_t after) { return {{view_number{after}, after * 7919}, me, peer(2)}; }

bool has(const discarded_writes& all, change what, std::string_view key) {
  return std::any_of(all.writes.begin(), all.writes.end(), [&](const auto& w) { return w.what == what && w.key.view() == key; });
}

}  // namespace

SCENARIO("a primary that goes on alone: what its backup acknowledged is of both branches, the rest of its own") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(set("shared", "1"));
  s.acked(2, 1);
  s.operate(set("cut", "2"));  // On its way when the two were cut: member 2 may have it or not.
  s.set_lone({alone_after(1)});
  s.install(row_in(epoch(1)).led_by(1).config(2));
  s.operate(set("alone", "3"));
  s.operate(ask(operation_kind::remove, "shared"));
  const auto all = s.core().discarded(view_number{1});
  REQUIRE(all);
  CHECK(all->after == seq(1));
  CHECK(all->up_to == seq(4));
  CHECK(all->removals_after == seq(1));
  REQUIRE(all->writes.size() == 3);
  CHECK(all->writes[0] == discarded_writes::write{the_map, blob{"cut"}, seq(2), change::put});
  CHECK(all->writes[1] == discarded_writes::write{the_map, blob{"alone"}, seq(3), change::put});
  CHECK(all->writes[2] == discarded_writes::write{the_map, blob{"shared"}, seq(4), change::erased});
  THEN("an entry that is written again appears with its latest write, a cleared map as such") {
    s.operate(set("alone", "5"));
    s.operate(ask(operation_kind::clear));
    s.operate(set("last", "7"));
    const auto more = *s.core().discarded(view_number{1});
    CHECK(more.up_to == seq(7));
    CHECK_FALSE(has(more, change::put, "alone"));  // The clear took it away, and stands for it.
    CHECK(has(more, change::cleared, ""));
    CHECK(has(more, change::put, "last"));
  }
  THEN("a learner that joins the branch knows what it knows") {
    s.install(row_in(epoch(1)).led_by(1).learning({3}).config(3));
    const auto t = s.tick_after(milliseconds{1});
    CHECK(t.sent<snapshot_chunk>(peer(3)).empty());  // It went out as the view came.
    stage learner{peer(3)};
    snapshot_chunk chunk;
    chunk.row = the_row;
    chunk.epoch = epoch(1);
    chunk.feed = feed_number{1};
    chunk.at = seq(4);
    chunk.at_epoch = epoch(1);
    chunk.last = true;
    chunk.entries = {{the_map, seq(2), blob{"cut"}, blob{"2"}}, {the_map, seq(3), blob{"alone"}, blob{"3"}}, {the_map, seq(1), blob{"old"}, blob{}}};
    chunk.branches = {{view_number{1}, seq(1)}};
    learner.set_lone({alone_after(1)});
    learner.install(row_in(epoch(1)).led_by(1).learning({3}).config(3));
    learner.receive(1, chunk);
    const auto known = learner.core().discarded(view_number{1});
    REQUIRE(known);
    CHECK(known->after == seq(1));
    CHECK(known->up_to == seq(4));
    CHECK(known->removals_after == seq(4));  // What was removed before it came it can't know, and says so.
    CHECK(known->writes.size() == 2);
  }
}

SCENARIO("the chunk that begins a snapshot tells where branches began") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(set("a", "1"));
  s.acked(2, 1);
  s.set_lone({alone_after(1)});
  s.install(row_in(epoch(1)).led_by(1).config(2));
  const auto chunks = s.install(row_in(epoch(1)).led_by(1).learning({3}).config(3)).sent<snapshot_chunk>(peer(3));
  REQUIRE(chunks.size() == 1);
  CHECK(chunks[0].branches == std::vector<branch_point>{{view_number{1}, seq(1)}});
}

SCENARIO("a backup that goes on alone: all that it was sent is of both branches") {
  stage s;
  s.install(row_in(epoch(2)).led_by(2).with({1}));
  s.receive(2, seal{the_row, epoch(2), config(1), true, {}});
  s.receive(2, records_of(epoch(2), 1, {"a", "b"}, 1, {}));  // The second has not committed, as far as this one knows.
  s.set_lone({alone_after(1)});
  s.install(row_in(epoch(3)).led_by(1).config(2));
  REQUIRE(s.core().committed() == seq(2));
  CHECK(s.core().discarded(view_number{1})->after == s.core().discarded(view_number{1})->up_to);
  s.operate(set("mine", "c"));
  const auto all = *s.core().discarded(view_number{1});
  CHECK(all.after == seq(2));
  CHECK(all.up_to == seq(3));
  CHECK(all.writes == std::vector<discarded_writes::write>{{the_map, blob{"mine"}, seq(3), change::put}});
}

SCENARIO("a row that began in the branch is all of it; a copy that is not usable has nothing to say") {
  stage fresh;
  fresh.set_lone({alone_after(7)});
  fresh.install(row_in(epoch(1)).led_by(1));
  fresh.operate(set("k", "v"));
  CHECK(fresh.core().discarded(view_number{7})->after == seq(0));
  CHECK(fresh.core().discarded(view_number{7})->up_to == seq(1));
  stage none;
  none.install(row_in(epoch(1)).led_by(2).learning({1}));
  CHECK_FALSE(none.core().discarded(view_number{7}));
}

TEST_CASE("removals are remembered within a bound, and the account says from where on") {
  branch_account account;
  account.begin(view_number{3}, seq(0));
  const auto erase = [](std::uint64_t at) { return record{epoch(1), seq(at), erase_entry{the_map, blob{std::to_string(at)}}}; };
  for (std::uint64_t at = 1; at <= 10; ++at) account.note(erase(at));
  CHECK(account.discarded(view_number{3}, seq(10), {}).removals_after == seq(0));
  CHECK(account.discarded(view_number{3}, seq(10), {}).writes.size() == 10);
  for (std::uint64_t at = 11; at <= 5000; ++at) account.note(erase(at));
  const auto all = account.discarded(view_number{3}, seq(5000), {});
  CHECK(all.up_to == seq(5000));
  CHECK(all.writes.size() < 1000);
  CHECK(all.writes.front().at == all.removals_after.next());
  CHECK(all.writes.back().at == seq(5000));
}
