// Random schedules: crashes, pauses, cuts, joins, leaves, loss, reordering, clocks apart. Safety in every step (the network checks it),
// and liveness after the faults: everybody who runs is in one view with a lease, or has learnt that it was removed and ended. Excepted are
// only clusters without a quorum, and those whom no message can reach: they halt, and say so. A failure names its seed.
#include <catch2/catch.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/electorate.hpp>

#include "tests/protocol/membership/cluster_of.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A cluster, and what happens to it, both drawn from the seed.
class schedule {
 public:
  schedule(std::uint32_t seed, quorum_policy policy)
      : random_(seed), cluster_(3 + seed % 4, quick(policy), seed), size_(3 + seed % 4), started_(size_) {
    cluster_.may_split_two = policy == quorum_policy::strict;
    cluster_.delay = milliseconds{1 + below(10)};
    if (below(2) == 0) cluster_.jitter = milliseconds{1 + below(60)};
    if (below(2) == 0) cluster_.loss = 0.05 * static_cast<double>(below(4));
    if (below(2) == 0) cluster_.duplicates = 0.1;
  }

  void disturb(int times) {
    for (int i = 0; i < times && cluster_.violation().empty(); ++i) {
      act();
      cluster_.run_for(milliseconds{below(900)});
    }
  }

  /// Faults stop. False: no agreement came of it.
  bool settle() {
    cluster_.heal_all();
    cluster_.loss = 0;
    cluster_.duplicates = 0;
    cluster_.jitter = {};
    for (std::size_t i = 0; i < started_; ++i) {
      if (running(i) && cluster_.at(i).is_paused) cluster_.resume(i);
    }
    find_stranded();
    return cluster_.run_until([&] { return is_settled(); }, seconds{30});
  }

  /// Too many crashed for a quorum of the last view: then the rest halts for good, and rightly so.
  bool has_quorum() {
    const view* latest = nullptr;
    for (std::size_t i = 0; i < started_; ++i) {
      const auto& v = cluster_.at(i).core->installed();
      if (running(i) && v && (latest == nullptr || v->name.number > latest->name.number)) latest = v.get();
    }
    if (latest == nullptr) return false;
    member_set alive;
    for (const auto& m : latest->members) {
      for (std::size_t i = 0; i < started_; ++i) {
        if (running(i) && incarnation_of(i) == m.id) alive.insert(m.number);
      }
    }
    return protocol::electorate_of(*latest).is_quorum(alive);
  }

  /// Has every member that runs said that it halts, and holds none a lease?
  bool has_halted() {
    for (std::size_t i = 0; i < started_; ++i) {
      if (running(i) && cluster_.members_seen_by(i) > 0 && !is_halted(i)) return false;
    }
    return true;
  }

  cluster_of& cluster() { return cluster_; }

 private:
  static cluster_settings quick(quorum_policy policy) {
    auto s = small_settings();
    s.split_brain = policy;
    s.times.leave_deadline = seconds{3};
    return s;
  }

  bool is_halted(std::size_t i) {
    const auto& events = cluster_.at(i).events;
    const auto last = std::find_if(events.rbegin(), events.rend(),
                                   [](const auto& e) { return e.what == event_kind::halted || e.what == event_kind::going_on; });
    return last != events.rend() && last->what == event_kind::halted && !cluster_.has_lease(i);
  }

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  bool running(std::size_t i) { return cluster_.at(i).is_running; }

  void act() {
    const std::size_t one = below(static_cast<std::uint32_t>(started_));
    const std::size_t other = below(static_cast<std::uint32_t>(started_));
    if (!running(one)) return;
    switch (below(12)) {
      case 0: if (crashes_++ < 2) cluster_.crash(one, below(2) == 0); break;
      case 1:
      case 2: cluster_.at(one).is_paused ? cluster_.resume(one) : cluster_.pause(one); break;
      case 3: if (one != other) cluster_.cut(one, other); break;
      case 4: if (one != other) cluster_.cut_one_way(one, other); break;
      case 5:
      case 6: cluster_.heal_all(); break;
      case 7: if (one != other) cluster_.close_connection(one, other); break;
      case 8: if (started_ < 10) add(); break;
      case 9: if (leaves_++ < 2 && !cluster_.at(one).is_paused) cluster_.leave(one); break;
      case 10: if (!cluster_.at(one).is_paused) cluster_.want(one, {message::wish::create_map{"map" + std::to_string(below(5))}}); break;
      case 11: cluster_.isolate(one); break;
    }
  }

