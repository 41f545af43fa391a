#include <troupe/actors/protocol/row/eviction_queue.hpp>

#include <limits>
#include <utility>

#include <troupe/actors/protocol/row/checksum.hpp>

namespace troupe::protocol {

namespace {

constexpr std::size_t heat_places_min = 64;

/// Splitmix64: the same numbers in every run.
std::uint64_t mixed(std::uint64_t n) {
  n += 0x9e3779b97f4a7c15ULL;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ULL;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebULL;
  return n ^ (n >> 31);
}

}  // namespace

void eviction_queue::add(const blob& key) {
  line_.push_back(key);
  if (policy_ == eviction_policy::random || line_.size() <= heat_.size()) return;
  // A digest has one more bit that counts: what was known of its half is known of both.
  const auto before = heat_.size();
  heat_.resize(before == 0 ? heat_places_min : 2 * before);
  for (std::size_t i = before; i < 2 * before; ++i) heat_[i] = heat_[i - before];
}

void eviction_queue::note_access(std::string_view key) {
  if (heat_.empty()) return;
  auto& heat = heat_of(key);
  if (policy_ == eviction_policy::lru) {
    heat = 1;
  } else if (heat < std::numeric_limits<std::uint8_t>::max()) {
    ++heat;
  }
}

void eviction_queue::clear() {
  line_.clear();
  heat_.clear();
}

blob eviction_queue::take_front(std::size_t unseen) {
  if (policy_ == eviction_policy::random) std::swap(line_.front(), line_[mixed(drawn_++) % unseen]);
  auto key = std::move(line_.front());
  line_.pop_front();
  return key;
}

blob eviction_queue::take_at(std::size_t place) {
  auto key = std::move(line_[place]);
  line_.erase(line_.begin() + static_cast<std::ptrdiff_t>(place));
  return key;
}

std::uint8_t eviction_queue::cool(std::string_view key) {
  return heat_.empty() ? std::uint8_t{0} : std::exchange(heat_of(key), static_cast<std::uint8_t>(heat_of(key) / 2));
}

std::uint8_t& eviction_queue::heat_of(std::string_view key) { return heat_[digest_of(key) & (heat_.size() - 1)]; }

}  // namespace troupe::protocol
