// How the router numbers its writes, so that each is done once however often it is sent.
#include <catch2/catch.hpp>

#include <troupe/actors/protocol/router/session_book.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

namespace {

constexpr auto a_moment = router_limits{}.retry_after;

reply at_position(std::uint64_t committed) {
  reply r;
  r.committed = seq_number{committed};
  return r;
}

map_call put_of(const std::string& key, int value) {
  map_call c;
  c.operation = operation_kind::put;
  c.key = blob{key};
  c.value = blob{std::to_string(value)};
  return c;
}

reply forgotten(outcome result, std::uint64_t committed) {
  auto r = at_position(committed);
  r.result = result;
  r.why = failure::session_unknown;
  return r;
}

}  // namespace

SCENARIO("all attempts of a write are one write of a session") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  c.calls(operation_kind::put);
  const auto first = c.only_sent().what;
  CHECK(first.stamp == write_stamp{client_id{{7}}, write_number{1}, write_number{1}});
  CHECK_FALSE(first.asked_before);
  WHEN("the connection breaks") {
    c.breaks_connection_to(alice);
    c.passes(a_moment);
    const auto second = c.only_sent().what;
    THEN("the next attempt says that one before may have been done") {
      CHECK(second.stamp == first.stamp);
      CHECK(second.asked_before);
    }
    AND_WHEN("that is refused, another one is made by another primary") {
      c.refuses({alice, second, v.publish()->cluster});
      c.shows(v.led_by(bob).publish());
      THEN("it says so too") {
        const auto third = c.only_sent().what;
        CHECK(third.stamp == first.stamp);
        CHECK(third.asked_before);
      }
    }
  }
  WHEN("it was refused") {
    c.refuses({alice, first, v.publish()->cluster});
    c.passes(a_moment);
    THEN("nothing can have been done before") { CHECK_FALSE(c.only_sent().what.asked_before); }
  }
}

SCENARIO("writes to one row are numbered, and the lowest that is open is told") {
  routed_cluster c;
  c.shows(cluster_view{1}.publish());
  c.calls(operation_kind::put, "a");
  const auto first = c.only_sent();
  c.calls(operation_kind::put, "b");
  const auto second = c.only_sent();
  CHECK(second.what.stamp.number == write_number{2});
  CHECK(second.what.stamp.open_from == write_number{1});
  WHEN("the second is done") {
    c.answers_ok(second);
    c.calls(operation_kind::put, "c");
    THEN("the first is still open") { CHECK(c.only_sent().what.stamp.open_from == write_number{1}); }
  }
  WHEN("both are done") {
    c.answers_ok(second);
    c.answers_ok(first);
    c.calls(operation_kind::put, "c");
    THEN("none before the third is") {
      const auto third = c.only_sent().what;
      CHECK(third.stamp.number == write_number{3});
      CHECK(third.stamp.open_from == write_number{3});
    }
  }
  WHEN("a read is sent") {
    c.calls(operation_kind::get, "a");
    THEN("it belongs to no session") { CHECK(c.only_sent().what.stamp == write_stamp{}); }
  }
}

SCENARIO("a write says what its client knew of the row before the first attempt") {
  routed_cluster c;
  cluster_view v{1};
  c.shows(v.publish());
  c.calls(operation_kind::get);
  c.answers(c.only_sent(), at_position(5));
  const auto call = c.calls(operation_kind::put);
  const auto first = c.only_sent();
  CHECK(first.what.since == seq_number{5});
  c.calls(operation_kind::get);
  c.answers(c.only_sent(), at_position(9));
  WHEN("the attempt is lost") {
    c.breaks_connection_to(alice);
    c.passes(a_moment);
    THEN("what it has learnt since does not count: the write may be among that") { CHECK(c.only_sent().what.since == seq_number{5}); }
  }
  WHEN("the attempt is refused") {
    c.refuses(first);
    c.passes(a_moment);
    THEN("it counts") { CHECK(c.only_sent().what.since == seq_number{9}); }
  }
  WHEN("the row has forgotten too much since, but the write was never sent before") {
    c.answers(first, forgotten(outcome::retry, 30));
    THEN("it is asked again at once, with what came with the refusal") {
      const auto again = c.only_sent();
      CHECK(again.what.since == seq_number{30});
      c.answers_ok(again);
      CHECK(c.result_of(call)->result == outcome::ok);
    }
  }
  WHEN("the row has forgotten whether an attempt was done") {
    c.breaks_connection_to(alice);
    c.passes(a_moment);
    c.answers(c.only_sent(), forgotten(outcome::indeterminate, 30));
    THEN("so has the caller to be told") {
      check_finished(c, call, outcome::indeterminate, failure::session_unknown);
      CHECK(c.sent().empty());
    }
  }
}

SCENARIO("a map that is destroyed and created anew under a write that may have been done") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  WHEN("doing it twice would be seen") {
    const auto call = c.calls(operation_kind::put);
    REQUIRE(c.only_sent().to == alice);
    c.breaks_connection_to(alice);
    c.shows(v.without_map("plays").with_map("plays").publish());
    THEN("it is not done in the new map") {
      check_finished(c, call, outcome::indeterminate, failure::unknown_map);
      CHECK(c.sent().empty());
    }
  }
  WHEN("it would not") {
    c.calls(operation_kind::set);
    REQUIRE(c.only_sent().to == alice);
    c.breaks_connection_to(alice);
    c.shows(v.without_map("plays").with_map("plays").publish());
    THEN("it is") { CHECK(c.only_sent().to == alice); }
  }
}