  void add() {
    cluster_.next_clock_rate = 1 + (static_cast<double>(below(41)) - 20) / 1000;  // Up to 2% either way: less than 5% apart.
    cluster_.add(started_++);
  }

  /// Does anybody who can find the cluster listen where joiners look?
  bool has_seeds() {
    for (std::size_t i = 0; i < size_; ++i) {
      if (running(i) && !stranded_.contains(i)) return true;
    }
    return false;
  }

  /// A process hears of the latest view from others only. So if nobody who has heard of it, or will, is where this one looks (among the
  /// members of its view, and the seeds), nor ever had this one in a view, then no message passes between them: it halts for good.
  void find_stranded() {
    view_number latest{};
    for (std::size_t i = 0; i < started_; ++i) {
      if (running(i)) latest = std::max(latest, number_at(i));
    }
    for (std::size_t i = 0; i < started_; ++i) {
      if (running(i) && number_at(i) != latest) stranded_.insert(i);
    }
    find_again();
  }
  void find_again() {
    const auto is_found = [&](std::size_t i) {
      for (std::size_t other = 0; other < started_; ++other) {
        if (!running(other) || stranded_.contains(other)) continue;
        if (other < size_ || cluster_.sees(i, other) || cluster_.at(other).acquaintances.contains(i)) return true;
      }
      return false;
    };
    while (std::erase_if(stranded_, is_found) > 0) {
    }
  }
  view_number number_at(std::size_t i) {
    const auto& v = cluster_.at(i).core->installed();
    return v == nullptr ? view_number{} : v->name.number;
  }

  bool is_settled() {
    find_again();  // A joiner may have knocked before the seeds went.
    std::set<std::size_t> members;
    for (std::size_t i = 0; i < started_; ++i) {
      if (running(i) && !stranded_.contains(i) && (cluster_.members_seen_by(i) > 0 || has_seeds())) members.insert(i);
    }
    for (auto i : stranded_) {
      if (running(i) && cluster_.members_seen_by(i) > 0 && !is_halted(i)) return false;
    }
    return members.empty() ||
           (cluster_.agree_on(members) && std::all_of(members.begin(), members.end(), [&](std::size_t i) { return cluster_.has_lease(i); }));
  }

  std::mt19937 random_;
  cluster_of cluster_;
  std::size_t size_;
  std::size_t started_;
  std::set<std::size_t> stranded_;
  int crashes_ = 0;
  int leaves_ = 0;
};

void check_seeds(std::uint32_t first, std::uint32_t count, quorum_policy policy = quorum_policy::majority) {
  std::size_t views = 0;
  std::uint32_t settled = 0;
  for (std::uint32_t seed = first; seed < first + count; ++seed) {
    CAPTURE(seed);
    schedule s{seed, policy};
    s.disturb(40);
    const bool agreed = s.settle();
    if (!s.cluster().violation().empty()) FAIL(s.cluster().violation() << s.cluster().description());
    if (s.has_quorum() && !agreed) FAIL_CHECK("no agreement" << s.cluster().description());
    if (!agreed && !s.has_halted()) FAIL_CHECK("no agreement, and no halt" << s.cluster().description());
    settled += agreed;
    views += s.cluster().views_decided();
  }
  CHECK(2 * settled > count);  // The schedules are not all hopeless,
  CHECK(views > 5 * count);    // and a lot happens in them.
}

}  // namespace

TEST_CASE("random schedules keep one view per number, remove nobody with a lease, and end in agreement") { check_seeds(1, 300); }

TEST_CASE("the same under strict, where two voters are split like any others") { check_seeds(1, 200, quorum_policy::strict); }

TEST_CASE("the same with many more seeds", "[.long]") {
  check_seeds(1000, 3000);
  check_seeds(1000, 3000, quorum_policy::strict);
}
