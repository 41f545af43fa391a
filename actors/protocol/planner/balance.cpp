// Evens out a full table. Copies first, then primaries; both along chains of members, because the one with too many and the one with too
// few need not share a row that can be changed.
#include <troupe/actors/protocol/planner/placement.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <tuple>

namespace troupe::protocol {

namespace {

/// A change of one row that takes something from one seat and gives it to another; cheaper ones first.
struct step {
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::size_t row = none;
  std::size_t cost = none;

  [[nodiscard]] bool possible() const { return row != none; }
  void consider(std::size_t r, std::size_t c) {
    if (c < cost) *this = {r, c};
  }
};

/// The possible steps between all pairs of seats.
class step_graph {
 public:
  explicit step_graph(std::size_t seats) : seats_(seats), steps_(seats * seats) {}

  step& at(seat from, seat to) { return steps_[from * seats_ + to]; }

  /// The row has been changed: what was possible with it may not be any more.
  void forget(std::size_t r) {
    for (auto& s : steps_) {
      if (s.row == r) s = step{};
    }
  }

  /// The shortest chain from `from` to a seat that `wanted` accepts; empty when there is none or it would change a row twice.
  template <class Predicate>
  std::vector<seat> chain(seat from, Predicate wanted) {
    std::vector<seat> came_from(seats_, static_cast<seat>(seats_));
    std::vector<seat> queue{from};
    came_from[from] = from;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (wanted(queue[i])) return unwind(queue[i], from, came_from);
      for (seat next = 0; next < seats_; ++next) {
        if (came_from[next] != seats_ || !at(queue[i], next).possible()) continue;
        came_from[next] = queue[i];
        queue.push_back(next);
      }
    }
    return {};
  }

 private:
  std::vector<seat> unwind(seat to, seat from, const std::vector<seat>& came_from) {
    std::vector<seat> path{to};
    while (path.back() != from) path.push_back(came_from[path.back()]);
    std::reverse(path.begin(), path.end());
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) rows.push_back(at(path[i], path[i + 1]).row);
    std::sort(rows.begin(), rows.end());
    if (std::adjacent_find(rows.begin(), rows.end()) != rows.end()) path.clear();
    return path;
  }

  std::size_t seats_;
  std::vector<step> steps_;
};

