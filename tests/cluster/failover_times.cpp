// failover-times: how long a client waits when a member fails, as a distribution over many trials on real processes.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "tests/cluster/test_cluster.hpp"

namespace {

using namespace troupe;
using namespace troupe::cluster;

constexpr std::size_t members = 3;
constexpr std::size_t keys_probed = 8;
const std::string map_name = "one";  // One backup.

/// Sets one key again and again, the next as soon as the last is answered.
class probe : public std::enable_shared_from_this<probe> {
 public:
  probe(connection& through, std::string key) : through_{through}, key_{std::move(key)} {}

  void go_on() {
    through_.submit(map_name, single(operation_kind::set, key_, "v"), [self = shared_from_this(), began = clock::now()](map_result&& r) {
      if (self->ended(r, began)) self->go_on();
    });
  }

  void stop() {
    const std::lock_guard guard{mutex_};
    is_stopped_ = true;
  }

  /// A call that began after `moment` was answered.
  [[nodiscard]] bool answered_since(clock::time_point moment) const {
    const std::lock_guard guard{mutex_};
    return last_began_ >= moment;
  }
  [[nodiscard]] bool is_idle() const {
    const std::lock_guard guard{mutex_};
    return is_idle_;
  }
  /// Requires: is_idle().
  [[nodiscard]] clock::duration longest() const { return longest_; }
  [[nodiscard]] std::size_t failed() const { return failed_; }

 private:
  bool ended(const map_result& r, clock::time_point began) {
    const std::lock_guard guard{mutex_};
    failed_ += r.result == outcome::ok ? 0 : 1;
    longest_ = std::max(longest_, clock::now() - began);
    last_began_ = began;
    is_idle_ = is_stopped_;
    return !is_stopped_;
  }

