// A write is done once, however often it is sent: what a row remembers of its clients' writes, how long, and what it says when it has
// forgotten.
#include <catch2/catch.hpp>

#include <array>

#include <troupe/actors/protocol/row/sessions.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

constexpr client_id anna{{1}};
constexpr client_id ben{{2}};

operation by(const client_id& who, std::uint64_t number, operation what, std::uint64_t since = 0, std::uint64_t open_from = 1) {
  what.stamp = {who, write_number{number}, write_number{open_from}};
  what.since = seq(since);
  return what;
}
operation again(operation what) {
  what.asked_before = true;
  return what;
}

record_cause cause(const client_id& who, std::uint64_t number, operation_kind kind, bool found = false, std::uint64_t told = 0,
                   std::uint64_t open_from = 1) {
  return {{who, write_number{number}, write_number{open_from}}, kind, found, told};
}

replica_limits forgetful(std::size_t bytes) {
  replica_limits l;
  l.session_bytes_max = bytes;
  return l;
}

row lone_row() { return row_in(epoch(1)).led_by(1); }

}  // namespace

SCENARIO("a write that is sent again is not done again") {
  GIVEN("a primary that is alone, and a client's put of an entry that was there") {
    auto s = primary_of(lone_row());
    s.operate(by(anna, 1, put("k", "first")));
    const auto done = s.operate(by(anna, 2, put("k", "second"))).answer_to(2).what;
    REQUIRE(done.value == blob{"first"});
    s.operate(by(ben, 1, put("k", "third")));
    WHEN("it comes once more") {
      const auto repeated = s.operate(again(by(anna, 2, put("k", "second"))));
      THEN("its client is told what it was told, and nothing has changed") {
        const auto& told = repeated.answer_to(4).what;
        CHECK(told.result == outcome::ok);
        CHECK(told.found);
        CHECK(told.value == blob{"first"});
        CHECK(told.seq == done.seq);
        CHECK(told.epoch == done.epoch);
        CHECK(value_at(s.core(), "k") == "third");
        CHECK(s.core().log_length() == seq(3));
      }
    }
    WHEN("a write of the same number by another client comes") {
      CHECK(s.operate(by(ben, 2, put("k", "fourth"))).answer_to(4).what.value == blob{"third"});
    }
    WHEN("a write comes without a session") {
      s.operate(put("k", "fourth"));
      s.operate(put("k", "fourth"));
      THEN("it is done as often as it is sent") { CHECK(s.core().log_length() == seq(5)); }
    }
  }
}

SCENARIO("all that a write told is told again") {
  auto s = primary_of(lone_row());
  s.operate(set("a", "x"));
  s.operate(set("b", "yy"));
  const auto kind = GENERATE(operation_kind::put, operation_kind::set, operation_kind::put_if_absent, operation_kind::replace,
                             operation_kind::replace_if_equal, operation_kind::remove, operation_kind::remove_if_equal, operation_kind::erase,
                             operation_kind::clear);
  const auto* key = GENERATE("a", "not there");
  CAPTURE(static_cast<int>(kind), key);
  auto what = by(anna, 1, ask(kind, kind == operation_kind::clear ? "" : key, "new", "x"));
  what.asked_before = true;  // So that one without an effect is remembered too.
  auto first = s.operate(what).answer_to(3).what;
  s.operate(put("a", "changed meanwhile"));
  s.operate(put("not there", "changed meanwhile"));
  auto second = s.operate(what).answer_to(6).what;
  first.request = second.request = {};
  first.committed = second.committed = {};
  CHECK(first == second);
  CHECK(first.copies == 1);
}

SCENARIO("a write that is pending is waited for by all its attempts") {
  auto s = primary_of(row_in(epoch(1)).led_by(1).with({2}));
  s.operate(by(anna, 1, put("k", "v")));
  CHECK(s.operate(again(by(anna, 1, put("k", "v")))).answers.empty());
  CHECK(s.core().log_length() == seq(1));
  WHEN("it commits") {
    const auto t = s.acked(2, 1);
    THEN("both are answered") {
      CHECK(t.answer_to(1).what.seq == seq(1));
      CHECK(t.answer_to(2).what.seq == seq(1));
    }
  }
  WHEN("the primary is replaced") {
    const auto t = s.install(row_in(epoch(2)).led_by(2).with({1}).unsealed({1}).config(2));
    THEN("neither is known to be done") {
      CHECK(t.answer_to(1).what.result == outcome::indeterminate);
      CHECK(t.answer_to(2).what.result == outcome::indeterminate);
    }
  }
  WHEN("the one who asked second goes away") {
    s.core().forget(origin_id{1});
    CHECK(s.acked(2, 1).answers.empty());
  }
}

