// Exactly once, with real processes: a counter that many clients increment while members are killed.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "tests/cluster/kills.hpp"

namespace troupe::cluster {

namespace {

constexpr std::size_t clients = 16;

/// One client that reads the counter and replaces what it read by one more, again and again, until it is told to stop.
class incrementer {
 public:
  explicit incrementer(const test_cluster& cluster) : wire_{cluster.name(), cluster.addresses()}, thread_{[this] { run(); }} {}
  ~incrementer() { stop(); }

  void stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::atomic<std::uint64_t> acknowledged = 0, indeterminate = 0;

 private:
  void run() {
    while (!stopped_) {
      const auto read = wire_.call("one", single(operation_kind::get, "counter"));
      if (read.result != outcome::ok) continue;
      const auto before = std::string{read.value.view()};
      auto more = single(operation_kind::replace_if_equal, "counter", std::to_string(std::stoull(before) + 1));
      more.expected = blob{before};
      const auto replaced = wire_.call("one", std::move(more));
      if (replaced.result == outcome::ok && replaced.found) ++acknowledged;
      if (replaced.result == outcome::indeterminate) ++indeterminate;
    }
  }

  connection wire_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace

SCENARIO("a counter incremented through kills ends at exactly what was acknowledged", "[counter]") {
  test_cluster cluster{3};
  cluster.client().set("one", "counter", "0");
  REQUIRE(cluster.wait_safe(3));
  std::vector<std::unique_ptr<incrementer>> all;
  for (std::size_t i = 0; i < clients; ++i) all.push_back(std::make_unique<incrementer>(cluster));
  const auto acknowledged = [&] {
    std::uint64_t sum = 0;
    for (const auto& i : all) sum += i->acknowledged;
    return sum;
  };

  std::mt19937_64 dice{20261126};
  const int kills = kills_wanted();
  for (int round = 1; round <= kills; ++round) {
    CAPTURE(round);
    const auto so_far = acknowledged();
    REQUIRE(eventually([&] { return acknowledged() > so_far + 20; }));
    REQUIRE(kill_one(cluster, dice, "one", "counter"));
  }
  for (auto& i : all) i->stop();

  std::uint64_t indeterminate = 0;
  for (const auto& i : all) indeterminate += i->indeterminate;
  const auto counted = std::stoull(*cluster.client().get("one", "counter"));
  CAPTURE(indeterminate);
  CHECK(counted >= acknowledged());
  CHECK(counted <= acknowledged() + indeterminate);
  WARN(kills << " kills, counter " << counted << ", acknowledged " << acknowledged() << ", indeterminate " << indeterminate);
}

}  // namespace troupe::cluster
