#include <troupe/actors/protocol/membership/hearing.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/view_change.hpp>

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

/// Vertex cover by branching on the first broken link: either end of it has to go.
class removal_search {
 public:
  explicit removal_search(const std::vector<broken_link>& links) : links_(links) {}

  member_set run() {
    for (std::size_t size = 0; size <= exact_removals_max; ++size) {
      if (descend({}, size)) return best_;
    }
    return greedy();
  }

 private:
  bool descend(const member_set& gone, std::size_t left) {
    const auto open = std::find_if(links_.begin(), links_.end(), [&](const broken_link& l) { return !gone.contains(l.a) && !gone.contains(l.b); });
    if (open == links_.end()) {
      if (!found_ || keeps_older(gone, best_)) best_ = gone;
      found_ = true;
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

  member_set greedy() {
    member_set gone;
    for (;;) {
      std::map<member_no, std::size_t> broken;
      for (const auto& l : links_) {
        if (gone.contains(l.a) || gone.contains(l.b)) continue;
        ++broken[l.a];
        ++broken[l.b];
      }
      if (broken.empty()) return gone;
      const auto worst = std::max_element(broken.begin(), broken.end(), [](const auto& x, const auto& y) {
        return std::pair{x.second, x.first} < std::pair{y.second, y.first};
      });
      gone.insert(worst->first);
    }
  }

  const std::vector<broken_link>& links_;
  member_set best_;
  bool found_ = false;
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

member_set smallest_removal(const std::vector<broken_link>& links) { return removal_search{links}.run(); }

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
