/// What a shard promises: where actors run, in which order things arrive, when timers fire, how it stops.
#include <catch2/catch.hpp>

#include <thread>

#include "fixtures.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Notes on which thread it handled which number.
struct handled {
  int number;
  std::thread::id where;
};

caf::actor spawn_noter(caf::actor_system& system, observed<handled>& notes) {
  return system.spawn<caf::lazy_init>([&notes](caf::event_based_actor*) -> caf::behavior {
    return {[&notes](int n) { notes.add({n, std::this_thread::get_id()}); }};
  });
}

/// Sends itself one message after the other until it is told to end.
caf::behavior restless(caf::event_based_actor* self) {
  return {[self](int n) { compat::send(self, self, n + 1); }};
}

}  // namespace

SCENARIO("an actor runs on the shard that delivers to it") {
  small_system system;
  observed<handled> notes;
  GIVEN("a shard, and an actor that is idle") {
    shard s{system.get(), "s"};
    s.start();
    const auto noter = spawn_noter(system.get(), notes);
    const auto home = on(s, [] { return std::this_thread::get_id(); });
    WHEN("another thread delivers to it") {
      s.deliver(noter, compat::make_letter(7));
      THEN("it runs on the shard's thread") {
        REQUIRE(notes.reaches(1));
        CHECK(notes.all()[0].number == 7);
        CHECK(notes.all()[0].where == home);
      }
    }
    WHEN("the shard delivers to it within a turn") {
      std::promise<std::size_t> seen;
      on(s, [&] {
        s.on_turn_end([&, told = false]() mutable {
          if (notes.size() > 0 && !std::exchange(told, true)) seen.set_value(notes.size());
        });
        for (int i = 0; i < 3; ++i) s.deliver(noter, compat::make_letter(i));
      });
      THEN("it has handled everything when that turn ends") { CHECK(seen.get_future().get() == 3); }
    }
  }
}

SCENARIO("whom an actor wakes that runs on a shard runs in CAF's scheduler") {
  small_system system;
  observed<handled> notes;
  shard s{system.get(), "s"};
  s.start();
  const auto home = on(s, [] { return std::this_thread::get_id(); });
  const auto outsider = system.get().spawn([&notes](caf::event_based_actor*) -> caf::behavior {
    return {[&notes](int n) { notes.add({n, std::this_thread::get_id()}); }, [](caf::ok_atom) { return caf::ok_atom_v; }};
  });
  // It has begun, and waits for messages, when it answers.
  caf::scoped_actor asks{system.get()};
  compat::request(asks, outsider, std::nullopt, caf::ok_atom_v).receive([](caf::ok_atom) {}, [](const caf::error&) { FAIL("no answer"); });
  const auto insider = system.get().spawn<caf::lazy_init>([outsider](caf::event_based_actor* self) -> caf::behavior {
    return {[self, outsider](int n) { compat::send(self, outsider, n); }};
  });
  for (int i = 0; i < 100; ++i) s.deliver(insider, compat::make_letter(i));
  REQUIRE(notes.reaches(100));
  for (const auto& h : notes.all()) CHECK(h.where != home);
}

SCENARIO("what one thread delivers and posts arrives in its order") {
  small_system system;
  observed<handled> notes;
  constexpr int per_thread = 2'000, threads = 4;
  const auto lingering = GENERATE(duration{}, duration{microseconds{50}});
  GIVEN("four threads that deliver and post numbers by turns") {
    shard s{system.get(), "s"};
    s.linger_for(lingering);
    const auto noter = spawn_noter(system.get(), notes);
    s.start();
    std::vector<int> posted;  // on the shard only
    std::vector<std::thread> senders;
    for (int t = 0; t < threads; ++t)
      senders.emplace_back([&, t] {
        for (int i = 0; i < per_thread; ++i) {
          s.deliver(noter, compat::make_letter(t * per_thread + i));
          s.post([&, n = t * per_thread + i] { posted.push_back(n); });
        }
      });
    for (auto& sender : senders) sender.join();
    REQUIRE(notes.reaches(per_thread * threads));
    s.stop();
    THEN("each sender's numbers arrive ascending, and none is missing") {
      std::vector<int> next_handled(threads, 0), next_posted(threads, 0);
      for (const auto& h : notes.all()) REQUIRE(h.number % per_thread == next_handled[static_cast<std::size_t>(h.number / per_thread)]++);
      for (const auto n : posted) REQUIRE(n % per_thread == next_posted[static_cast<std::size_t>(n / per_thread)]++);
      CHECK(posted.size() == per_thread * threads);
    }
  }
}

