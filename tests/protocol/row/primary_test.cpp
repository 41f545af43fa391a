#include <catch2/catch.hpp>

#include <troupe/actors/protocol/row/refusal.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

SCENARIO("a put is answered when every in-sync backup holds it, and not before") {
  GIVEN("a primary with two backups") {
    auto s = primary_of(row_in(epoch(1)).led_by(1).with({2, 3}));
    const auto sent = s.operate(put("k", "v"));
    CHECK(sent.answers.empty());
    REQUIRE(sent.sent<records>(peer(2)).size() == 1);
    CHECK(sent.sent<records>(peer(3)).front().list.size() == 1);
    WHEN("one of them has acknowledged") {
      CHECK(s.acked(2, 1).answers.empty());
      CHECK(s.core().committed() == seq(0));
      THEN("the other one decides") {
        const auto done = s.acked(3, 1).answer_to(1);
        CHECK(done.what.result == outcome::ok);
        CHECK_FALSE(done.what.found);
        CHECK(done.what.seq == seq(1));
        CHECK(done.what.epoch == epoch(1));
        CHECK(done.needs_lease == s.view()->name);  // Its thread may sleep before the word leaves.
      }
    }
    WHEN("acknowledgements come from another feed, another epoch, or a stranger") {
      s.acked(2, 1);
      CHECK(s.acked(3, 1, feed_number{1}).answers.empty());
      CHECK(s.receive(3, ack{the_row, epoch(2), {}, seq(1), false, {}, {}}).answers.empty());
      CHECK(s.acked(4, 1).answers.empty());
      CHECK(s.acked(3, 7).answers.empty());
      THEN("they prove nothing") { CHECK(s.core().committed() == seq(0)); }
    }
    WHEN("a view removes the silent one") {
      s.acked(2, 1);
      const auto t = s.install(row_in(epoch(1)).led_by(1).with({2}).config(2));
      THEN("the write commits with who is left") { CHECK(t.answer_to(1).what.result == outcome::ok); }
    }
  }
}

SCENARIO("a result that depends on a pending value is held until that value commits") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(put("k", "old"));
  s.acked(2, 1);
  s.operate(put("k", "new"));  // 2
  const auto kind = GENERATE(operation_kind::get, operation_kind::contains, operation_kind::put_if_absent, operation_kind::count, operation_kind::scan,
                             operation_kind::replace_if_equal, operation_kind::remove_if_equal);
  GIVEN("an operation that sees the uncommitted value") {
    CAPTURE(static_cast<int>(kind));
    auto op = ask(kind, "k", "x", "something else");
    op.from_start = true;
    CHECK(s.operate(op).answers.empty());  // 3
    WHEN("the value commits") {
      const auto t = s.acked(2, 2);
      THEN("it is answered, under the lease, behind the write") {
        REQUIRE(t.answers.size() == 2);
        CHECK(t.answers[0].what.request == request_number{2});
        CHECK(t.answers[1].what.request == request_number{3});
        CHECK(t.answers[1].needs_lease == s.view()->name);
        if (kind == operation_kind::get || kind == operation_kind::put_if_absent) CHECK(t.answers[1].what.value == blob{"new"});
      }
    }
  }
  GIVEN("a read of another key") {
    const auto t = s.operate(get("other"));
    THEN("nothing holds it") { CHECK_FALSE(t.answer_to(3).what.found); }
  }
}

SCENARIO("a primary commits only while it holds the lease") {
  GIVEN("one that is alone in sync, without a lease") {
    auto s = primary_of(row_in(epoch(1)).led_by(1));
    s.lose_lease();
    CHECK(s.operate(put("k", "v")).answers.empty());
    CHECK(s.core().wants_tick());
    CHECK(s.tick_after(milliseconds{20}).answers.empty());
    WHEN("the lease comes back") {
      s.gain_lease();
      THEN("the next tick commits") { CHECK(s.tick_after(milliseconds{20}).answer_to(1).what.result == outcome::ok); }
    }
  }
  GIVEN("one that has lost it, with a write that all its backups hold") {
    auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
    s.operate(put("k", "v"));
    s.lose_lease();
    CHECK(s.acked(2, 1).answers.empty());
    CHECK(s.core().committed() == seq(0));
    WHEN("the lease comes back") {
      s.gain_lease();
      THEN("the next tick commits") { CHECK(s.tick_after(milliseconds{20}).answer_to(1).what.result == outcome::ok); }
    }
    WHEN("it hears that the row was declared lost with all its copies") {
      const auto t = s.install(row_in(epoch(2)).lost().config(2));
      THEN("the write was never acknowledged") { CHECK(t.answer_to(1).what.result == outcome::indeterminate); }
    }
    WHEN("another one leads the row, with the backup") {
      const auto t = s.install(row_in(epoch(2)).led_by(2).with({1}).unsealed({1}).config(2));
      THEN("the log stays, to be rolled forward") {
        CHECK(t.answer_to(1).what.result == outcome::indeterminate);
        CHECK(s.core().log_length() == seq(1));
      }
    }
  }
}

