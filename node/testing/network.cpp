#include <troupe/node/testing/network.hpp>

#include <algorithm>
#include <stdexcept>

namespace troupe::test {

network::network(const network_settings& settings) : settings_{settings}, random_{settings.seed} {
  if (settings.transit_min <= duration{}) throw std::invalid_argument("a message of a test cluster takes more than no time");
  if (settings.transit_max < settings.transit_min) throw std::invalid_argument("the longest transit of a test cluster's messages is less than the shortest one");
}

/// In whole microseconds; by no distribution of the standard library's, each of which draws otherwise.
duration network::transit(const direction& d) {
  const auto spread = std::chrono::duration_cast<microseconds>(settings_.transit_max - settings_.transit_min).count();
  if (spread == 0 || d.first == d.second) return settings_.transit_min;
  return settings_.transit_min + microseconds{random_() % (static_cast<std::uint64_t>(spread) + 1)};
}

void network::send(parcel what, instant now) {
  const direction d{what.from, what.to};
  auto& latest = latest_[d];
  latest = std::max(latest, now + transit(d));
  under_way_.emplace(latest, std::move(what));
}

std::optional<instant> network::next() const {
  if (under_way_.empty()) return std::nullopt;
  return under_way_.begin()->first;
}

std::optional<network::parcel> network::take_arrived(instant now) {
  while (!under_way_.empty() && under_way_.begin()->first <= now) {
    auto next = std::move(under_way_.extract(under_way_.begin()).mapped());
    if (!cuts_.contains({next.from, next.to})) return next;
    broken_.insert(std::minmax(next.from, next.to));
  }
  return std::nullopt;
}

std::set<std::pair<std::size_t, std::size_t>> network::heal() {
  cuts_.clear();
  return std::exchange(broken_, {});
}

}  // namespace troupe::test
