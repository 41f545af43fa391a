// From the copies that there are to a full table: keep, drop the surplus, add what is missing, spread over hosts and zones.
#include <troupe/actors/protocol/planner/placement.hpp>

#include <algorithm>
#include <limits>
#include <tuple>

namespace troupe::protocol {

namespace {

bool is_out(const row& r) { return r.status == row_status::lost; }

/// Who leads the row once what is under way is through.
member_no leader_of(const row& r) { return r.in_sync.contains(r.successor) ? r.successor : r.primary; }

class placement {
 public:
  placement(const std::vector<const row*>& rows, const durability& kind, const seating& house)
      : rows_(rows),
        house_(house),
        table_(house, rows.size()),
        sync_wanted_(std::min<std::size_t>(1U + kind.backups, house.size())),
        async_wanted_(std::min<std::size_t>(kind.async_backups, house.size() - sync_wanted_)),
        held_(house.size(), 0) {}

  seated_table& run() {
    for (const auto* r : rows_) count_present(*r);
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      if (!is_out(*rows_[r])) keep(r);
    }
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      if (!is_out(*rows_[r])) fill(r);
    }
    if (!house_.uniform()) {
      for (std::size_t r = 0; r < rows_.size(); ++r) spread(r);
    }
    balance(table_, rows_);
    return table_;
  }

 private:
  using seats = std::vector<seat>;

  void append_seated(const member_set& members, seats& to) const {
    for (auto m : members) {
      if (auto s = house_.seat_of(m)) to.push_back(*s);
    }
  }

  void count_present(const row& r) {
    if (is_out(r)) return;
    seats all;
    for (const auto* set : {&r.in_sync, &r.learners, &r.async_backups}) append_seated(*set, all);
    for (auto s : all) ++held_[s];
  }

  /// Seats those who have the row already or are about to.
  void keep(std::size_t r) {
    const auto& now = *rows_[r];
    seats in_sync, learners, async, all, dropped;
    append_seated(now.in_sync, in_sync);
    append_seated(now.learners, learners);
    append_seated(now.async_backups, async);
    for (const auto* list : {&in_sync, &learners, &async}) all.insert(all.end(), list->begin(), list->end());
    // A learner is a move under way: it takes the place of a copy, or nothing would ever arrive.
    while (in_sync.size() + learners.size() > sync_wanted_) {
      auto& from = in_sync.empty() ? learners : in_sync;
      const auto stays = async.size() + dropped.size() < async_wanted_;
      dropped.push_back(drop_one(from, all, now, stays));
    }
    auto sync = std::move(in_sync);
    sync.insert(sync.end(), learners.begin(), learners.end());
    if (sync.empty() && async.empty()) return;
    // An async copy is nearer to being in sync than no copy.
    while (sync.size() < sync_wanted_ && !async.empty()) {
      sync.push_back(async.front());
      async.erase(async.begin());
    }
    while (async.size() > async_wanted_) drop_one(async, all, now, false);
    while (async.size() < async_wanted_ && !dropped.empty()) {
      async.push_back(dropped.back());
      ++held_[dropped.back()];
      dropped.pop_back();
    }
    bring_primary_to_front(sync, now);
    for (auto s : sync) table_.give_sync(r, s);
    for (auto s : async) table_.give_async(r, s);
  }

  /// Takes a seat out of `from`, and of `all` that hold the row: the one closest to the others, then the one with most copies, the leader
  /// last. A move must end like this as it began, or it would begin again: so the rule is that of the spread and the balance.
  /// `stays`: as an async backup. That moves no copy, so nothing counts but who leads: or rows whose roles are exchanged to even out the primaries would be
  /// exchanged back on the way, for ever.
  seat drop_one(seats& from, seats& all, const row& now, bool stays) {
    const auto key = [&](seat s) {
      unsigned crowding = 0;
      for (auto other : all) crowding += other == s || stays ? 0 : house_.closeness(s, other);
      return std::tuple{crowding, stays ? 0 : held_[s], house_.number(s) != leader_of(now), s};
    };
    const auto gone = *std::max_element(from.begin(), from.end(), [&](seat a, seat b) { return key(a) < key(b); });
    std::erase(from, gone);
    std::erase(all, gone);
    --held_[gone];
    return gone;
  }

