// Whom a member suspects, and who has to go for it.
#include <catch2/catch.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/failure_detector.hpp>
#include <troupe/actors/protocol/membership/hearing.hpp>

#include "tests/protocol/membership/views.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::protocol;

namespace {

const timing times;

electorate majority_of(member_set voters) { return {std::move(voters), quorum_policy::majority}; }

/// A detector that watches member 2 and is woken every 25 ms.
struct watcher {
  watcher() {
    detector.awake(times, now);
    detector.watch({no(2)}, now);
  }
  std::vector<member_no> run_for(duration length) {
    std::vector<member_no> suspected;
    for (const auto end = now + length; now < end;) {
      now += milliseconds{25};
      detector.awake(times, now);
      for (auto m : detector.newly_silent(times, now)) suspected.push_back(m);
    }
    return suspected;
  }
  instant now{seconds{100}};
  failure_detector detector;
};

}  // namespace

TEST_CASE("silence: suspected after the configured time, once, until it is heard") {
  watcher w;
  CHECK(w.run_for(milliseconds{1000}).empty());
  CHECK(w.run_for(milliseconds{50}) == std::vector{no(2)});
  CHECK(w.run_for(seconds{5}).empty());
  CHECK(w.detector.suspects(no(2)));
  CHECK(w.detector.heard(no(2), w.now));
  CHECK_FALSE(w.detector.suspects(no(2)));
  CHECK_FALSE(w.detector.heard(no(2), w.now));
}

TEST_CASE("a closed connection: suspected at once, once") {
  watcher w;
  CHECK(w.detector.closed(no(2)));
  CHECK_FALSE(w.detector.closed(no(2)));
  CHECK_FALSE(w.detector.closed(no(7)));
}

TEST_CASE("a late wake starts the clocks anew") {
  watcher w;
  w.run_for(milliseconds{900});
  w.now += milliseconds{525};
  CHECK(w.detector.awake(times, w.now));
  CHECK(w.detector.last_gap() == w.now);
  CHECK(w.detector.newly_silent(times, w.now).empty());
  CHECK(w.run_for(milliseconds{1000}).empty());
  CHECK(w.run_for(milliseconds{50}).size() == 1);
}

TEST_CASE("smaller lateness stretches the clocks while it lasts") {
  watcher w;
  w.now += milliseconds{325};  // 300 ms late: below half a lease.
  CHECK_FALSE(w.detector.awake(times, w.now));
  CHECK(w.detector.patience(times) == milliseconds{1600});
  w.run_for(seconds{2});
  CHECK(w.detector.patience(times) == milliseconds{1000});
}

TEST_CASE("the smallest removal leaves no broken link, and keeps the oldest") {
  const auto links = [](std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> pairs) {
    std::vector<broken_link> result;
    for (auto [a, b] : pairs) result.push_back({no(a), no(b)});
    return result;
  };
  const auto smallest_removal = [](const auto& broken) { return *protocol::smallest_removal(broken, majority_of({no(100)})); };
  CHECK(smallest_removal(std::vector<broken_link>{}).empty());
  CHECK(smallest_removal(links({{1, 2}})) == member_set{no(2)});
  CHECK(smallest_removal(links({{2, 1}})) == member_set{no(2)});
  CHECK(smallest_removal(links({{1, 2}, {1, 3}})) == member_set{no(1)});
  CHECK(smallest_removal(links({{1, 2}, {3, 4}})) == member_set{no(2), no(4)});
  CHECK(smallest_removal(links({{1, 2}, {2, 3}, {3, 1}})) == member_set{no(2), no(3)});
  CHECK(smallest_removal(links({{1, 4}, {4, 2}, {2, 5}, {5, 4}})) == member_set{no(4), no(5)});
}