class balancing {
 public:
  balancing(seated_table& table, const std::vector<const row*>& rows)
      : table_(table), rows_(rows), seats_(table.house().size()), standing_(rows.size() * seats_, standing::absent) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      note_standing(r, rows[r]->learners, standing::learning);
      note_standing(r, rows[r]->async_backups, standing::async);
      note_standing(r, rows[r]->in_sync, standing::in_sync);
    }
  }

  void run() {
    while (even_out_copies()) {
    }
    even_out_primaries();
  }

 private:
  /// What a member has of a row at present.
  enum class standing : std::uint8_t { absent, learning, async, in_sync };

  void note_standing(std::size_t r, const member_set& who, standing what) {
    for (auto m : who) {
      if (const auto s = table_.house().seat_of(m)) standing_[r * seats_ + *s] = what;
    }
  }
  [[nodiscard]] standing standing_of(std::size_t r, seat s) const { return standing_[r * seats_ + s]; }

  /// All seats, those with most of `count` first.
  template <class Count>
  std::vector<seat> by_descending(Count count) const {
    std::vector<seat> order(seats_);
    std::iota(order.begin(), order.end(), seat{0});
    std::stable_sort(order.begin(), order.end(), [&](seat a, seat b) { return count(a) > count(b); });
    return order;
  }

  template <class Visit>
  void for_each_holder(std::size_t r, Visit visit) const {
    for (auto s : table_.row(r).sync) visit(s);
    for (auto s : table_.row(r).async) visit(s);
  }

  // ---- copies ----

  bool even_out_copies() {
    const auto count = [&](seat s) { return table_.copies(s); };
    const auto order = by_descending(count);
    if (count(order.front()) < count(order.back()) + 2) return false;
    if (const auto direct = cheapest_move(order.front(), order.back()); direct.possible()) {
      table_.replace(direct.row, order.front(), order.back());
      return true;
    }
    auto graph = possible_moves();
    return follow_chains(graph, count, [&](std::size_t r, seat from, seat to) { table_.replace(r, from, to); });
  }

  step cheapest_move(seat from, seat to) const {
    step best;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      if (table_.contains(r, from) && may_move(r, from, to)) best.consider(r, cost_of_move(r, from, to));
    }
    return best;
  }

  step_graph possible_moves() const {
    step_graph graph{seats_};
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      for_each_holder(r, [&](seat from) {
        for (seat to = 0; to < seats_; ++to) {
          if (from != to && may_move(r, from, to)) graph.at(from, to).consider(r, cost_of_move(r, from, to));
        }
      });
    }
    return graph;
  }

  /// What is on its way goes on: the step that would redirect it is taken back by the next plan, which counts from where that led.
  bool may_move(std::size_t r, seat from, seat to) const {
    return standing_of(r, from) != standing::learning && table_.may_replace(r, from, to);
  }

  /// What has not begun to move costs least, a primary most; among equals, where the two are seldom paired.
  std::size_t cost_of_move(std::size_t r, seat from, seat to) const {
    const auto primary = table_.row(r).sync[0];
    std::size_t rank = 0;
    if (standing_of(r, from) == standing::learning) rank = 1;
    if (standing_of(r, from) > standing::learning) rank = from == primary ? 3 : 2;
    return rank * rows_.size() + (from == primary ? 0 : table_.understudies(primary, to));
  }

  // ---- primaries ----

  /// First with the hand-overs that the very next view begins, then with those that have to wait for copies. A chain of the second kind
  /// that leads through a row which need not wait would be begun there alone, and the next plan, which finds that half of it, would take it
  /// back, and so on with every view: so the first kind is settled without regard to the second.
  void even_out_primaries() {
    while (even_out_primaries([&](std::size_t r, seat to) { return may_lead_now(r, to); })) {
    }
    std::vector<std::optional<seat>> settled(rows_.size());
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      if (!table_.row(r).empty() && is_ready(r)) settled[r] = table_.row(r).sync[0];
    }
    while (even_out_primaries([](std::size_t, seat) { return true; })) {
    }
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      if (settled[r] && is_ready(r) && table_.row(r).sync.contains(*settled[r])) table_.move_primary(r, *settled[r]);
    }
  }

  template <class Predicate>
  bool even_out_primaries(Predicate may_lead) {
    const auto count = [&](seat s) { return table_.primaries(s); };
    auto graph = possible_hand_overs(may_lead);
    return follow_chains(graph, count, [&](std::size_t r, seat, seat to) { table_.move_primary(r, to); });
  }

  template <class Predicate>
  step_graph possible_hand_overs(Predicate may_lead) const {
    step_graph graph{seats_};
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      if (table_.row(r).empty()) continue;
      const auto primary = table_.row(r).sync[0];
      if (standing_of(r, primary) == standing::learning) continue;  // It is on its way to lead.
      for_each_holder(r, [&](seat to) {
        if (to != primary && may_lead(r, to)) graph.at(primary, to).consider(r, cost_of_hand_over(r, to));
      });
    }
    return graph;
  }

  /// Would the next view change this row's primary, or begin to? It waits until all copies are there, unless the primary is gone, or the
  /// row starts afresh.
  [[nodiscard]] bool is_ready(std::size_t r) const {
    const auto& sync = table_.row(r).sync;
    return rows_[r]->primary == nobody ||
           std::all_of(sync.begin(), sync.end(), [&](seat s) { return standing_of(r, s) == standing::in_sync; });
  }
  [[nodiscard]] bool may_lead_now(std::size_t r, seat to) const {
    if (rows_[r]->in_sync.empty()) return true;
    return is_ready(r) && table_.row(r).sync.contains(to) && standing_of(r, to) == standing::in_sync;
  }

  /// Free where a primary has to be found anyway; then those in sync; an exchange with an async backup costs most.
  std::size_t cost_of_hand_over(std::size_t r, seat to) const {
    const bool in_sync = standing_of(r, to) == standing::in_sync;
    if (in_sync && !table_.house().seat_of(rows_[r]->primary)) return 0;
    if (in_sync) return 1;
    return table_.row(r).sync.contains(to) ? 2 : 3;
  }

  // ---- both ----

  /// Follows chains as long as the graph shows any. Was there one? Then what is possible has to be looked at again.
  template <class Count, class Apply>
  bool follow_chains(step_graph& graph, Count count, Apply apply) const {
    bool any = false;
    while (follow_chain(graph, count, apply)) any = true;
    return any;
  }

  /// Takes one from whoever has at least two more than somebody it can pass them on to.
  template <class Count, class Apply>
  bool follow_chain(step_graph& graph, Count count, Apply apply) const {
    const auto order = by_descending(count);
    for (auto from : order) {
      if (count(from) < count(order.back()) + 2) return false;
      const auto chain = graph.chain(from, [&](seat s) { return count(s) + 2 <= count(from); });
      if (chain.empty()) continue;
      for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        const auto r = graph.at(chain[i], chain[i + 1]).row;
        apply(r, chain[i], chain[i + 1]);
        graph.forget(r);
      }
      return true;
    }
    return false;
  }

  seated_table& table_;
  const std::vector<const row*>& rows_;
  std::size_t seats_;
  std::vector<standing> standing_;
};

}  // namespace

void balance(seated_table& table, const std::vector<const row*>& rows) {
  if (table.house().size() > 1) balancing{table, rows}.run();
}

}  // namespace troupe::protocol