SCENARIO("with fewer copies in sync than asked for, nothing new is written, and what was pending is not told as safe") {
  durability_rules two{kind, loss_policy::hold, 2};
  GIVEN("a primary with one backup, which its durability asks for") {
    auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}), {}, {two});
    s.operate(put("k", "v"));
    const auto told = s.acked(2, 1).answer_to(1).what;
    CHECK(told.copies == 2);
    CHECK(told.held_by == holders{member_set{member_no{1}, member_no{2}}});
    s.operate(put("pending", "v"));  // 2
    WHEN("a view removes the backup") {
      const auto alone = s.install(row_in(epoch(1)).led_by(1).config(2));
      THEN("what was pending commits, since those that are left hold it, and its writer is not told that it is safe") {
        CHECK(s.core().committed() == seq(2));
        CHECK(alone.answer_to(2).what.result == outcome::indeterminate);
        CHECK(alone.answer_to(2).what.why == failure::under_replicated);
        CHECK(s.operate(get("pending")).answer_to(3).what.value == blob{"v"});
      }
      THEN("a write is refused, a read is served") {
        const auto refused = s.operate(put("k", "w")).answer_to(3).what;
        CHECK(refused.result == outcome::not_applied);
        CHECK(refused.why == failure::under_replicated);
        CHECK(s.operate(get("k")).answer_to(4).what.value == blob{"v"});
      }
      AND_WHEN("another one is in sync") {
        const auto learning = s.install(row_in(epoch(1)).led_by(1).learning({3}).config(3));
        REQUIRE(learning.sent<snapshot_chunk>(peer(3)).size() == 1);
        s.receive(3, snapshot_ack{the_row, epoch(1), feed_number{1}, 1});
        s.acked(3, 2, feed_number{1});
        s.install(row_in(epoch(1)).led_by(1).with({3}).config(4));
        THEN("writes are done again") {
          s.operate(put("k", "w"));
          const auto restored = s.acked(3, 3, feed_number{1}).answer_to(3).what;
          CHECK(restored.result == outcome::ok);
          CHECK(restored.held_by == holders{member_set{member_no{1}, member_no{3}}});
        }
      }
    }
  }
}

SCENARIO("no read is answered without a lease") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.lose_lease();
  CHECK(s.operate(get("k")).answers.empty());
  CHECK(s.operate(ask(operation_kind::remove)).answers.empty());  // It tells that the key is not there.
  WHEN("the lease comes back") {
    s.gain_lease();
    const auto t = s.tick_after(milliseconds{20});
    THEN("they are answered") {
      CHECK(t.answer_to(1).needs_lease == s.view()->name);
      CHECK(t.answer_to(2).needs_lease == s.view()->name);
    }
  }
  WHEN("it is deposed instead") {
    const auto t = s.install(row_in(epoch(2)).led_by(2).unsealed({1}).config(2));
    THEN("they are to be asked again elsewhere") { CHECK(t.answer_to(1).what.result == outcome::retry); }
  }
}

SCENARIO("an answer whose lease ended on the way says only what is certain") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(put("k", "v"));
  const auto written = s.acked(2, 1).answer_to(1);
  REQUIRE(written.needs_lease);
  CHECK(unvouched(written.what).result == outcome::indeterminate);  // It is stored; but perhaps in a history that others have given up.
  const auto read = s.operate(get("k")).answer_to(2);
  REQUIRE(read.needs_lease);
  CHECK(unvouched(read.what).result == outcome::retry);
}

SCENARIO("what was written is not told of once more without a lease") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  auto write = put("k", "v");
  write.stamp = {client_id{{1}}, write_number{1}, write_number{1}};
  s.operate(write);
  s.acked(2, 1);
  s.lose_lease();
  CHECK(s.operate(write).answer_to(2).what.result == outcome::indeterminate);
  s.gain_lease();
  CHECK(s.operate(write).answer_to(3).what.result == outcome::ok);
}

