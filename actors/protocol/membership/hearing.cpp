#include <troupe/actors/protocol/membership/hearing.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

constexpr std::size_t exact_removals_max = 12;

bool holds(const row& r, member_no m) { return r.in_sync.contains(m) || r.learners.contains(m) || r.async_backups.contains(m); }

void add_ring_neighbours(const view& v, member_no m, member_set& peers) {
  const auto n = v.members.size();
  for (std::size_t i = 0; i < n; ++i) {
    if (v.members[i].number != m) continue;
    for (std::size_t distance = 1; distance <= 2; ++distance) {
      peers.insert(v.members[(i + distance) % n].number);
      peers.insert(v.members[(i + n - distance) % n].number);
    }
  }
}

void add_replica_peers(const view& v, member_no m, member_set& peers) {
  for (const auto& table : v.tables) {
    for (const auto& r : table.rows) {
      if (!holds(r, m)) continue;
      for (const auto* set : {&r.in_sync, &r.learners, &r.async_backups}) {
        for (auto peer : *set) peers.insert(peer);
      }
    }
  }
}

/// Vertex cover by branching on the first broken link: either end of it has to go. Only covers that leave a quorum count.
class removal_search {
 public:
  removal_search(const std::vector<broken_link>& links, const electorate& voters) : links_(links), voters_(voters) {}

  std::optional<member_set> run() {
    const auto first = unavoidable();
    for (std::size_t more = 0; more <= exact_removals_max; ++more) {
      if (!has_quorum_without(first)) return std::nullopt;
      if (descend(first, more)) return best_;
    }
    return greedy(first);
  }

 private:
  [[nodiscard]] bool is_open(const broken_link& l, const member_set& gone) const { return !gone.contains(l.a) && !gone.contains(l.b); }

  [[nodiscard]] bool has_quorum_without(const member_set& gone) const {
    auto rest = voters_.voters();
    rest.erase_if([&](member_no m) { return gone.contains(m); });
    return voters_.is_quorum(rest) || TROUPE_MUTATED(living_removed_for_the_dead);
  }

  /// Whoever could stay only if so many went that no quorum stayed.
  [[nodiscard]] member_set unavoidable() const {
    member_set gone;
    for (bool found = true; found;) {
      found = false;
      std::map<member_no, member_set> neighbours;
      for (const auto& l : links_) {
        if (!is_open(l, gone)) continue;
        neighbours[l.a].insert(l.b);
        neighbours[l.b].insert(l.a);
      }
      for (const auto& [m, others] : neighbours) {
        auto without = gone;
        for (auto o : others) without.insert(o);
        if (has_quorum_without(without)) continue;
        gone.insert(m);
        found = true;
        break;
      }
    }
    return gone;
  }

  bool descend(const member_set& gone, std::size_t left) {
    if (!has_quorum_without(gone)) return false;
    const auto open = std::find_if(links_.begin(), links_.end(), [&](const broken_link& l) { return is_open(l, gone); });
    if (open == links_.end()) {
      if (!best_ || keeps_older(gone, *best_)) best_ = gone;
      return true;
    }
    if (left == 0) return false;
    bool any = false;
    for (auto end : {open->a, open->b}) {
      auto more = gone;
      more.insert(end);
      any = descend(more, left - 1) || any;
    }
    return any;
  }

  static bool keeps_older(const member_set& a, const member_set& b) {
    return std::lexicographical_compare(b.begin(), b.end(), a.begin(), a.end());
  }

  [[nodiscard]] std::optional<member_set> greedy(member_set gone) const {
    for (;;) {
      std::map<member_no, std::size_t> broken;
      for (const auto& l : links_) {
        if (!is_open(l, gone)) continue;
        ++broken[l.a];
        ++broken[l.b];
      }
      if (broken.empty()) return gone;
      std::erase_if(broken, [&](const auto& b) {
        auto without = gone;
        without.insert(b.first);
        return !has_quorum_without(without);
      });
      if (broken.empty()) return std::nullopt;
      const auto worst = std::max_element(broken.begin(), broken.end(), [](const auto& x, const auto& y) {
        return std::pair{x.second, x.first} < std::pair{y.second, y.first};
      });
      gone.insert(worst->first);
    }
  }

  const std::vector<broken_link>& links_;
  const electorate& voters_;
  std::optional<member_set> best_;
};

}  // namespace

member_set heartbeat_peers(const view& v, member_no m) {
  member_set peers;
  if (v.members.size() <= full_mesh_max) {
    for (const auto& other : v.members) peers.insert(other.number);
  } else {
    peers = voters_of(v);
    add_replica_peers(v, m, peers);
    add_ring_neighbours(v, m, peers);
  }
  peers.erase(m);
  return peers;
}

std::optional<member_set> smallest_removal(const std::vector<broken_link>& links, const electorate& voters) {
  return removal_search{links, voters}.run();
}

const std::optional<member_set>& removal_choice::of(std::vector<broken_link> links, const electorate& voters) {
  if (links != links_ || voters != voters_) {
    chosen_ = smallest_removal(links, voters);
    links_ = std::move(links);
    voters_ = voters;
  }
  return chosen_;
}

void hearing::open(const view& installed, member_no self) {
  self_ = self;
  std::erase_if(missed_, [&](const auto& m) { return !installed.has(m.first.first) || !installed.has(m.first.second); });
  expected_.clear();
  const auto voters = voters_of(installed);
  // Heartbeats to a voter are answered: so whoever sends them hears the voter, too.
  for (const auto& m : installed.members) {
    for (auto peer : heartbeat_peers(installed, m.number)) {
      expected_[peer].insert(m.number);
      if (voters.contains(peer)) expected_[m.number].insert(peer);
    }
  }
  watched_ = expected_[self];
}

void hearing::report(member_no who, const std::vector<member_no>& hears, instant now) {
  member_set heard;
  for (auto m : hears) heard.insert(m);
  for (auto m : expected_[who]) {
    if (heard.contains(m)) {
      missed_.erase({who, m});
    } else {
      missed_.try_emplace({who, m}, now);
    }
  }
}

std::vector<broken_link> hearing::broken_links(const member_set& suspects, duration settling, instant now) const {
  std::vector<broken_link> links;
  for (auto m : suspects) links.push_back({self_, m});
  for (const auto& [pair, since] : missed_) {
    const auto& [who, whom] = pair;
    if (suspects.contains(who)) continue;  // What a suspect last said is stale; it is not connected to this member anyway.
    if (suspects.contains(whom) || now - since >= settling) links.push_back({who, whom});
  }
  return links;
}

}  // namespace troupe::protocol