SCENARIO("another cluster knows nothing of the sessions of the one before") {
  routed_cluster c;
  cluster_view v{1};
  c.shows(v.publish());
  c.calls(operation_kind::get);
  c.answers(c.only_sent(), at_position(5));
  c.calls(operation_kind::set);
  REQUIRE(c.sent().size() == 1);
  c.shows(v.founded_anew(1).publish());
  const auto again = c.only_sent().what;
  CHECK(again.stamp.number == write_number{1});
  CHECK(again.since == seq_number{});
  CHECK_FALSE(again.asked_before);
}

SCENARIO("what was known of a row that went on empty is forgotten") {
  session_book book{client_id{{7}}};
  const row_id where{one_backup, partition_id{0}};
  row r;
  r.epoch = epoch_number{3};
  book.learn(where, epoch_number{3}, seq_number{50});
  book.learn(where, epoch_number{3}, seq_number{40});
  book.learn(where, epoch_number{2}, seq_number{90});
  CHECK(book.known(where, r) == seq_number{50});
  r.empty_since = epoch_number{4};
  CHECK(book.known(where, r) == seq_number{});
  book.learn(where, epoch_number{4}, seq_number{2});
  CHECK(book.known(where, r) == seq_number{2});
}

SCENARIO("a write that fewer members hold than it asked for is not asked for again") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(operation_kind::set);
  reply uncertain;
  uncertain.result = outcome::indeterminate;
  uncertain.why = failure::under_replicated;
  c.answers(c.only_sent(), uncertain);
  check_finished(c, call, outcome::indeterminate, failure::under_replicated);
  CHECK(c.sent().empty());
}

SCENARIO("a write goes on in the row that its map has moved to, as the same write") {
  routed_cluster c;
  cluster_view v{1};
  c.shows(v.with_map("films").publish());
  c.calls(operation_kind::get);
  c.answers(c.only_sent(), at_position(5));
  c.calls(put_of("ariel", 1), patience, "films");
  const auto other = c.only_sent();
  c.calls(operation_kind::put);
  const auto first = c.only_sent();
  REQUIRE(first.what.stamp.number == write_number{2});
  REQUIRE(first.what.since == seq_number{5});
  c.breaks_connection_to(alice);
  c.shows(v.moving("plays", row_status::forming).publish());
  c.passes(a_moment);
  for (const auto& s : c.sent()) CHECK(s.what.row == first.what.row);  // It waits there.
  c.breaks_connection_to(alice);
  c.shows(v.moving("plays", row_status::served).publish());
  c.passes(a_moment);
  const auto sent = c.sent();
  REQUIRE(sent.size() == 2);
  const auto& moved = sent[0].what.map == first.what.map ? sent[0] : sent[1];
  const auto& stayed = sent[0].what.map == first.what.map ? sent[1] : sent[0];
  CHECK(moved.what.row.number == group_number{1});
  CHECK(moved.what.stamp == write_stamp{client_id{{7}}, write_number{2}, write_number{2}});
  CHECK(moved.what.asked_before);
  CHECK(moved.what.since == seq_number{});  // Of the new row's positions nothing is known: the first one may have gone on by itself to where that was.
  CHECK(stayed.what.since == seq_number{5});
  CHECK(stayed.what.row == other.what.row);
  CHECK(stayed.what.stamp == write_stamp{client_id{{7}}, write_number{1}, write_number{1}});
  THEN("both rows are told when it is done, and later writes have numbers of their own") {
    c.answers_ok(moved);
    c.answers_ok(stayed);
    c.calls(operation_kind::put);
    CHECK(c.only_sent().what.stamp == write_stamp{client_id{{7}}, write_number{3}, write_number{3}});
    c.calls(put_of("ariel", 2), patience, "films");
    CHECK(c.only_sent().what.stamp == write_stamp{client_id{{7}}, write_number{3}, write_number{3}});
  }
}

SCENARIO("a client's session with a row begins above all its numbers of the partition") {
  // A row may know of this client what another one knew, without a word: its map has moved there, and gone, while this client saw no view.
  session_book book{client_id{{7}}};
  const row_id here{one_backup, partition_id{0}};
  const row_id there{{2, 0}, partition_id{0}, group_number{1}};
  const auto first = book.open(here);
  book.close(here, first);
  CHECK(first == write_number{1});
  CHECK(book.open(there) == write_number{2});
  CHECK(book.open({one_backup, partition_id{1}}) == write_number{1});
  CHECK(book.open(here) == write_number{2});  // It has gone on meanwhile.
}

SCENARIO("how far a row has committed says nothing of the row that takes its entries over") {
  session_book book{client_id{{7}}};
  const row_id here{one_backup, partition_id{0}};
  const row_id there{{2, 0}, partition_id{0}, group_number{1}};
  row r;
  r.epoch = epoch_number{1};
  book.learn(here, epoch_number{1}, seq_number{100});
  book.see(here, epoch_number{1}, seq_number{100}, r);
  book.close(here, book.open(here));
  book.split(here, there);
  CHECK(book.known(there, r) == seq_number{});
  CHECK(book.seen(there, r) == seq_number{});
  CHECK(book.open(there) == write_number{2});
  CHECK(book.open(here) == write_number{2});
}

}  // namespace troupe::protocol::test