SCENARIO("a deposed primary never reports an uncertain write as stored") {
  GIVEN("a primary with a pending write and a read that saw it") {
    auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
    s.operate(put("k", "v"));
    s.operate(get("k"));
    const auto expect_uncertainty = [](const turn& t) {
      CHECK(t.answer_to(1).what.result == outcome::indeterminate);
      CHECK(t.answer_to(1).what.why == failure::not_primary);
      CHECK(t.answer_to(2).what.result == outcome::retry);
    };
    WHEN("a view names another primary") {
      expect_uncertainty(s.install(row_in(epoch(2)).led_by(2).with({1}).unsealed({1}).config(2)));
      THEN("an acknowledgement that comes late changes nothing") { CHECK(s.acked(2, 1).answers.empty()); }
      THEN("further operations are sent elsewhere") { CHECK(s.operate(get("k")).answer_to(3).what.why == failure::not_primary); }
    }
    WHEN("a successor seals it before its view arrives") {
      expect_uncertainty(s.receive(2, seal{the_row, epoch(2), config(2), true, {}}));
      THEN("its log stays, to be rolled forward") { CHECK(s.core().log_length() == seq(1)); }
      THEN("it commits nothing any more") {
        s.receive(2, ack{the_row, epoch(1), {}, seq(1), false, epoch(1), {}});
        CHECK(s.core().committed() == seq(0));
      }
    }
    WHEN("the row is lost") {
      expect_uncertainty(s.install(row_in(epoch(2)).lost().config(2)));
      THEN("operations fail for a definite reason") {
        const auto t = s.operate(get("k"));
        CHECK(t.answer_to(3).what.result == outcome::not_applied);
        CHECK(t.answer_to(3).what.why == failure::partition_lost);
      }
    }
  }
}

SCENARIO("what a backup misses is sent again") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  for (const auto* v : {"a", "b", "c"}) s.operate(put("k", v));
  const auto gap = ack{the_row, epoch(1), {}, seq(1), true, epoch(1), {}};
  WHEN("it reports a gap") {
    const auto t = s.receive(2, gap);
    THEN("it gets all behind what it holds, once") {
      REQUIRE(t.sent<records>(peer(2)).size() == 1);
      CHECK(t.sent<records>(peer(2)).front().first == seq(2));
      CHECK(t.sent<records>(peer(2)).front().list.size() == 2);
      CHECK(s.receive(2, gap).sent<records>(peer(2)).empty());
    }
  }
  WHEN("it is silent") {
    CHECK(s.tick_after(milliseconds{20}).sent<records>(peer(2)).empty());
    const auto t = s.tick_after(milliseconds{200});
    THEN("it is asked where it stands") {
      REQUIRE(t.sent<records>(peer(2)).size() == 1);
      CHECK(t.sent<records>(peer(2)).front().list.empty());
      CHECK(t.sent<records>(peer(2)).front().first == seq(4));
    }
  }
}

SCENARIO("an idle row's backups are told the commit mark after half a heartbeat") {
  const auto limits = limits_of(cluster_settings{});
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}), limits);
  s.operate(put("k", "v"));
  CHECK(s.acked(2, 1).sent<records>(peer(2)).empty());
  CHECK(s.core().wants_tick());
  const auto t = s.tick_after(cluster_settings{}.times.heartbeat / 2);
  REQUIRE(t.sent<records>(peer(2)).size() == 1);
  CHECK(t.sent<records>(peer(2)).front().commit == seq(1));
  THEN("it is repeated until the backup knows it, and then there is peace") {
    CHECK(s.tick_after(milliseconds{250}).sent<records>(peer(2)).size() == 1);
    s.receive(2, ack{the_row, epoch(1), {}, seq(1), false, epoch(1), seq(1)});
    CHECK_FALSE(s.core().wants_tick());
    CHECK(s.tick_after(seconds{5}).sends.empty());
  }
}

SCENARIO("what waits at a primary is bounded") {
  replica_limits limits;
  limits.pending_bytes_max = 1000;
  limits.waiting_operations_max = 2;
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}), limits);
  const auto overloaded = [](const turn& t, std::uint64_t request) {
    return t.answers_to(request) && t.answer_to(request).what.result == outcome::not_applied && t.answer_to(request).what.why == failure::overloaded;
  };
  WHEN("uncommitted records reach their bound") {
    s.operate(put("k", std::string(600, 'x')));
    THEN("further writes are refused, until it commits") {
      CHECK(overloaded(s.operate(put("k", std::string(600, 'y'))), 2));
      s.acked(2, 1);
      CHECK_FALSE(overloaded(s.operate(put("k", std::string(600, 'z'))), 3));
    }
  }
  WHEN("reads pile up behind a pending write") {
    s.operate(put("k", "v"));
    s.operate(get("k"));
    s.operate(get("k"));
    THEN("the next one is refused") { CHECK(overloaded(s.operate(get("k")), 4)); }
  }
  WHEN("operations come with views that are not known here") {
    for (int i = 0; i < 2; ++i) {
      auto early = get("k");
      early.routed_by = view_number{9};
      CHECK(s.operate(early).answers.empty());
    }
    auto early = get("k");
    early.routed_by = view_number{9};
    THEN("the next one is refused") { CHECK(overloaded(s.operate(early), 3)); }
  }
  WHEN("nobody waits for the answers any more") {
    s.operate(put("k", "v"));
    s.operate(get("k"));
    s.core().forget(origin_id{1});
    THEN("the record commits without an answer") {
      CHECK(s.acked(2, 1).answers.empty());
      CHECK(s.core().committed() == seq(1));
    }
  }
}

