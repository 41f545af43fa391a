// A cluster of real processes under faults, for as long as one likes: clients that ask at random, members that are killed, stopped, asked
// to leave and started anew, links that are cut, clients that die. Every history goes through the linearizability checker.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>

#include "tests/cluster/private_network.hpp"
#include "tests/cluster/recorded_client.hpp"
#include "tests/cluster/soak_report.hpp"
#include "tests/cluster/test_cluster.hpp"

namespace {

using namespace troupe;
using namespace troupe::cluster;

struct soak_plan {
  seconds length{60};
  std::size_t members = 3;
  std::size_t clients = 6;
  std::uint64_t seed = 1;
  std::vector<std::string> faults;  ///< by name, at least one
};

class soak {
 public:
  /// \param network null: none of the faults needs one
  soak(const soak_plan& plan, private_network* network)
      : plan_{plan},
        network_{network},
        rng_{sim::dice::of(plan.seed, "soak")},
        cluster_{plan.members, "soak.xml", network},
        book_{keys(cluster_.client().view()->settings.partition_count)} {
    for (const auto& name : plan.faults) report_.faults[name];
  }

  soak_report run() {
    try {
      inject_faults();
      clients_.clear();
      read_all();
    } catch (const std::exception& e) {
      report_.failure = e.what();
      clients_.clear();
    }
    if (isatty(STDERR_FILENO) == 1) std::fputc('\n', stderr);
    report_.operations = book_.counts();
    report_.judgement = book_.judge();
    if (!report_.is_good()) report_.logs = logs_of_running_members();
    return report_;
  }

  struct fault {
    std::string text;
    void (soak::*strike)();
    bool cuts_links = false;
  };
  static const std::map<std::string, fault>& faults() {
    static const std::map<std::string, fault> all{
        {"kill", {"kill -9, and a new member at its address", &soak::kill}},
        {"leave", {"SIGTERM, and a new member at its address", &soak::leave}},
        {"short-pause", {"SIGSTOP for less than the lease", &soak::pause_shortly}},
        {"long-pause", {"SIGSTOP until long after the others have removed it", &soak::pause_long}},
        {"client-death", {"a client ends with its calls in flight", &soak::end_client}},
        {"cut", {"nothing passes between a member and the others, or one of them, for less than the lease or until a removal", &soak::cut, true}},
        {"one-way-cut", {"the same in one direction only", &soak::cut_one_way, true}},
        {"isolate", {"the same between a member and everybody, clients included", &soak::isolate, true}},
        {"client-cut", {"nothing passes between a member and the clients, in one direction or both", &soak::cut_clients, true}},
    };
    return all;
  }

 private:
  using end_no = private_network::end_no;
  using links = std::vector<private_network::link>;
  enum class direction { both, out, in };

  static sim::keyspace_options keys(std::uint32_t partitions) {
    sim::keyspace_options o;
    for (const auto& [name, backups] : {std::pair{"one", 1}, std::pair{"two", 2}}) {
      map_definition m;
      m.pattern = name;
      m.kind.backups = static_cast<std::uint8_t>(backups);
      o.maps.push_back(m);
    }
    o.partition_count = partitions;
    return o;
  }

  // The course of a run.

  void inject_faults() {
    cluster_.client().set("one", "first", "v");
    cluster_.client().set("two", "first", "v");
    heal();
    while (clients_.size() < plan_.clients) start_client();
    const auto begun = clock::now();
    while (clock::now() - begun < plan_.length) {
      show_progress(clock::now() - begun);
      sleep_between(100, 800);
      heal();  // Nearly always at once. But a removal may have been on its way when all seemed well.
      inject(next_fault());
    }
  }

  /// Every kind once in each round, in any order.
  std::string next_fault() {
    if (round_.empty()) round_ = plan_.faults;
    std::swap(round_[rng_.index(round_.size())], round_.back());
    auto next = std::move(round_.back());
    round_.pop_back();
    return next;
  }

  void inject(const std::string& name) {
    auto& tally = report_.faults[name];
    ++tally.fired;
    (this->*faults().at(name).strike)();
    tally.removed += heal();
    tally.longest_heal = std::max(tally.longest_heal, clock::now() - fault_ended_);
  }

  /// The next fault shall not meet a row that has lost a copy already: that would be allowed to lose data.
  /// Returns how many members have come back by themselves.
  int heal() {
    int returned = 0;
    const auto is_whole = eventually([&] {
      for (std::size_t i = 0; i < plan_.members; ++i) {
        if (cluster_[i].notice_return()) ++returned;
        if (cluster_[i].process().has_ended()) throw std::runtime_error("the member at " + to_string(cluster_[i].address()) + " ended");
      }
      return !somebody_is_removed() && cluster_.has_all_copies(plan_.members);
    });
    if (!is_whole) throw std::runtime_error("the cluster did not heal");
    return returned;
  }

