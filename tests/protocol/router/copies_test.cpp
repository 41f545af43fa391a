// Gets that a copy in the router's own process may answer, and what it must not answer any more.
#include <catch2/catch.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

namespace {

/// A router whose process has copies; the map's gets may go to them.
struct reader {
  routed_cluster c;
  cluster_view v;
  partition_id partition = partition_of("hamlet", 8);

  reader() { c.shows(v.with_copy_reads("plays").publish()); }

  reply copy_says(const operation& get, const std::string& value, std::uint64_t committed, std::uint64_t epoch = 1) {
    reply r;
    r.request = get.request;
    r.found = true;
    r.value = blob{value};
    r.epoch = epoch_number{epoch};
    r.committed = seq_number{committed};
    c.copy_answers(r);
    return r;
  }
  void copy_refuses(const operation& get) {
    reply r;
    r.request = get.request;
    r.result = outcome::retry;
    r.why = failure::not_primary;
    c.copy_answers(r);
  }
  /// A put that its primary answers: the row has committed so far.
  void puts(std::uint64_t committed) {
    c.calls(operation_kind::put, "hamlet", "prince");
    reply r;
    r.committed = seq_number{committed};
    c.answers(c.only_sent(), r);
  }
  /// Asks, and sees what the copy is asked for.
  operation gets() {
    c.calls(operation_kind::get, "hamlet");
    auto asked = c.copy_reads();
    REQUIRE(asked.size() == 1);
    return asked.front();
  }
};

}  // namespace

SCENARIO("a get of a map with read-backup-data is asked of the copy at hand first") {
  reader r;
  const auto call = r.c.calls(operation_kind::get, "hamlet");
  const auto asked = r.c.copy_reads();
  REQUIRE(asked.size() == 1);
  CHECK(asked.front().key == blob{"hamlet"});
  CHECK((asked.front().row == row_id{one_backup, r.partition}));
  CHECK(r.c.sent().empty());
  WHEN("it answers") {
    r.copy_says(asked.front(), "prince", 3);
    THEN("that is the result, and it says where it comes from") {
      const auto result = r.c.result_of(call);
      REQUIRE(result);
      CHECK(result->value == blob{"prince"});
      CHECK(result->by_copy);
      CHECK(r.c.core().in_flight() == 0);
    }
  }
  WHEN("there is none that can") {
    r.copy_refuses(asked.front());
    THEN("the primary is asked, and a late word of the copy changes nothing") {
      const auto send = r.c.only_sent();
      r.copy_says(asked.front(), "ghost", 3);
      CHECK(r.c.is_open(call));
      r.c.answers_ok(send);
      REQUIRE(r.c.result_of(call));
      CHECK_FALSE(r.c.result_of(call)->by_copy);
    }
  }
  WHEN("it is silent") {
    r.c.passes(router_limits{}.reroute_after);
    CHECK(r.c.only_sent().to == alice);
  }
  WHEN("the router closes") {
    r.c.closes();
    check_finished(r.c, call, outcome::not_applied, failure::closed);
  }
}

SCENARIO("what is no get of one key, and gets of other maps, go to the primary") {
  reader r;
  r.c.calls(operation_kind::contains, "hamlet");
  CHECK(r.c.only_sent().to == alice);
  r.c.calls(get_all({"hamlet"}));
  CHECK(r.c.only_sent().to == alice);
  r.c.shows(r.v.with_map("sonnets").publish());
  map_call get;
  get.key = blob{"18"};
  r.c.calls(get, patience, "sonnets");
  CHECK(r.c.only_sent().to == alice);
  CHECK(r.c.copy_reads().empty());
}

SCENARIO("a lost row's copies are not asked") {
  reader r;
  r.c.shows(r.v.lost(r.partition).publish());
  const auto call = r.c.calls(operation_kind::get, "hamlet");
  CHECK(r.c.copy_reads().empty());
  check_finished(r.c, call, outcome::not_applied, failure::partition_lost);
}

SCENARIO("whoever has seen a state of a row reads no earlier one from a copy") {
  reader r;
  GIVEN("nothing that was seen") { CHECK(r.gets().since == seq_number{}); }
  GIVEN("a write that was answered") {
    r.puts(7);
    CHECK(r.gets().since == seq_number{7});
  }
  GIVEN("a copy that answered, and an answer of the primary's from before that") {
    r.c.calls(operation_kind::get, "hamlet");
    const auto first = r.c.copy_reads().front();
    r.copy_says(first, "prince", 9);
    r.puts(8);
    CHECK(r.gets().since == seq_number{9});
  }
  GIVEN("a read that was sent twice, of which the first attempt is answered late") {
    r.copy_refuses(r.gets());
    const auto first = r.c.only_sent();
    r.c.breaks_connection_to(alice);
    r.c.passes(router_limits{}.retry_after);
    (void)r.c.only_sent();
    reply late;
    late.committed = seq_number{5};
    r.c.answers(first, late);
    CHECK(r.gets().since == seq_number{5});  // Fails without: seeing late answers.
  }
}

SCENARIO("positions of a history that was lost are no measure for the next one") {
  reader r;
  r.puts(7);
  r.c.shows(r.v.emptied(r.partition, epoch_number{2}).publish());
  CHECK(r.gets().since == seq_number{});
  THEN("what the next one says counts, however small") {
    r.copy_says(r.gets(), "heir", 2, 2);
    CHECK(r.gets().since == seq_number{2});
  }
  THEN("what a copy of the former one says late does not") {
    r.copy_says(r.gets(), "king", 9, 1);
    CHECK(r.gets().since == seq_number{});
  }
}

SCENARIO("gets that wait for a copy in another cluster's name begin anew") {
  reader r;
  const auto call = r.c.calls(operation_kind::get, "hamlet");
  const auto asked = r.c.copy_reads().front();
  r.c.shows(r.v.founded_anew().publish());
  CHECK(r.c.sent().size() == 1);
  r.copy_says(asked, "ghost", 3);
  CHECK(r.c.is_open(call));
}

}  // namespace troupe::protocol::test