SCENARIO("operations that this replica can't serve get a definite word") {
  GIVEN("a backup") {
    stage s;
    s.install(row_in(epoch(1)).led_by(2).with({1}));
    THEN("it sends the client elsewhere") {
      CHECK(s.operate(get("k")).answer_to(1).what.result == outcome::retry);
      CHECK(s.operate(put("k", "v")).answer_to(2).what.why == failure::not_primary);
    }
    THEN("an operation routed by a later view waits for that view") {
      auto early = put("k", "v");
      early.routed_by = view_number{2};
      CHECK(s.operate(early).answers.empty());
      s.install(row_in(epoch(2)).led_by(1).config(2));
      CHECK(s.core().committed() == seq(1));
    }
  }
  GIVEN("a primary") {
    auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
    THEN("sizes are checked") {
      CHECK(s.operate(get(std::string(65'537, 'k'))).answer_to(1).what.why == failure::key_too_large);
      CHECK(s.operate(put("k", std::string(4'194'305, 'v'))).answer_to(2).what.why == failure::value_too_large);
    }
    THEN("a map that does not exist is unknown") {
      auto op = get("k");
      op.map = map_id{7};
      CHECK(s.operate(op).answer_to(1).what.why == failure::unknown_map);
    }
  }
}

SCENARIO("a destroyed map leaves every replica by a record, at one position") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(put("k", "v"));
  s.acked(2, 1);
  const auto t = s.install(row_in(epoch(1)).led_by(1).with({2}), {another_map});
  REQUIRE(t.sent<records>(peer(2)).size() == 1);
  CHECK(t.sent<records>(peer(2)).front().list == std::vector<record>{{epoch(1), seq(2), clear_map{the_map, {}, true}}});
  s.acked(2, 2);
  CHECK(s.core().committed_entries().empty());
  CHECK(s.operate(get("k")).answer_to(2).what.why == failure::unknown_map);
  THEN("once") { CHECK(s.install(row_in(epoch(1)).led_by(1).with({2}), {another_map}).sent<records>(peer(2)).empty()); }
}

SCENARIO("messages are cut to size") {
  replica_limits limits;
  limits.message_bytes_max = 1000;
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}), limits);
  turn all;
  for (int i = 0; i < 5; ++i) {
    auto op = put("k", std::string(300, 'x'));
    s.core().operate(origin_id{1}, op, s.at(), all);
  }
  s.core().flush(s.at(), all);
  const auto batches = all.sent<records>(peer(2));
  REQUIRE(batches.size() == 3);
  CHECK(batches[0].list.size() == 2);
  CHECK(batches[2].first == seq(5));
}

SCENARIO("a write that says how many members must hold it") {
  const auto asking = [](operation o, std::uint8_t copies) {
    o.copies_min = copies;
    return o;
  };
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  WHEN("there are fewer in sync") {
    const auto t = s.operate(asking(put("k", "v"), 3));
    THEN("it is definitely not done") {
      CHECK(t.answer_to(1).what.result == outcome::not_applied);
      CHECK(t.answer_to(1).what.why == failure::under_replicated);
      CHECK(s.core().log_length() == seq(0));
    }
  }
  WHEN("there are enough") {
    s.operate(asking(put("k", "v"), 2));
    THEN("it is done, and says so") {
      const auto done = s.acked(2, 1).answer_to(1);
      CHECK(done.what.result == outcome::ok);
      CHECK(done.what.copies == 2);
    }
    THEN("one that goes before it has committed leaves it uncertain") {
      const auto t = s.install(row_in(epoch(1)).led_by(1).config(2));
      CHECK(t.answer_to(1).what.result == outcome::indeterminate);
      CHECK(t.answer_to(1).what.why == failure::under_replicated);
      CHECK(s.core().committed() == seq(1));
    }
  }
  WHEN("it is asked again, when fewer are left") {
    auto what = asking(put("k", "v"), 2);
    what.stamp = {client_id{}, write_number{1}, write_number{1}};
    s.operate(what);
    s.acked(2, 1);
    s.install(row_in(epoch(1)).led_by(1).config(2));
    const auto again = s.operate(what);
    THEN("that it was done once is not enough") {
      CHECK(again.answer_to(2).what.result == outcome::indeterminate);
      CHECK(again.answer_to(2).what.why == failure::under_replicated);
    }
    THEN("it was done for whoever asks for less") {
      what.copies_min = 1;
      CHECK(s.operate(what).answer_to(3).what.result == outcome::ok);
    }
  }
}