  /// Of those that have not said yet that they are back.
  bool somebody_is_removed() const {
    for (std::size_t i = 0; i < plan_.members; ++i) {
      if (!cluster_.has_in_view(i)) return true;
    }
    return false;
  }

  /// What every key holds in the end is part of its history.
  void read_all() {
    for (const auto& q : book_.draw_last_reads()) book_.answered(q, cluster_.client().call(q.map, q.what));
  }

  void show_progress(clock::duration since) const {
    if (isatty(STDERR_FILENO) != 1) return;
    std::fprintf(stderr, "\r%5.0f of %lld s, %llu operations ", std::chrono::duration<double>(since).count(),
                 static_cast<long long>(plan_.length.count()), static_cast<unsigned long long>(book_.counts().ok));
  }

  // The faults, and what they are made of. Each says when it has ended.

  void ends_now() { fault_ended_ = clock::now(); }
  std::size_t victim() { return rng_.index(plan_.members); }
  void sleep_between(std::uint64_t low_ms, std::uint64_t high_ms) { std::this_thread::sleep_for(milliseconds{rng_.between(low_ms, high_ms)}); }

  void kill() {
    const auto who = victim();
    cluster_[who].kill();
    ends_now();
    cluster_.restart(who);
  }
  void leave() {
    const auto who = victim();
    cluster_[who].terminate();
    if (cluster_[who].process().wait_ended() != 0) throw std::runtime_error("a member did not leave as it should");
    ends_now();
    cluster_.restart(who);
  }

  void pause_shortly() { pause(100, 800); }
  void pause_long() { pause(2500, 6000); }
  void pause(std::uint64_t low_ms, std::uint64_t high_ms) {
    const auto who = victim();
    cluster_[who].stop();
    sleep_between(low_ms, high_ms);
    cluster_[who].resume();
    ends_now();
  }

  void start_client() {
    clients_.push_back(std::make_unique<recorded_client>(book_, cluster_.name(), cluster_.addresses(), plan_.seed * 1000 + clients_begun_++));
  }
  void end_client() {
    clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(rng_.index(clients_.size())));
    start_client();
    ends_now();
  }

  void cut() { part(direction::both); }
  void cut_one_way() { part(rng_.chance(0.5) ? direction::out : direction::in); }

  void part(direction which) {
    const auto who = victim();
    auto others = all_but(who);
    if (rng_.chance(0.7)) return cut_off(between(end_of(who), others, which));
    others = {others[rng_.index(others.size())]};
    cut_pair(between(end_of(who), others, which));
  }

  void isolate() {
    const auto who = victim();
    auto others = all_but(who);
    others.push_back(private_network::own);
    cut_off(between(end_of(who), others, direction::both));
  }

  void cut_clients() {
    const auto which = std::array{direction::both, direction::out, direction::in}[rng_.index(3)];
    network_->cut(between(private_network::own, {end_of(victim())}, which));
    sleep_between(100, 4000);
    mend();
  }

  /// These links leave one member without all the others.
  void cut_off(const links& which) {
    network_->cut(which);
    if (rng_.chance(0.5)) {
      sleep_between(100, 800);
    } else {
      // Nothing of this costs copies. A client has none. A stopped member keeps its own; to be removed beside the one that is cut off it is
      // not silent long enough, and of three members the last would go on alone only if it were dead.
      if (rng_.chance(0.25)) end_client();
      if (rng_.chance(0.25)) pause_shortly();
      wait_removed();
      sleep_between(0, 3000);
    }
    mend();
  }

  /// These links part two members that both reach the others. The one that is removed can come back while the cut lasts, as a new member
  /// without copies; and then the other may be removed, before its copies have gone elsewhere. So this ends with the first removal.
  void cut_pair(const links& which) {
    network_->cut(which);
    if (rng_.chance(0.5)) {
      sleep_between(100, 800);
    } else {
      wait_removed();
    }
    mend();
  }

  void wait_removed() {
    if (!eventually([&] { return somebody_is_removed(); })) throw std::runtime_error("nobody was removed though links were cut");
  }
  void mend() {
    network_->mend();
    ends_now();
  }