SCENARIO("a promoted backup knows what was done before it") {
  GIVEN("a backup with one committed put and one that is not") {
    stage s;
    s.install(row_in(epoch(1)).led_by(2).with({1}));
    s.receive(2, seal{the_row, epoch(1), config(1), true, {}});
    auto records = records_of(epoch(1), 1, {"old", "one", "two"}, 2, {});
    records.list[1].cause = cause(anna, 1, operation_kind::put, true, 3);
    records.list[2].cause = cause(anna, 2, operation_kind::put, true, 3);
    s.receive(2, records);
    WHEN("it is promoted, and the client asks for both again") {
      s.install(row_in(epoch(2)).led_by(1).with({3}).unsealed({2}).config(2));
      s.sealed(2, 3, epoch(1), false);
      s.sealed(3, 2, epoch(1));
      const auto first = s.operate(again(by(anna, 1, put("k", "one"))));
      const auto second = s.operate(again(by(anna, 2, put("k", "two"))));
      THEN("it answers for what was committed at once, for the other when that has committed again") {
        CHECK(first.answer_to(1).what.value == blob{"old"});
        CHECK(second.answers.empty());
        CHECK(s.acked(3, 3).answer_to(2).what.value == blob{"one"});
        CHECK(s.core().log_length() == seq(3));
      }
    }
  }
}

SCENARIO("an attempt that comes late finds that the write is over") {
  auto s = primary_of(lone_row());
  const auto first = by(anna, 1, ask(operation_kind::put_if_absent, "k", "mine"));
  s.operate(set("k", "somebody's"));
  GIVEN("a second attempt that had no effect") {
    CHECK(s.operate(again(first)).answer_to(2).what.value == blob{"somebody's"});
    s.operate(ask(operation_kind::erase, "k"));
    WHEN("the first arrives") {
      const auto late = s.operate(first).answer_to(4).what;
      THEN("it has none either") {
        CHECK(late.value == blob{"somebody's"});
        CHECK(value_at(s.core(), "k") == "-");
      }
    }
  }
  GIVEN("a client that is done with it, as a later write says") {
    s.operate(by(anna, 2, set("other", "v"), 0, 2));
    WHEN("the first arrives") {
      CHECK(s.operate(first).answer_to(3).what.result == outcome::retry);
      THEN("nothing is done") { CHECK(s.core().log_length() == seq(2)); }
    }
  }
}

SCENARIO("only the first attempt may leave no trace") {
  auto s = primary_of(lone_row());
  const auto conditional = by(anna, 1, ask(operation_kind::replace, "not there", "v"));
  CHECK_FALSE(s.operate(conditional).answer_to(1).what.found);
  CHECK(s.core().log_length() == seq(0));
  CHECK_FALSE(s.operate(again(conditional)).answer_to(2).what.found);
  CHECK(s.core().log_length() == seq(1));
}

SCENARIO("a row that has forgotten a client does not take a write for new that may have been done") {
  auto s = primary_of(lone_row(), forgetful(600));
  s.operate(by(anna, 1, set("k", "v")));
  for (std::uint8_t n = 10; n < 20; ++n) s.operate(by(client_id{{n}}, 1, set("k", "other"), s.core().committed().value()));
  const auto forgotten_by_now = s.core().committed().value();
  CHECK(s.core().session_bytes() <= 600);
  WHEN("she asks again for what was done") {
    const auto& told = s.operate(again(by(anna, 1, set("k", "v")))).answer_to(12).what;
    THEN("nobody can tell her") {
      CHECK(told.result == outcome::indeterminate);
      CHECK(told.why == failure::session_unknown);
      CHECK(value_at(s.core(), "k") == "other");
    }
  }
  WHEN("she asks for something new, and last heard of the row long ago") {
    const auto told = s.operate(by(anna, 2, set("k", "new"), 1)).answer_to(12).what;
    THEN("she is told how far the row is, and then it is done") {
      CHECK(told.result == outcome::retry);
      CHECK(told.why == failure::session_unknown);
      CHECK(told.committed == seq(forgotten_by_now));
      CHECK(s.operate(by(anna, 2, set("k", "new"), told.committed.value())).answer_to(13).what.result == outcome::ok);
    }
  }
  WHEN("she claims to have heard of positions that do not exist yet") {
    const auto told = s.operate(by(anna, 2, set("k", "new"), 1000)).answer_to(12).what;
    THEN("that is knowledge of a history that was lost, and proves nothing") { CHECK(told.result == outcome::retry); }
  }
}

SCENARIO("a client with more writes open than a row remembers loses the oldest results") {
  auto s = primary_of(lone_row(), forgetful(1000));
  for (std::uint64_t n = 1; n <= 100; ++n) s.operate(by(anna, n, set("k", std::to_string(n)), n - 1));
  CHECK(s.core().session_bytes() <= 1000);
  CHECK(s.operate(again(by(anna, 100, set("k", "100")))).answer_to(101).what.seq == seq(100));
  const auto& oldest = s.operate(again(by(anna, 1, set("k", "1")))).answer_to(102).what;
  CHECK(oldest.result == outcome::indeterminate);
  CHECK(oldest.why == failure::session_unknown);
  CHECK(value_at(s.core(), "k") == "100");
}

