#include "tests/sim/network.hpp"

#include <algorithm>

namespace troupe::sim {

duration network::delay() {
  const auto u = rng_.fraction();
  const auto tail = u * u * u * u;  // Half of all frames take less than a sixteenth of the spread.
  return profile_.delay_min + duration{static_cast<duration::rep>(static_cast<double>(profile_.delay_spread.count()) * tail)};
}

cut_kind network::between(host_no from, host_no to) const {
  const auto at = cuts_.find(key(from, to));
  return at == cuts_.end() ? cut_kind::none : at->second;
}

virtual_time network::arrival(const path& p, connection& c, virtual_time now) {
  auto when = now + delay();
  if (const auto at = slow_.find(key(p.from_host, p.to_host)); at != slow_.end() && now < at->second.until) when += at->second.more;
  if (profile_.straggling > 0 && rng_.chance(profile_.straggling)) when += rng_.between(duration{0}, profile_.straggle_max);
  if (profile_.ordered) when = c.last_arrival = std::max(when, c.last_arrival + duration{1});
  return when;
}

network::passage network::send(const path& p, virtual_time now, bool repeatable) {
  auto& c = connections_[key(p)];
  passage result;
  switch (between(p.from_host, p.to_host)) {
    case cut_kind::dropping: return result;
    case cut_kind::holding: result.held = true; return result;
    case cut_kind::none: break;
  }
  result.number = {c.generation, c.sent++};
  if ((!profile_.ordered || profile_.loss > 0) && rng_.chance(profile_.loss)) return result;
  result.arrivals[result.copies++] = arrival(p, c, now);
  if ((!profile_.ordered || profile_.duplication > 0) && repeatable && rng_.chance(profile_.duplication)) {
    result.arrivals[result.copies++] = arrival(p, c, now) + delay();
  }
  return result;
}

bool network::delivers(const path& p, const ticket& number) const {
  auto& c = connections_[key(p)];
  if (number.generation == c.generation) {
    c.arrived = std::max(c.arrived, number.position + 1);
    return true;
  }
  return number.generation + 1 == c.generation && number.position < c.survivors;
}

void network::reset(const path& p) {
  auto& c = connections_[key(p)];
  const auto in_flight = c.sent - std::min(c.arrived, c.sent);
  c.survivors = c.sent - static_cast<std::uint32_t>(rng_.below(std::uint64_t{in_flight} + 1));
  ++c.generation;
  c.sent = c.arrived = 0;
  // The next connection does not wait for the one before; in order within, free between.
  c.last_arrival = virtual_time{};
}

}  // namespace troupe::sim