  static end_no end_of(std::size_t position) { return position + 1; }
  std::vector<end_no> all_but(std::size_t position) const {
    std::vector<end_no> others;
    for (std::size_t i = 0; i < plan_.members; ++i) {
      if (i != position) others.push_back(end_of(i));
    }
    return others;
  }
  /// `out` is from the one to the others.
  static links between(end_no one, const std::vector<end_no>& others, direction which) {
    links all;
    for (const auto other : others) {
      if (which != direction::in) all.push_back({one, other});
      if (which != direction::out) all.push_back({other, one});
    }
    return all;
  }

  soak_plan plan_;
  private_network* network_;
  sim::dice rng_;
  test_cluster cluster_;
  record_book book_;
  std::vector<std::unique_ptr<recorded_client>> clients_;
  std::uint64_t clients_begun_ = 0;
  std::vector<std::string> round_;  // What is left of it.
  clock::time_point fault_ended_;
  soak_report report_;
};

/// A network whose links can be cut, or why there is none.
struct network_offer {
  std::unique_ptr<private_network> network;
  std::string obstacle;

  [[nodiscard]] bool allows(const soak::fault& f) const { return network || !f.cuts_links; }
};

/// Requires: this process still has one thread.
network_offer find_network(const std::string& wanted, std::size_t members) {
  if (wanted == "loopback") return {nullptr, "on loopback no link can be cut"};
  try {
    return {std::make_unique<private_network>(members), {}};
  } catch (const std::exception& e) {
    if (!wanted.empty()) throw;
    return {nullptr, e.what()};
  }
}

void list_faults(const network_offer& offer) {
  for (const auto& [name, f] : soak::faults()) {
    std::printf("%-14s %s\n", name.c_str(), f.text.c_str());
    if (!offer.allows(f)) std::printf("%-14s not here: %s\n", "", offer.obstacle.c_str());
  }
}

bool run(soak_plan plan, const network_offer& offer, const std::string& log_file) {
  std::map<std::string, std::string> left_out;
  std::erase_if(plan.faults, [&](const std::string& name) {
    const bool is_possible = offer.allows(soak::faults().at(name));
    if (!is_possible) left_out[name] = offer.obstacle;
    return !is_possible;
  });
  if (plan.faults.empty()) throw std::runtime_error("none of these faults can be injected: " + offer.obstacle);
  std::printf("seed %llu, %zu members, %zu clients, network: %s\n", static_cast<unsigned long long>(plan.seed), plan.members, plan.clients,
              offer.network ? "namespaces" : "loopback");
  auto report = soak{plan, offer.network.get()}.run();
  report.left_out = std::move(left_out);
  print(report, stdout);
  if (log_file.empty()) {
    std::cerr << report.logs;
  } else if (!(std::ofstream{log_file} << report.logs)) {
    throw std::runtime_error("can't write to " + log_file);
  }
  return report.is_good();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs a cluster of real members under faults, one after the other, and checks every history for linearizability.\n\n"
      "  troupe-soak --seconds 600                       ten minutes of everything\n"
      "  troupe-soak --seconds 60 --faults kill,cut      a minute of these two"};
  soak_plan plan;
  for (const auto& [name, what] : soak::faults()) plan.faults.push_back(name);
  std::int64_t length = plan.length.count();
  std::string network;
  std::string log_file;
  bool lists_faults = false;
  app.add_option("--seconds", length, "how long faults are injected")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--members", plan.members, "members of the cluster")->check(CLI::Range(3, 7))->capture_default_str();
  app.add_option("--clients", plan.clients, "clients, each with a few calls in flight")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--seed", plan.seed, "of what is drawn; what the machine does with it differs each time")->capture_default_str();
  app.add_option("--faults", plan.faults, "which; --list-faults explains them")->delimiter(',')->check(CLI::IsMember(plan.faults));
  app.add_option("--network", network,
                 "namespaces: a network of the run's own, whose links can be cut (needs root or user namespaces, and `ip`); "
                 "loopback: the machine's; default: namespaces where possible")
      ->check(CLI::IsMember({"loopback", "namespaces"}));
  app.add_option("--logs", log_file, "where the members' logs go when something is wrong; default: the standard error");
  app.add_flag("--list-faults", lists_faults, "says what can be injected, and what not on this machine and why");
  CLI11_PARSE(app, argc, argv);
  plan.length = seconds{length};
  try {
    const auto offer = find_network(network, plan.members);
    if (lists_faults) return list_faults(offer), 0;
    return run(plan, offer, log_file) ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << "troupe-soak: " << e.what() << '\n' << logs_of_running_members();
    return 1;
  }
}
