// How to test what an application does when a call ends as indeterminate: nobody can say whether it was done. An actor that counts each visit once, whatever
// becomes of its calls; and a test, on virtual time, that lets answers be lost, members die or pause, and a primary be cut off.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <troupe/node/testing/cluster.hpp>
#include <troupe/troupe.hpp>

namespace {

using namespace std::chrono_literals;

/// A guest's visits, and the ticket of the last one: by it a visit that has been counted is known again.
struct visits {
  int count = 0;
  std::string ticket;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, visits& v) {
  return f(v.count, v.ticket);
}
using visit_map = troupe::map<std::string, visits>;

/// Stores `after`, if what is there is `before` still. Whether it was.
troupe::task<troupe::result<bool>> store(visit_map book, std::string guest, std::optional<visits> before, visits after) {
  if (before) co_return co_await book.replace(guest, *before, after).within(300ms);
  const auto there = co_await book.put_if_absent(guest, after).within(300ms);
  if (!there) co_return there.error();
  co_return !there->has_value();
}

/// Counts a visit once, and answers how many there were. One visit of a guest at a time; the next one comes with another ticket.
///
/// A write that ended as indeterminate may be done, may never be, or may be done later. So: look. Where the ticket is there, it was done. Where not, write
/// again, but only in place of what was found: if the write before is done after all, only one of the two finds that. (A `set` would do it twice, or undo
/// what came after it.)
troupe::task<troupe::result<int>> count(visit_map book, std::string guest, std::string ticket, int* looked_again) {
  caf::error latest;
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto before = co_await book.get(guest).within(300ms);
    if (!before) {  // A read that fails has changed nothing.
      latest = before.error();
      continue;
    }
    if (*before && (*before)->ticket == ticket) co_return (*before)->count;
    const visits after{*before ? (*before)->count + 1 : 1, ticket};
    const auto stored = co_await store(book, guest, *before, after);
    if (stored && *stored) co_return after.count;
    if (!stored) latest = stored.error();
    if (stored.outcome() == troupe::outcome::indeterminate) ++*looked_again;
  }
  co_return latest;
}

/// The actor under test.
caf::behavior visit_counter(caf::event_based_actor* self, visit_map book, int* looked_again) {
  return {[=](const std::string& guest, const std::string& ticket) { return troupe::answer(self, count, book, guest, ticket, looked_again); }};
}

constexpr int guests = 40;  // Their entries are led by all members.

/// Three members, and a counter at the last of them.
struct hotel {
  troupe::test::system_config config;
  caf::actor_system system{config};
  troupe::test::cluster cluster;
  int looked_again = 0;
  caf::actor counter = system.spawn(visit_counter, cluster.map<std::string, visits>("book", 2), &looked_again);

  explicit hotel(const troupe::test::network_settings& network = {}) : cluster{system, 3, {}, {}, network} { CHECK(cluster.settle()); }
  ~hotel() {
    caf::anon_send_exit(counter, caf::exit_reason::user_shutdown);
    cluster.run();
  }

  /// All guests come, each once. What is counted of each of them, as they are told; nothing: not yet.
  std::shared_ptr<std::vector<int>> all_come(const std::string& ticket) {
    auto told = std::make_shared<std::vector<int>>(guests, 0);
    system.spawn([this, ticket, told](caf::event_based_actor* self) {
      for (int i = 0; i < guests; ++i) {
        self->request(counter, caf::infinite, "guest " + std::to_string(i), ticket).then([told, i](int visits) { told->at(i) = visits; });
      }
    });
    return told;
  }
};

}  // namespace

SCENARIO("a visit is counted once, whatever becomes of the calls") {
  hotel h;
  const auto first = h.all_come("monday");
  h.cluster.advance(1s);
  CHECK(*first == std::vector<int>(guests, 1));
  CHECK(h.looked_again == 0);
  const auto second = h.all_come("tuesday");

  WHEN("answers are lost, for longer than the calls' deadline") {
    h.cluster.advance(3ms);  // The reads are done, the writes are on their way, or done, or answered.
    h.cluster.cut(2, 0);
    h.cluster.advance(500ms);
    h.cluster.heal();
    h.cluster.advance(5s);
    THEN("the counter has looked, and nothing is counted twice or forgotten") {
      CHECK(h.looked_again > 0);
      CHECK(*second == std::vector<int>(guests, 2));
    }
  }
  WHEN("a member dies under the writes") {
    h.cluster.advance(3ms);
    h.cluster.kill(0);
    h.cluster.advance(10s);
    THEN("likewise, and the copies are made again") {
      CHECK(*second == std::vector<int>(guests, 2));
      CHECK(h.cluster.settle());
    }
  }
  h.cluster.advance(10s);
  const auto third = h.all_come("wednesday");
  h.cluster.advance(5s);
  CHECK(*third == std::vector<int>(guests, 3));
}

SCENARIO("a visit is counted once, in whatever order messages arrive, and when a member wakes that was paused") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    hotel h{{.transit_min = 1ms, .transit_max = 20ms, .seed = seed}};
    const auto first = h.all_come("monday");
    h.cluster.advance(1s);
    CHECK(*first == std::vector<int>(guests, 1));
    const auto second = h.all_come("tuesday");
    h.cluster.advance(30ms);
    h.cluster.pause(0);
    h.cluster.advance(seed % 2 == 0 ? 500ms : 5s);  // In so long a pause the others let it go, and write on.
    h.cluster.resume(0);
    h.cluster.advance(10s);
    CHECK(*second == std::vector<int>(guests, 2));
    CHECK(h.looked_again > 0);
  }
}

SCENARIO("a member that is cut off acknowledges nothing that could be lost") {
  troupe::test::system_config config;
  caf::actor_system system{config};
  troupe::test::cluster cluster{system, 3};
  const auto here = cluster.map<int, int>("numbers", 0), there = cluster.map<int, int>("numbers", 1);
  auto made = here.is_empty().future();  // A map is made by its first operation.
  cluster.advance(1s);
  CHECK(made.get().value());
  CHECK(cluster.settle());
  std::vector<std::future<troupe::result<troupe::receipt>>> writes;

  GIVEN("a member that hears nobody, as if its cable was pulled") {
    cluster.cut(0, 1);
    cluster.cut(0, 2);
    WHEN("it is asked to write, as primary of some of the entries") {
      for (int i = 0; i < guests; ++i) writes.push_back(here.set(i, 1).within(2s).future());
      cluster.advance(10s);
      THEN("nothing is ok there: some writes had been begun, the others never left") {
        int indeterminate = 0, not_applied = 0;
        for (auto& w : writes) {
          const auto outcome = w.get().outcome();
          if (outcome == troupe::outcome::indeterminate) ++indeterminate;
          if (outcome == troupe::outcome::not_applied) ++not_applied;
        }
        CHECK(indeterminate > 0);
        CHECK(indeterminate + not_applied == guests);
        AND_THEN("the others have gone on, and the member that comes back is none any more") {
          auto size = there.size().future();
          auto stored = there.set(1, 2).future();
          cluster.advance(1s);
          CHECK(size.get().value() == 0);
          CHECK(stored.get());
          cluster.heal();
          cluster.advance(5s);
          CHECK_FALSE(cluster.is_alive(0));
          cluster.start();
          CHECK(cluster.settle());
        }
      }
    }
  }
}
