// read-mode=confirm: reads that the in-sync replicas vouch for, and no clock.
#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

/// In a cluster that confirms reads. It never holds a lease, unless a test gives it one.
stage confirming_primary_of(const row& r, std::vector<durability_rules> rules = {}) {
  stage s;
  s.set_read_mode(read_mode::confirm);
  s.set_rules(std::move(rules));
  s.lose_lease();
  s.install(r);
  for (const auto m : r.in_sync) {
    if (m != me) s.sealed(m.value(), 0);
  }
  return s;
}

std::uint64_t question_to(const turn& t, std::uint32_t member) {
  const auto sent = t.sent<records>(peer(member));
  return sent.empty() ? 0 : sent.back().confirm.value();
}

}  // namespace

SCENARIO("a read is answered when every replica in sync has confirmed, after it came, that it follows this primary") {
  auto s = confirming_primary_of(row_in(epoch(1)).led_by(1).with({2, 3}));
  const auto asked = s.operate(get("k"));
  CHECK(asked.answers.empty());
  CHECK(question_to(asked, 2) == 1);
  CHECK(question_to(asked, 3) == 1);
  CHECK(s.confirmed(2, 0, 1).answers.empty());
  WHEN("the other one confirms") {
    const auto t = s.confirmed(3, 0, 1);
    THEN("it needs no lease") {
      CHECK(t.answer_to(1).what.result == outcome::ok);
      CHECK_FALSE(t.answer_to(1).needs_lease);
      CHECK_FALSE(s.core().wants_tick());
    }
  }
  WHEN("another read comes") {
    const auto again = s.operate(get("k"));
    CHECK(question_to(again, 3) == 2);
    THEN("what was said before it came does not vouch for it") {
      const auto first = s.confirmed(3, 0, 1);
      CHECK(first.answers_to(1));
      CHECK_FALSE(first.answers_to(2));
      s.confirmed(2, 0, 2);
      CHECK(s.confirmed(3, 0, 2).answers_to(2));
    }
    THEN("the newer answer vouches for both") {
      s.confirmed(2, 0, 2);
      const auto both = s.confirmed(3, 0, 2);
      CHECK(both.answers_to(1));
      CHECK(both.answers_to(2));
    }
  }
  WHEN("the answer is lost") {
    REQUIRE(s.core().wants_tick());
    THEN("it is asked again") { CHECK(question_to(s.tick_after(seconds{1}), 3) == 1); }
  }
  WHEN("somebody claims to have heard a question that was not asked") {
    s.confirmed(3, 0, 7);
    const auto later = s.operate(get("k"));
    THEN("that proves nothing later") {
      s.confirmed(2, 0, 2);
      CHECK_FALSE(s.acked(3, 0).answers_to(2));
    }
  }
  WHEN("a view removes the one that is silent") {
    const auto t = s.install(row_in(epoch(1)).led_by(1).with({2}).config(2));
    THEN("the others are enough") { CHECK(t.answer_to(1).what.result == outcome::ok); }
  }
  WHEN("it is deposed") {
    const auto t = s.install(row_in(epoch(2)).led_by(2).unsealed({1}).config(2));
    THEN("it is to be asked again elsewhere") { CHECK(t.answer_to(1).what.result == outcome::retry); }
  }
  WHEN("nobody waits for the answer any more") {
    s.core().forget(origin_id{1});
    s.confirmed(2, 0, 1);
    THEN("there is none") {
      CHECK(s.confirmed(3, 0, 1).answers.empty());
      CHECK_FALSE(s.core().wants_tick());
    }
  }
}

SCENARIO("one question vouches for all reads of a turn, and travels with records") {
  auto s = confirming_primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.gain_lease();  // The write needs it.
  s.operate(get("k"));
  const auto t = s.operate(put("k", "v"));
  REQUIRE(t.sent<records>(peer(2)).size() == 1);
  CHECK(t.sent<records>(peer(2)).front().list.size() == 1);
  CHECK(t.sent<records>(peer(2)).front().confirm == confirmation_number{1});
  GIVEN("a read that saw the pending write") {
    s.operate(get("k"));  // 3
    WHEN("the write commits by an acknowledgement from before the read") {
      const auto committed = s.confirmed(2, 1, 1);
      CHECK(committed.answers_to(1));
      CHECK(committed.answers_to(2));
      THEN("the read still has to be confirmed") {
        CHECK_FALSE(committed.answers_to(3));
        REQUIRE(question_to(committed, 2) == 2);
        CHECK(s.confirmed(2, 1, 2).answer_to(3).what.value == blob{"v"});
      }
    }
  }
}