TEST_CASE("the smallest removal is one, compared with every subset of random graphs") {
  std::mt19937 random{7};
  for (int round = 0; round < 300; ++round) {
    std::vector<broken_link> links;
    for (std::uint32_t a = 1; a <= 7; ++a) {
      for (std::uint32_t b = a + 1; b <= 7; ++b) {
        if (random() % 4 == 0) links.push_back({no(a), no(b)});
      }
    }
    const auto covers = [&](unsigned mask) {
      return std::all_of(links.begin(), links.end(), [&](const auto& l) { return (mask >> l.a.value() & 1U) || (mask >> l.b.value() & 1U); });
    };
    std::size_t smallest = 8;
    for (unsigned mask = 0; mask < 256; mask += 2) {
      if (covers(mask)) smallest = std::min(smallest, static_cast<std::size_t>(__builtin_popcount(mask)));
    }
    unsigned found = 0;
    const auto removal = *smallest_removal(links, majority_of({no(100)}));
    for (auto m : removal) found |= 1U << m.value();
    CHECK(covers(found));
    CHECK(removal.size() == smallest);
  }
}

TEST_CASE("many broken links at once: still no link is left, in little time") {
  std::vector<broken_link> links;
  for (std::uint32_t a = 1; a <= 20; ++a) {
    for (std::uint32_t b = 21; b <= 40; ++b) links.push_back({no(a), no(b)});
  }
  const auto gone = *smallest_removal(links, majority_of({no(100)}));
  CHECK(std::all_of(links.begin(), links.end(), [&](const auto& l) { return gone.contains(l.a) || gone.contains(l.b); }));
}

TEST_CASE("the living stay, however many died, as long as they are a quorum of the voters") {
  const member_set voters{no(1), no(2), no(3), no(4), no(5), no(6), no(7)};
  for (const std::uint32_t members : {9U, 20U, 60U}) {
    std::vector<broken_link> links;
    member_set died;
    for (std::uint32_t dead = 5; dead <= members; ++dead) {
      died.insert(no(dead));
      for (std::uint32_t alive = 1; alive <= 4; ++alive) links.push_back({no(alive), no(dead)});
    }
    CHECK(smallest_removal(links, majority_of(voters)) == died);
  }
}

TEST_CASE("nobody is removed where no quorum would stay") {
  const member_set three{no(1), no(2), no(3)};
  CHECK(smallest_removal({{no(1), no(2)}, {no(2), no(3)}, {no(3), no(1)}}, majority_of(three)) == std::nullopt);
  CHECK(smallest_removal({{no(1), no(2)}}, majority_of({no(1), no(2)})) == std::nullopt);
  CHECK(smallest_removal({{no(1), no(2)}, {no(1), no(3)}}, majority_of(three)) == member_set{no(1)});
  const electorate strict{{no(1), no(2)}, quorum_policy::strict};
  CHECK(smallest_removal({{no(1), no(2)}}, strict) == member_set{no(2)});
}

TEST_CASE("reports: a link between two others counts when it stays broken, or leads to a suspect") {
  hearing h;
  h.open(*view_with(4), no(1));
  const instant now{seconds{100}};
  h.report(no(2), {no(1), no(4)}, now);  // 2 does not hear 3.
  CHECK(h.broken_links({}, seconds{1}, now + milliseconds{900}).empty());
  CHECK(h.broken_links({}, seconds{1}, now + seconds{1}).size() == 1);
  CHECK(h.broken_links({no(3)}, seconds{1}, now).size() == 2);  // Its own, and 2's report.
  CHECK(h.broken_links({no(2)}, seconds{1}, now + seconds{9}).size() == 1);  // What a suspect said is stale.
  h.report(no(2), {no(1), no(3), no(4)}, now + milliseconds{950});
  CHECK(h.broken_links({}, seconds{1}, now + seconds{2}).empty());
}

TEST_CASE("heartbeats go to everybody in small clusters; in large ones to voters, replica peers and neighbours") {
  CHECK(heartbeat_peers(*view_with(16), no(5)).size() == 15);
  const auto peers = heartbeat_peers(*view_with(40), no(20));
  CHECK(peers == member_set{no(1), no(2), no(3), no(4), no(5), no(6), no(7), no(18), no(19), no(21), no(22)});
  auto v = *view_with(40);
  row r;
  r.in_sync = {no(20), no(33)};
  v.tables.push_back({durability{1, 0}, {r}});
  CHECK(heartbeat_peers(v, no(20)).contains(no(33)));
  hearing of_a_voter;
  of_a_voter.open(v, no(1));
  CHECK(of_a_voter.watched().size() == 39);
}
