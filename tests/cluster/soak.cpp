// A cluster of real processes under faults, for as long as one likes: clients that ask at random, members that are killed, stopped, asked
// to leave and started anew, clients that die. Every history goes through the linearizability checker.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>

#include "tests/cluster/recorded_client.hpp"
#include "tests/cluster/test_cluster.hpp"

namespace {

using namespace troupe;
using namespace troupe::cluster;

struct soak_plan {
  seconds length{60};
  std::size_t members = 3;
  std::size_t clients = 6;
  std::uint64_t seed = 1;
  std::vector<std::string> faults;
};

class soak {
 public:
  explicit soak(const soak_plan& plan) : plan_(plan), rng_(sim::dice::of(plan.seed, "soak")), cluster_(plan.members), book_(keys()) {}

  /// True: nothing was violated.
  bool run() {
    cluster_.client().set("one", "first", "v");
    cluster_.client().set("two", "first", "v");
    heal();
    for (std::size_t i = 0; i < plan_.clients; ++i) start_client();
    const auto begun = clock::now();
    while (clock::now() - begun < plan_.length) {
      show_progress(clock::now() - begun);
      std::this_thread::sleep_for(milliseconds{rng_.between(200, 1500)});
      const auto& name = plan_.faults[rng_.index(plan_.faults.size())];
      ++fired_[name];
      (this->*faults().at(name).strike)();
      heal();
    }
    clients_.clear();
    read_all();
    return report();
  }

  struct fault {
    std::string text;
    void (soak::*strike)();
  };
  static const std::map<std::string, fault>& faults() {
    static const std::map<std::string, fault> all{
        {"kill", {"kill -9, and a new member at its address", &soak::kill}},
        {"leave", {"SIGTERM, and a new member at its address", &soak::leave}},
        {"short-pause", {"SIGSTOP for less than the lease", &soak::pause_shortly}},
        {"long-pause", {"SIGSTOP until long after the others have removed it", &soak::pause_long}},
        {"client-death", {"a client ends with its calls in flight", &soak::end_client}},
    };
    return all;
  }

 private:
  static sim::keyspace_options keys() {
    sim::keyspace_options o;
    for (const auto& [name, backups] : {std::pair{"one", 1}, std::pair{"two", 2}}) {
      map_definition m;
      m.pattern = name;
      m.kind.backups = static_cast<std::uint8_t>(backups);
      o.maps.push_back(m);
    }
    o.partition_count = cluster_settings{}.partition_count;
    return o;
  }

  void start_client() {
    clients_.push_back(std::make_unique<recorded_client>(book_, cluster_.name(), cluster_.addresses(), plan_.seed * 1000 + clients_begun_++));
  }
  std::size_t victim() { return rng_.index(plan_.members); }

  void kill() {
    const auto who = victim();
    cluster_[who].kill();
    cluster_.restart(who);
  }
  void leave() {
    const auto who = victim();
    cluster_[who].terminate();
    if (cluster_[who].process().wait_ended() != 0) throw std::runtime_error("a member did not leave as it should");
    cluster_.restart(who);
  }
  void pause_shortly() { pause(milliseconds{rng_.between(100, 800)}); }
  void pause_long() {
    const auto who = pause(milliseconds{rng_.between(2500, 12'000)});
    cluster_[who].wait_ready();  // It has found out, and is a new member.
  }
  std::size_t pause(milliseconds how_long) {
    const auto who = victim();
    cluster_[who].stop();
    std::this_thread::sleep_for(how_long);
    cluster_[who].resume();
    return who;
  }
  void end_client() {
    clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(rng_.index(clients_.size())));
    start_client();
  }

  /// The next fault shall not meet a row that has lost a copy already: that would be allowed to lose data.
  void heal() {
    if (!cluster_.wait_safe(plan_.members)) throw std::runtime_error("the cluster did not heal");
  }

  /// What every key holds in the end is part of its history.
  void read_all() {
    for (const auto& q : book_.draw_last_reads()) book_.answered(q, cluster_.client().call(q.map, q.what));
  }

  void show_progress(clock::duration since) const {
    if (isatty(STDERR_FILENO) != 1) return;
    const auto done = book_.counts();
    std::fprintf(stderr, "\r%5.0f of %lld s, %llu operations ", std::chrono::duration<double>(since).count(),
                 static_cast<long long>(plan_.length.count()), static_cast<unsigned long long>(done.ok));
  }

  bool report() const {
    if (isatty(STDERR_FILENO) == 1) std::fputc('\n', stderr);
    const auto ops = book_.counts();
    const auto found = book_.judge();
    std::printf("faults:");
    for (const auto& [name, times] : fired_) std::printf(" %s=%d", name.c_str(), times);
    std::printf("\noperations: ok=%llu not_applied=%llu indeterminate=%llu\n", static_cast<unsigned long long>(ops.ok),
                static_cast<unsigned long long>(ops.not_applied), static_cast<unsigned long long>(ops.indeterminate));
    std::printf("checked: keys=%zu undecided=%zu\n%zu violations\n", found.keys, found.undecided, found.violations.size());
    for (const auto& v : found.violations) std::printf("%s\n", v.c_str());
    return found.violations.empty();
  }

  soak_plan plan_;
  sim::dice rng_;
  test_cluster cluster_;
  record_book book_;
  std::vector<std::unique_ptr<recorded_client>> clients_;
  std::uint64_t clients_begun_ = 0;
  std::map<std::string, int> fired_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs a cluster of real members under faults and checks every history for linearizability.\n\n"
      "  troupe-soak --seconds 600                       ten minutes of everything\n"
      "  troupe-soak --seconds 60 --faults kill,leave    a minute of these two"};
  soak_plan plan;
  std::vector<std::string> names;
  std::string texts;
  for (const auto& [name, what] : soak::faults()) {
    names.push_back(name);
    texts += (texts.empty() ? "" : "; ") + name + ": " + what.text;
  }
  plan.faults = names;
  std::int64_t length = plan.length.count();
  app.add_option("--seconds", length, "how long faults are injected")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--members", plan.members, "members of the cluster")->check(CLI::Range(3, 7))->capture_default_str();
  app.add_option("--clients", plan.clients, "clients, each with a few calls in flight")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--seed", plan.seed, "of what is drawn; what the machine does with it differs each time")->capture_default_str();
  app.add_option("--faults", plan.faults, texts)->delimiter(',')->check(CLI::IsMember(names));
  CLI11_PARSE(app, argc, argv);
  plan.length = seconds{length};
  try {
    return soak{plan}.run() ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << "troupe-soak: " << e.what() << '\n' << logs_of_running_members();
    return 1;
  }
}