SCENARIO("where the row may go on without asking this primary's replicas, reads need the lease") {
  auto s = GENERATE(as<int>{}, 0, 1) == 0
               ? confirming_primary_of(row_in(epoch(1)).led_by(1))
               : confirming_primary_of(row_in(epoch(1)).led_by(1).with({2}), {{kind, loss_policy::best_effort, 1}});
  CHECK(s.operate(get("k")).answers.empty());
  s.gain_lease();
  CHECK(s.tick_after(milliseconds{20}).answer_to(1).needs_lease == s.view()->name);
}

SCENARIO("a primary that is left alone needs the lease for what it has asked already") {
  auto s = confirming_primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(get("k"));
  CHECK(s.install(row_in(epoch(1)).led_by(1).config(2)).answers.empty());
  s.gain_lease();
  CHECK(s.tick_after(milliseconds{20}).answer_to(1).needs_lease == s.view()->name);
}

SCENARIO("a learner whom commits await confirms reads, too") {
  auto s = confirming_primary_of(row_in(epoch(1)).led_by(1).with({2}).learning({4}));
  const auto confirms = [&](std::uint64_t question) {
    return s.receive(4, ack{the_row, epoch(1), feed_number{1}, seq(0), false, {}, {}, agreement::equal, false, confirmation_number{question}});
  };
  const auto before = s.operate(get("k"));
  CHECK(s.confirmed(2, 0, 1).answers_to(1));
  s.receive(4, snapshot_ack{the_row, epoch(1), feed_number{1}, 1});
  REQUIRE(confirms(0).wished<membership_message::wish::caught_up>().size() == 1);
  const auto asked = s.operate(get("k"));
  CHECK(question_to(asked, 4) == 2);
  CHECK_FALSE(s.confirmed(2, 0, 2).answers_to(2));
  CHECK(confirms(2).answers_to(2));
}

SCENARIO("a replica confirms what it was asked in the epoch that it has sealed, and nothing else") {
  stage s{peer(2)};
  s.install(row_in(epoch(1)).led_by(1).with({2, 3}));
  s.receive(1, seal{the_row, epoch(1), config(1), true, {}});
  const auto question = [](epoch_number e, std::uint64_t first, std::uint64_t n) {
    auto m = records_of(e, first, {}, 0, {});
    m.confirm = confirmation_number{n};
    return m;
  };
  const auto confirmed_in = [](const turn& t, std::uint32_t to) {
    const auto sent = t.sent<ack>(peer(to));
    return sent.empty() ? std::uint64_t{0} : sent.back().confirmed.value();
  };
  CHECK(confirmed_in(s.receive(1, question(epoch(1), 1, 5)), 1) == 5);
  WHEN("records are missing between") {
    THEN("it confirms all the same: it says nothing of its copy") {
      const auto t = s.receive(1, question(epoch(1), 9, 6));
      CHECK(t.sent<ack>(peer(1)).back().gap);
      CHECK(confirmed_in(t, 1) == 6);
    }
  }
  WHEN("a successor has sealed it") {
    s.receive(3, seal{the_row, epoch(2), config(2), true, {}});
    THEN("it does not follow the former primary any more") {
      const auto t = s.receive(1, question(epoch(1), 1, 7));
      CHECK(t.sent<ack>(peer(1)).empty());
      CHECK(t.sent<sealed_above>(peer(1)).size() == 1);
    }
    THEN("the questions of the new one are counted anew") { CHECK(confirmed_in(s.receive(3, question(epoch(2), 1, 1)), 3) == 1); }
  }
  WHEN("the same member asks in two epochs within one turn") {
    // What it heard last in the old epoch must not pass for an answer in the new one.
    replica_effects out;
    s.core().receive(peer(1), question(epoch(1), 1, 9), s.at(), out);
    s.core().receive(peer(1), seal{the_row, epoch(2), config(2), true, {}}, s.at(), out);
    THEN("it confirms the new question alone") { CHECK(confirmed_in(s.receive(1, question(epoch(2), 1, 1)), 1) == 1); }
    THEN("nor where that has not asked yet") {
      turn t;
      s.core().flush(s.at(), t);
      REQUIRE(t.sent<ack>(peer(1)).size() == 1);
      CHECK(t.sent<ack>(peer(1)).front().epoch == epoch(2));
      CHECK(confirmed_in(t, 1) == 0);
    }
  }
}