  /// The leader leads on. Where it is gone: somebody in sync, with the fewest primaries so far.
  void bring_primary_to_front(seats& sync, const row& now) const {
    const auto key = [&](seat s) {
      const auto m = house_.number(s);
      return std::tuple{m != leader_of(now), !now.in_sync.contains(m), table_.primaries(s), s};
    };
    std::iter_swap(sync.begin(), std::min_element(sync.begin(), sync.end(), [&](seat a, seat b) { return key(a) < key(b); }));
  }

  void fill(std::size_t r) {
    if (table_.row(r).sync.empty() && sync_wanted_ > 0) table_.give_sync(r, seat_for_primary());
    while (table_.row(r).sync.size() < sync_wanted_) table_.give_sync(r, seat_for_backup(r));
    while (table_.row(r).async.size() < async_wanted_) table_.give_async(r, seat_for_backup(r));
  }

  template <class Key>
  seat best_seat(Key key_of, std::size_t r) const {
    auto best = static_cast<seat>(house_.size());
    for (seat s = 0; s < house_.size(); ++s) {
      if (table_.contains(r, s)) continue;
      if (best == house_.size() || key_of(s) < key_of(best)) best = s;
    }
    return best;
  }

  seat seat_for_primary() const {
    seat best = 0;
    const auto key = [&](seat s) { return std::tuple{table_.primaries(s), table_.copies(s), house_.copies_elsewhere[s], s}; };
    for (seat s = 1; s < house_.size(); ++s) {
      if (key(s) < key(best)) best = s;
    }
    return best;
  }

  /// Apart from the row's other copies, with room for one more, and seldom paired with this primary: when that fails, many take over.
  seat seat_for_backup(std::size_t r) const {
    const auto fair_share = (rows_.size() * (sync_wanted_ + async_wanted_) + house_.size() - 1) / house_.size();
    const auto primary = table_.row(r).sync[0];
    return best_seat(
        [&](seat s) {
          return std::tuple{table_.crowding(r, s), table_.copies(s) >= fair_share, table_.understudies(primary, s),
                            table_.copies(s),      house_.copies_elsewhere[s],     s};
        },
        r);
  }

  /// Exchanges seats of the row while that brings its copies further apart.
  void spread(std::size_t r) {
    while (spread_one(r)) {
    }
  }

  bool spread_one(std::size_t r) {
    const auto row = table_.row(r);
    seats holders(row.sync.begin(), row.sync.end());
    holders.insert(holders.end(), row.async.begin(), row.async.end());
    std::tuple<int, std::size_t, seat, seat> best{0, 0, 0, 0};  // Gain below zero, the newcomer's copies; from, to.
    for (auto from : holders) {
      const auto present = static_cast<int>(table_.crowding(r, from));
      if (present == 0) continue;
      for (seat to = 0; to < house_.size(); ++to) {
        if (table_.contains(r, to)) continue;
        best = std::min(best, {static_cast<int>(table_.crowding_instead(r, from, to)) - present, table_.copies(to), from, to});
      }
    }
    if (std::get<0>(best) >= 0) return false;
    table_.replace(r, std::get<2>(best), std::get<3>(best));
    return true;
  }

  const std::vector<const row*>& rows_;
  const seating& house_;
  seated_table table_;
  std::size_t sync_wanted_;
  std::size_t async_wanted_;
  std::vector<std::size_t> held_;  // Copies that are there or on their way, surplus included.
};

}  // namespace

std::vector<wanted_row> wanted_placement(const std::vector<const row*>& rows, const durability& kind, seating& house) {
  std::vector<wanted_row> wanted(rows.size());
  if (house.size() == 0) return wanted;
  placement work{rows, kind, house};
  const auto& table = work.run();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (table.row(r).empty()) continue;
    wanted[r].primary = house.number(table.row(r).sync[0]);
    for (auto s : table.row(r).sync) wanted[r].in_sync.insert(house.number(s));
    for (auto s : table.row(r).async) wanted[r].async_backups.insert(house.number(s));
  }
  for (seat s = 0; s < house.size(); ++s) house.copies_elsewhere[s] += table.copies(s);
  return wanted;
}

}  // namespace troupe::protocol
