// Load on a Troupe cluster: one client process, a closed loop with a number of operations in flight.
//   troupe-measure CLUSTER HOST:PORT[,HOST:PORT…] MAP put|set|get IN_FLIGHT [SECONDS]
// Prints `ops_per_s p50_us p99_us failed`.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include <spdlog/spdlog.h>

#include <troupe/node/client/client.hpp>

#include "figures.hpp"

namespace {

using namespace troupe;
using namespace troupe::bench;

/// Keeps `in_flight` calls under way until told to stop: each that finishes starts the next.
class closed_loop {
 public:
  closed_loop(client& to, std::string map, operation_kind what, const workload& load)
      : to_{to}, map_{std::move(map)}, what_{what}, load_{load}, value_{std::string(load.value_bytes, 'v')} {
    latencies_us_.reserve(4'000'000);
  }

  void run() {
    for (std::size_t i = 0; i < load_.in_flight; ++i) start();
    std::this_thread::sleep_for(load_.warm_up);
    measuring_ = true;
    const auto from = clock::now();
    std::this_thread::sleep_for(load_.run);
    measuring_ = false;
    elapsed_s_ = std::chrono::duration<double>(clock::now() - from).count();
    stopping_ = true;
    while (under_way_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  void print_figures() { print(std::move(latencies_us_), elapsed_s_, failed_); }

 private:
  void start() {
    ++under_way_;
    protocol::map_call call;
    call.operation = what_;
    {
      std::lock_guard guard{mutex_};
      call.key = blob{key_of(next_key(random_, load_.keys))};
    }
    if (takes_value(what_)) call.value = value_;
    to_.submit(map_, std::move(call), std::chrono::seconds(30), [this, at = clock::now()](protocol::map_result&& r) { finished(r, at); });
  }

  void finished(const protocol::map_result& r, clock::time_point since) {
    if (r.result != outcome::ok) ++failed_;
    if (measuring_) {
      std::lock_guard guard{mutex_};
      latencies_us_.push_back(std::chrono::duration<double, std::micro>(clock::now() - since).count());
    }
    if (!stopping_) start();
    --under_way_;
  }

  client& to_;
  const std::string map_;
  const operation_kind what_;
  const workload load_;
  const blob value_;
  std::mutex mutex_;
  std::size_t random_ = 1;
  std::vector<double> latencies_us_;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<std::size_t> failed_{0};
  std::atomic<bool> measuring_{false};
  std::atomic<bool> stopping_{false};
  double elapsed_s_ = 1;
};

std::vector<address> addresses(const std::string& list) {
  std::vector<address> all;
  std::istringstream in{list};
  for (std::string one; std::getline(in, one, ',');) {
    const auto colon = one.rfind(':');
    all.push_back({one.substr(0, colon), static_cast<std::uint16_t>(std::atoi(one.c_str() + colon + 1))});
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::cerr << "usage: troupe-measure CLUSTER HOST:PORT[,…] MAP put|set|get IN_FLIGHT [SECONDS]\n";
    return 2;
  }
  spdlog::set_level(spdlog::level::err);
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{1});
  caf::actor_system system{config};
  client_config to;
  to.cluster_name = argv[1];
  to.connect = addresses(argv[2]);
  client c{system, to};
  if (!c.wait_ready(std::chrono::seconds(10))) {
    std::cerr << "troupe-measure: " << c.connection_problem() << '\n';
    return 2;
  }
  const std::string what = argv[4];
  workload load;
  load.in_flight = static_cast<std::size_t>(std::atoi(argv[5]));
  if (argc > 6) load.run = std::chrono::seconds(std::atoi(argv[6]));
  closed_loop loop{c, argv[3], what == "put" ? operation_kind::put : what == "set" ? operation_kind::set : operation_kind::get, load};
  loop.run();
  loop.print_figures();
}