  connection& through_;
  const std::string key_;
  mutable std::mutex mutex_;
  bool is_stopped_ = false;
  bool is_idle_ = false;
  clock::time_point last_began_;
  clock::duration longest_{};
  std::size_t failed_ = 0;
};

struct trial {
  double longest_ms = 0;
  std::size_t failed = 0;
};

/// What befalls a member, and how it comes back.
struct fault {
  std::string text;
  void (*strike)(running_member&);
  void (*mend)(test_cluster&, std::size_t position);
};

void start_again(test_cluster& c, std::size_t position) { c.restart(position); }

const std::map<std::string, fault>& faults() {
  static const std::map<std::string, fault> all{
      {"kill", {"kill -9", [](running_member& m) { m.kill(); }, start_again}},
      {"pause",
       {"SIGSTOP until the others have removed it",
        [](running_member& m) { m.stop(); },
        [](test_cluster& c, std::size_t position) {
          if (!eventually([&] { return !c.has_in_view(position); })) throw std::runtime_error("a stopped member was not removed");
          c[position].resume();
          c[position].wait_ready();  // By itself, as a new member.
        }}},
      {"leave",
       {"SIGTERM, and a new member in its place",
        [](running_member& m) { m.terminate(); },
        [](test_cluster& c, std::size_t position) {
          const auto status = c[position].process().wait_ended();
          if (status != 0) throw std::runtime_error("a leaving member ended with " + (status ? std::to_string(*status) : "nothing"));
          c.restart(position);
        }}},
  };
  return all;
}

trial try_once(test_cluster& cluster, const fault& what, std::mt19937_64& random) {
  if (!cluster.wait_safe(members)) throw std::runtime_error("the cluster did not become safe");
  const std::size_t victim = random() % members;
  const auto number = cluster.number(victim);
  const auto is_struck = [&](const row& r) { return r.primary == number; };
  std::vector<std::shared_ptr<probe>> probes;
  for (auto& key : keys_in_rows(*cluster.client().view(), map_name, "k" + std::to_string(random()) + "-", keys_probed, is_struck))
    probes.push_back(std::make_shared<probe>(cluster.client(), std::move(key)));
  const auto all = [&](auto&& holds) { return std::all_of(probes.begin(), probes.end(), [&](const auto& p) { return holds(*p); }); };

  for (const auto& p : probes) p->go_on();
  std::this_thread::sleep_for(milliseconds{50 + random() % 300});  // The moment between two heartbeats is any.
  what.strike(cluster[victim]);
  const auto struck_at = clock::now();
  what.mend(cluster, victim);
  const auto is_back = eventually([&] { return all([&](const probe& p) { return p.answered_since(struck_at); }); });
  for (const auto& p : probes) p->stop();
  if (!is_back || !eventually([&] { return all([](const probe& p) { return p.is_idle(); }); }))
    throw std::runtime_error("an operation never ended");

  trial t;
  for (const auto& p : probes) {
    t.longest_ms = std::max(t.longest_ms, std::chrono::duration<double, std::milli>(p->longest()).count());
    t.failed += p->failed();
  }
  return t;
}

/// Trials of earlier runs, from a file with a line `LONGEST_MS FAILED` for each; none when there is no such file.
std::vector<trial> recorded(const std::string& file) {
  std::vector<trial> list;
  std::ifstream in{file};
  for (trial t; in >> t.longest_ms >> t.failed;) list.push_back(t);
  return list;
}

void print_distribution(const std::string& name, std::vector<trial> list) {
  std::sort(list.begin(), list.end(), [](const trial& a, const trial& b) { return a.longest_ms < b.longest_ms; });
  const auto at = [&](double share) { return list[static_cast<std::size_t>(share * static_cast<double>(list.size() - 1))].longest_ms; };
  std::size_t failed = 0;
  for (const auto& t : list) failed += t.failed;
  std::printf("%-6s %7s %8s %8s %8s %8s %8s\n", "fault", "trials", "p50 ms", "p90 ms", "p99 ms", "max ms", "failed");
  std::printf("%-6s %7zu %8.0f %8.0f %8.0f %8.0f %8zu\n", name.c_str(), list.size(), at(0.5), at(0.9), at(0.99), list.back().longest_ms, failed);
}

int run(const std::string& name, std::size_t wanted, const std::string& file) {
  auto list = file.empty() ? std::vector<trial>{} : recorded(file);
  std::ofstream out;
  if (!file.empty()) {
    out.open(file, std::ios::app);
    if (!out) throw std::runtime_error("can't write to " + file);
  }
  const bool shows_progress = isatty(STDERR_FILENO) == 1;
  std::mt19937_64 random{std::random_device{}()};
  test_cluster cluster{members};
  cluster.client().set(map_name, "first", "v");
  while (list.size() < wanted) {
    list.push_back(try_once(cluster, faults().at(name), random));
    if (out.is_open()) out << list.back().longest_ms << ' ' << list.back().failed << std::endl;
    if (shows_progress) std::cerr << "\r" << list.size() << " of " << wanted << " trials " << std::flush;
  }
  if (shows_progress) std::cerr << '\n';
  print_distribution(name, std::move(list));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Measures failover: three real members, one backup; 8 clients' worth of sets on rows whose primary is struck.\n"
      "A trial's figure is the longest that one of these operations took. Run it on a quiet machine.\n\n"
      "  failover-times --fault kill --trials 200 --record kill.txt    goes on where an earlier run ended"};
  std::string fault_name = "kill";
  std::size_t trials = 20;
  std::string file;
  std::vector<std::string> names;
  std::string texts;
  for (const auto& [name, what] : faults()) {
    names.push_back(name);
    texts += (texts.empty() ? "" : "; ") + name + ": " + what.text;
  }
  app.add_option("--fault", fault_name, texts)->check(CLI::IsMember(names))->capture_default_str();
  app.add_option("--trials", trials, "how many, those of an earlier run included")->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("--record", file, "a file to which each trial adds a line, and whose trials count");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(fault_name, trials, file);
  } catch (const std::exception& e) {
    std::cerr << "failover-times: " << e.what() << '\n' << logs_of_running_members();
    return 1;
  }
}
