#include <troupe/actors/protocol/planner/seats.hpp>

#include <algorithm>

namespace troupe::protocol {

namespace {

constexpr std::uint8_t same_zone = 1;
constexpr std::uint8_t same_host = 32;  // More than a row full of zone mates: a shared host is what to avoid first.

std::uint8_t closeness_of(const member& a, const member& b) {
  if (a.host == b.host) return same_host;
  return !a.zone.empty() && a.zone == b.zone ? same_zone : 0;
}

}  // namespace

seating::seating(std::vector<const member*> holders) : copies_elsewhere(holders.size(), 0), closeness_(holders.size() * holders.size(), 0) {
  std::optional<std::uint8_t> common;
  for (std::size_t a = 0; a < holders.size(); ++a) {
    numbers_.push_back(holders[a]->number);
    for (std::size_t b = 0; b < holders.size(); ++b) {
      if (a == b) continue;
      const auto c = closeness_of(*holders[a], *holders[b]);
      closeness_[a * holders.size() + b] = c;
      uniform_ = uniform_ && common.value_or(c) == c;
      common = c;
    }
  }
}

std::optional<seat> seating::seat_of(member_no m) const {
  const auto at = std::lower_bound(numbers_.begin(), numbers_.end(), m);
  if (at == numbers_.end() || *at != m) return std::nullopt;
  return static_cast<seat>(at - numbers_.begin());
}

std::size_t seat_list::position(seat s) const { return static_cast<std::size_t>(std::find(begin(), end(), s) - begin()); }

void seat_list::bring_to_front(std::size_t i) { std::swap(at_[0], at_[i]); }

seated_table::seated_table(const seating& house, std::size_t row_count)
    : house_(&house),
      rows_(row_count),
      copies_(house.size(), 0),
      primaries_(house.size(), 0),
      pairs_(house.size() * house.size(), 0),
      held_(row_count * house.size(), 0),
      crowding_(row_count * house.size(), 0) {}

void seated_table::give_sync(std::size_t r, seat s) {
  auto& row = rows_[r];
  if (row.sync.empty()) {
    ++primaries_[s];
  } else {
    ++pairs_[row.sync[0] * house_->size() + s];
  }
  row.sync.push(s);
  enter(r, s);
}

void seated_table::give_async(std::size_t r, seat s) {
  auto& row = rows_[r];
  ++pairs_[row.sync[0] * house_->size() + s];
  row.async.push(s);
  enter(r, s);
}

void seated_table::replace(std::size_t r, seat from, seat to) {
  auto& row = rows_[r];
  count_pairs(row, -1);
  auto& list = row.sync.contains(from) ? row.sync : row.async;
  list.put(list.position(from), to);
  count_pairs(row, +1);
  withdraw(r, from);
  enter(r, to);
}

void seated_table::move_primary(std::size_t r, seat to) {
  auto& row = rows_[r];
  count_pairs(row, -1);
  if (const auto position = row.sync.position(to); position < row.sync.size()) {
    row.sync.bring_to_front(position);
  } else {
    row.async.put(row.async.position(to), row.sync[0]);
    row.sync.put(0, to);
  }
  count_pairs(row, +1);
}

void seated_table::enter(std::size_t r, seat s) {
  ++copies_[s];
  held_[at(r, s)] = 1;
  for (seat other = 0; other < house_->size(); ++other)
    crowding_[at(r, other)] = static_cast<std::uint16_t>(crowding(r, other) + house_->closeness(s, other));
}

void seated_table::withdraw(std::size_t r, seat s) {
  --copies_[s];
  held_[at(r, s)] = 0;
  for (seat other = 0; other < house_->size(); ++other)
    crowding_[at(r, other)] = static_cast<std::uint16_t>(crowding(r, other) - house_->closeness(s, other));
}

void seated_table::count_pairs(const seated_row& row, int sign) {
  const auto by = static_cast<std::size_t>(sign);  // Unsigned arithmetic wraps: adding it subtracts.
  const auto primary = row.sync[0];
  primaries_[primary] += by;
  const auto one = [&](seat s) {
    if (s != primary) pairs_[primary * house_->size() + s] += by;
  };
  for (auto s : row.sync) one(s);
  for (auto s : row.async) one(s);
}

}  // namespace troupe::protocol