SCENARIO("results that a client is done with are dropped") {
  auto s = primary_of(lone_row());
  for (std::uint64_t n = 1; n <= 1000; ++n) s.operate(by(anna, n, put("k", std::string(100, 'x')), 0, n));
  CHECK(s.core().session_bytes() < 1000);
}

SCENARIO("sessions travel with a snapshot") {
  GIVEN("a primary with a session, and a learner that gets its snapshot") {
    auto s = primary_of(lone_row());
    s.operate(by(anna, 1, set("k", "one")));
    s.operate(by(anna, 2, put("k", "two")));
    const auto sent = s.install(row_in(epoch(1)).led_by(1).learning({2}).config(2)).sent<snapshot_chunk>(peer(2));
    REQUIRE(sent.size() == 1);
    stage learner{peer(2)};
    learner.install(row_in(epoch(1)).led_by(1).learning({2}).config(2));
    learner.receive(1, sent[0]);
    THEN("it holds the same") {
      CHECK(learner.core().checksum() == s.core().checksum());
      CHECK(learner.core().session_bytes() == s.core().session_bytes());
    }
  }
}

SCENARIO("a live record overtakes the value that its client is told") {
  const auto begun = [](bool last) {
    snapshot_chunk c;
    c.row = the_row;
    c.epoch = epoch(2);
    c.feed = feed_number{1};
    c.config = config(3);
    c.at = seq(5);
    c.at_epoch = epoch(1);
    c.last = last;
    return c;
  };
  auto live = records_of(epoch(2), 6, {"unused", "new", "newer"}, 8, epoch(1));
  live.list[0].body = no_change{the_map, blob{"k"}};
  live.list[0].cause = cause(anna, 1, operation_kind::put_if_absent, true, 3);
  live.list[1].cause = cause(anna, 2, operation_kind::put, true, 3);
  live.list[2].cause = cause(anna, 3, operation_kind::put, true, 3);
  stage s;
  s.install(row_in(epoch(2)).led_by(2).learning({1}).config(3));
  s.receive(2, begun(false));
  s.receive(2, live);
  const auto ask_for_all = [&] {
    s.sealed(2, 8, epoch(2), false);
    return std::array{s.operate(again(by(anna, 1, ask(operation_kind::put_if_absent, "k", "mine")))), s.operate(again(by(anna, 2, put("k", "new")))),
                      s.operate(again(by(anna, 3, put("k", "newer"))))};
  };
  WHEN("the image brings it later, and the learner is promoted") {
    auto rest = begun(true);
    rest.index = 1;
    rest.entries = {{the_map, seq(3), blob{"k"}, blob{"old"}}};
    s.receive(2, rest);
    s.install(row_in(epoch(3)).led_by(1).unsealed({2}).config(4));
    const auto [without_effect, first, second] = ask_for_all();
    THEN("all attempts are told what was there") {
      CHECK(without_effect.answer_to(1).what.value == blob{"old"});
      CHECK(first.answer_to(2).what.value == blob{"old"});
      CHECK(second.answer_to(3).what.value == blob{"new"});
    }
  }
  WHEN("the rest never comes, and the incomplete copy is promoted, there being nothing better") {
    s.install(row_in(epoch(3)).led_by(1).unsealed({2}).config(4));
    const auto [without_effect, first, second] = ask_for_all();
    THEN("it does not make up what it does not have") {
      CHECK(without_effect.answer_to(1).what.result == outcome::indeterminate);
      CHECK(first.answer_to(2).what.result == outcome::indeterminate);
      CHECK(first.answer_to(2).what.why == failure::session_unknown);
      CHECK(second.answer_to(3).what.value == blob{"new"});
    }
  }
}

SCENARIO("copies forget the same, though one of them lacks values as yet") {
  const displaced_value old{blob{std::string(300, 'x')}, digest_of(std::string(300, 'x'))};
  row_sessions a{700}, b{700};
  for (std::uint64_t n = 2; n < 40; ++n) {
    const record r{epoch(1), seq(n), put_entry{the_map, blob{"k"}, blob{"v"}},
                   cause(client_id{{static_cast<std::uint8_t>(n % 7)}}, n, operation_kind::put, true, n % 300)};
    static_cast<void>(a.note(r, old));
    CHECK(b.note(r, std::nullopt));
    CHECK(a.bytes() == b.bytes());
    CHECK(a.forgotten_through() == b.forgotten_through());
    CHECK(a.bytes() <= 700);
  }
  CHECK(a.forgotten_through() > seq(0));
}

SCENARIO("a snapshot that names a client twice is taken as far as it makes sense") {
  row_sessions sessions{1000};
  session_image one{anna, write_number{1}, write_number{3}, seq(0), seq(7), {}};
  sessions.restore({seq(2), {one, one}});
  CHECK(sessions.image().list.size() == 1);
  sessions.restore({});
  CHECK(sessions.bytes() == 0);
}