SCENARIO("the end of a turn comes after its actors, hooks before writers") {
  struct writer final : turn_end_work {
    explicit writer(std::vector<std::string>& l) : log(l) {}
    void turn_ended() override { log.push_back("write"); }
    std::vector<std::string>& log;
  };
  small_system system;
  std::vector<std::string> log;
  shard s{system.get(), "s"};
  const auto actor = system.get().spawn<caf::lazy_init>([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](int) { log.push_back("actor"); }};
  });
  s.start();
  on(s, [&] {
    s.on_turn_end([&] {
      if (log.size() == 1) log.push_back("hook");
    });
    s.at_turn_end(std::make_shared<writer>(log));
    s.deliver(actor, compat::make_letter(1));
  });
  s.stop();
  CHECK(log == std::vector<std::string>{"actor", "hook", "write"});
}

SCENARIO("timers") {
  small_system system;
  shard s{system.get(), "s"};
  s.start();
  GIVEN("a timer") {
    observed<instant> fired;
    const auto set_at = shard::now();
    auto t = on(s, [&] { return s.after(milliseconds{5}, [&] { fired.add(shard::now()); }); });
    THEN("it fires once, not before its time") {
      REQUIRE(fired.reaches(1));
      CHECK(fired.all()[0] >= set_at + milliseconds{5});
      CHECK_FALSE(on(s, [&] { return t.armed(); }));
    }
    on(s, [&] { t.cancel(); });
  }
  GIVEN("timers that are cancelled, one of them when it is due already") {
    observed<int> fired;
    on(s, [&] {
      auto due = s.at(shard::now() - milliseconds{1}, [&] { fired.add(1); });
      auto dropped = s.after(milliseconds{1}, [&] { fired.add(2); });
      auto replaced = s.after(milliseconds{1}, [&] { fired.add(3); });
      due.cancel();
      replaced = timer{};
    });
    auto last = on(s, [&] { return s.after(milliseconds{5}, [&] { fired.add(4); }); });
    REQUIRE(fired.reaches(1));
    THEN("they do not fire") { CHECK(fired.all() == std::vector<int>{4}); }
    on(s, [&] { last.cancel(); });
  }
  GIVEN("a timer that replaces itself from within") {
    observed<int> fired;
    timer t;
    std::function<void()> again = [&] {
      fired.add(0);
      if (fired.size() < 3) t = s.after(milliseconds{1}, again);
    };
    on(s, [&] { t = s.after(milliseconds{1}, again); });
    THEN("it fires again") { CHECK(fired.reaches(3)); }
    on(s, [&] { t.cancel(); });
  }
}

SCENARIO("a shard stops cleanly with work queued") {
  small_system system;
  observed<handled> notes;
  const auto noter = spawn_noter(system.get(), notes);
  GIVEN("a shard with a thousand tasks and deliveries before it") {
    shard s{system.get(), "s"};
    std::atomic<int> ran = 0;
    s.start();
    for (int i = 0; i < 1000; ++i) {
      s.post([&] { ++ran; });
      s.deliver(noter, compat::make_letter(i));
    }
    WHEN("it is stopped") {
      s.stop();
      THEN("everything that came before has run") {
        CHECK(ran == 1000);
        CHECK(notes.size() == 1000);
      }
      THEN("later tasks are refused, and later deliveries are handled in CAF's scheduler") {
        CHECK_FALSE(s.post([&] { ++ran; }));
        s.deliver(noter, compat::make_letter(1000));
        CHECK(notes.reaches(1001));
        CHECK(ran == 1000);
      }
    }
  }
  GIVEN("a shard that was never started, with deliveries and a job") {
    {
      shard s{system.get(), "s"};
      std::thread other{[&] {
        s.deliver(noter, compat::make_letter(1));
        s.post([] { FAIL("there is no thread to run this"); });
      }};
      other.join();
    }
    THEN("the deliveries are handled in CAF's scheduler") { CHECK(notes.reaches(1)); }
  }
}

SCENARIO("an actor that never gets quiet starves nobody and can't hold up the end") {
  small_system system;
  shard s{system.get(), "s"};
  const auto actor = system.get().spawn<caf::lazy_init>(restless);
  s.start();
  s.deliver(actor, compat::make_letter(1));
  for (int i = 0; i < 20; ++i) on(s, [] {});
  s.stop();
  // It goes on in CAF's scheduler, where it can be ended.
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  SUCCEED("posted tasks ran, and stop() returned");
}
